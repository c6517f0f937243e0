"""
What the shipped joined tables cost: of 800 patients they are built whole, then one resource of a hundred changes.

The times are those that transform reports of all joined tables, in a task that has views to bring up to date, too. DuckDB evaluates
the same statements over the same files, in memory and with nothing to keep, beside it. Where changes touch most of a table's keys,
transform builds it whole: the changed resources lie evenly over all patients, the worst case for one row a patient.
"""

import statistics
import subprocess
from pathlib import Path

import joined_files
from bench import Bench, Figure
from jobs import must
from lake_site import LakeSite
from parts import HOME, PartError, cohort
from peer_environments import environment

PATIENTS = 800
REPETITIONS = 3
HUNDREDTH = 100
SQL = HOME / "conf" / "joined"
LOOKUPS = HOME / "conf" / "lookups"
DUCKDB = ["duckdb==1.5.5", "sqlglot==30.30.0", "deltalake==1.6.6", "pyarrow==26.0.1"]


def run(work: Path) -> Bench:
    data = cohort(PATIENTS, work / "patients.log")
    site = LakeSite(work / "lake-site", {"transform.joined.sql": SQL, "transform.joined.lookups": LOOKUPS})
    landed = site.land(data, "full", "2026-01-01T00:00:00Z")
    report = must(site.transform("full")).report
    raw: dict = {
        "resources": landed,
        "whole": _joined(report, "whole"),
        "whole_s": _seconds(report),
        "changes": [],
        "changes_s": [],
    }
    for repetition in range(REPETITIONS):
        name = f"change{repetition}"
        raw["changed"] = site.land(data, name, f"2026-02-0{repetition + 1}T00:00:00Z", HUNDREDTH, changed=repetition % 2 == 0)
        report = must(site.transform(name)).report
        raw["changes"].append(_joined(report))
        raw["changes_s"].append(_seconds(report))
    raw["duckdb"] = _duckdb(site.lake, work)
    full = raw["whole_s"]
    change = statistics.median(raw["changes_s"])
    figures = [
        Figure(
            "1 % changed, all joined tables",
            "s",
            change,
            full,
            "all of them whole",
            "<= 0.2 of the whole build",
            change / full <= 0.2,
            change / full,
        )
    ]
    peer = sum(raw["duckdb"].values())
    figures.append(Figure("all joined tables whole", "s", full, peer, "DuckDB, in memory", "(told)", True, full / peer))
    return Bench(figures=figures, raw=raw)


def _seconds(report: dict) -> float:
    """Of all joined tables, some of which are built at a time."""
    return report["timers"]["transform.joined"]["mean_ms"] / 1000


def _joined(report: dict, built: str | None = None) -> dict:
    """What transform did to each joined table; a build that did something else would be quick."""
    told = report["result"]["joined"]
    missing = {file.name for file in joined_files.joined(SQL)} - set(told)
    if missing:
        raise PartError(f"Cannot measure: transform reports nothing of {', '.join(sorted(missing))}")
    wrong = [name for name, table in told.items() if built and table["built"] != built]
    if wrong:
        raise PartError(f"Cannot measure: these tables were not built {built}: {', '.join(wrong)}")
    return told


def _duckdb(lake: Path, work: Path) -> dict[str, float]:
    """Seconds of each statement, in a process of its own."""
    script = HOME / "ci" / "benches" / "peers" / "joins_duckdb.py"
    command = [environment("duckdb-joins", DUCKDB), script, lake, SQL, LOOKUPS]
    ended = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        raise PartError("Cannot measure DuckDB: look at what it printed")
    lines = [line.split() for line in ended.stdout.splitlines()]
    return {name: float(seconds) for name, seconds in lines}
