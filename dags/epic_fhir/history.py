"""
What runs cost and what they left, run after run: the figures that a new run is held against.

The history of a DAG is one small file of the lake, replaced in one step by each run's last task. A figure carries the key of what
it may be compared with: the same settings, the same class of host, the same way, about the same size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from epic_fhir import contracts, sites
from epic_fhir.history_shape import is_history
from epic_fhir.lake import Lake
from epic_fhir.locks import locked
from epic_fhir.reports import lasted, parse_instant

KEPT_RUNS = 400
SIZE_STEP = 4
"""Sizes within this factor are one class."""

RESOURCES_AT_LEAST = 10_000
"""A smaller run's time is mostly start-up: its cost is divided by this number of resources."""

PATIENTS_AT_LEAST = 20

_CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True)
class Figure:
    """
    What one thing cost in one run.

    :param value: milliseconds by ``unit``
    :param key: only figures of the same key are compared
    """

    value: float
    unit: str
    key: str


class Unreadable(Exception):
    """The history is there and cannot be read."""


def path(lake: Lake, dag_id: str) -> str:
    """
    :raises LookupError: where a person gave what is no id of a DAG, and would be another folder
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", dag_id):
        raise LookupError("Cannot find the history: a DAG's id has letters, digits, _ and -, and single dots between them")
    return f"{lake.root}/state/history/{dag_id}.json"


def of_tables(dag_id: str) -> str:
    """The DAG whose history has the tables: a rerun writes the tables of the DAG that it repairs."""
    return sites.named("etl", sites.of(dag_id))


def load(lake: Lake, dag_id: str) -> dict[str, Any]:
    """
    The runs so far, oldest first, and the levels that people accepted.

    :raises Unreadable: where there is a file that is none of ours; without a file the history is empty
    """
    file = path(lake, dag_id)
    content = lake.read_json(file)
    if content is None and not lake.exists(file):
        return {"schema_version": 1, "runs": [], "accepted": []}
    if told := contracts.version_problem(content, file):
        raise Unreadable(told.removesuffix("."))
    if not is_history(content):
        raise Unreadable(f"{file} is not a history of runs; restore it from a backup, or delete it and start a new one")
    return {**content, "runs": [run for run in content["runs"] if _in_time(run)]}


def _in_time(run: dict[str, Any]) -> bool:
    """Whether it ended before now: one that a wrong clock put into the future would be the last run for ever."""
    at = parse_instant(run.get("at"))
    return at is None or at <= datetime.now(timezone.utc) + _CLOCKS_DIFFER


def add(history: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """With this run in its place in time; an earlier record of the same run goes."""
    others = [known for known in history["runs"] if known.get("run_id") != run["run_id"]]
    runs = sorted([*others, run], key=lambda known: str(known.get("at") or ""))
    return {**history, "runs": runs[-KEPT_RUNS:]}


def save(lake: Lake, dag_id: str, history: dict[str, Any]) -> None:
    lake.write_json(path(lake, dag_id), history)


def change(lake: Lake, dag_id: str, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """
    Reads, changes and writes it, while no other task does.

    :raises Unreadable: where there is a file that is none of ours
    """
    with locked(lake, path(lake, dag_id)):
        before = load(lake, dag_id)
        if (after := how(before)) != before:
            save(lake, dag_id, after)


def record(
    run_id: str,
    verdict: str,
    reports: dict[str, dict[str, Any] | None],
    least_ms: float,
    warned: Iterable[dict[str, Any]] = (),
    *,
    adopted: bool = False,
) -> dict[str, Any]:
    """
    One run for the history.

    :param warned: its warnings, as acceptance keeps them
    :param adopted: whether it took data that another run had landed and counted, and so says nothing of how they came
    """
    return {
        "run_id": run_id,
        "at": ended(reports) or datetime.now(timezone.utc).isoformat(),
        "verdict": verdict,
        "figures": {name: asdict(figure) for name, figure in figures(reports, least_ms).items()},
        "views": views(reports),
        "silver": silver((((reports.get("transform") or {}).get("result")) or {}).get("silver")),
        "warned": list(warned),
        "adopted": adopted,
    }


def ended(reports: dict[str, dict[str, Any] | None]) -> str | None:
    """When the last phase that left a report ended."""
    ends = [end for report in reports.values() if (end := parse_instant(((report or {}).get("run") or {}).get("end")))]
    return max(ends).isoformat() if ends else None


def figures(reports: dict[str, dict[str, Any] | None], least_ms: float) -> dict[str, Figure]:
    """
    Every figure of a run, by name.

    :param least_ms: what took less is start-up and noise, and is part of its phase's figure only
    """
    found: dict[str, Figure] = {}
    parts = {"extract": _extract, "transform": _transform, "load": _load}
    told = {phase: reports.get(phase) or {} for phase in parts}
    ended_well = {phase: report for phase, report in told.items() if (report.get("run") or {}).get("status") == "success"}
    whole = 0
    for phase, report in ended_well.items():
        for name, ms, count, unit, way in parts[phase](report):
            if unit == "resource" and name == phase:
                whole = max(whole, count)
            if count > 0 and (ms >= least_ms or name == phase):
                label = f"{phase}: ms a {unit}" + ("" if name == phase else f", {name}")
                found[label] = _figure(ms, count, unit, _key(report["run"], way, count))
    if whole and len(ended_well) == len(parts):
        work = sum(_millis(report["run"]) for report in ended_well.values())
        key = _key(ended_well["transform"]["run"], _way(ended_well["extract"]), whole)
        found["whole run: ms a resource"] = _figure(work, whole, "resource", key)
    return found


def silver(told: Any) -> dict[str, dict[str, int]]:
    """How many resources of each type silver holds live and deleted; a type without both is left out."""
    pairs = {kind: (state.get("rows_live"), state.get("tombstones")) for kind, state in (told or {}).items()}
    return {kind: {"live": live, "gone": gone} for kind, (live, gone) in pairs.items() if live is not None and gone is not None}


def views(reports: dict[str, dict[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """The rows of each view and joined table, and of each column what share is null; None if the target does not report it."""
    loaded, told = ((((reports.get(phase) or {}).get("result")) or {}) for phase in ("load", "transform"))
    tables = {**(loaded.get("joined") or {}), **(loaded.get("tables") or {})}
    made = {**(told.get("joined") or {}), **(told.get("views") or {})}
    return {
        name: {"rows": table.get("view_rows", table.get("rows")), "null_share": table.get("null_share")}
        for name, table in {**made, **tables}.items()
    }


Part = tuple[str, float, int, str, str]
"""Name (the phase's own for all of it), milliseconds, count, unit and way."""


def _extract(report: dict[str, Any]) -> Iterator[Part]:
    way, resources = _way(report), report.get("resources") or {}
    received = sum(counts.get("received") or 0 for counts in resources.values())
    yield "extract", _millis(report["run"]), received, "resource", way
    patients = report.get("patients") or {}
    if patients.get("count"):
        yield "extract", patients["ms_per_patient"] * patients["count"], patients["count"], "patient", way


def _transform(report: dict[str, Any]) -> Iterator[Part]:
    resources = report.get("resources") or {}
    received = sum(counts.get("received") or 0 for counts in resources.values())
    yield "transform", _millis(report["run"]), received, "resource", "applied"  # all types and views are one job: none has a time


def _load(report: dict[str, Any]) -> Iterator[Part]:
    timers, tables = report.get("timers") or {}, (report.get("result") or {}).get("tables") or {}
    rows = {output["name"].split(".")[-1]: output.get("rows") or 0 for output in report.get("outputs") or []}
    ways = {table.get("loaded") for table in tables.values()} - {"none", None}
    yield "load", _millis(report["run"]), sum(rows.values()), "row", "whole" if "whole" in ways else "changes"
    for view, count in rows.items():
        timer = timers.get(f"load.{view}") or {}
        if timer.get("count"):
            yield view, timer["count"] * timer["mean_ms"], count, "row", (tables.get(view) or {}).get("loaded") or "whole"


def _way(extract: dict[str, Any] | None) -> str:
    return "since" if (((extract or {}).get("result")) or {}).get("since") else "full"


def _figure(ms: float, count: int, unit: str, key: str) -> Figure:
    return Figure(ms / max(count, PATIENTS_AT_LEAST if unit == "patient" else RESOURCES_AT_LEAST), f"ms/{unit}", key)


def _key(run: dict[str, Any], way: str, count: int) -> str:
    size = math.floor(math.log(max(count, RESOURCES_AT_LEAST), SIZE_STEP))
    host = run.get("host_class") or run.get("host")
    return f"settings {run.get('settings_hash')}, {host}, {way}, some {SIZE_STEP**size:,}"


def _millis(run: dict[str, Any]) -> float:
    return (lasted(run) or 0.0) * 1000
