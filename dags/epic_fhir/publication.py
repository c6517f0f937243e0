"""What a judged run leaves in the lake: verdict.json, its place in the history, the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from epic_fhir import acceptance, history, index, remedy, render
from epic_fhir.changes import following, last_good, previous, since_last_good
from epic_fhir.evidence import PHASES
from epic_fhir.findings import Judged, told_warnings
from epic_fhir.lake import Lake, RunKey
from epic_fhir.settings import Thresholds


def write(lake: Lake, path: str, key: RunKey, judged: Judged, reports: dict[str, Any]) -> None:
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


def remember(lake: Lake, key: RunKey, whole: Judged, reports: dict[str, Any], thresholds: Thresholds) -> None:
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


def page(
    lake: Lake,
    key: RunKey,
    whole: Judged,
    reports: dict[str, Any],
    states: dict[str, str],
    step: dict[str, Any] | None,
    notes: tuple[str, ...],
    paused: Callable[[str], bool],
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
        accept=remedy.look(key, warnings, paused)["command"] if (warnings := told_warnings(whole)) else "",
    )


def write_page(lake: Lake, key: RunKey, path: str, page: str) -> None:
    """The page of the run, the link of the run before to it, and the newest page at the lake's root."""
    lake.write_text(path, page)
    index.link_from_the_run_before(lake, key)
    if lake.is_local():
        lake.write_text(f"{lake.root}/report.html", render.at_the_root(page, key))
