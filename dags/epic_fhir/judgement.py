"""All checks of a run: what its documents say is read once, and no check can stop another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

from epic_fhir import acceptance, attempts, baseline, contract_checks, history, layer_counts, mended, reconcile
from epic_fhir.changes import before, data_of, has_good_runs, last_good, until, verdict_of
from epic_fhir.checks import COULD_NOT_RUN, Check
from epic_fhir.drift import drift
from epic_fhir.evidence import Evidence, export_ids
from epic_fhir.expectations import expectations, names_lack, still_asked, without_lack
from epic_fhir.findings import Judged
from epic_fhir.lake import Lake, RunKey
from epic_fhir.landed_reports import Whole, of_what_landed, whole
from epic_fhir.reports import parse_instant
from epic_fhir.settings import Thresholds
from epic_fhir.skew import skew
from epic_fhir.source_checks import EXPECTATIONS

_NEWEST = 50
"""The runs among which one may have loaded what this run's load did not."""


def judge(
    lake: Lake, key: RunKey, given: dict[str, Any], thresholds: Thresholds, requested: Iterable[str] = (), mends: str | None = None
) -> Judged:
    """
    The counts first, which decide; then what only warns: skew, speed, drift.

    :param given: each phase's run report as it was read, or None
    :param requested: the exports that extract was to land
    :param mends: of a rerun, the run that it mends
    """
    read = {phase: contract_checks.usable(phase, report) for phase, report in given.items()}
    reports = {phase: report for phase, (report, _) in read.items()}
    reports["extract"] = of_what_landed(lake, reports.get("extract"))
    evidence, problems = _evidence(lake, reports, requested, whole(lake, key, reports.get("extract"), mends))
    checks = attempts.checks("counts", "all", lambda: reconcile.reconcile(evidence))
    exports = evidence.export_ids
    checks += attempts.checks(EXPECTATIONS, "mended run", lambda: mended.warnings(lake, key, mends, exports, checks))
    checks += contract_checks.as_agreed({phase: told for phase, (_, told) in read.items()} | problems)
    grounds = reconcile.verdict(checks)
    checks += attempts.checks("skew", "all", lambda: skew(reports, thresholds))
    tried = attempts.Attempts()
    nothing: tuple[list[baseline.Trend], list[Check], dict[str, Any] | None] = ([], [], None)
    drawn, told, past = tried.of("speed", "all", lambda: _beside_earlier_runs(lake, key, evidence, thresholds), nothing)
    checks += [*told, *tried.failed]
    if past is not None:
        checks = acceptance.applied(checks, past, key.run_id)
    if grounds == reconcile.GREEN and history.of_tables(key.dag_id) == key.dag_id:  # a rerun makes and checks a part only
        ended = history.ended(reports)
        checks += attempts.checks(EXPECTATIONS, "checks", lambda: still_asked(checks, _asked_before(lake, key, past, ended)))
    if grounds == reconcile.GREEN:
        grounds = reconcile.verdict(checks)
    brought = [evidence.landings[export] for export in evidence.export_ids]
    page = attempts.Attempts()
    table = page.of("report", "counts of the page", lambda: layer_counts.table(evidence), [])
    data = page.of("report", "age of the data", lambda: data_of(brought), None)
    if page.failed and grounds == reconcile.GREEN:
        grounds = reconcile.UNKNOWN
    return Judged(grounds, reconcile.as_dicts(checks + page.failed), table, [asdict(trend) for trend in drawn], data)


def _evidence(
    lake: Lake, reports: dict[str, Any], requested: Iterable[str], extracted: Whole
) -> tuple[Evidence, dict[str, str | None]]:
    """What the checks look at; and by export why its landing cannot be used, of all landings as soon as the checks read them."""
    exports = (((reports.get("transform") or {}).get("result")) or {}).get("exports") or []
    landed = export_ids(reports.get("extract"))
    requested = [*requested]
    known = sorted({*exports, *landed, *requested})
    landings = {e: contract_checks.usable_landing(e, lake.read_json(lake.landing(e))) for e in known}
    problems = {export: told for export, (_, told) in landings.items()}

    def every_landing() -> dict[str, Any]:
        found = {}
        for export, content in lake.json_files(f"{lake.root}/state/landings"):
            found[export], problems[export] = contract_checks.readable_landing(export, content)
        return found

    def verdict_of(run_key: str) -> Any:
        dag_id, _, run_id = run_key.partition("/")
        return lake.read_json(lake.metrics(dag_id, run_id, "verdict.json"))

    evidence = Evidence(
        reports=reports,
        landings={export: landing for export, (landing, _) in landings.items()},
        applied=frozenset(e for e in known if _is_applied(lake.read_json(f"{lake.root}/state/applied/{e}.json"))),
        standing=_versions(lake, "views"),
        standing_joined=_versions(lake, "joined"),
        every_landing=every_landing,
        verdict_of=verdict_of,
        served=partial(_served, lake, reports.get("load")),
        # A crawl that a later one has superseded ends as the later one.
        requested=tuple(e for e in requested if e in landed or not lake.exists(f"{lake.root}/state/exports/{e}/crawl.json")),
        whole=extracted.extract,
        counted=extracted.counted,
    )
    return evidence, problems


