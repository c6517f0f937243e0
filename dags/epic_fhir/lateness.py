"""A run that has not ended in time: the callback of the DAG's deadline, which Airflow calls once for such a run."""

from __future__ import annotations

import logging
import shlex
from typing import Any

from epic_fhir import notices
from epic_fhir.channels import Message

log = logging.getLogger(__name__)


def tell(hours: float, context: dict[str, Any]) -> None:
    """
    Says it by every way that is set.

    :param hours: how long the run was given
    :param context: Airflow's data of the run, as in its API, under ``dag_run``
    """
    run = context["dag_run"]
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    subject = f"{dag_id} is late: run {run_id} has not ended {hours:g} hours after it was queued"
    log.error(subject)
    advice = (
        "Find the task that the run is in. wait: the server is slow. A queued task: its pool is full or missing. A running task: "
        "read its log."
    )
    command = f"airflow tasks states-for-dag-run {dag_id} {shlex.quote(run_id)}"
    notices.send(
        notices.lake_of(dag_id),
        notices.whom(dag_id),
        Message(dag_id, run_id, "late", subject, [f"{subject}.", advice], command, ""),
        context,
    )
