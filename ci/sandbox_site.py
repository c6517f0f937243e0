"""A sandbox server, a lake, and the extract job's mains run against them as the DAG runs them: a process each."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from parts import HOME, JavaPart, PartError

PACKAGE = "io.epicfhir.extract"
INTERVAL_END = "2026-03-02T00:00:00Z"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status, wall seconds, peak resident memory in MiB, CPU seconds, and its run report."""

    code: int
    seconds: float
    peak_mib: float
    cpu_seconds: float
    report: dict


class SandboxSite:
    def __init__(self, root: Path, data: Path, flags: list | None = None, settings: dict[str, str] | None = None):
        self.root = root
        self.lake = root / "lake"
        self.settings = settings or {}
        self.server = JavaPart(root, "sandbox")
        self.running: subprocess.Popen | None = None
        self._data = data
        self._flags = ["--export-ms", "0", *(flags or [])]

    def __enter__(self) -> "SandboxSite":
        args = ["--data", self._data, "--keys-dir", self.root / "keys", *self._flags]
        self.server.start("extract-job", "io.epicfhir.sandbox.SandboxServer", args, memory="2g")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def admin(self, path: str, method: str = "GET", body: dict | None = None) -> bytes:
        request = urllib.request.Request(
            f"{self.server.env()['SANDBOX_ADMIN_URL'].rstrip('/')}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

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
        report.unlink(missing_ok=True)
        command = self._spark(main, jvm) if spark else self._plain(main, jvm)
        return self._timed([*command, *map(str, args)], report, self.root / "logs" / f"{run}.{task}.log", kill_after)

    def _timed(self, command: list[str], report: Path, log: Path, kill_after: float | None) -> Ended:
        begin = time.monotonic()
        with log.open("a") as out:
            process = subprocess.Popen(
                command,
                env=os.environ | {"SPARK_CONF_DIR": str(HOME / "conf" / "spark")},  # as the DAG sets it
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=kill_after is not None,
            )
            self.running = process
            if kill_after is not None:
                _kill_at(process.pid, begin + kill_after)
            _, status, usage = os.wait4(process.pid, 0)
            self.running = None
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        told = json.loads(report.read_text()) if report.exists() else {}
        return Ended(process.returncode, seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime, told)

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
        text = f'include file("{HOME / "conf" / "pipeline.conf"}")\n'
        text += "".join(f'epic-fhir.{key} = "{value}"\n' for key, value in values.items())
        conf = self.root / "pipeline.conf"
        conf.write_text(text)
        return conf

    @staticmethod
    def _jar() -> str:
        jars = sorted((HOME / "extract-job" / "target").glob("extract-job-*-job.jar"))
        if len(jars) != 1:
            raise PartError("Cannot find the one extract-job JAR: run make setup")
        return str(jars[0])

    def _spark(self, main: str, jvm: tuple[str, ...]) -> list[str]:
        java = "--driver-java-options"
        options = [java, " ".join(("-XX:+UseG1GC", *jvm))]
        submit = Path(os.environ["SPARK_HOME"]) / "bin" / "spark-submit"
        profile = HOME / "conf" / "spark" / "local.conf"
        return [str(submit), "--master", "local[2]", "--properties-file", str(profile), *options,
                "--class", f"{PACKAGE}.{main}", self._jar()]  # fmt: skip

    def _plain(self, main: str, jvm: tuple[str, ...]) -> list[str]:
        classes = os.pathsep.join([self._jar(), str(HOME / "conf" / "spark"), os.environ["SPARK_HOME"] + "/jars/*"])
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", *jvm, "-cp", classes, f"{PACKAGE}.{main}"]


def _kill_at(pid: int, moment: float) -> None:
    """Kills the process group, unless its leader ends before; the leader is left to be waited for, so its id stays its own."""
    while time.monotonic() < moment and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        time.sleep(0.005)
    os.killpg(pid, signal.SIGKILL)
