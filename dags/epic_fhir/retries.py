"""A task that failed and is tried again: told after its first try where a setting asks for it."""

from __future__ import annotations

from typing import Any

from epic_fhir import notices
from epic_fhir.channels import Alerts, Message
from epic_fhir.installation import Installation
from epic_fhir.links import page_url, report_url


def tell(context: dict[str, Any]) -> None:
    """
    The callback of every task. The person who hears of it can wait: a later try may do; if none does, the run's own alert follows.

    :param context: of the task; its exception is the operators' sentence, another library's text is not told
    """
    from airflow.sdk.exceptions import AirflowException

    ti, error = context["ti"], context.get("exception")
    here = Installation.of(ti.dag_id)
    alerts = Alerts.of(here)
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
    lake = notices.lake_of(here)
    link = page_url(lake, report_url(here), ti.dag_id, ti.run_id) if lake else ""
    notices.send(lake, alerts, Message(ti.dag_id, ti.run_id, "retry", subject, lines, None, link), context)
