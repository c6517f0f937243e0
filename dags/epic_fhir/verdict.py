"""What the tasks validate and report do, without Airflow: read the reports, judge, write verdict.json and report.html."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from epic_fhir import publication, reconcile, remedy, rerun_exports
from epic_fhir.alert_message import Finding
from epic_fhir.attempts import Attempts
from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.contract_checks import usable
from epic_fhir.evidence import PHASES, export_ids
from epic_fhir.findings import Judged, finding
from epic_fhir.judgement import judge
from epic_fhir.lake import Lake, RunKey
from epic_fhir.landed_reports import Whole, of_what_landed, whole
from epic_fhir.reports import DATA_REFUSED, parse_instant, record
from epic_fhir.settings import Thresholds
from epic_fhir.task_states import as_tasks_went, report_of, state_check


def validate(
    lake: Lake,
    key: RunKey,
    thresholds: Thresholds,
    paths: dict[str, str],
    exports: list[str] | None = None,
    mends: str | None = None,
) -> str | None:
    """
    Judges the run and writes verdict.json and the task's own report.

    :param paths: each phase's run report
    :param exports: of a rerun, the exports that its extract was to land; None where the run's own kick-off says which
    :param mends: of a rerun, the run that it mends
    :return: why the run is not green; None when it is
    """
    start = datetime.now(timezone.utc)
    given = {phase: lake.read_json(paths[phase]) if phase in paths else None for phase in PHASES}
    first = {task: lake.read_json(lake.report(key, task)) for task in ("kick_off", "wait")}
    judged = judge(lake, key, given, thresholds, _requested(first) if exports is None else exports, mends)
    reports = {phase: usable(phase, report)[0] for phase, report in given.items()}
    problem = judged.problem()
    path = lake.metrics(key.dag_id, key.run_id, "verdict.json")
    publication.write(lake, path, key, judged, reports)
    own = record(
        key,
        start,
        problem,
        DATA_REFUSED if problem else 0,
        reports["extract"],
        inputs=[{"name": phase, "path": paths.get(phase), "rows": None, "bytes": None} for phase in PHASES],
        outputs=[{"name": "verdict", "path": path, "rows": None, "bytes": None}],
        counters={f"checks.{state.lower()}": n for state, n in counts(judged.checks).items()},
        result={"verdict": judged.verdict, "verdict_file": path},
    )
    lake.write_json(lake.report(key), own)
    return problem


def publish(
    lake: Lake,
    key: RunKey,
    thresholds: Thresholds,
    states: dict[str, str],
    alert: Callable[[Finding], list[str]] = lambda _: [],
    left_out: dict[str, str | None] | None = None,
    mends: str | None = None,
    notes: tuple[str, ...] = (),
    paused: Callable[[str], bool] = lambda _: False,
    exports: list[str] | None = None,
) -> str | None:
    """
    Writes report.html, whatever became of the run, and the index over all runs.

    :param states: of every task before this one, as the scheduler knows it
    :param alert: sends the alerts; returns what could not be sent
    :param left_out: the tasks that a rerun leaves out, with the report that replaces each, or None if none is needed
    :param mends: for a rerun, the run that it repairs
    :param notes: what the page and the task's own report say besides
    :param paused: whether a DAG is switched off in Airflow
    :param exports: of a rerun, the exports that its extract was to land; None where the run's own kick-off says which
    :return: why the run is not green; None when it is
    """
    start, tried = datetime.now(timezone.utc), Attempts()
    left_out = left_out or {}
    states = tried.of("report", "transform", lambda: as_tasks_went(lake, key, states, exports), states)
    given = {task: tried.of("report", task, partial(_given, lake, key, task, left_out, states), None) for task in remedy.ORDER}
    reports = {task: usable(task, report)[0] for task, report in given.items()}
    phases = {phase: given[phase] for phase in PHASES}
    requested, nothing = _requested(given) if exports is None else exports, Judged(reconcile.UNKNOWN, [], [])
    judged = tried.of("report", "checks", lambda: judge(lake, key, phases, thresholds, requested, mends), nothing)
    asked = [task for task in remedy.ORDER if task not in left_out]
    of_tasks = [c for task in asked if (c := state_check(task, states.get(task), reports[task]))]
    extracted = tried.of(
        "report", "counts of earlier tries", lambda: whole(lake, key, of_what_landed(lake, reports["extract"]), mends), Whole(None)
    )
    left = publication.Publication(lake, key, thresholds, reports, states, start, notes, mends, paused, extracted)

    def written(told: list[str]) -> tuple[Judged, dict[str, Any] | None, str]:
        """What cannot be written changes the verdict: then what can be written says so, too."""
        while True:
            final = _final(judged, of_tasks, tried)
            checked = _final(judged, of_tasks, Attempts())
            step = tried.of("report", "next step", partial(_step, left, final, checked), remedy.write_again(key))
            page = left.write(final, step, told, tried)
            if _final(judged, of_tasks, tried).verdict == final.verdict:
                return _final(judged, of_tasks, tried), step, page

    # Whatever could not be written: somebody is told, and the run is not green.
    final, step, page = written([])

    def tell() -> list[str]:
        return alert(finding(key, final, states, step, paused, _landed_at(lake, reports["extract"])))

    told = tried.of("report", "alert", tell, ["No alert could be sent."])
    if _final(judged, of_tasks, tried).verdict != final.verdict:
        final, _, page = written(told)
    if told or tried.failed:
        left.write_report(final, told, page)
    return final.problem()


def _step(left: publication.Publication, whole: Judged, checked: Judged) -> dict[str, Any] | None:
    """
    What to do about a run that is not green.

    :param checked: what it is without what could not be written
    """
    if whole.verdict == reconcile.GREEN:
        return None
    if checked.verdict == reconcile.GREEN:
        advice = (
            "All checks passed, but the verdict, the history or the page could not be written. Check that the lake is writable and "
            "not full, then run this command."
        )
        step = remedy.write_again(left.key, advice)
    else:
        step = remedy.next_step(left.key, left.reports, left.states, whole.checks, left.mends)
    return remedy.switched_on(step, left.paused)


def _landed_at(lake: Lake, extract: dict[str, Any] | None) -> datetime | None:
    """When the newest of the run's exports landed; None where nobody can read it."""
    try:
        landings = [lake.read_json(lake.landing(export)) for export in export_ids(extract)]
    except (OSError, ValueError, AttributeError):
        return None
    times = [parse_instant(landing.get("landed_at")) for landing in landings if isinstance(landing, dict)]
    return max((at for at in times if at), default=None)


def _given(lake: Lake, key: RunKey, task: str, left_out: dict[str, str | None], states: dict[str, str]) -> Any:
    """A task's report as it was read: of this run, or the one that stands for it in a rerun."""
    path = left_out.get(task)
    return lake.read_json(path) if path else report_of(lake, key, task, states.get(task))


def _requested(given: dict[str, Any]) -> list[str]:
    """The exports that the run's kick-off asked for."""
    return rerun_exports.requested({task: usable(task, given.get(task))[0] for task in ("kick_off", "wait")})


def _final(judged: Judged, of_tasks: list[dict[str, str]], tried: Attempts) -> Judged:
    """The verdict with what the scheduler knows and what could not be done."""
    checks = of_tasks + reconcile.as_dicts([*dict.fromkeys(tried.failed)]) + judged.checks
    states = {check["state"] for check in checks}
    if FAIL in states:
        return replace(judged, verdict=reconcile.RED, checks=checks)
    open_question = judged.verdict == reconcile.GREEN and COULD_NOT_RUN in states
    return replace(judged, verdict=reconcile.UNKNOWN if open_question else judged.verdict, checks=checks)


def counts(checks: list[dict[str, str]]) -> dict[str, int]:
    return Counter(check["state"] for check in checks)
