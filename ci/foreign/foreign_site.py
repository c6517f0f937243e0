"""The pipeline against a server, by settings alone: the jobs as the DAG runs them, a process each."""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from deltalake import DeltaTable
from fhir_api import Held, exact

from jobs import Ended, Runner, plain_java, spark_submit
from parts import HOME, PartError

EXTRACT = "io.epicfhir.extract"
TRANSFORM = "io.epicfhir.transform.Transform"
PATIENCE = 600


@dataclass
class Day:
    """A day's jobs, in the order they ran."""

    ended: dict[str, Ended] = field(default_factory=dict)

    def codes(self) -> dict[str, int]:
        return {task: job.code for task, job in self.ended.items()}

    def result(self, task: str) -> dict:
        return self.ended[task].report.get("result", {})

    def told(self) -> str:
        """How the jobs ended, for a person who reads a failed test."""
        errors = {task: job.report.get("run", {}).get("error") for task, job in self.ended.items() if job.code}
        return json.dumps({"codes": self.codes(), "errors": errors})


class ForeignSite:
    """
    :param settings: HOCON keys below epic-fhir, with JSON values
    :param first_look: seconds from a kick-off to the first look at its status
    """

    def __init__(self, root: Path, settings: dict, first_look: float):
        self.root = root
        self._first_look = first_look
        self.lake = root / "lake"
        self._runner = Runner()
        root.mkdir(parents=True, exist_ok=True)
        self._conf = root / "pipeline.conf"
        values = {
            "lake": str(self.lake),
            "transform.views": str(HOME / "conf" / "views"),
            "transform.joined.sql": str(HOME / "conf" / "joined"),
            "transform.joined.lookups": str(HOME / "conf" / "lookups"),
            "load.quality.enabled": False,
            "source.first-pause": "200 milliseconds",
            "bulk.poll-interval": "1 second",
            **settings,
        }
        lines = [f"epic-fhir.{key} = {json.dumps(value)}\n" for key, value in values.items()]
        self._conf.write_text(f'include file("{HOME / "conf" / "pipeline.conf"}")\n' + "".join(lines))

    def run(self, day: int) -> Day:
        """A day's run: each job, until one of them is red."""
        ended: dict[str, Ended] = {}
        ended["kick_off"] = self._job(day, "kick_off", plain_java("extract-job", f"{EXTRACT}.KickOff"))
        time.sleep(self._first_look)
        state = "in-progress"
        deadline = time.monotonic() + PATIENCE
        while not ended["kick_off"].code and state == "in-progress":
            ended["status"] = self._job(day, "status", plain_java("extract-job", f"{EXTRACT}.ExportStatus"))
            result = ended["status"].report.get("result", {})
            state = result.get("state", "")
            if state == "in-progress":
                time.sleep(_seconds_until(result["not_before"]))
            if time.monotonic() > deadline:
                raise PartError(f"Cannot see the export's end within {PATIENCE} s; look at {self.root / 'logs'}")
        if state not in ("complete", "landed"):
            return Day(ended)
        ended["extract"] = self._job(day, "extract", spark_submit("extract-job", f"{EXTRACT}.Extract"))
        if not ended["extract"].code:
            ended["transform"] = self._job(day, "transform", spark_submit("transform-job", TRANSFORM))
        return Day(ended)

    def tables(self) -> Held:
        """What silver holds as it is now."""
        held: Held = {}
        table = DeltaTable(str(self.lake / "silver")).to_pyarrow_table(columns=["resource_type", "id", "deleted", "resource"])
        for row in table.to_pylist():
            if not row["deleted"]:
                held.setdefault(row["resource_type"], {})[row["id"]] = exact(row["resource"])
        return held

    def quarantined(self) -> int:
        return len(list(self.lake.glob("quarantine/**/*.parquet")))

    def _job(self, day: int, task: str, command: list[str]) -> Ended:
        run = f"day-{day}"
        args = ["--conf", self._conf, "--dag", "etl", "--run", run, "--task", task, "--interval-end", f"2026-03-0{day}T00:00:00Z"]
        report = self.lake / "metrics" / "etl" / run / f"{task}.json"
        return self._runner.run([*command, *map(str, args)], report, self.root / "logs" / f"{run}.{task}.log")


def _seconds_until(instant: str) -> float:
    return max(1.0, (datetime.fromisoformat(instant.replace("Z", "+00:00")) - datetime.now(timezone.utc)).total_seconds())
