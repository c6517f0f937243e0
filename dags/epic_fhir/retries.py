"""Alerts about a task that failed and will be retried: after its first try, if a setting asks for it."""

from __future__ import annotations

from typing import Any

from epic_fhir import notices
from epic_fhir.channels import Message
from epic_fhir.links import ReportLink


def tell(context: dict[str, Any]) -> None:
    """
    The callback of every task. The person who hears of it can wait: a later try may do; if none does, the run's own alert follows.

    :param context: of the task; its exception is the operator's sentence; another library's text is not shown
    """
    from airflow.sdk.exceptions import AirflowException

    ti, error = context["ti"], context.get("exception")
    alerts = notices.whom(ti.dag_id)
    if ti.try_number != 1 or not alerts.first_try:
        return
    told = str(error).splitlines()[0] if isinstance(error, AirflowException) and str(error) else "See the task's log in Airflow."
    subject = f"{ti.dag_id}: {ti.task_id} failed; Airflow retries it"
    lines = [
        f"{ti.task_id} failed; Airflow retries it.",
        f"{ti.dag_id}, run {ti.run_id}.",
        told,
        "You do not need to do anything yet.",
    ]
    made = Message(ti.dag_id, ti.run_id, "retry", subject, lines, None, ReportLink().get_link(None, ti_key=ti))
    notices.send(notices.lake_of(ti.dag_id), alerts, made, context)
