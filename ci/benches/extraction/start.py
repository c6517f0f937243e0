"""What a kick-off and a look at the status cost: CPU seconds of a whole process, with the class data archive of earlier runs."""

import os
import shutil
import statistics
from pathlib import Path

from bench import Bench, Figure
from jobs import must
from parts import cohort
from sandbox_site import SandboxSite

PATIENTS = 3
RUNS = int(os.environ.get("STARTS", "7"))
GOAL_S = 1.0


def run(work: Path) -> Bench:
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    cpu: dict[str, list[float]] = {"kick-off": [], "look at the status": []}
    with SandboxSite(work, data) as site:
        for number in range(RUNS + 2):  # the first leaves the archive, the second warms the files up
            for name, main, task in (("kick-off", "KickOff", "kick_off"), ("look at the status", "ExportStatus", "wait")):
                seconds = must(site.java(main, f"r{number}", task, spark=False)).cpu_seconds
                cpu[name] += [seconds] if number > 1 else []
            site.admin("requests", "DELETE")
            must(site.java("Cancel", f"r{number}", "cancel", spark=False))
            shutil.rmtree(site.lake)
    figures = []
    for name, seconds in cpu.items():
        middle = statistics.median(seconds)
        figures.append(Figure(f"CPU of a {name}", "CPU-s", middle, None, "", f"<= {GOAL_S:g}", middle <= GOAL_S))
    return Bench(figures, {"start_cpu_s": cpu})
