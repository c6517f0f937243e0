"""The files of a lake and the runs that write them: on a disk, in a bucket, wherever Hadoop has them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from epic_fhir.modes import MODES, replace_text

_OF_AN_INTERVAL = ("scheduled", "backfill")
"""Airflow's types of runs that are about a time."""


@dataclass(frozen=True)
class RunKey:
    """
    One task's try within one run of a DAG.

    :param tries: how many tries Airflow gives the task in all; None where it does not say
    """

    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    interval_start: datetime
    interval_end: datetime
    tries: int | None = None

    @classmethod
    def of(cls, context: Any) -> RunKey:
        """
        Only the schedule and a backfill ask for an interval. A run that a person triggers has the time at which it was asked for,
        also where Airflow's page has filled in a logical date and so an interval: otherwise it would ask the server for nothing.
        """
        run, ti = context["dag_run"], context["ti"]
        if ti.run_id in (".", ".."):
            raise ValueError(
                f"A run cannot be named {ti.run_id}: its reports would be written into another folder; use another run id"
            )
        start = end = run.run_after
        if run.run_type in _OF_AN_INTERVAL:
            start, end = run.data_interval_start or start, run.data_interval_end or end
        retries = getattr(ti, "max_tries", None)
        return cls(ti.dag_id, ti.run_id, ti.task_id, ti.try_number, start, end, None if retries is None else retries + 1)

    def arguments(self, conf: Path, export_id: str | None = None, **selection: list[str]) -> list[str]:
        """The command line of a job; what is selected for it (types, views) joined by commas."""
        named = {
            "conf": str(conf),
            "dag": self.dag_id,
            "run": self.run_id,
            "task": self.task_id,
            "try": str(self.try_number),
            "interval-start": instant(self.interval_start),
            "interval-end": instant(self.interval_end),
        }
        if self.tries is not None:
            named["tries"] = str(self.tries)
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
        return f"{self.root}/metrics/{dag_id}/{self.folder_of(run_id)}/{name}"

    def folder_of(self, run_id: str) -> str:
        """The name of a run's folder: its id, as far as the file system takes it."""
        return run_id.replace(":", "_") if self.root.startswith("hdfs:") else run_id

    def report(self, key: RunKey, task_id: str | None = None) -> str:
        return self.metrics(key.dag_id, key.run_id, f"{task_id or key.task_id}.json")

    def landing(self, export: str) -> str:
        return f"{self.root}/state/landings/{export}.json"

    def is_local(self) -> bool:
        return self.root.startswith("file:") or not re.match(r"[a-z][a-z0-9]+:", self.root)

    def folder(self, key: RunKey) -> tuple[str, str]:
        """The run as runs() names it."""
        return key.dag_id, self.folder_of(key.run_id)

    def runs(self) -> list[tuple[str, str]]:
        """Every run that left a report: DAG and folder; newest first by the time in the run's id, or by the folder's."""
        metrics = self._at(f"{self.root}/metrics")
        if not metrics.exists():
            return []
        found = [
            (_time_of(run), dag.name, run.name)
            for dag in metrics.iterdir()
            if not dag.name.startswith(".") and dag.is_dir()
            for run in _inside(dag)
        ]
        return [(dag, run) for _, dag, run in sorted(found, reverse=True)]

    def read_json(self, path: str) -> Any | None:
        """The file's content; None where there is no such file or it is not JSON, which knows no NaN and no Infinity."""
        try:
            return json.loads(self._at(path).read_text(encoding="utf-8"), parse_constant=_no_number)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
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

    def delete(self, path: str) -> None:
        self._at(path).unlink(missing_ok=True)

    def write_text(self, path: str, content: str) -> None:
        """Replaces a file in one step."""
        target = self._at(path)
        if isinstance(target, Path):
            replace_text(target, content, MODES[self.readers])
        else:
            target.write_text(content, encoding="utf-8")

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


def _inside(dag: Any) -> list[Any]:
    """The folders of a DAG's runs, whose names may begin with a dot; none where they cannot be seen."""
    try:
        return [run for run in dag.iterdir() if not run.name.startswith(".") or run.is_dir()]
    except OSError:
        return []


def _no_number(text: str) -> float:
    raise ValueError(text)


def _time_of(run: Any) -> float:
    """When a run was, in seconds: usually its id has it; otherwise the time of its report, which no later run changes."""
    told = re.search(r"\d{4}-\d\d-\d\dT\d\d[:_]\d\d[:_]\d\d(\.\d{1,6})?", run.name)
    try:
        if told:
            whole = datetime.fromisoformat(told[0][:19].replace("_", ":")).replace(tzinfo=timezone.utc)
            return whole.timestamp() + float(told[1] or 0)
    except ValueError:
        pass  # an id by hand that only looks like a time
    for file in (run / "report.json", run):
        try:
            return float(file.stat().st_mtime)
        except (OSError, KeyError):  # a folder of an object store has no time
            continue
    return 0.0


def instant(value: datetime) -> str:
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
