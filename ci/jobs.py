"""A job's main in a process of its own, as the DAG runs it, and what the process cost."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from parts import HOME, PartError

LARGEST = 15
PROFILE = HOME / "conf" / "spark" / "local.conf"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit status, wall seconds, peak resident memory in MiB, CPU seconds, and its run report."""

    code: int
    seconds: float
    peak_mib: float
    cpu_seconds: float
    report: dict


class Runner:
    """Runs one process after the other; ``running`` is the one that runs now."""

    def __init__(self) -> None:
        self.running: subprocess.Popen | None = None

    def run(
        self, command: list[str], report: Path, log: Path, kill_after: float | None = None, env: dict[str, str] | None = None
    ) -> Ended:
        """
        :param report: where the job leaves its run report; an older one goes first
        :param kill_after: seconds after which the process and what it started get SIGKILL
        :param env: beside the variables of this process
        """
        report.unlink(missing_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        begin = time.monotonic()
        with log.open("a") as out:
            process = subprocess.Popen(
                command,
                env=os.environ | {"SPARK_CONF_DIR": str(HOME / "conf" / "spark")} | (env or {}),  # as the DAG sets it
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


class LiveHeap:
    """
    While it is entered: bytes alive in the runner's process, by a full collection every second. What a collector leaves lying
    around for a while is no need of the job's.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._ended = threading.Event()
        self._seen: list[int] = []
        self._largest: list[str] = []
        self._looks = threading.Thread(target=self._look)

    def __enter__(self) -> "LiveHeap":
        self._looks.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._looks.join()

    def peak_mib(self) -> float:
        if not self._seen:
            raise PartError("Cannot measure the heap: jcmd printed nothing; put the JDK's bin folder on the PATH")
        return max(self._seen) / (1 << 20)

    def largest(self) -> list[str]:
        """The classes that held the most at the peak: "MiB, objects, class"."""
        return self._largest

    def _look(self) -> None:
        while not self._ended.wait(1):
            process = self._runner.running
            if process is None:
                continue
            told = subprocess.run(["jcmd", str(process.pid), "GC.class_histogram"], capture_output=True, text=True, check=False)
            total = re.search(r"^Total\s+\d+\s+(\d+)", told.stdout, re.MULTILINE)
            if total:
                if int(total[1]) > max(self._seen, default=0):
                    rows = re.findall(r"^ *\d+: +(\d+) +(\d+) +(\S+)", told.stdout, re.MULTILINE)
                    self._largest = [f"{int(size) / (1 << 20):.1f} MiB, {count}, {name}" for count, size, name in rows[:LARGEST]]
                self._seen.append(int(total[1]))


def spark_submit(module: str, main: str, jvm: tuple[str, ...] = ()) -> list[str]:
    """The command for a main of a module's job JAR, on two cores, by the profile for one machine."""
    submit = Path(os.environ["SPARK_HOME"]) / "bin" / "spark-submit"
    options = ["--driver-java-options", " ".join((*profile_options(), *jvm))]
    return [str(submit), "--master", "local[2]", "--properties-file", str(PROFILE), *options, "--class", main, job_jar(module)]


def plain_java(module: str, main: str, jvm: tuple[str, ...] = ()) -> list[str]:
    """The command for a main of a module's job JAR that needs no Spark, as the DAG runs it."""
    classes = os.pathsep.join([job_jar(module), str(HOME / "conf" / "spark"), os.environ["SPARK_HOME"] + "/jars/*"])
    return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *jvm, "-cp", classes, main]


def profile_options() -> list[str]:
    """The options for the JVM of the profile for one machine, but for its log of collections."""
    (options,) = re.findall(r"^spark\.driver\.extraJavaOptions\s+(.+)$", PROFILE.read_text(), re.MULTILINE)
    return [option for option in options.split() if not option.startswith("-Xlog")]


def job_jar(module: str) -> str:
    jars = sorted((HOME / module / "target").glob(f"{module}-*-job.jar"))
    if len(jars) != 1:
        raise PartError(f"Cannot find the one {module} JAR: run make setup")
    return str(jars[0])


def spark_opens() -> list[str]:
    """What Spark needs of a JVM of 17 and later, for a main of the test sources: as the build gives its tests."""
    pom = (HOME / "pom.xml").read_text()
    return re.findall(r"--add-opens=\S+?=ALL-UNNAMED", pom) + re.findall(r"-Djdk\.\S+?=\w+", pom)


def settings_file(path: Path, values: dict) -> Path:
    """The shipped settings with some of them replaced."""
    text = f'include file("{HOME / "conf" / "pipeline.conf"}")\n'
    text += "".join(f'epic-fhir.{key} = "{value}"\n' for key, value in values.items())
    path.write_text(text)
    return path


def must(ended: Ended) -> Ended:
    """:raises PartError: where the process did not end with 0"""
    if ended.code:
        raise PartError(f"Cannot measure: a job ended with {ended.code}: {ended.report.get('run', {}).get('error')}")
    return ended


def _kill_at(pid: int, moment: float) -> None:
    """Kills the process group, unless its leader ends before; the leader is left to be waited for, so its id stays its own."""
    while time.monotonic() < moment and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        time.sleep(0.005)
    os.killpg(pid, signal.SIGKILL)
