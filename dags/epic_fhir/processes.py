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

    from epic_fhir.lake import Lake


RUN_BY = "EPIC_FHIR_RUN_BY"
DRIVERS_ENVIRONMENT = ("spark.yarn.appMasterEnv", "spark.kubernetes.driverEnv")
LOCAL_FOLDERS = "SPARK_LOCAL_DIRS"
AIRFLOWS = re.compile(r"_*AIRFLOW_.*")
"""Airflow's settings, connections and variables: any of them may be or hold a secret, and no job needs one."""
SECRET = re.compile(
    r".*(SECRET|PASSW|PWD|PGPASS|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|ACCOUNT_?KEY|FERNET|JWT|DSN).*", re.I
)
NAMES_A_FILE = re.compile(r".*(_FILE|_PATH|_URI)", re.I)
"""Variables such as AWS_WEB_IDENTITY_TOKEN_FILE hold the path of a secret, not the secret."""

HOLDS_CREDENTIALS = re.compile(
    r"://[^/?#\s]*@"  # https://user:password@host, https://token@host
    r"|://[^/?#\s:]*:[^?#\s]*@"  # a password with a slash in it
    r"|(^|[?&;\s])[a-z0-9_.-]*(passw|pwd|secret|token|signature|sig|credential|api_?-?key|access_?-?key|account_?-?key)[a-z0-9_.-]*=",
    re.I,
)
"""A value with a user or a password in a URL, or with a parameter that is one: whatever its variable is called."""


def without_secrets(master: bool = False) -> dict[str, str]:
    """
    This process's environment for a job's process.

    Without Spark's local folders, too: by that variable Spark would put its files right into them, and not into a private one.

    :param master: whether spark-submit sends it along to a cluster's master, which keeps it: then without keys of object stores and
        whatever else is a secret by its name or holds one in a URL; on the cluster they come from files or from the machine's role
    """
    kept = {name: value for name, value in os.environ.items() if name != LOCAL_FOLDERS and not AIRFLOWS.fullmatch(name)}
    if not master:
        return kept
    return {name: value for name, value in kept.items() if not _is_secret(name, value)}


def _is_secret(name: str, value: str) -> bool:
    named = SECRET.fullmatch(name) and not NAMES_A_FILE.fullmatch(name)
    return bool(named or HOLDS_CREDENTIALS.search(value))


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
    return {RUN_BY: who}


def run_by_on_a_cluster() -> dict[str, str]:
    """The same as properties of Spark: a driver on YARN or Kubernetes sees nothing of this process's environment."""
    return {f"{prefix}.{RUN_BY}": os.environ[RUN_BY] for prefix in DRIVERS_ENVIRONMENT}
