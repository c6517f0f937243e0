"""What the processes of the jobs are given by their task, beside their arguments."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from epic_fhir.modes import MODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context

    from epic_fhir.reports import Lake


LOCAL_FOLDERS = "SPARK_LOCAL_DIRS"
SECRET = re.compile(r"AIRFLOW_(CONN|VAR)_.*|AIRFLOW__.*(KEY|SECRET|PASSWORD|TOKEN|CONN|CREDENTIALS).*")
"""Airflow's own secrets, by the names of their environment variables."""


def without_secrets() -> dict[str, str]:
    """
    This process's environment for spark-submit, which in cluster mode sends all of it along, and the master keeps it.

    Without Spark's local folders, too: by that variable Spark would put its files right into them, and not into a private one.
    """
    return {name: value for name, value in os.environ.items() if name != LOCAL_FOLDERS and not SECRET.fullmatch(name)}


def local_folders() -> dict[str, str]:
    """The same folders as a property of Spark, which the jobs make private ones of."""
    return {"spark.local.dir": os.environ[LOCAL_FOLDERS]} if os.environ.get(LOCAL_FOLDERS) else {}


@contextmanager
def private(lake: Lake) -> Iterator[None]:
    """What processes of this task leave beside the lake (Spark's files, collectors' logs) is as private as the lake."""
    before = os.umask(MODES[lake.readers].umask)
    try:
        yield
    finally:
        os.umask(before)


def run_by(context: Context) -> dict[str, str]:
    """Who started the run, for the audit log: the user, or else how it was started."""
    run = context["dag_run"]
    kind = getattr(run, "run_type", None)
    who = getattr(run, "triggering_user_name", None) or str(getattr(kind, "value", None) or kind or "unknown")
    return {"EPIC_FHIR_RUN_BY": who}
