"""
What a change costs: silver and the shipped views of 800 patients are built once, then one resource of a hundred changes.

Each time is a whole task of its own, JVM start included, as a night's run pays it. The same change goes into a table of a tenth
of the resources, too. The changed resources lie evenly over all files: the worst case. Both lakes get change after change in
turn; medians. The small lake is built first: its run leaves the class data archive that all others begin with, as on a site.

PATIENTS and REPETITIONS in the environment shorten it.
"""

import os
import statistics
from collections import Counter
from pathlib import Path

from bench import Bench, Figure
from jobs import must
from lake_site import LakeSite
from parts import PartError, cohort

PATIENTS = int(os.environ.get("PATIENTS", "800"))
REPETITIONS = int(os.environ.get("REPETITIONS", "3"))
TENTH = 10
HUNDREDTH = 100


def run(work: Path) -> Bench:
    data = cohort(PATIENTS, work / "patients.log")
    raw: dict[str, list] = {"full_s": [], "change_s": [], "change_tenth_s": [], "change_cpu_s": [], "stages": []}
    tenth = LakeSite(work / "tenth", archives=work / "archives")
    landed_tenth = tenth.land(data, "full", "2026-01-01T00:00:00Z", TENTH)
    raw["full_tenth_s"] = must(tenth.transform("full")).seconds  # the first run: it leaves the class data archive
    whole = LakeSite(work / "whole", archives=work / "archives")
    landed = whole.land(data, "full", "2026-01-01T00:00:00Z")
    raw["full_s"].append(must(whole.transform("full")).seconds)
    changes = []
    for repetition in range(REPETITIONS):
        for site, times in ((whole, "change_s"), (tenth, "change_tenth_s")):
            name = f"change{repetition}"
            changes.append(site.land(data, name, f"2026-02-0{repetition + 1}T00:00:00Z", HUNDREDTH, changed=repetition % 2 == 0))
            ended = must(site.transform(name))
            raw[times].append(ended.seconds)
            _check(ended.report, changes[-1])
            raw["change_cpu_s"].append(ended.cpu_seconds)
            raw["stages"].append(dict(Counter(stage["job_group"] for stage in ended.report["stages"])))
    if len(set(changes)) != 1:
        raise PartError(f"Cannot compare: the changes are of {changes} resources")
    raw |= {"resources": landed, "resources_tenth": landed_tenth, "changed": changes[0]}
    full, change, small = (statistics.median(raw[k]) for k in ("full_s", "change_s", "change_tenth_s"))
    return Bench(
        figures=[
            Figure("1 % changed", "s", change, full, "full build", "<= 0.2 of the full build", change / full <= 0.2, change / full),
            Figure(
                "the same into 10 x the table",
                "s",
                change,
                small,
                "into a tenth",
                "<= 1.3 x",
                change / small <= 1.3,
                change / small,
            ),
        ],
        raw=raw,
    )


def _check(report: dict, changed: int) -> None:
    """A change that was not taken in would be quick."""
    written = sum(counts["written"] or 0 for counts in report["resources"].values())
    if written != changed:
        raise PartError(f"Cannot measure: of {changed} changed resources the job wrote {written}")
