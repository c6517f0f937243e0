"""
What a million rows of the observation view cost from Delta to PostgreSQL, beside COPY of a ready CSV and Spark's JDBC writer.

The three take turns in one warm JVM, five times; medians. COPY fills a bare table on one connection; what the load job does
beyond that (indexes, statistics) is measured for COPY's table as well and told apart. Then one resource of a hundred changes.
The heap is that of whole tasks, a million rows against ten million.
"""

import re
import statistics
import subprocess
from pathlib import Path

from bench import Bench, Figure
from jobs import LiveHeap, Runner, must, profile_options, settings_file, spark_opens, spark_submit
from lake_site import LakeSite
from parts import JavaPart, PartError, cohort, test_class_path

PATIENTS = 200
COPIES = 6  # of 169,347 rows
REPETITIONS = 5
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
        heap = {rows[times]: _heap(work, times, url) for times in rows}
        lake = work / str(COPIES) / "lake"
        told = _java(work, ["measure", lake, url, _settings(work, COPIES, url), REPETITIONS])
    finally:
        postgres.stop()
    seconds = {name: [float(s) for n, s in told if n == name] for name in ("whole", "copy", "finish", "jdbc", "change")}
    whole, copy, finish, jdbc, change = (statistics.median(seconds[name]) for name in seconds)
    few, many = heap.values()
    return Bench(
        figures=[
            Figure(
                "a whole load", "s", whole, copy, "COPY of a ready CSV, bare table", ">= 1.0 of it", copy / whole >= 1, copy / whole
            ),
            Figure(
                "a whole load",
                "s",
                whole,
                copy + finish,
                "COPY, the same indexes and statistics",
                "(told)",
                copy + finish >= whole,
                (copy + finish) / whole,
            ),
            Figure(
                "a whole load",
                "s",
                whole,
                jdbc,
                "Spark's JDBC writer, bare table",
                ">= 3 x faster",
                jdbc / whole >= 3,
                jdbc / whole,
            ),
            Figure("1 % changed", "s", change, whole, "a whole load", "<= 0.1 of it", change / whole <= 0.1, change / whole),
            Figure("live heap, 10 x the rows", "MiB", many, few, "a tenth", "flat: <= 1.25 x", many / few <= 1.25, many / few),
        ],
        raw={"rows": rows, "seconds": seconds, "live_mib": heap},
    )


def _settings(work: Path, times: int, url: str, schema: str = "fhir") -> Path:
    """A lake has a schema of its own."""
    values = {"lake": work / str(times) / "lake", "load.jdbc-url": url, "load.user": "postgres"}
    values |= {"load.schema": schema, "load.state-schema": f"{schema}_pipeline"}
    return settings_file(work / f"{schema}-{times}.conf", values)


def _fill(work: Path, source: Path, times: int) -> int:
    (count,) = (value for name, value in _java(work, ["fill", source, work / str(times) / "lake", times]) if name == "rows")
    return int(count)


def _heap(work: Path, times: int, url: str) -> float:
    """MiB alive at most in a task that loads the lake into an empty table."""
    args = ["--conf", _settings(work, times, url, f"heap{times}"), "--dag", "heap", "--run", times, "--task", "load"]
    args += ["--interval-end", "2026-01-01T00:00:00Z"]
    runner = Runner()
    report = work / str(times) / "lake" / "metrics" / "heap" / str(times) / "load.json"
    with LiveHeap(runner) as live:
        must(runner.run([*spark_submit("load-job", MAIN), *map(str, args)], report, work / f"heap{times}.log"))
    return live.peak_mib()


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
