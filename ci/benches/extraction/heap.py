"""The most that is alive in the heap at any look: for one cohort, ten times as much, and one very long line."""

import json
import os
from pathlib import Path

from bench import Bench, Figure
from jobs import LiveHeap, must
from parts import cohort
from sandbox_site import SandboxSite

SMALL = int(os.environ.get("HEAP_PATIENTS", "13"))
TIMES = 10
RATIO = 1.25
LONG_LINE_MIB = 600


def run(work: Path) -> Bench:
    archives = work / "archives"
    cohorts = {f"{n} patients": cohort(n, work / "logs" / f"{n}.log") for n in (SMALL, TIMES * SMALL)}
    _live(work / "first", cohorts[f"{SMALL} patients"], archives)  # leaves the archive, which is in no figure
    heaps = {name: _live(work / name.replace(" ", "-"), data, archives) for name, data in cohorts.items()}
    heaps["100 MB line"] = _live(work / "line", _long_line(work / "line-data", 99_000_000), archives)
    largest = {name: heap.largest() for name, heap in heaps.items()}
    small, large, line = (heap.peak_mib() for heap in heaps.values())
    for name, heap in heaps.items():
        print(f"live heap of {name}: {heap.peak_mib():.1f} MiB", *heap.largest(), sep="\n  ", flush=True)
    ratio = large / small
    figures = [
        Figure("live heap, 10 x the data", "MiB", large, small, "the small cohort", f"<= {RATIO} x", ratio <= RATIO, ratio),
        Figure("live heap, a line of 99 MB", "MiB", line, None, "", f"<= {LONG_LINE_MIB}", line <= LONG_LINE_MIB),
    ]
    return Bench(figures, {"heap_live_mib": {name: heap.peak_mib() for name, heap in heaps.items()}, "heap_largest": largest})


def _long_line(data: Path, size: int) -> Path:
    data.mkdir(parents=True)
    text = json.dumps({"resourceType": "Observation", "id": "long", "valueString": "x" * size})
    (data / "Observation.ndjson").write_text(text + "\n")
    return data


def _live(work: Path, data: Path, archives: Path) -> LiveHeap:
    with SandboxSite(work, data, ["--file-bytes", 16 << 20], archives=archives) as site:
        must(site.java("KickOff", "r", "kick_off", spark=False))
        must(site.java("ExportStatus", "r", "wait", spark=False))
        with LiveHeap(site.runner) as heap:
            must(site.java("Extract", "r", "extract", spark=True))
    return heap
