"""A sandbox server, a lake, and the extract job's mains run against them as the DAG runs them: a process each."""

import json
from pathlib import Path

from jobs import Ended, Runner, plain_java, settings_file, spark_submit
from parts import JavaPart, sandbox_admin

PACKAGE = "io.epicfhir.extract"
INTERVAL_END = "2026-03-02T00:00:00Z"


class SandboxSite:
    """:param profile: of the server: strict or epic; further switches of SANDBOX.md go into flags"""

    def __init__(
        self,
        root: Path,
        data: Path,
        flags: list | None = None,
        settings: dict[str, str] | None = None,
        profile: str = "strict",
    ):
        self.root = root
        self.lake = root / "lake"
        self.settings = settings or {}
        self.server = JavaPart(root, "sandbox")
        self.runner = Runner()
        self._data = data
        self._flags = ["--export-ms", "0", "--profile", profile, *(flags or [])]

    def __enter__(self) -> "SandboxSite":
        args = ["--data", self._data, "--keys-dir", self.root / "keys", *self._flags]
        self.server.start("extract-job", "io.epicfhir.sandbox.SandboxServer", args, memory="2g")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def admin(self, path: str, method: str = "GET", body: dict | None = None) -> bytes:
        return sandbox_admin(self.server, path, method, body)

    def requests(self) -> dict:
        """What the server was asked since the last look at nothing: counts, maxInFlight, earlyPolls, overLimit, …"""
        return json.loads(self.admin("requests"))

    def java(
        self, main: str, run: str, task: str, *, spark: bool, jvm: tuple[str, ...] = (), kill_after: float | None = None
    ) -> Ended:
        """
        Runs a main as a task of a run.

        :param spark: by spark-submit; else in a plain JVM
        :param kill_after: seconds after which the process and what it started get SIGKILL
        """
        conf = self._conf()
        args = ["--conf", conf, "--dag", "etl", "--run", run, "--task", task, "--interval-end", INTERVAL_END]
        report = self.lake / "metrics" / "etl" / run / f"{task}.json"
        qualified = f"{PACKAGE}.{main}"
        command = spark_submit("extract-job", qualified, jvm) if spark else plain_java("extract-job", qualified, jvm)
        log = self.root / "logs" / f"{run}.{task}.log"
        return self.runner.run([*command, *map(str, args)], report, log, kill_after)

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
