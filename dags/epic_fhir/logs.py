"""The first and last sentence of a task's log: what it requests from where, the result, and what is next."""

from __future__ import annotations

from typing import Any

from epic_fhir import sites
from epic_fhir.lake import RunKey
from epic_fhir.reports import JOBS, lasted

READY = frozenset({"complete", "landed"})
"""States of an export that extract can start from."""

DOES = {
    "kick_off": "requests the run's exports, or starts a crawl",
    "wait": "checks whether the exports are ready",
    "extract": "brings the exports into bronze",
    "transform": "applies bronze to silver and brings the views up to date",
    "load": "brings the views that changed into PostgreSQL",
    "validate": "compares the counts of all phases",
    "report": "writes the page and sends the alerts",
}


def opening(key: RunKey, conf: Any = None, export_id: str | None = None) -> str:
    """
    The first sentence.

    :param conf: the settings file
    """
    what = DOES.get(key.task_id, "runs")
    export = f" Exports: {export_id}." if export_id else ""
    settings = f", settings {conf}" if conf else ""
    return f"{key.task_id} {what}. Run {key.run_id}, try {key.try_number}{settings}.{export}"


def closing(key: RunKey, report: dict[str, Any], path: str) -> str:
    """
    The last sentence of a task that did its work; one that failed ends with the failure.

    :param report: its run report, which lies at path
    """
    seconds = lasted(report.get("run") or {})
    took = "" if seconds is None else f" after {seconds:,.1f} s"
    found = "; ".join(_found(key.task_id, report))
    if key.task_id == "wait" and (report.get("result") or {}).get("state") not in READY:
        return f"wait checked{took}: {found}. It checks again later. Report: {path}"
    told = f": {found}" if found else ""
    return f"{key.task_id} succeeded{took}{told}.{_following(key)} Report: {path}"


def _following(key: RunKey) -> str:
    """What is next; said only in the DAGs that go from phase to phase and end with the checks."""
    if key.dag_id not in (sites.named(what, sites.of(key.dag_id)) for what in ("etl", "rerun")) or key.task_id not in JOBS:
        return ""
    after = JOBS[JOBS.index(key.task_id) + 1 :]
    return f" Next: {after[0] if after else 'the checks'}."


def _found(task: str, report: dict[str, Any]) -> list[str]:
    result, counts = report.get("result") or {}, (report.get("resources") or {}).values()
    if task in ("kick_off", "wait"):
        return [f"exports {result.get('export_id') or 'none'}", f"state {result.get('state') or 'unknown'}"]
    if task == "extract":
        received, rejected = (sum(each.get(name) or 0 for each in counts) for name in ("received", "rejected"))
        return [f"{received:,} resources received", f"{rejected:,} in quarantine"]
    if task == "transform":
        return [f"{len(result.get('exports') or [])} exports applied", f"{len(result.get('views') or {})} views up to date"]
    if task != "load":
        return []
    tables = (result.get("tables") or {}).values()
    changed = sum(bool(table.get("changed")) for table in tables)
    return [f"{changed} of {len(tables)} tables changed", f"{sum(table.get('rows') or 0 for table in tables):,} rows in all"]
