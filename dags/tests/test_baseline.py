"""Slow runs are told, steady ones are not, and where there is nothing to compare with that is said (fault 47)."""

import json
import math
import random
import re
from dataclasses import asdict

import pytest

from epic_fhir.baseline import Rules, accept, trends
from epic_fhir.checks import COULD_NOT_RUN, NO_BASELINE, PASS, WARN
from epic_fhir.history import Figure

NAME = "transform: ms a resource"
RULES = Rules()
HERE = Figure(1.0, "ms/resource", "settings a, host, full, some 16,384")


def at(day):
    return f"2026-01-01T00:00:00.{day:06d}+00:00"


def runs(values, key=HERE.key, verdict="green"):
    figures = [{NAME: asdict(Figure(value, "ms/resource", key))} for value in values]
    return {
        "runs": [{"run_id": f"r{i}", "at": at(i), "verdict": verdict, "figures": f} for i, f in enumerate(figures)],
        "accepted": [],
    }


def steady(n, level=100.0, noise=0.04, seed=3):
    draw = random.Random(seed)  # noqa: S311
    return [level * math.exp(draw.gauss(0, noise)) for _ in range(n)]


def judged(history, value, rules=RULES):
    (trend,) = trends({NAME: Figure(value, HERE.unit, HERE.key)}, history, "now", at(999), rules)
    return trend


def test_a_run_like_the_others_passes_and_tells_what_is_usual():
    trend = judged(runs(steady(20)), 103)
    assert (trend.state, trend.check().name, trend.check().subject) == (PASS, "speed", NAME)
    assert re.match(r"103 ms/resource, usually \d+.* \(up to 1[23]\d; 20 runs\)\.", trend.sentence)
    assert trend.band[0] < 100 < trend.band[1]
    assert len(trend.points) == 21


def test_a_run_that_takes_half_as_long_again_is_told_at_once():
    trend = judged(runs(steady(20)), 152)
    assert trend.state == WARN
    assert trend.sentence.startswith("Slower in this run: 152 ms/resource")


def test_a_level_that_went_up_is_told_with_the_run_it_began_with_until_it_is_accepted():
    history = runs(steady(20) + steady(6, level=121, seed=5))
    trend = judged(history, 120)
    assert trend.state == WARN
    assert "Slower since r20: " in trend.sentence
    assert trend.changes == [20]
    assert json.loads(json.dumps(asdict(trend)))["changes"] == [20]
    after = accept(history, [asdict(trend)], NAME, "more views since Monday", "somebody", "2026-02-01T00:00:00+00:00")
    assert after["accepted"][0]["at"] == at(20)
    assert judged(after, 120, Rules(least_runs=6)).state == PASS
    assert judged(after, 120).state == NO_BASELINE
    assert judged(after, 190, Rules(least_runs=6)).state == WARN


def test_a_level_that_went_down_is_the_new_baseline():
    history = runs(steady(20) + steady(10, level=70, seed=5))
    assert judged(history, 71).state == PASS
    assert judged(history, 100).state == WARN


def test_a_level_that_went_up_and_came_back_is_over():
    history = runs(steady(15) + steady(8, level=140, seed=5) + steady(6, seed=7))
    assert judged(history, 101).state == PASS


@pytest.mark.parametrize(
    "history",
    [
        runs([]),
        runs(steady(7)),
        runs([float("nan")] * 20),
        runs([None] * 20),
        runs(["12"] * 20),
        runs([0.0] * 20),
        runs(steady(20), key="settings b, host, full, some 16,384"),
        runs(steady(20), verdict="red"),
    ],
    ids=["none", "too few", "NaN", "null", "text", "nought", "of other settings", "of red runs"],
)
def test_without_runs_to_compare_with_there_is_no_baseline_and_that_is_not_passed(history):
    trend = judged(history, 100)
    assert trend.state == NO_BASELINE
    assert trend.band is None
    assert "of 8 earlier green runs with settings a, host, full, some 16,384" in trend.sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, -3.0])
def test_a_figure_that_is_no_time_could_not_be_judged(value):
    assert judged(runs(steady(20)), value).state == COULD_NOT_RUN


def test_a_rerun_is_not_compared_with_itself():
    (trend,) = trends({NAME: Figure(100, HERE.unit, HERE.key)}, runs(steady(8)), "r7", at(9), RULES)
    assert trend.state == NO_BASELINE


def test_a_figure_that_nobody_knows_cannot_be_accepted():
    with pytest.raises(LookupError, match="its metrics: transform: ms a resource"):
        accept(runs([]), [asdict(judged(runs([]), 1))], "load: ms a row", "a good reason", "somebody", at(1))


def test_one_view_must_be_slow_twice_in_a_row():
    part = "load: ms a row, observation"
    once, twice = runs(steady(20)), runs([*steady(20), 180.0])
    for history in (once, twice):
        for run in history["runs"]:
            run["figures"] = {part: run["figures"][NAME]}
    now = {part: Figure(175.0, HERE.unit, HERE.key)}
    assert [trends(now, history, "now", at(999), RULES)[0].state for history in (once, twice)] == [PASS, WARN]
