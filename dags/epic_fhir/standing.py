"""The tables that a lake has, according to its newest runs."""

from __future__ import annotations

from typing import Any

from epic_fhir.lake import Lake


def standing_tables(lake: Lake) -> dict[str, dict[str, Any]]:
    """
    The tables as the newest transform reported them. One that went on without a table says nothing of it: its name comes from the
    runs before, up to one that ended well.
    """
    standing: dict[str, dict[str, Any]] = {"silver": {}, "views": {}, "joined": {}, "lookups": {}}
    newest = True
    for dag, run in lake.runs():
        report = lake.read_json(lake.metrics(dag, run, "transform.json")) or {}
        result = report.get("result") or {}
        if not result.get("silver"):
            continue
        stopped = {table: {} for kind in ("refused_views", "refused_joined") for table in result.get(kind) or {}}
        told = {
            "silver": result["silver"],
            "views": {**stopped, **(result.get("views") or {}), **(result.get("joined") or {})},
            "joined": {**(result.get("refused_joined") or {}), **(result.get("joined") or {})},
            "lookups": result.get("lookups") or {},
        }
        for kind, tables in told.items():
            standing[kind] = {**(tables if newest else {table: {} for table in tables}), **standing[kind]}
        newest = False
        if report["run"]["status"] == "success":
            break
    return standing
