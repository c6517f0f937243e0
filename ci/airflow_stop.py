"""Stops a local Airflow by its pid files, with everything it started: tasks, their JVMs, and what has changed its group."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

GRACE_SECONDS = 60
ORDER = ("scheduler", "dag-processor", "api-server")


def started(file: Path) -> int | None:
    """The pid in a pid file, if the process is still the one that was started then and not a later one with the same number."""
    pid = int(file.read_text())
    with suppress(psutil.NoSuchProcess):
        if psutil.Process(pid).create_time() > file.stat().st_mtime + 1:
            return None
    return pid


def family(pid: int) -> list[psutil.Process]:
    """A process, its descendants, and the rest of its process group (what has lost its parent)."""
    found: dict[int, psutil.Process] = {}
    with suppress(psutil.NoSuchProcess):
        head = psutil.Process(pid)
        found = {p.pid: p for p in [head, *head.children(recursive=True)]}
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == pid and process.pid != os.getpid():
                found.setdefault(process.pid, process)
                found.update({p.pid: p for p in process.children(recursive=True)})
    return list(found.values())


def stop(processes: list[psutil.Process]) -> None:
    for how in ("terminate", "kill"):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                getattr(process, how)()
        _, processes = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    if processes:
        sys.exit(f"Cannot stop Airflow: {[p.pid for p in processes]} live on; end them by hand")


def main(home: Path) -> None:
    files = [home / f"{name}.pid" for name in ORDER if (home / f"{name}.pid").exists()]
    pids = [pid for file in files if (pid := started(file)) is not None]
    stop([process for pid in pids for process in family(pid)])
    for file in files:
        file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
