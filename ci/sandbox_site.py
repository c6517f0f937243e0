"""A sandbox server, a lake, and the extract job's mains run against them as the DAG runs them: a process each."""

import json
import os
from pathlib import Path

from dag_command import DagCommand, installation
from jobs import Ended, Runner, job_jar, settings_file
from parts import HOME, JavaPart, sandbox_admin

PACKAGE = "io.epicfhir.extract"
INTERVAL_END = "2026-03-02T00:00:00Z"


class SandboxSite:
    """
    :param profile: of the server: strict or epic; further switches of ci/sandbox/README.md go into flags
    :param archives: where class data archives are kept between sites; each job's first run makes one
    """

    def __init__(
        self,
        root: Path,
        data: Path,
        flags: list | None = None,
        settings: dict[str, str] | None = None,
        profile: str = "strict",
        archives: Path | None = None,
    ):
        self.root = root
        self.archives = archives or root / "archives"
        self.lake = root / "lake"
        self.settings = settings or {}
        self.server = JavaPart(root, "sandbox")
        self.runner = Runner()
        self._data = data
        self._flags = ["--export-ms", "0", "--profile", profile, *(flags or [])]

    def __enter__(self) -> "SandboxSite":
        args = ["--data", self._data, "--keys-dir", self.root / "keys", *self._flags]
        self.server.start("ci/sandbox", "io.epicfhir.sandbox.SandboxServer", args, memory="2g")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def admin(self, path: str, method: str = "GET", body: dict | None = None) -> bytes:
        return sandbox_admin(self.server, path, method, body)

    def requests(self) -> dict:
        """What the server was asked since the last look at nothing: counts, maxInFlight, earlyPolls, overLimit, …"""
        return json.loads(self.admin("requests"))

    def java(self, main: str, run: str, task: str, *, spark: bool, jvm: tuple[str, ...] = ()) -> Ended:
        """
        Runs a main as a task of a run, as the DAG does.

        :param spark: by spark-submit; else in a plain JVM
        """
        here = installation(self._conf(), self.archives)
        make = DagCommand.spark if spark else DagCommand.java
        command = make(here, f"{PACKAGE}.{main}", self._args(run, task), jvm)
        return command.run(self.runner, self._report(run, task), self._log(run, task))

    def plain(self, main: str, run: str, task: str, jvm: tuple[str, ...], kill_after: float | None = None) -> Ended:
        """
        Runs a main in a plain JVM without an archive, whether it needs Spark or not.

        :param kill_after: seconds after which the process gets SIGKILL
        """
        classes = os.pathsep.join([job_jar("extract-job"), str(HOME / "conf" / "spark"), os.environ["SPARK_HOME"] + "/jars/*"])
        words = ["java", "-Xmx512m", "-XX:+UseSerialGC", *jvm, "-cp", classes, f"{PACKAGE}.{main}", *self._args(run, task)]
        return self.runner.run(words, self._report(run, task), self._log(run, task), kill_after)

    def _args(self, run: str, task: str) -> list[str]:
        key = ["--dag", "etl", "--run", run, "--task", task, "--interval-end", INTERVAL_END]
        return ["--conf", str(self._conf()), *key]

    def _report(self, run: str, task: str) -> Path:
        return self.lake / "metrics" / "etl" / run / f"{task}.json"

    def _log(self, run: str, task: str) -> Path:
        return self.root / "logs" / f"{run}.{task}.log"

    def _conf(self) -> Path:
        sandbox = self.server.env()
        values = {
            "lake": self.lake,
            "source.base-url": sandbox["SANDBOX_URL"],
            "source.client-id": sandbox["SANDBOX_CLIENT_ID"],
            "source.key-file": sandbox["SANDBOX_RS384_KEY"],
            "source.key-id": sandbox["SANDBOX_RS384_KEY_ID"],
            "source.first-pause": "100 milliseconds",
            "bulk.groups": sandbox["SANDBOX_GROUP"],
            **self.settings,
        }
        return settings_file(self.root / "pipeline.conf", values)
