"""
How well the checks of a run see: how often a good run is called slow, and what they find of slow runs, skew and lost resources.

The noise is measured: real loads of a small lake, each a process of its own, one after the other. Histories of runs are drawn from
what they took, all figures of a run together, and made slower from one run on. Skew is measured in real Spark stages, of which some
have one partition with three times the records. RUNS and SEED in the environment repeat a run or shorten it.
"""

import copy
import json
import math
import os
import random
import statistics
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg

from bench import Bench, Figure
from jobs import Runner, must, settings_file, spark_opens, spark_submit
from lake_site import LakeSite
from parts import HOME, JavaPart, PartError, cohort, test_class_path

sys.path[:0] = [str(HOME / "dags"), str(HOME / "dags" / "tests")]
from epic_fhir import baseline, history, reconcile, skew  # noqa: E402
from epic_fhir.checks import WARN  # noqa: E402
from epic_fhir.history import Figure as Cost  # noqa: E402
from epic_fhir.installation import Installation  # noqa: E402
from epic_fhir.settings import Thresholds  # noqa: E402

PATIENTS = 50
RUNS = int(os.environ.get("RUNS", "40"))
HISTORIES, CLEAN, SLOW = 60, 30, 5
LOST = 200
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
LOAD = "io.epicfhir.load.Load"


def run(work: Path) -> Bench:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"seed {seed}, {RUNS} real runs", flush=True)
    draw = random.Random(seed)  # noqa: S311
    thresholds = Thresholds.of(Installation.from_env({"EPIC_FHIR_HOME": str(HOME)}))
    rules = replace(thresholds.speed, least_ms=500.0)  # the runs are small: their views' times are judged, too
    costs = [history.figures({"load": report}, rules.least_ms) for report in _real(work)]
    names = sorted(set.intersection(*(set(cost) for cost in costs)))
    costs = [{name: cost[name] for name in names} for cost in costs]
    real = _alarms(costs, rules)
    judged = real[rules.least_runs :]
    drawn = [_history(draw, costs, rules) for _ in range(HISTORIES)]
    clean = [alarm for alarms, _ in drawn for alarm in alarms[rules.least_runs :]]
    found = {slower: [tail[slower] for _, tail in drawn] for slower in (0.2, 0.5)}
    within = [any(alarms) for alarms in found[0.2]]
    at_once = [alarms[0] for alarms in found[0.5]]
    named, uneven, even, called = _skew(work, seed, thresholds)
    red = _lost(draw)
    return Bench(
        figures=[
            _share("good real runs called slow", judged, 0.01, most=True),
            _share("good simulated runs called slow", clean, 0.01, most=True),
            _share("runs 20 % slower, found within 5", within, 0.95),
            _share("runs 50 % slower, found at once", at_once, 0.95),
            _share("partitions 3 x as large, named with their stage", [True] * named + [False] * (uneven - named), 0.95),
            _share("even stages called skewed", [True] * called + [False] * (even - called), 0.01, most=True),
            _share("one resource lost, red", red, 1.0),
        ],
        raw={"seed": seed, "figures": names, "noise": _noise(costs), "costs": [{n: c.value for n, c in x.items()} for x in costs]},
    )


def _share(metric: str, answers: list[bool], goal: float, *, most: bool = False) -> Figure:
    share = sum(answers) / len(answers)
    met = share <= goal if most else share >= goal
    low, high = interval(sum(answers), len(answers))
    told = f"{'<=' if most else '>='} {goal:.0%} of {len(answers)}; 95 % interval {low:.1%} to {high:.1%}"
    return Figure(metric, "%", 100 * share, None, "", told, met)


def interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, good for shares of 0 and 1, too (Wilson 1927, JASA 22:209)."""
    z2 = 1.96**2
    centre, half = hits / of + z2 / (2 * of), math.sqrt(z2 * (hits / of * (1 - hits / of) / of + z2 / (4 * of**2)))
    return max(0.0, (centre - half) / (1 + z2 / of)), min(1.0, (centre + half) / (1 + z2 / of))


def _real(work: Path) -> list[dict]:
    """The run reports of loads of the same lake into empty tables."""
    site = LakeSite(work / "source", {"transform.views": HOME / "ci" / "benches" / "views"})
    site.land(cohort(PATIENTS, work / "patients.log"), "full", "2026-01-01T00:00:00Z")
    must(site.transform("full"))
    postgres = JavaPart(work, "postgres")
    postgres.start("load-job", "io.epicfhir.load.testing.EmbeddedDatabase", ["--data-dir", work / "postgres"])
    reports = []
    try:
        values = {"lake": site.lake, "load.jdbc-url": postgres.env()["JDBC_URL"], "load.user": "postgres"}
        conf = settings_file(work / "load.conf", values)
        for i in range(RUNS + 1):
            args = ["--conf", conf, "--dag", "etl", "--run", f"r{i}", "--task", "load", "--interval-end", "2026-01-01T00:00:00Z"]
            report = site.lake / "metrics" / "etl" / f"r{i}" / "load.json"
            ended = must(Runner().run([*spark_submit("load-job", LOAD), *map(str, args)], report, work / "load.log"))
            reports.append(ended.report)
            with psycopg.connect(postgres.env()["PSQL_URL"]) as connection:
                connection.execute("DELETE FROM fhir_pipeline.load_state")
    finally:
        postgres.stop()
    return reports[1:]  # the first one found a database without schemas and a cold file cache


def _alarms(costs: list[dict[str, Cost]], rules: baseline.Rules) -> list[bool]:
    """Which runs of a history would have caused an alert if all had been green."""
    past: dict = {"runs": [], "accepted": []}
    return [_told(past, i, cost, rules) for i, cost in enumerate(costs)]


def _told(past: dict, number: int, cost: dict[str, Cost], rules: baseline.Rules) -> bool:
    """Judges a run, then remembers it."""
    at = (BEGIN + timedelta(days=number)).isoformat()
    trends = baseline.trends(cost, past, f"r{number}", at, rules)
    past["runs"].append({"run_id": f"r{number}", "at": at, "verdict": "green", "figures": {n: vars(c) for n, c in cost.items()}})
    return any(trend.state == WARN for trend in trends)


def _history(
    draw: random.Random, costs: list[dict[str, Cost]], rules: baseline.Rules
) -> tuple[list[bool], dict[float, list[bool]]]:
    """What the checks report for drawn good runs, and for runs after them that are slower by so much."""
    past: dict = {"runs": [], "accepted": []}
    clean = [_told(past, i, draw.choice(costs), rules) for i in range(CLEAN)]
    tails = {}
    for slower in (0.2, 0.5):
        mine = copy.deepcopy(past)
        drawn = [draw.choice(costs) for _ in range(SLOW)]
        slow = [{name: replace(c, value=c.value * (1 + slower)) for name, c in cost.items()} for cost in drawn]
        tails[slower] = [_told(mine, CLEAN + i, cost, rules) for i, cost in enumerate(slow)]
    return clean, tails


def _noise(costs: list[dict[str, Cost]]) -> dict[str, float]:
    """Each figure's robust spread, as a share of its median."""
    spread = {}
    for name in costs[0]:
        values = [cost[name].value for cost in costs]
        middle = statistics.median(values)
        spread[name] = round(1.4826 * statistics.median(abs(v - middle) for v in values) / middle, 4)
    return spread


def _skew(work: Path, seed: int, thresholds: Thresholds) -> tuple[int, int, int, int]:
    """Heavy partitions that were named, and how many there were; even stages, and how many of them were called skewed."""
    out = work / "stages.json"
    command = ["java", *spark_opens(), "-Xmx1g", "-cp", test_class_path("load-job"), "io.epicfhir.common.SkewedStages", out, seed]
    with (work / "stages.log").open("w") as log:
        ended = subprocess.run([str(c) for c in command], stdout=log, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        raise PartError(f"Cannot measure skew: the stages ended with {ended.returncode}; look at {work / 'stages.log'}")
    # The stages are a second long; who waits for them is not asked here.
    seen = replace(thresholds, skew_min_duration=timedelta(milliseconds=100))
    named = uneven = even = called = 0
    for made in json.loads(out.read_text()):
        checks = skew.skew({"transform": {"stages": [made["stage"]]}}, seen)
        told = [c.sentence for c in checks if c.name == "skew" and c.state == WARN]
        if made["heavy"] is None:
            even, called = even + 1, called + bool(told)
        else:
            words = (
                f"Stage {made['stage']['stage_id']} of",
                f"({made['stage']['job_group']})",
                f"Partition {made['heavy']} is heavy",
            )
            uneven, named = uneven + 1, named + any(all(word in sentence for word in words) for sentence in told)
    return named, uneven, even, called


def _lost(draw: random.Random) -> list[bool]:
    """Whether a run is red that lost one resource between two places, or whose view has one too many."""
    from made_up import EXPORT, ROWS, VIEWS, good_run, landing

    answers = []
    for _ in range(LOST):
        reports, landed = good_run(), landing()
        kind, view = draw.choice(sorted(ROWS)), draw.choice(sorted(VIEWS))
        where = draw.choice(["server", "bronze", "landing", "transform", "silver", "view", "database"])
        if where == "server":
            reports["extract"]["resources"][kind]["received"] -= 1
            reports["extract"]["resources"][kind]["written"] -= 1
        elif where == "bronze":
            reports["extract"]["resources"][kind]["written"] -= 1
        elif where == "landing":
            next(file for file in landed["files"] if file["resource_type"] == kind)["rows"] -= 1
        elif where == "transform":
            reports["transform"]["result"]["silver"][kind]["read"] -= 1
        elif where == "silver":
            reports["transform"]["result"]["silver"][kind]["present"] -= 1
        elif where == "view":
            counts = reports["transform"]["result"]["views"][view]
            counts["resources"] = counts["let_through"] + 1
        else:
            reports["load"]["result"]["tables"][view]["rows"] -= 1
        checks = reconcile.reconcile(reconcile.Evidence(reports, {EXPORT: landed}))
        answers.append(reconcile.verdict(checks) == reconcile.RED)
    return answers
