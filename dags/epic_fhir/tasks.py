"""The Airflow side of validate and report: from the task's context to the pure functions and back."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from epic_fhir import acceptance, alerts, history, logs, notices, reconcile, remedy, rerun, sites, verdict
from epic_fhir.channels import Alerts
from epic_fhir.installation import Installation
from epic_fhir.lake import Lake, RunKey
from epic_fhir.links import ReportLink, page_url, report_url
from epic_fhir.phase import settings_must_hold
from epic_fhir.reports import JOBS
from epic_fhir.settings import Settings, Thresholds

log = logging.getLogger(__name__)


class RunReport(BaseOperator):
    """
    The last task: writes the page and the index, tells whom it may concern, and ends as the run shall end.

    :param plan: of a rerun
    """

    operator_extra_links = (ReportLink(),)
    template_fields = ("plan",)

    def __init__(self, *, plan: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self._needs_plan = plan is not None

    def execute(self, context: Any) -> dict[str, Any]:
        if self._needs_plan and self.plan is None:
            raise AirflowFailException("Nothing was done, because there is no plan: see the log of the task plan for the reason")
        return report(context, None if self.plan is None else _going(self.plan))


def validate(context: Any, paths: dict[str, str], published: dict[str, Any]) -> dict[str, Any]:
    """
    Fails the task, without a retry, where the run is not green.

    :param published: the assets by what they are of; each gets its rows, so that the DAGs that start on them know what came
    """
    key = RunKey.of(context)
    log.info(logs.opening(key))
    lake, thresholds = _given(key)
    told = _end(lake, key, verdict.validate(lake, key, thresholds, paths))
    reports = {phase: lake.read_json(path) or {} for phase, path in paths.items()}
    for of_what, asset in published.items():
        context["outlet_events"][asset].extra = {"dag_run": key.run_id, "rows": rows_of(of_what, reports)}
    return told


def rows_of(of_what: str, reports: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Rows by type or view: of bronze those that this run brought, of silver and the views those that are there."""
    if of_what == "bronze":
        return {kind: counts.get("written") or 0 for kind, counts in (reports["extract"].get("resources") or {}).items()}
    result = reports["transform"].get("result") or {}
    if of_what == "silver":
        return {kind: table["rows_live"] for kind, table in (result.get("silver") or {}).items()}
    return {name: view["rows"] for name, view in (result.get("views") or {}).items()}


def plan(context: Any) -> dict[str, Any]:
    """Says what a rerun will do and replace; fails without a retry where it cannot be done."""
    key, params = RunKey.of(context), context["params"]
    lake, _ = _given(key)
    names = {name: tuple(params[name]) for name in ("exports", "types", "views")}
    accepted = {name: params[name] or "" for name in ("accept_deletions", "reason")}
    asked = rerun.Asked(params["run"], params["begin"], **names, go=params["go"], ask=params["ask"], **accepted)
    try:
        made = rerun.plan(lake, sites.named("etl", sites.of(key.dag_id)), asked)
    except rerun.Impossible as e:
        raise AirflowFailException(str(e)) from e
    for sentence in made.sentences:
        log.info(sentence)
    waits = (
        "Next: approve the plan in Airflow, under Required Actions." if made.ask else "The plan is only shown; nothing is changed."
    )
    log.info("Next: the rerun starts now." if made.go else waits)
    return made.as_dict()


def validate_rerun(context: Any, told: dict[str, Any]) -> dict[str, Any]:
    """Judges what a rerun did, together with what it did not do again."""
    key, made = RunKey.of(context), _going(told)
    lake, _ = _given(key)
    paths = {phase: made.reports.get(phase) or lake.report(key, phase) for phase in reconcile.PHASES}
    return validate(context, paths, {})


def _going(told: dict[str, Any]) -> rerun.Plan:
    """The plan of a rerun that goes; one that was only to be shown skips the task."""
    made = rerun.Plan.of_dict(told)
    if not made.go:
        raise AirflowSkipException("Only the plan was requested (ask = false).")
    return made


def report(context: Any, made: rerun.Plan | None = None) -> dict[str, Any]:
    """Fails after the page is written where the run is not green: Airflow judges a run by its last task."""
    key = RunKey.of(context)
    log.info(logs.opening(key))
    try:
        lake, thresholds = _given(key)
        with settings_must_hold():
            here = Installation.of(key.dag_id)
            told, link = Alerts.of(here), page_url(lake, report_url(here), key.dag_id, key.run_id)
    except AirflowFailException as e:
        notices.settings_do_not_hold(key, str(e), context)
        raise
    before = list(remedy.ORDER)
    states = context["ti"].get_task_states(dag_id=key.dag_id, run_ids=[key.run_id], task_ids=before).get(key.run_id, {})
    left_out = {} if made is None else {task: made.reports.get(task) for task in JOBS if not made.runs(task)}
    mends, notes = (made.run, made.notes()) if made else (None, ())
    alert = partial(alerts.tell, lake, key, told, link, context, mends=mends)
    problem = verdict.publish(lake, key, thresholds, states, alert, left_out, mends, notes, partial(paused, context["ti"]))
    if made and made.accept_deletions and states.get("transform") == "success":  # they are made, whatever else is red
        kinds = [accepted.partition(":")[0] for accepted in made.accept_deletions]
        acceptance.deleted(lake, history.of_tables(key.dag_id), key.run_id, kinds, made.reason)
    return _end(lake, key, problem)


def paused(ti: Any, dag_id: str) -> bool:
    """Whether Airflow says that a DAG is switched off; an Airflow that cannot be asked says nothing."""
    try:
        return bool(ti.get_dag(dag_id).is_paused)
    except Exception as e:
        log.warning("Cannot find out whether %s is paused: %s", dag_id, type(e).__name__)
        return False


def accept(context: Any) -> dict[str, Any]:
    """Accepts levels and warnings; fails without a retry where the newest run has none of that name, or there is no history."""
    params, key = context["params"], RunKey.of(context)
    lake, _ = _given(key)
    by = getattr(context["dag_run"], "triggering_user_name", None) or "unknown"
    wanted = acceptance.Wanted(params["figure"] or "", params["warning"] or "", params["deletions"] or "", params["reason"], by)
    try:
        accepted = acceptance.accept(lake, params["dag_id"], wanted)
    except (history.Unreadable, LookupError) as e:
        raise AirflowFailException(str(e)) from e
    for name in accepted:
        log.info("Accepted: %s. Reason: %s", name, wanted.reason)
    return {"run": key.run_id, "accepted": accepted}


def has_deletions(context: Any) -> bool:
    """Whether a rerun must delete what was accepted; fails without a retry where that rerun would stay queued."""
    if not context["params"]["deletions"]:
        return False
    dag_id = sites.named("rerun", sites.of(context["ti"].dag_id))
    if paused(context["ti"], dag_id):
        raise AirflowFailException(
            f"Cannot start {dag_id}: it is paused in Airflow. Run: airflow dags unpause {dag_id}; then clear this task"
        )
    return True


def _given(key: RunKey) -> tuple[Lake, Thresholds]:
    with settings_must_hold():
        here = Installation.of(key.dag_id)
        return Settings.of(here).open_lake(), Thresholds.of(here)


def _end(lake: Lake, key: RunKey, problem: str | None) -> dict[str, Any]:
    if problem:
        raise AirflowFailException(problem)
    log.info("%s succeeded: the run is green. Report: %s", key.task_id, lake.report(key))
    return {"report": lake.report(key), "verdict": "green"}
