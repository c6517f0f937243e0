"""The Airflow side of validate and report: from the task's context to the pure functions and back."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from epic_fhir import acceptance, alerts, history, logs, notices, reconcile, red_runs, rejudged, remedy, rerun, sites, verdict
from epic_fhir.channels import Alerts
from epic_fhir.contract_checks import usable
from epic_fhir.installation import Installation
from epic_fhir.lake import Lake, RunKey
from epic_fhir.links import ReportLink, page_url, report_url
from epic_fhir.phase import settings_must_hold
from epic_fhir.reports import JOBS, reached_its_end
from epic_fhir.settings import Settings, Thresholds
from epic_fhir.task_states import report_of

log = logging.getLogger(__name__)
WHY_NOT = "why_not"
"""The XCom key under which plan stores why it cannot do anything."""


class RunReport(BaseOperator):
    """
    The last task: writes the page and the index, sends the alerts, and succeeds or fails as the run should.

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
            raise AirflowFailException(_nothing_done(context))
        return report(context, None if self.plan is None else _going(self.plan))


def validate(
    context: Any,
    paths: dict[str, str],
    published: dict[str, Any],
    exports: list[str] | None = None,
    mends: str | None = None,
) -> dict[str, Any]:
    """
    Fails the task, without a retry, where the run is not green.

    :param published: the assets by what they are of; each gets its rows, so that the DAGs that start on them know what came
    :param exports: of a rerun, the exports that its extract was to land
    :param mends: of a rerun, the run that it mends
    """
    key = RunKey.of(context)
    log.info(logs.opening(key))
    lake = rejudged.opened(key)
    told = _end(lake, key, verdict.validate(lake, key, _thresholds(key), paths, exports, mends))
    reports = {phase: lake.read_json(path) or {} for phase, path in paths.items()}
    if paths.get("extract") != lake.report(key, "extract"):
        reports["extract"] = {}  # a rerun that did not extract brought nothing to bronze
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
    etl = sites.named("etl", sites.of(key.dag_id))
    try:
        made = rerun.plan(lake, etl, asked, partial(_state, context["ti"], etl), (key.dag_id, key.run_id))
    except rerun.Impossible as e:
        context["ti"].xcom_push(key=WHY_NOT, value=str(e))
        raise AirflowFailException(str(e)) from e
    for sentence in made.sentences:
        log.info(sentence)
    waits = (
        "Next: approve the plan in Airflow, under Required Actions." if made.ask else "The plan is only shown; nothing is changed."
    )
    log.info("Next: the rerun starts now." if made.go else waits)
    return made.as_dict()


def _nothing_done(context: Any) -> str:
    """Why there is no plan. If the rerun was to start at once, nobody waits for it in Airflow's page, so there is an alert."""
    why = context["ti"].xcom_pull(task_ids="plan", key=WHY_NOT) or "the log of the task plan says why"
    if context["params"]["go"]:
        asked = {name: value for name, value in context["params"].items() if value not in ([], None, "")}
        notices.not_planned(RunKey.of(context), why, asked, context, partial(paused, context["ti"]))
    return f"Nothing was done, because there is no plan: {why}"


