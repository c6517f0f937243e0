"""
The warnings of the run that a rerun mends, which nobody else would tell: load reports them by the run that had them, and an export
that landed in that run is not this one's where a new one was requested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from epic_fhir import phase_results, reconcile, red_runs, rerun_exports, sites
from epic_fhir.contract_checks import usable, usable_landing
from epic_fhir.evidence import export_ids
from epic_fhir.expectations import in_quarantine
from epic_fhir.load_checks import problems as of_load
from epic_fhir.source_checks import problems as of_extract
from epic_fhir.transform_checks import problems as of_transform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from epic_fhir.checks import Check
    from epic_fhir.lake import Lake, RunKey


def warnings(lake: Lake, key: RunKey, mends: str | None, exports: Iterable[str], told: Iterable[Check]) -> list[Check]:
    """
    Of the run and of the reruns that did not bring it to green.

    :param mends: the run that is mended; None where this is no rerun
    :param exports: those of this run, which are its own to tell of
    :param told: the checks of this run
    """
    if mends is None:
        return []
    etl = sites.named("etl", sites.of(key.dag_id))
    runs = [(etl, mends), *(run for run in red_runs.reruns(lake, etl, mends) if run != (key.dag_id, key.run_id))]
    known = {(check.name, check.subject, check.sentence) for check in told}
    found = [check for run in runs if not _is_green(lake, *run) for check in _of(lake, *run, exports)]
    return [*{(c.name, c.subject, c.sentence): c for c in found if (c.name, c.subject, c.sentence) not in known}.values()]


def _is_green(lake: Lake, dag_id: str, run_id: str) -> bool:
    """Then its own page and alert told."""
    judged = lake.read_json(lake.metrics(dag_id, run_id, "verdict.json"))
    return isinstance(judged, dict) and judged.get("verdict") == reconcile.GREEN


def _of(lake: Lake, dag_id: str, run_id: str, exports: Iterable[str]) -> Iterator[Check]:
    given = {task: lake.read_json(lake.metrics(dag_id, run_id, f"{task}.json")) for task in ("kick_off", "wait", *reconcile.PHASES)}
    reports = {task: usable(task, report)[0] or {} for task, report in given.items()}
    results = {task: report.get("result") or {} for task, report in reports.items()}
    mine = {*rerun_exports.requested(reports), *export_ids(reports["extract"])} - {*exports}
    landings = [usable_landing(export, lake.read_json(lake.landing(export)))[0] or {} for export in sorted(mine)]
    landed = [landing for landing in landings if landing.get("run_key") == f"{dag_id}/{run_id}"]
    for landing in landed:
        if report := landing.get("report"):
            result = phase_results.that_fits("extract", report["result"], "the bronze commit")[0]
            yield from of_extract({**result, "warnings": []}, report["resources"])
            yield from in_quarantine({**report, "result": result})
    if landed:
        yield from of_extract({"warnings": results["extract"].get("warnings")}, {})
    parts = ("quarantined_deletions", "quarantine", "kept_out_known")
    yield from of_transform({part: results["transform"][part] for part in parts if part in results["transform"]})
    yield from of_load({"warnings": results["load"].get("warnings")})
