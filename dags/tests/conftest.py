"""Puts the DAGs' folder on the path as Airflow does, and keeps Airflow's own files out of the home folder."""

import atexit
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from servers import Hook, running

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
for name in [name for name in os.environ if name.startswith("EPIC_FHIR_")]:
    del os.environ[name]  # the tests say themselves what is set


@pytest.fixture
def hook(monkeypatch):
    """A server that takes alerts, and the connection that leads there."""
    with running(Hook()) as server:
        monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "http", "host": server.url, "extra": {"X-Key": "k1"}}))
        yield server