def validate_rerun(context: Any, told: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    """Judges what a rerun did, together with what it did not do again."""
    key, made = RunKey.of(context), _going(told)
    lake, _ = _given(key)
    paths = {phase: made.reports.get(phase) or lake.report(key, phase) for phase in reconcile.PHASES}
    return validate(context, paths, published, made.requested(), made.run)


def _going(told: dict[str, Any]) -> rerun.Plan:
    """The plan of a rerun that goes; one that was only to be shown skips the task."""
    made = rerun.Plan.of_dict(told)
    if not made.go:
        raise AirflowSkipException("Only the plan was requested (ask = false).")
    return made


def report(context: Any, made: rerun.Plan | None = None) -> dict[str, Any]:
    """Fails after the page is written where the run is not green: Airflow judges a run by its last task."""
    key, mends = RunKey.of(context), made.run if made else None
    log.info(logs.opening(key))
    try:
        lake = rejudged.opened(key)
        thresholds = _thresholds(key)
        with settings_must_hold():
            here = Installation.of(key.dag_id)
            told, link = Alerts.of(here), page_url(lake, report_url(here), key.dag_id, key.run_id)
    except AirflowFailException as e:
        rejudged.settings_do_not_hold(key, str(e), mends)
        notices.settings_do_not_hold(key, str(e), context, partial(paused, context["ti"]), mends)
        raise
    before = list(remedy.ORDER)
    states = context["ti"].get_task_states(dag_id=key.dag_id, run_ids=[key.run_id], task_ids=before).get(key.run_id, {})
    left_out = {} if made is None else {task: made.reports.get(task) for task in JOBS if not made.runs(task)}
    notes = made.notes() if made else ()
    alert = partial(alerts.tell, lake, key, told, link, context, mends=mends)
    exports = made.requested() if made else None
    problem = verdict.publish(lake, key, thresholds, states, alert, left_out, mends, notes, partial(paused, context["ti"]), exports)
    if kinds := _deleted(lake, key, made, states.get("transform")):
        acceptance.deleted(lake, history.of_tables(key.dag_id), key.run_id, kinds, made.reason)
    return _end(lake, key, problem)


def _deleted(lake: Lake, key: RunKey, made: rerun.Plan | None, state: str | None) -> list[str]:
    """The types whose accepted deletions were made, whatever else is red: a view that stops does not hold them back."""
    if made is None or not made.accept_deletions:
        return []
    transform = usable("transform", report_of(lake, key, "transform", state))[0]
    if not reached_its_end(transform):
        return []
    held = transform["result"].get("held_deletions") or {}
    kinds = [accepted.partition(":")[0] for accepted in made.accept_deletions]
    return [kind for kind in kinds if kind not in held]


def _state(ti: Any, dag_id: str, run_id: str) -> str | None:
    """What Airflow calls a run; None where it knows none of this id."""
    try:
        return str(ti.get_dagrun_state(dag_id, run_id))
    except Exception as e:
        log.warning("Cannot find out the state of run %s of %s: %s", run_id, dag_id, type(e).__name__)
        return None


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
    mends = _held_by(lake, sites.named("etl", sites.of(key.dag_id)), params["deletions"]) if params["deletions"] else None
    wanted = acceptance.Wanted(params["figure"] or "", params["warning"] or "", params["deletions"] or "", params["reason"], by)
    try:
        accepted = acceptance.accept(lake, params["dag_id"], wanted)
    except (history.Unreadable, LookupError) as e:
        raise AirflowFailException(str(e)) from e
    for name in accepted:
        log.info("Accepted: %s. Reason: %s", name, wanted.reason)
    return {"run": key.run_id, "accepted": accepted} | ({"mends": mends} if mends else {})


def _held_by(lake: Lake, dag_id: str, deletions: str) -> str:
    """The run whose rerun makes these deletions: the newest red one may have failed before it came to them."""
    kinds = {part.partition(":")[0] for part in deletions.split(",")}
    if (run := red_runs.holding(lake, dag_id, kinds)) is None:
        raise AirflowFailException(
            f"Cannot accept the deletions {deletions}: no red run of {dag_id} still holds back deletions of "
            f"{', '.join(sorted(kinds))}. The page of the newest red run lists the ones that are held back"
        )
    return run


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
        return Settings.of(Installation.of(key.dag_id)).open_lake(), _thresholds(key)


def _thresholds(key: RunKey) -> Thresholds:
    with settings_must_hold():
        return Thresholds.of(Installation.of(key.dag_id))


def _end(lake: Lake, key: RunKey, problem: str | None) -> dict[str, Any]:
    if problem:
        raise AirflowFailException(problem)
    log.info("%s succeeded: the run is green. Report: %s", key.task_id, lake.report(key))
    return {"report": lake.report(key), "verdict": "green"}