def _served(lake: Lake, load: dict[str, Any] | None, kind: str, table: str, version: int) -> dict[str, Any]:
    """Of a load that began after this one; only the newest runs can have one."""
    began = parse_instant(((load or {}).get("run") or {}).get("start"))
    for dag, run in islice(lake.runs(), _NEWEST):
        told = contract_checks.usable("load", lake.read_json(lake.metrics(dag, run, "load.json")))[0] or {}
        start = parse_instant((told.get("run") or {}).get("start"))
        found = ((told.get("result") or {}).get(kind) or {}).get(table) or {}
        if None not in (began, start) and start > began and found.get("delta_version") == version:
            return found
    return {}


def _beside_earlier_runs(
    lake: Lake, key: RunKey, evidence: Evidence, thresholds: Thresholds
) -> tuple[list[baseline.Trend], list[Check], dict[str, Any] | None]:
    """The trends; what the run is held against earlier ones for: its speed, its data, what one may expect; and their history."""
    reports, told = evidence.reports, {**evidence.reports, "extract": evidence.told or None}
    try:
        past = _history(lake, key, key.dag_id)
        tables = _history(lake, key, history.of_tables(key.dag_id))
    except history.Unreadable as e:
        return [], [Check(name, "all", COULD_NOT_RUN, f"{e}.") for name in ("speed", "drift", EXPECTATIONS)], None
    tried = attempts.Attempts()
    figures = tried.of("speed", "all", lambda: history.figures(reports, thresholds.speed.least_ms), {})
    ended = history.ended(reports)
    # What a phase left is of the time when it ended: a person may have cleared a later one days afterwards.
    ends = {phase: history.ended({phase: reports.get(phase)}) for phase in reconcile.PHASES}
    before_phase = {phase: until(past, key.run_id, ends[phase]) for phase in ends}

    def drawn() -> list[baseline.Trend]:
        return baseline.trends(figures, before_phase["extract"], key.run_id, ended, thresholds.speed, before_phase)

    trends: list[baseline.Trend] = tried.of("speed", "all", drawn, [])
    mine = {export: evidence.landings[export] for export in evidence.export_ids}
    checks = [*tried.failed, *(trend.check() for trend in trends)]
    loaded, held = (until(tables, key.run_id, ends[phase]) for phase in ("load", "transform"))
    checks += attempts.checks("drift", "all", lambda: drift(reports, loaded, key.run_id, mine, thresholds.data))
    checks += attempts.checks(EXPECTATIONS, "all", lambda: expectations(told, held, key.run_id, thresholds.data.deleted))
    return trends, checks, {**tables, "runs": until(tables, key.run_id, ended)["runs"]}


def _history(lake: Lake, key: RunKey, dag_id: str) -> dict[str, Any]:
    """
    :raises Unreadable: also where there is none, although there were good runs: nobody may take them for first ones
    """
    past, file = history.load(lake, dag_id), history.path(lake, dag_id)
    if not past["runs"] and not lake.exists(file) and has_good_runs(lake, key, dag_id):
        raise history.Unreadable(
            f"{file} is missing, although {dag_id} had good runs. The baselines and the accepted warnings are lost. Restore the "
            "file from a backup, or go on with the new one that this run begins"
        )
    return past


def _asked_before(lake: Lake, key: RunKey, past: dict[str, Any] | None, ended: str | None) -> list[dict[str, Any]]:
    """
    The verdict of the newest green run. It names what it lacked itself; one of an earlier version did not, so there the verdicts go
    on to the newest one that lacked nothing, or whose lack somebody accepted.
    """
    runs = [run for run in before((past or {}).get("runs") or [], key, ended) if run.get("verdict") == "green"]
    whole = {run["run_id"] for run in acceptance.comparable(past, key.run_id, EXPECTATIONS, "checks")} if past else set()
    found = []
    for run in reversed(runs):
        told = verdict_of(lake, key.dag_id, run["run_id"])  # of a rerun, which stands in this history, too, there is none here
        if told is None:
            continue
        if run["run_id"] in whole:
            return [*found, without_lack(told)]
        found.append(told)
        if names_lack(told):
            return found
    good = None if found else last_good(lake, key, ended)
    return found if good is None else [good]


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
