"""What the tasks validate and report do, without Airflow: read the reports, judge, write verdict.json and report.html."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timezone
from typing import Any

from epic_fhir import acceptance, baseline, history, index, layer_counts, reconcile, remedy, render
from epic_fhir.alerts import Finding
from epic_fhir.changes import data_of, following, last_good, previous, since_last_good
from epic_fhir.checks import COULD_NOT_RUN, FAIL, Check
from epic_fhir.contract_checks import as_agreed
from epic_fhir.drift import drift
from epic_fhir.evidence import PHASES, Evidence, export_ids
from epic_fhir.expectations import expectations
from epic_fhir.findings import Judged, finding, told_warnings
from epic_fhir.lake import Lake, RunKey
from epic_fhir.reports import DATA_REFUSED, JOBS, record
from epic_fhir.settings import Thresholds
from epic_fhir.skew import skew
from epic_fhir.source_checks import EXPECTATIONS
from epic_fhir.task_states import as_load_went, report_of, state_check


def validate(lake: Lake, key: RunKey, thresholds: Thresholds, paths: dict[str, str]) -> str | None:
    """
    Judges the run and writes verdict.json and the task's own report.

    :param paths: each phase's run report
    :return: why the run is not green; None when it is
    """
    start = datetime.now(timezone.utc)
    reports = {phase: lake.read_json(paths[phase]) if phase in paths else None for phase in PHASES}
    judged = judge(lake, key, reports, thresholds)
    problem = judged.problem()
    path = lake.metrics(key.dag_id, key.run_id, "verdict.json")
    _write(lake, path, key, judged, reports)
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


def _is_applied(mark: Any) -> bool:
    """A mark without a time is of a run that began to apply the export and did not end."""
    return isinstance(mark, dict) and mark.get("applied_at") is not None


def _versions(lake: Lake, kind: str) -> dict[str, int]:
    """The Delta version that the newest transform of any run has left of each table."""
    return {
        name: state["delta_version"]
        for name, state in lake.json_files(f"{lake.root}/state/{kind}")
        if isinstance(state, dict) and isinstance(state.get("delta_version"), int)
    }


def judge(lake: Lake, key: RunKey, reports: dict[str, Any], thresholds: Thresholds) -> Judged:
    """
    The counts first, which decide; then what only warns: skew, speed, drift.

    :param reports: each phase's run report, or None
    """
    exports = (((reports.get("transform") or {}).get("result")) or {}).get("exports") or []
    known = sorted({*exports, *export_ids(reports.get("extract"))})
    evidence = Evidence(
        reports=reports,
        landings={e: lake.read_json(lake.landing(e)) for e in known},
        applied=frozenset(e for e in known if _is_applied(lake.read_json(f"{lake.root}/state/applied/{e}.json"))),
        standing=_versions(lake, "views"),
        standing_joined=_versions(lake, "joined"),
        every_landing=lambda: dict(lake.json_files(f"{lake.root}/state/landings")),
    )
    checks = reconcile.reconcile(evidence) + as_agreed(reports, evidence.landings)
    grounds = reconcile.verdict(checks)
    checks += skew(reports, thresholds)
    try:
        past = history.load(lake, key.dag_id)
        tables = history.load(lake, history.of_tables(key.dag_id))
    except history.Unreadable as e:
        trends: list[baseline.Trend] = []
        checks += [Check(name, "all", COULD_NOT_RUN, f"{e}.") for name in ("speed", "drift", EXPECTATIONS)]
    else:
        figures = history.figures(reports, thresholds.speed.least_ms)
        trends = baseline.trends(figures, past, key.run_id, history.ended(reports), thresholds.speed)
        mine = {export: evidence.landings[export] for export in evidence.export_ids}
        checks += [trend.check() for trend in trends] + drift(reports, tables, key.run_id, mine, thresholds.data)
        checks += expectations(reports, tables, key.run_id, thresholds.data.deleted)
        checks = acceptance.applied(checks, tables, key.run_id)
    if grounds == reconcile.GREEN:
        grounds = reconcile.verdict(checks)
    drawn = [asdict(trend) for trend in trends]
    brought = data_of([evidence.landings[export] for export in evidence.export_ids])
    return Judged(
        grounds,
        reconcile.as_dicts(checks),
        layer_counts.table(evidence),
        drawn,
        brought,
    )


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
) -> str | None:
    """
    Writes report.html, whatever became of the run, and the index over all runs.

    :param states: of every task before this one, as the scheduler knows it
    :param alert: tells somebody; returns what could not be told
    :param left_out: the tasks that a rerun leaves out, with the report that stands for each, or None where none is asked for
    :param mends: of a rerun, the run that it mends
    :param notes: what the page and the task's own report say besides
    :param paused: whether a DAG is switched off in Airflow
    :return: why the run is not green; None when it is
    """
    start = datetime.now(timezone.utc)
    left_out = left_out or {}
    states = as_load_went(lake, key, states)
    reports = {
        task: lake.read_json(path) if (path := left_out.get(task)) else report_of(lake, key, task, states.get(task))
        for task in (*JOBS, "validate")
    }
    phases = {phase: reports[phase] for phase in PHASES}
    judged = judge(lake, key, phases, thresholds)
    asked = [task for task in (*JOBS, "validate") if task not in left_out]
    checks = [c for task in asked if (c := state_check(task, states.get(task), reports[task]))] + judged.checks
    final = reconcile.RED if any(c["state"] == FAIL for c in checks) else judged.verdict
    whole = replace(judged, verdict=final, checks=checks)
    step = None if final == reconcile.GREEN else remedy.switched_on(remedy.next_step(key, reports, states, checks, mends), paused)
    page = _page(lake, key, whole, reports, states, step, notes)
    _write(lake, lake.metrics(key.dag_id, key.run_id, "verdict.json"), key, whole, reports)
    _remember(lake, key, whole, phases, thresholds)
    path = lake.metrics(key.dag_id, key.run_id, "report.html")
    lake.write_text(path, page)
    index.link_from_the_run_before(lake, key)
    if lake.is_local():
        lake.write_text(f"{lake.root}/report.html", render.at_the_root(page, key))
    problem = whole.problem()
    own = record(
        key,
        start,
        problem,
        DATA_REFUSED if problem else 0,
        reports["extract"] or reports["kick_off"],
        outputs=[{"name": "report", "path": path, "rows": None, "bytes": len(page.encode())}],
        notes=[*notes, *alert(finding(key, whole, states, step))],
        result={
            "verdict": whole.verdict,
            "page": path,
            "seconds": render.sum_span(render.timeline(reports, states)),
            "problem": next((c["sentence"].splitlines()[0] for c in render.grounds(whole.checks) if problem), None),
        },
    )
    lake.write_json(lake.report(key), own)
    index.write(lake)
    return problem


def _write(lake: Lake, path: str, key: RunKey, judged: Judged, reports: dict[str, Any]) -> None:
    origin = next((report["run"] for phase in PHASES if (report := reports.get(phase))), {})
    run = {
        "dag_id": key.dag_id,
        "run_id": key.run_id,
        "try_number": key.try_number,
        "end": history.ended(reports),
        "code_version": origin.get("code_version"),
        "settings_hash": origin.get("settings_hash"),
    }
    lake.write_json(path, {"schema_version": 1, "run": run, **asdict(judged)})


def _remember(lake: Lake, key: RunKey, whole: Judged, reports: dict[str, Any], thresholds: Thresholds) -> None:
    """
    The run's place in the history. One that cannot be read is left as it is: the checks have told of it. What a rerun left in the
    tables stands in the history of the DAG that it mends, too, without its times.
    """
    own = history.record(key.run_id, whole.verdict, reports, thresholds.speed.least_ms, warned=acceptance.warned(whole.checks))
    try:
        for dag_id in {key.dag_id, history.of_tables(key.dag_id)}:
            kept = own if dag_id == key.dag_id else {**own, "figures": {}}
            history.save(lake, dag_id, history.add(history.load(lake, dag_id), kept))
    except history.Unreadable:
        return


def _page(
    lake: Lake,
    key: RunKey,
    whole: Judged,
    reports: dict[str, Any],
    states: dict[str, str],
    step: dict[str, Any] | None,
    notes: tuple[str, ...],
) -> str:
    """The page, with what the last good run was like."""
    good = last_good(lake, key)
    origin = (reports["extract"] or {}).get("run") or {}
    now = {"run": origin, "checks": whole.checks, "table": whole.table}
    return render.page(
        key,
        whole.verdict,
        whole.checks,
        whole.table,
        reports,
        states,
        step,
        trends=whole.trends,
        changes=since_last_good(now, good) if good else None,
        last_good=((good or {}).get("run") or {}).get("run_id"),
        notes=notes,
        data_of=whole.data_of,
        previous=previous(lake, key),
        following=following(lake, key),
        accept=remedy.look(key, warnings)["command"] if (warnings := told_warnings(whole)) else "",
    )


def counts(checks: list[dict[str, str]]) -> dict[str, int]:
    return Counter(check["state"] for check in checks)
