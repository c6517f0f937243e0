"""Run reports, landings and a lake of a made-up run, small enough to be read; tests change what they are about."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from epic_fhir.lake import Lake, RunKey
from epic_fhir.settings import Thresholds

BEGIN = datetime(2026, 3, 2, 4, 0, tzinfo=timezone.utc)
RUN_ID = "scheduled__2026-03-02T04:00:00+00:00"
EXPORT = "epic_fhir_etl-7f3a"
THRESHOLDS = Thresholds(skew_ratio=4.0, skew_min_duration=timedelta(seconds=5), skew_min_tasks=4)

ROWS = {
    "AllergyIntolerance": 14,
    "Condition": 812,
    "Encounter": 1290,
    "ExplanationOfBenefit": 1702,
    "Observation": 14308,
    "Patient": 20,
}
VIEWS = {
    "allergy_intolerance": ("AllergyIntolerance", 14),
    "condition": ("Condition", 812),
    "encounter": ("Encounter", 1290),
    "claim_item": ("ExplanationOfBenefit", 9120),
    "observation": ("Observation", 14308),
    "vital_signs": ("Observation", 1630),
    "patient": ("Patient", 20),
}


def key(task: str = "validate", try_number: int = 1) -> RunKey:
    return RunKey("epic_fhir_etl", RUN_ID, task, try_number, BEGIN - timedelta(days=1), BEGIN)


def report(task: str, after: float, seconds: float, **parts: Any) -> dict[str, Any]:
    """A task's report of a run that began at BEGIN; ``after`` and ``seconds`` place it on the clock."""
    start = BEGIN + timedelta(seconds=after)
    run = {
        "dag_id": "epic_fhir_etl",
        "run_id": RUN_ID,
        "task_id": task,
        "try_number": 1,
        "logical_date": None,
        "interval_start": (BEGIN - timedelta(days=1)).isoformat(),
        "interval_end": BEGIN.isoformat(),
        "phase": task,
        "start": start.isoformat().replace("+00:00", "Z"),
        "end": (start + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
        "duration_ms": round(seconds * 1000),
        "status": "success",
        "exit_code": 0,
        "error": None,
        "settings_hash": "5b0a9c1d22e7f410",
        "code_version": "0.1.0",
        "host": "pipeline-host",
        "host_class": "Linux amd64, 2 cores, 24 GiB, local[2]",
    }
    empty = {
        "inputs": [],
        "outputs": [],
        "resources": {},
        "patients": None,
        "stages": [],
        "memory": {"driver_heap_peak_bytes": None, "executor_heap_peak_bytes": None},
        "timers": {},
        "counters": {},
        "notes": [],
        "result": {},
    }
    return {"schema_version": 1, "run": run, **empty, **parts}


def failed(made: dict[str, Any], exit_code: int, error: str) -> dict[str, Any]:
    made["run"] |= {"status": "failed", "exit_code": exit_code, "error": error}
    return made


NOTHING = dict.fromkeys(("min", "p50", "p95", "max"), 0)
STAGE_SUMS = (
    "records_read",
    "records_written",
    "bytes_read",
    "bytes_written",
    "shuffle_read_bytes",
    "shuffle_write_bytes",
    "spill_memory_bytes",
    "spill_disk_bytes",
    "gc_ms",
    "peak_execution_memory_bytes",
)


def stage(stage_id: int, group: str, tasks: int = 8, p50: int = 900, longest: int = 1400) -> dict[str, Any]:
    return {
        "stage_id": stage_id,
        "attempt": 0,
        "name": "collect at ViewJob.java:88",
        "job_group": group,
        "tasks": tasks,
        "failed_tasks": 0,
        "duration_ms": {"min": p50 // 2, "p50": p50, "p95": longest, "max": longest},
        "skew_ratio": longest / p50,
        "records": dict(NOTHING),
        "bytes": dict(NOTHING),
        "slowest": None,
        "heaviest": None,
        **dict.fromkeys(STAGE_SUMS, 0),
    }


def heavy(records, **parts):
    """A stage whose partition 5 has so many records, where the others have 100."""
    spread = {"min": 90, "p50": 100, "p95": 110, "max": records}
    one = {"partition": 5, "host": "worker-3", "duration_ms": parts["longest"], "records": records, "bytes": 9, "gc_ms": 1}
    made = {**stage(7, "views", **parts), "records": spread, "bytes": {**spread, "p50": 9}}
    return {**made, "slowest": one, "heaviest": one}


def counts(**rows: int) -> dict[str, Any]:
    return {kind: {"received": n, "written": n, "rejected": 0, "deleted": 0, "ms": None} for kind, n in rows.items()}


def in_silver(n: int, **changes: Any) -> dict[str, Any]:
    """What transform reports of a type of which an export brought n resources."""
    told = {"delta_version": 3, "rows_live": n, "tombstones": 0, "path": "/lake/silver"}
    return told | {"read": n, "distinct": n, "present": n, "released": 0} | changes


def of_view(view: str, **changes: Any) -> dict[str, Any]:
    """What transform reports of a view; each resource of claim_item has several rows, and few are vital signs."""
    kind, rows = VIEWS[view]
    live = ROWS[kind]
    told = {"resource": kind, "delta_version": 3, "rows": rows, "path": f"/lake/views/{view}"}
    return told | {"silver_resources": live, "let_through": live, "resources": min(rows, live), "left_out": 0} | changes


def good_run() -> dict[str, dict[str, Any]]:
    """The reports of every job of a run in which all is well."""
    silver = {kind: in_silver(n) for kind, n in ROWS.items()}
    views = {view: of_view(view) for view in VIEWS}
    tables = {v: {"rows": n, "delta_version": 3, "changed": True, "view_rows": n} for v, (_, n) in VIEWS.items()}
    return {
        "kick_off": report("kick_off", 2, 3.1, result={"export_id": EXPORT, "state": "accepted"}),
        "wait": report("wait", 40, 1.4, result={"export_id": EXPORT, "state": "complete", "not_before": None}),
        "extract": report(
            "extract",
            44,
            38,
            resources=counts(**ROWS),
            stages=[stage(1, "download Observation", tasks=12, p50=2100, longest=3900)],
            result={"export_id": EXPORT, "partitions": [], "manifest_counts": dict(ROWS), "since": None},
        ),
        "transform": report(
            "transform",
            85,
            74,
            resources=counts(**ROWS),
            stages=[stage(4, "silver"), stage(9, "views", p50=1500, longest=2600)],
            result={"exports": [EXPORT], "silver": silver, "views": views},
        ),
        "load": report("load", 162, 17, stages=[stage(2, "copy observation")], result={"tables": tables}),
    }


def landing(export: str = EXPORT, **rows: int) -> dict[str, Any]:
    files = [
        {"resource_type": kind, "path": f"bronze/{kind}.parquet", "rows": n, "bytes": 100 * n, "kind": "RESOURCES"}
        for kind, n in (rows or ROWS).items()
    ]
    return {
        "export_id": export,
        "group": "g",
        "transaction_time": (BEGIN - timedelta(minutes=5)).isoformat(),
        "since": None,
        "landed_at": (BEGIN + timedelta(seconds=80)).isoformat(),
        "run_key": f"epic_fhir_etl/{RUN_ID}",
        "files": files,
        "complete_types": [],
        "inferred_deletions": False,
        "report": None,
        "kept_out": None,
        "removed": [],
        "schema_version": 1,
    }


def lake_with(root: Path, reports: dict[str, dict[str, Any] | None]) -> Lake:
    """A local lake that holds these reports, the landing of EXPORT and its mark."""
    lake = Lake(str(root))
    for task, made in reports.items():
        if made is not None:
            lake.write_json(lake.report(key(), task), made)
    lake.write_json(f"{root}/state/landings/{EXPORT}.json", landing())
    lake.write_json(f"{root}/state/applied/{EXPORT}.json", {"applied_at": "2026-01-01T00:00:00Z"})
    return lake


def copy(made: Any) -> Any:
    return json.loads(json.dumps(made))


def trend(name: str, values: list[float], state: str = "PASS", **parts: Any) -> dict[str, Any]:
    """A trend as verdict.json holds it, a run a day."""
    points = [
        {"run_id": f"run {n}", "at": (BEGIN + timedelta(days=n - len(values) + 1)).isoformat(), "value": value}
        for n, value in enumerate(values)
    ]
    sentence = f"{name} was {values[-1] if values else 'not told'}."
    return {"name": name, "unit": "ms", "points": points, "band": None, "changes": [], "state": state, "sentence": sentence} | parts


class TaskState(dict):
    """What Airflow keeps of a task over its tries."""

    def set(self, key, value):
        self[key] = value

    def delete(self, key):
        self.pop(key, None)


class WorkerDied(BaseException):
    """As SIGKILL would end it: nothing after the poll is run."""
