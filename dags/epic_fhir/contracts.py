"""
What the jobs write and the checks read, as types: the Python side of common/contracts.

A document is read once, where it comes in. A key that is missing or unknown, or a value of another type, is a sentence that says
where, and not a None that a check takes for "nothing to see".
"""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
"""The version of every contract that this code writes, and the newest that it reads."""

_MOST = 5
"""So many problems of one document are named."""


class ContractError(Exception):
    """A document is not what its contract says."""


@dataclass(frozen=True)
class Run:
    """Which run, task and try; how it ended; on what code, settings and host."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    logical_date: str | None
    interval_start: str | None
    interval_end: str | None
    phase: str
    start: str
    end: str
    duration_ms: int
    status: str
    exit_code: int
    error: str | None
    settings_hash: str | None
    code_version: str | None
    host: str
    host_class: str | None


@dataclass(frozen=True)
class Data:
    """Something read or written; rows and bytes are None where they are not known."""

    name: str
    path: str | None
    rows: int | None
    bytes: int | None


@dataclass(frozen=True)
class Resources:
    """Counts of one resource type."""

    received: int | None
    written: int | None
    rejected: int | None
    deleted: int | None
    ms: int | None


@dataclass(frozen=True)
class Patients:
    count: int
    ms_per_patient: float


@dataclass(frozen=True)
class Spread:
    """How a metric spreads over the tasks of a stage."""

    min: int
    p50: int
    p95: int
    max: int


@dataclass(frozen=True)
class SparkTask:
    partition: int
    host: str | None
    duration_ms: int
    records: int
    bytes: int
    gc_ms: int


@dataclass(frozen=True)
class Stage:
    stage_id: int
    attempt: int
    name: str
    job_group: str | None
    tasks: int
    failed_tasks: int
    duration_ms: Spread
    skew_ratio: float
    records: Spread
    bytes: Spread
    slowest: SparkTask | None
    heaviest: SparkTask | None
    records_read: int
    records_written: int
    bytes_read: int
    bytes_written: int
    shuffle_read_bytes: int
    shuffle_write_bytes: int
    spill_memory_bytes: int
    spill_disk_bytes: int
    gc_ms: int
    peak_execution_memory_bytes: int


@dataclass(frozen=True)
class Memory:
    driver_heap_peak_bytes: int | None
    executor_heap_peak_bytes: int | None


@dataclass(frozen=True)
class Timer:
    count: int
    mean_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True)
class RunReport:
    """What a task did: metrics/<dag>/<run>/<task>.json."""

    schema_version: int
    run: Run
    inputs: list[Data]
    outputs: list[Data]
    resources: dict[str, Resources]
    patients: Patients | None
    stages: list[Stage]
    memory: Memory
    timers: dict[str, Timer]
    counters: dict[str, float]
    notes: list[str]
    result: dict[str, Any]


@dataclass(frozen=True)
class BronzeFile:
    resource_type: str
    path: str
    rows: int
    bytes: int
    kind: str


@dataclass(frozen=True)
class BronzeCommit:
    """The bronze files that an export shows: state/landings/<export>.json. Old files lack the last three."""

    export_id: str
    group: str
    transaction_time: str
    since: str | None
    landed_at: str
    run_key: str
    files: list[BronzeFile]
    complete_types: list[str] = field(default_factory=list)
    inferred_deletions: bool = False
    schema_version: int = VERSION


@dataclass(frozen=True)
class Figure:
    value: float
    unit: str
    key: str


@dataclass(frozen=True)
class HistoryView:
    rows: int | None
    null_share: dict[str, float] | None


@dataclass(frozen=True)
class HistorySilver:
    live: int | None
    gone: int | None


@dataclass(frozen=True)
class HistoryRun:
    run_id: str
    at: str | None
    verdict: str
    figures: dict[str, Figure]
    views: dict[str, HistoryView]
    silver: dict[str, HistorySilver]
    warned: list[dict[str, Any]]


@dataclass(frozen=True)
class History:
    """What runs cost and left: state/history/<dag>.json."""

    schema_version: int
    runs: list[HistoryRun]
    accepted: list[dict[str, Any]]


def read(model: type[Any], document: Any, name: str) -> Any:
    """
    The document as a model of it.

    :param name: what it is and where it lies, for the sentence
    :raises ContractError: with a sentence that names what is wrong
    """
    if told := version_problem(document, name):
        raise ContractError(told)
    problems: list[str] = []
    value = _value(model, document, "", problems)
    if problems:
        more = f" and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        raise ContractError(
            f"Cannot read {name}: {'; '.join(problems[:_MOST])}{more}. Install the job JARs and the DAGs of one version."
        )
    return value


def version_problem(document: Any, name: str) -> str | None:
    """Why this code cannot read a document of that version; None where it can, or where the document has none."""
    version = document.get("schema_version", VERSION) if isinstance(document, dict) else VERSION
    if version == VERSION or not isinstance(version, int):
        return None
    age = "a newer" if version > VERSION else "an older"
    return (
        f"Cannot read {name}: it has version {version}, and this code knows {VERSION}; "
        f"{age} version of the pipeline wrote it. Install the job JARs and the DAGs of one version."
    )


def problem(model: type[Any], document: Any, name: str) -> str | None:
    """Why the document is not of this model, as a sentence; None where it is."""
    try:
        read(model, document, name)
    except ContractError as e:
        return str(e)
    return None


def _value(wanted: Any, given: Any, at: str, problems: list[str]) -> Any:
    origin = typing.get_origin(wanted)
    if wanted is Any:
        return given
    if origin in (types.UnionType, typing.Union):
        inner = next(kind for kind in typing.get_args(wanted) if kind is not type(None))
        return None if given is None else _value(inner, given, at, problems)
    if dataclasses.is_dataclass(wanted):
        return _record(wanted, given, at, problems)
    if origin is list and isinstance(given, list):
        (kind,) = typing.get_args(wanted)
        return [_value(kind, item, f"{at}[{number}]", problems) for number, item in enumerate(given)]
    if origin is dict and isinstance(given, dict):
        kind = typing.get_args(wanted)[1]
        return {key: _value(kind, item, f"{at}.{key}", problems) for key, item in given.items()}
    plain = origin or wanted
    fits = isinstance(given, (int, float) if plain is float else plain) and (plain is bool or not isinstance(given, bool))
    if not fits:
        problems.append(f"{at.lstrip('.')} is {_kind(given)} and not {_NAMES[plain]}")
    return given


def _record(model: Any, given: Any, at: str, problems: list[str]) -> Any:
    if not isinstance(given, dict):
        problems.append(f"{at.lstrip('.') or 'it'} is {_kind(given)} and not an object")
        return None
    hints = typing.get_type_hints(model)
    known = {part.name: part for part in dataclasses.fields(model)}
    problems.extend(f"{f'{at}.{key}'.lstrip('.')} is unknown" for key in given if key not in known)
    values, complete = {}, True
    for name, part in known.items():
        if name in given:
            values[name] = _value(hints[name], given[name], f"{at}.{name}", problems)
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            problems.append(f"{f'{at}.{name}'.lstrip('.')} is missing")
            complete = False
    return model(**values) if complete else None


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


def _kind(given: Any) -> str:
    return "null" if given is None else _NAMES.get(type(given), type(given).__name__)
