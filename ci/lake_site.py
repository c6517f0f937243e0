"""A lake whose bronze is filled from a cohort's files, and the transform job run against it as the DAG runs it."""

import subprocess
from pathlib import Path

from dag_command import DagCommand, installation
from jobs import Ended, Runner, settings_file, spark_opens
from parts import HOME, PartError, test_class_path

MAIN = "io.epicfhir.transform.Transform"
INTERVAL_END = "2026-03-02T00:00:00Z"


class LakeSite:
    """
    :param archives: where the jobs' class data archives are, which one run leaves for the next; by itself in the site's folder
    """

    def __init__(self, root: Path, settings: dict | None = None, archives: Path | None = None):
        self.root = root
        self.archives = archives or root / "archives"
        self.lake = root / "lake"
        self.runner = Runner()
        self.applied_bytes = 0
        root.mkdir(parents=True, exist_ok=True)
        # Without joined tables: a benchmark that is about them names their folders.
        own = {"transform.views": HOME / "conf" / "views", "transform.joined.sql": "", "transform.joined.lookups": ""}
        self.conf = settings_file(root / "pipeline.conf", {"lake": self.lake, **own, **(settings or {})})

    def land(self, ndjson: Path, export: str, time: str, one_of: int = 1, *, changed: bool = False) -> int:
        """
        One export of a folder of NDJSON in bronze.

        :param one_of: take one resource of so many, the same ones each time
        :param changed: with other content
        :return: how many resources were landed
        """
        log = self.root / "fill.log"
        command = ["java", *spark_opens(), "-Xmx2g", "-cp", test_class_path("transform-job"), "io.epicfhir.transform.LakeFill",
                   ndjson, self.lake, export, time, one_of, "changed" if changed else "as it is"]  # fmt: skip
        with log.open("a") as err:
            ended = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=err, text=True, check=False)
        if ended.returncode:
            raise PartError(f"Cannot fill the lake: the fill ended with {ended.returncode}; look at {log}")
        return int(ended.stdout.split()[-1])

    def _bronze_bytes(self) -> int:
        return sum(file.stat().st_size for file in (self.lake / "bronze").rglob("*.parquet"))

    def transform(self, run: str, jvm: tuple[str, ...] = ()) -> Ended:
        """As the DAG would after extracts that landed what was landed since the last call."""
        args = ["--conf", self.conf, "--dag", "etl", "--run", run, "--task", "transform", "--interval-end", INTERVAL_END]
        report = self.lake / "metrics" / "etl" / run / "transform.json"
        here = installation(self.conf, self.archives)
        bronze = self._bronze_bytes()
        command = DagCommand.spark(here, MAIN, [str(arg) for arg in args], jvm, "transform-job", bronze - self.applied_bytes)
        self.applied_bytes = bronze
        return command.run(self.runner, report, self.root / "logs" / f"{run}.log")
