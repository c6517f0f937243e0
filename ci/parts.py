"""Processes that tests, demo and benchmarks start and stop by their id, and the synthetic patients they work on."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


class PartError(Exception):
    """A part did not start, or not in time; the message names its log."""


class Part:
    """
    A process of its own, stopped by its id.

    :param root: where its log, its process id and what else it leaves lie
    """

    def __init__(self, root: Path, name: str):
        self.root = root
        self.name = name

    def launch(self, command: list, ready: Callable[[], bool], env: dict[str, str] | None = None, seconds: float = 300) -> None:
        """Starts it and waits until it is ready."""
        log = self.root / "logs" / f"{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as out:
            process = subprocess.Popen(
                [str(word) for word in command], env=env, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        self._pid_file().write_text(str(process.pid))
        self.wait(ready, seconds)

    def wait(self, ready: Callable[[], bool], seconds: float = 300) -> None:
        """:raises PartError: where it ends, or is not ready in time; it is stopped then"""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive() or time.monotonic() > deadline:
                self.stop()
                raise PartError(f"Cannot start {self.name}; look at {self.root / 'logs' / self.name}.log")
            time.sleep(0.1)

    def stop(self) -> None:
        if not self.alive():
            return
        pid = int(self._pid_file().read_text())
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 30
        while self.alive():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        self._pid_file().unlink()

    def alive(self) -> bool:
        try:
            pid = int(self._pid_file().read_text())
            os.waitpid(pid, os.WNOHANG)
        except (FileNotFoundError, ValueError):
            return False
        except ChildProcessError:
            pass
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            return state != "Z"
        except FileNotFoundError:
            return _answers(pid)

    def _pid_file(self) -> Path:
        return self.root / f"{self.name}.pid"


class JavaPart(Part):
    """A server of the test sources that writes its address into a file of KEY=VALUE lines."""

    def start(self, module: str, main: str, args: list, memory: str = "1g") -> None:
        if self.alive():
            return
        state = self.root / f"{self.name}.env"
        state.unlink(missing_ok=True)
        command = ["java", f"-Xmx{memory}", f"-Djava.io.tmpdir={temporary(self.root)}", "-cp", test_class_path(module), main]
        command += [*args, "--state-file", state]
        self.launch(command, state.exists)

    def env(self) -> dict[str, str]:
        """The part's own KEY=VALUE lines."""
        lines = (self.root / f"{self.name}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


def temporary(root: Path) -> Path:
    """What parts unpack and throw away lies here, and not in a folder that all users of the machine share."""
    folder = root / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sandbox_admin(sandbox: JavaPart, path: str, method: str = "GET", body: dict | None = None) -> bytes:
    """Asks a running sandbox server's admin endpoint; ci/sandbox/README.md has them."""
    request = urllib.request.Request(
        f"{sandbox.env()['SANDBOX_ADMIN_URL'].rstrip('/')}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def cohort(patients: int, log: Path) -> Path:
    """The folder of NDJSON of so many synthetic patients; generated once, the same bytes on every machine."""
    folder = HOME / "build" / "patients" / str(patients)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        code = subprocess.run(
            ["java", "-Xmx3g", "-cp", test_class_path("ci/sandbox"), "io.epicfhir.sandbox.SyntheaPatients",
             "--patients", str(patients), "--out", str(folder)],
            stdout=out, stderr=subprocess.STDOUT, check=False,
        ).returncode  # fmt: skip
    if code:
        raise PartError(f"Cannot generate {patients} patients; look at {log}")
    return folder


def copied(cohort_folder: Path, data: Path) -> None:
    """The cohort's files as a folder of one's own, whole or not at all."""
    part = data.with_name(data.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file in cohort_folder.glob("*.ndjson"):
        shutil.copyfile(file, part / file.name)  # not its mode
    part.rename(data)


def test_class_path(module: str) -> str:
    target = HOME / module / "target"
    libraries = (target / "test-classpath.txt").read_text().strip()
    return os.pathsep.join([str(target / "test-classes"), str(target / "classes"), libraries])


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
