"""Run reports: one JSON file a task, the contract between jobs, checks and the report page."""

from __future__ import annotations

import json
import os
import re
import socket
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from epic_fhir import contracts
from epic_fhir.modes import MODES, make_folders

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

DATA_REFUSED = 5
NO_RETRY = frozenset({2, 3, DATA_REFUSED})
"""Exit codes that a later try of the same task cannot change."""


@dataclass(frozen=True)
class RunKey:
    """One task's try within one run of a DAG."""

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    interval_start: datetime
    interval_end: datetime

    @classmethod
    def of(cls, context: Any) -> RunKey:
        """A run without a data interval (a manual one) has the time it was asked for."""
        run, ti = context["dag_run"], context["ti"]
        end = run.data_interval_end or run.run_after
        return cls(ti.dag_id, ti.run_id, ti.task_id, ti.try_number, run.data_interval_start or end, end)

    def arguments(self, conf: Path, export_id: str | None = None, **selection: list[str]) -> list[str]:
        """The command line of a job; what is selected for it (types, views) joined by commas."""
        named = {
            "conf": str(conf),
            "dag": self.dag_id,
            "run": self.run_id,
            "task": self.task_id,
            "try": str(self.try_number),
            "interval-start": _instant(self.interval_start),
            "interval-end": _instant(self.interval_end),
        }
        if export_id:
            named["export"] = export_id
        named |= {name: ",".join(values) for name, values in selection.items()}
        return [part for name, value in named.items() for part in (f"--{name}", value)]


@dataclass(frozen=True)
class Lake:
    """The lake's small files: local ones, or any that an object storage path reaches."""

    root: str
    readers: str = "owner"
    """Who may read what is written: a name of MODES."""

    def metrics(self, dag_id: str, run_id: str, name: str) -> str:
        run = run_id.replace(":", "_") if self.root.startswith("hdfs:") else run_id
        return f"{self.root}/metrics/{dag_id}/{run}/{name}"

    def report(self, key: RunKey, task_id: str | None = None) -> str:
        return self.metrics(key.dag_id, key.run_id, f"{task_id or key.task_id}.json")

    def landing(self, export: str) -> str:
        return f"{self.root}/state/landings/{export}.json"

    def is_local(self) -> bool:
        return self.root.startswith("file:") or not re.match(r"[a-z][a-z0-9]+:", self.root)

    def folder(self, key: RunKey) -> tuple[str, str]:
        """The run as runs() names it."""
        return key.dag_id, self.metrics(key.dag_id, key.run_id, "").split("/")[-2]

    def runs(self) -> list[tuple[str, str]]:
        """Every run that left a report: DAG and folder; newest first by the time in the run's id, or by the folder's."""
        metrics = self._at(f"{self.root}/metrics")
        if not metrics.exists():
            return []
        found = [
            (_time_of(run), dag.name, run.name)
            for dag in metrics.iterdir()
            if not dag.name.startswith(".") and dag.is_dir()
            for run in dag.iterdir()
            if not run.name.startswith(".")
        ]
        return [(dag, run) for _, dag, run in sorted(found, reverse=True)]

    def read_json(self, path: str) -> Any | None:
        """The file's content; None where there is no such file or it is not JSON."""
        try:
            return json.loads(self._at(path).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, UnicodeDecodeError):
            return None

    def read_text(self, path: str) -> str | None:
        """The file's content; None where there is no such file."""
        try:
            return str(self._at(path).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def json_files(self, folder: str) -> list[tuple[str, Any]]:
        """Every JSON file of a folder: its name without the ending, and its content."""
        at = self._at(folder)
        names = sorted(file.name for file in at.iterdir() if file.name.endswith(".json")) if at.exists() else []
        return [(name.removesuffix(".json"), self.read_json(f"{folder}/{name}")) for name in names]

    def files(self, folder: str) -> list[Any]:
        """The files and folders of a folder, by name, as pathlib shows them; empty where there is no such folder."""
        at = self._at(folder)
        return sorted(at.iterdir(), key=lambda file: file.name) if at.exists() else []

    def exists(self, path: str) -> bool:
        return self._at(path).exists()

    def write_text(self, path: str, content: str) -> None:
        """Replaces a file in one step."""
        target = self._at(path)
        if not isinstance(target, Path):
            target.write_text(content, encoding="utf-8")
            return
        modes = MODES[self.readers]
        make_folders(target.parent, modes.folder)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(content)
            Path(part).chmod(modes.file)
            Path(part).replace(target)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    def write_json(self, path: str, content: Any) -> None:
        self.write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def local(self, path: str) -> str:
        """A path of a local lake as the operating system names it."""
        return re.sub(r"^file:(//(?=/))?", "", path)

    def _at(self, path: str) -> Any:
        if self.is_local():
            return Path(self.local(path))
        from upath import UPath

        # Hadoop's name for S3 is a scheme that only Hadoop knows. What a listing saw is not kept: the jobs write meanwhile.
        return UPath(re.sub(r"^s3[an]://", "s3://", path), use_listings_cache=False)


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
        problem = (
            f"{key.task_id} ended with exit status {exit_status} and left no run report of this try; "
            "what it said stands above in this log"
        )
        return Ended(None, problem, retry=exit_status not in NO_RETRY)
    if problem := contracts.problem(contracts.RunReport, report, f"the run report of {key.task_id}"):
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
        "logical_date": _instant(key.interval_start),
        "interval_start": _instant(key.interval_start),
        "interval_end": _instant(key.interval_end),
        "phase": key.task_id,
        "start": _instant(start),
        "end": _instant(end),
        "duration_ms": round((end - start).total_seconds() * 1000),
        "status": "failed" if problem else "success",
        "exit_code": exit_code,
        "error": problem,
        "settings_hash": origin.get("settings_hash"),
        "code_version": origin.get("code_version"),
        "host": socket.gethostname(),
        "host_class": origin.get("host_class") or "unknown",
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
    """Seconds from a run's start to its end; None where it does not tell both."""
    start, end = parse_instant(run.get("start")), parse_instant(run.get("end"))
    return (end - start).total_seconds() if start and end else None


def _time_of(run: Any) -> float:
    """When a run was, in seconds: a run's id mostly tells it; a folder of an object store has no time, its report has."""
    told = re.search(r"\d{4}-\d\d-\d\dT\d\d[:_]\d\d[:_]\d\d(\.\d{1,6})?", run.name)
    try:
        if told:
            whole = datetime.fromisoformat(told[0][:19].replace("_", ":")).replace(tzinfo=timezone.utc)
            return whole.timestamp() + float(told[1] or 0)
    except ValueError:
        pass  # an id by hand that only looks like a time
    try:
        return float((run if isinstance(run, Path) else run / "report.json").stat().st_mtime)
    except (FileNotFoundError, NotADirectoryError):
        return 0.0


def _instant(value: datetime) -> str:
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
