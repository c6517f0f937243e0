"""
What a night costs in which nothing is new: the real DAG under a real scheduler, on the demo's patients.

Idle runs with class data archives, as ci/airflow.sh sets them up, and idle runs of the same DAG without; medians. Each task's time
is Airflow's own, from its start to its end. After them one run with a changed patient, in which Spark does start: how long after
the start of the task its session is there.
"""

import json
import statistics
import sys
from pathlib import Path

from bench import Bench, Figure
from parts import HOME, PartError
from stack import DAG, Stack

sys.path[:0] = [str(HOME / "dags")]
from epic_fhir.reports import parse_instant  # noqa: E402

PATIENTS = 20
RUNS = 5
SPARK = ("extract", "transform", "load")


def run(work: Path) -> Bench:
    quick = _nights(work / "with", {})
    plain = _nights(work / "without", {"EPIC_FHIR_CLASS_ARCHIVES": ""})
    whole, whole_plain = (statistics.median(one["whole"] for one in nights["idle"]) for nights in (quick, plain))
    slowest = max(statistics.median(one[task] for one in quick["idle"]) for task in SPARK)
    slowest_plain = max(statistics.median(one[task] for one in plain["idle"]) for task in SPARK)
    start, start_plain = (max(nights["spark_start"].values()) for nights in (quick, plain))
    return Bench(
        figures=[
            _figure("whole idle run", whole, whole_plain, 60),
            _figure("slowest Spark task of it, whole", slowest, slowest_plain, 5),
            _figure("task's start to its Spark session, slowest job of a run with news", start, start_plain, 5),
        ],
        raw={"with": quick, "without": plain},
    )


def _figure(metric: str, product: float, peer: float, goal: float) -> Figure:
    return Figure(metric, "s", product, peer, "without archives", f"<= {goal} s", product <= goal, product / peer)


def _nights(root: Path, settings: dict[str, str]) -> dict:
    stack = Stack(root, PATIENTS, settings)
    try:
        stack.start()
        first = _one(stack, "first")
        idle = [_one(stack, f"idle{i}") for i in range(RUNS)]
        _change_a_patient(stack.data / "Patient.ndjson")
        stack.reload_data()
        return {"first": first, "idle": idle, "news": _one(stack, "news"), "spark_start": _spark_start(stack, "news")}
    finally:
        stack.stop()


def _one(stack: Stack, run_id: str) -> dict[str, float]:
    if stack.run_dag(run_id) != "success":
        raise PartError(f"Cannot measure: run {run_id} failed; look at {stack.lake / 'report.html'}")
    tasks = stack.tasks(run_id)
    begin, end = min(_time(t["start_date"]) for t in tasks), max(_time(t["end_date"]) for t in tasks)
    return {"whole": end - begin, **{t["task_id"]: t["duration"] for t in tasks}}


def _spark_start(stack: Stack, run_id: str) -> dict[str, float]:
    """Seconds from a task's start until its Spark session is there."""
    begun = {t["task_id"]: _time(t["start_date"]) for t in stack.tasks(run_id)}
    found = {}
    for task in SPARK:
        report = json.loads((stack.lake / "metrics" / DAG / run_id / f"{task}.json").read_text())
        if "spark.start" in report["timers"]:
            found[task] = _time(report["run"]["start"]) - begun[task] + report["timers"]["spark.start"]["max_ms"] / 1000
    if len(found) < len(SPARK):
        raise PartError(f"Cannot measure: of run {run_id} only {', '.join(found) or 'nothing'} started Spark")
    return found


def _change_a_patient(file: Path) -> None:
    first, *others = file.read_bytes().splitlines()
    before = json.loads(first)["birthDate"].encode()
    file.write_bytes(b"\n".join([first.replace(before, b"1901-02-03"), *others]) + b"\n")


def _time(text: str) -> float:
    return parse_instant(text).timestamp()
