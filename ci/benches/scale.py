"""
How the time of a full build grows with the data: silver and the shipped views of 50, 200 and 800 patients, by a fresh JVM each.

The exponent is the slope of log time over log bytes of NDJSON, by least squares over all repetitions; 1 means twice the time for
twice the data. The heap is what is alive, in runs of its own. COHORTS and REPETITIONS in the environment choose other sizes, such
as 200,3200.
"""

import math
import os
import shutil
import statistics
from pathlib import Path

from bench import Bench, Figure
from jobs import LiveHeap, must
from lake_site import LakeSite
from parts import cohort

COHORTS = tuple(sorted(int(patients) for patients in os.environ.get("COHORTS", "50,200,800").split(",")))
REPETITIONS = int(os.environ.get("REPETITIONS", "2"))


def run(work: Path) -> Bench:
    seconds: dict[int, list[float]] = {patients: [] for patients in COHORTS}
    heap: dict[int, float] = {}
    size: dict[int, int] = {}
    sites = {}
    for patients in COHORTS:
        data = cohort(patients, work / "patients.log")
        size[patients] = sum(file.stat().st_size for file in data.glob("*.ndjson"))
        sites[patients] = LakeSite(work / str(patients))
        sites[patients].land(data, "full", "2026-01-01T00:00:00Z")
    for repetition in range(REPETITIONS + 1):
        for patients, site in sites.items():
            if repetition < REPETITIONS:
                seconds[patients].append(must(site.transform(f"r{repetition}")).seconds)
            else:
                with LiveHeap(site.runner) as live:
                    must(site.transform("heap"))
                heap[patients] = live.peak_mib()
            _forget(site.lake)
    points = [(math.log(size[p]), math.log(s)) for p in COHORTS for s in seconds[p]]
    exponent = statistics.linear_regression(*zip(*points, strict=True)).slope
    small, large = heap[COHORTS[0]], heap[COHORTS[-1]]
    return Bench(
        figures=[
            Figure("exponent of time over bytes", "", exponent, 1.0, "linear", "<= 1.05", exponent <= 1.05, exponent),
            Figure(
                f"live heap, {COHORTS[-1]} patients",
                "MiB",
                large,
                small,
                f"{COHORTS[0]} patients",
                "flat: <= 1.25 x",
                large / small <= 1.25,
                large / small,
            ),
        ],
        raw={"bytes": size, "seconds": seconds, "live_mib": heap},
    )


def _forget(lake: Path) -> None:
    """Everything that transform made; bronze and its landing stay."""
    for made in ("silver", "views", "state/views", "state/applied"):
        shutil.rmtree(lake / made)
    (lake / "state" / "silver.json").unlink()
