"""Puts the DAGs' folder on the path as Airflow does, and keeps Airflow's own files out of the home folder."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
for name in [name for name in os.environ if name.startswith("EPIC_FHIR_")]:
    del os.environ[name]  # the tests say themselves what is set
