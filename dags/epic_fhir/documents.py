"""What the jobs and the DAGs leave for each other, as typed records; their schemas are in common/contracts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from epic_fhir.contracts import VERSION


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
class BronzeReport:
    """What extract's run report said of one export as it landed."""

    resources: dict[str, Resources]
    result: dict[str, Any]


@dataclass(frozen=True)
class KeptOut:
    """The list of what an export has of patients whose records stay out, by keyed hashes."""

    path: str
    entries: int


@dataclass(frozen=True)
class Removed:
    """Rows that an erasure or the retention of bronze has taken out of an export's files; the last of them at that time."""

    resource_type: str
    rows: int
    kind: str
    at: str | None = None


@dataclass(frozen=True)
class BronzeCommit:
    """The bronze files that an export shows: state/landings/<export>.json. Old files lack the last six."""

    export_id: str
    group: str
    transaction_time: str
    since: str | None
    landed_at: str
    run_key: str
    files: list[BronzeFile]
    complete_types: list[str] = field(default_factory=list)
    inferred_deletions: bool = False
    report: BronzeReport | None = None
    kept_out: KeptOut | None = None
    removed: list[Removed] = field(default_factory=list)
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
    adopted: bool = False


@dataclass(frozen=True)
class History:
    """What runs cost and left: state/history/<dag>.json."""

    schema_version: int
    runs: list[HistoryRun]
    accepted: list[dict[str, Any]]
