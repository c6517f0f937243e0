"""
What a million rows of the observation view cost from Delta to PostgreSQL, beside COPY of a ready CSV and Spark's JDBC writer.

The three take turns in one warm JVM, five times; medians. COPY fills a bare table on one connection; what the load job does
beyond that (indexes, statistics) is measured for COPY's table, too, and listed separately. Then one resource of a hundred changes.
The heap is that of whole tasks, a million rows against ten million. What a small table costs is what 25 more of them, of 1,000
rows each, add to a task: all loaded whole, and nothing new.
"""

import os
import re
import statistics
import subprocess
from pathlib import Path

from bench import Bench, Figure
from benches import tables as small
from jobs import Ended, LiveHeap, Runner, must, profile_options, settings_file, spark_opens, spark_submit
from lake_site import LakeSite
from parts import JavaPart, PartError, cohort, test_class_path

PATIENTS = 200
COPIES = 6  # of 169,347 rows
REPETITIONS = int(os.environ.get("REPETITIONS", "5"))
SMALL = (10, 35)
BENCH = "io.epicfhir.load.LoadBench"
MAIN = "io.epicfhir.load.Load"


def run(work: Path) -> Bench:
    source = LakeSite(work / "source")
    source.land(cohort(PATIENTS, work / "patients.log"), "full", "2026-01-01T00:00:00Z")
    must(source.transform("full"))
    rows = {times: _fill(work, source.lake, times) for times in (COPIES, 10 * COPIES)}
    postgres = JavaPart(work, "postgres")
    postgres.start("load-job", "io.epicfhir.load.testing.EmbeddedDatabase", ["--data-dir", work / "postgres"])
    try:
        url = postgres.env()["JDBC_URL"]
        tables = _small(work / "small", url)
        heap = {rows[times]: _heap(work, times, url) for times in rows}
        lake = work / str(COPIES) / "lake"
        told = _java(work, ["measure", lake, url, _settings(work, lake, url), REPETITIONS])
    finally:
        postgres.stop()
    seconds = {name: [float(s) for n, s in told if n == name] for name in ("whole", "copy", "finish", "jdbc", "change")}
    whole, copy, finish, jdbc, change = (statistics.median(seconds[name]) for name in seconds)
    few, many = heap.values()
    return Bench(
        figures=[
            _times("a whole load", whole, copy, "COPY of a ready CSV, bare table", 0.75),
            _times("a whole load", whole, copy + finish, "COPY, the same indexes and statistics", 1),
            _times("a whole load", whole, jdbc, "Spark's JDBC writer, bare table", 2.5),
            Figure("1 % changed", "s", change, whole, "a whole load", "<= 0.1 of it", change / whole <= 0.1, change / whole),
            Figure("live heap, 10 x the rows", "MiB", many, few, "a tenth", "flat: <= 1.25 x", many / few <= 1.25, many / few),
            Figure("a table of 1,000 rows, whole", "s", tables["whole"], None, "", "<= 0.3", tables["whole"] <= 0.3),
            Figure("a table in which nothing is new", "s", tables["nothing"], None, "", "<= 0.02", tables["nothing"] <= 0.02),
        ],
        raw={"rows": rows, "seconds": seconds, "live_mib": heap, "small": tables},
    )


def _times(metric: str, own: float, peer: float, name: str, goal: float) -> Figure:
    return Figure(metric, "s", own, peer, name, f">= {goal} x as fast", peer / own >= goal, peer / own)


def _small(work: Path, url: str) -> dict[str, float]:
    """Seconds that one more table costs, by what there is to do; and those of the tasks."""
    told: dict = {}
    for tables in SMALL:
        root = work / str(tables)
        site = small.site(root, tables)
        settings = _settings(root, site.lake, url, f"small{tables}")
        for way, runs in (("whole", ["first"]), ("nothing", [f"idle{n}" for n in range(REPETITIONS)])):
            ended = [_task(settings, site.lake, run, root / f"{run}.log") for run in runs]
            told[f"{way} {tables}"] = statistics.median(each.seconds for each in ended)
            loaded = {each["loaded"] for each in ended[-1].report["result"]["tables"].values()}
            if (loaded == {"none"}) != (way == "nothing"):
                raise PartError(f"Cannot measure: {way} of {tables} tables was loaded as {', '.join(sorted(loaded))}")
    few, many = SMALL
    return told | {way: (told[f"{way} {many}"] - told[f"{way} {few}"]) / (many - few) for way in ("whole", "nothing")}


def _settings(work: Path, lake: Path, url: str, schema: str = "fhir") -> Path:
    """A lake has a schema of its own."""
    values = {"lake": lake, "load.jdbc-url": url, "load.user": "postgres"}
    values |= {"load.schema": schema, "load.state-schema": f"{schema}_pipeline"}
    return settings_file(work / f"{schema}.conf", values)


def _fill(work: Path, source: Path, times: int) -> int:
    (count,) = (value for name, value in _java(work, ["fill", source, work / str(times) / "lake", times]) if name == "rows")
    return int(count)


def _heap(work: Path, times: int, url: str) -> float:
    """MiB alive at most in a task that loads the lake into an empty table."""
    lake = work / str(times) / "lake"
    runner = Runner()
    with LiveHeap(runner) as live:
        _task(_settings(work, lake, url, f"heap{times}"), lake, "heap", work / f"heap{times}.log", runner)
    return live.peak_mib()


def _task(settings: Path, lake: Path, run: str, log: Path, runner: Runner | None = None) -> Ended:
    args = ["--conf", settings, "--dag", "bench", "--run", run, "--task", "load", "--interval-end", "2026-01-01T00:00:00Z"]
    report = lake / "metrics" / "bench" / run / "load.json"
    return must((runner or Runner()).run([*spark_submit("load-job", MAIN), *map(str, args)], report, log))


def _java(work: Path, args: list) -> list[list[str]]:
    log = work / "bench.log"
    command = ["java", *spark_opens(), "-Xmx2g", *profile_options(), "-Dspark.driver.host=127.0.0.1"]
    command += ["-cp", test_class_path("load-job"), BENCH, *args]
    with log.open("a") as err:
        ended = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=err, text=True, check=False)
    if ended.returncode:
        raise PartError(f"Cannot measure: {BENCH} ended with {ended.returncode}; look at {log}")
    print(ended.stdout, end="", flush=True)
    return [line.split("=") for line in ended.stdout.splitlines() if re.fullmatch(r"\w+=[\d.]+", line)]
