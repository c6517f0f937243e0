"""The Airflow side of validate and report: from the task's context to the pure functions and back."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from epic_fhir import alerts, baseline, history, verdict
from epic_fhir.channels import Alerts
from epic_fhir.links import ReportLink, page_url, report_url
from epic_fhir.reports import Lake, RunKey
from epic_fhir.settings import Installation, Settings, Thresholds
from epic_fhir.submit import settings_must_hold


class RunReport(BaseOperator):
    """The last task: writes the page and the index, tells whom it may concern, and ends as the run shall end."""

    operator_extra_links = (ReportLink(),)

    def execute(self, context: Any) -> dict[str, Any]:
        return report(context)


def validate(context: Any, paths: dict[str, str]) -> dict[str, Any]:
    """Fails the task, without a retry, where the run is not green."""
    key = RunKey.of(context)
    lake, thresholds = _given()
    return _end(lake, key, verdict.validate(lake, key, thresholds, paths))


def report(context: Any) -> dict[str, Any]:
    """Fails after the page is written where the run is not green: Airflow judges a run by its last task."""
    key = RunKey.of(context)
    lake, thresholds = _given()
    with settings_must_hold():
        file = Installation.from_env().validation()
        told, link = Alerts.load(file), page_url(lake, report_url(file), key.dag_id, key.run_id)
    before = [*verdict.JOBS, "validate"]
    states = context["ti"].get_task_states(dag_id=key.dag_id, run_ids=[key.run_id], task_ids=before).get(key.run_id, {})
    alert = partial(alerts.tell, lake, key, told, link, context)
    return _end(lake, key, verdict.publish(lake, key, thresholds, states, alert))


def accept(context: Any) -> dict[str, Any]:
    """Accepts the level of a figure; fails without a retry where there is no such figure or no history."""
    lake, _ = _given()
    params, key = context["params"], RunKey.of(context)
    by = getattr(context["dag_run"], "triggering_user_name", None) or "unknown"
    try:
        past = history.load(lake, params["dag_id"])
        newest = past["runs"][-1]["run_id"] if past["runs"] else None
        judged = (lake.read_json(lake.metrics(params["dag_id"], newest, "verdict.json")) if newest else None) or {}
        now = datetime.now(timezone.utc).isoformat()
        after = baseline.accept(past, judged.get("trends") or [], params["figure"], params["reason"], by, now)
    except (history.Unreadable, LookupError) as e:
        raise AirflowFailException(str(e)) from e
    history.save(lake, params["dag_id"], after)
    return {"run": key.run_id, "accepted": [entry["figure"] for entry in after["accepted"][len(past["accepted"]) :]]}


def _given() -> tuple[Lake, Thresholds]:
    with settings_must_hold():
        here = Installation.from_env()
        return Lake(Settings.load(here.conf).lake), Thresholds.beside(here)


def _end(lake: Lake, key: RunKey, problem: str | None) -> dict[str, Any]:
    if problem:
        raise AirflowFailException(problem)
    return {"report": lake.report(key), "verdict": "green"}
