"""Run reports: one JSON file a task, the contract between jobs, checks and the report page."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from epic_fhir import contracts, documents
from epic_fhir.lake import RunKey, instant

EXIT_CODES = {
    0: "DONE",
    1: "DEFECT",
    2: "SETTINGS",
    3: "REFUSED",
    4: "UNAVAILABLE",
    5: "DATA_REFUSED",
    6: "STORAGE",
}
JOBS = ("kick_off", "wait", "extract", "transform", "load")
"""The tasks that a job's process does, in their order."""

EMPTY: dict[str, Any] = {
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
"""A run report's parts beside its run, where nothing is to be said."""

SETTINGS, DATA_REFUSED = 2, 5
NO_RETRY = frozenset({SETTINGS, 3, DATA_REFUSED})
"""Exit codes that a later try of the same task cannot change."""


@dataclass(frozen=True)
class Ended:
    """How a job's process ended, by its report and exit status."""

    report: dict[str, Any] | None
    problem: str | None
    retry: bool


def fresh(report: Any, key: RunKey, before: Any) -> dict[str, Any] | None:
    """The report if this very try wrote it; what an earlier try or call left is no report."""
    return None if report == before else of_try(report, key, key.try_number)


def of_try(report: Any, key: RunKey, try_number: int) -> dict[str, Any] | None:
    """
    The report if that try of the task wrote it.

    :param try_number: of a driver on a cluster that outlived the try that submitted it, that try's; it has written no other
    """
    if not isinstance(report, dict) or not isinstance(report.get("run"), dict):
        return None
    run = report["run"]
    told = (run.get("dag_id"), run.get("run_id"), run.get("task_id"), run.get("try_number"))
    return report if told == (key.dag_id, key.run_id, key.task_id, try_number) else None


def judge(key: RunKey, report: dict[str, Any] | None, exit_status: int | None) -> Ended:
    """
    What the exit status and the report together mean.

    :param report: this try's report, or None
    :param exit_status: the process's, None where it is not known
    """
    if report is None:
        ended = "ended (exit status unknown)" if exit_status is None else f"ended with exit status {exit_status}"
        problem = f"{key.task_id} {ended} and wrote no run report for this try; see its output above in this log"
        return Ended(None, problem, retry=exit_status not in NO_RETRY)
    if problem := contracts.problem(documents.RunReport, report, f"the run report of {key.task_id}"):
        return Ended(report, problem, retry=False)
    run = report["run"]
    code = run.get("exit_code")
    if run.get("status") == "success" and code == 0:
        if exit_status in (0, None):
            return Ended(report, None, retry=False)
        problem = f"{key.task_id} reported success, but its process ended with exit status {exit_status}; see the log above"
        return Ended(report, problem, retry=True)
    name = EXIT_CODES.get(code, "unknown") if isinstance(code, int) else "unknown"
    error = run.get("error") or "the report names no error; see the log above"
    return Ended(report, f"{key.task_id} failed (exit {code} {name}): {error}", retry=code not in NO_RETRY)


def reached_its_end(transform: dict[str, Any] | None) -> bool:
    """
    Whether transform brought all tables up to date that it could: at most it failed for single types or views. Damaged bronze does
    not count as that: a type that was rebuilt meanwhile lacks what the damaged export brought.
    """
    run, result = ((transform or {}).get(part) or {} for part in ("run", "result"))
    partly = run.get("exit_code") == DATA_REFUSED and "views" in result and not result.get("damaged_export")
    return run.get("status") == "success" or partly


def answer(path: str, report: dict[str, Any]) -> dict[str, Any]:
    """What goes to the next task: where the report is, and the job's small answers."""
    return {"report": path, **(report.get("result") or {})}


def record(
    key: RunKey, start: datetime, problem: str | None, exit_code: int, like: dict[str, Any] | None, **parts: Any
) -> dict[str, Any]:
    """A run report of a task that is Python; settings hash, code version and host class are those of the jobs it looked at."""
    end = datetime.now(timezone.utc)
    origin = (like or {}).get("run") or {}
    run = {
        "dag_id": key.dag_id,
        "run_id": key.run_id,
        "task_id": key.task_id,
        "try_number": key.try_number,
        "logical_date": instant(key.interval_start),
        "interval_start": instant(key.interval_start),
        "interval_end": instant(key.interval_end),
        "phase": key.task_id,
        "start": instant(start),
        "end": instant(end),
        "duration_ms": round((end - start).total_seconds() * 1000),
        "status": "failed" if problem else "success",
        "exit_code": exit_code,
        "error": problem,
        "settings_hash": origin.get("settings_hash"),
        "code_version": origin.get("code_version"),
        "host": socket.gethostname(),
        "host_class": origin.get("host_class") or "unknown",
    }
    return {"schema_version": 1, "run": run, **EMPTY, **parts}


def parse_instant(value: Any) -> datetime | None:
    """An ISO 8601 instant as the jobs write it, down to nanoseconds; None where it is none."""
    if not isinstance(value, str):
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", value)
    if not match:
        return None
    micros = (match[2] or ".0")[1:7].ljust(6, "0")
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(f"{match[1]}.{micros}{zone}")


def lasted(run: dict[str, Any]) -> float | None:
    """Seconds from a run's start to its end; None if it does not have both."""
    start, end = parse_instant(run.get("start")), parse_instant(run.get("end"))
    return (end - start).total_seconds() if start and end else None
