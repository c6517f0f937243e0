"""
Whether a run was slower than runs like it.

Two questions of each figure: is this one run far above the level so far (a robust prediction limit on the logarithms: median and
MAD), and has the level itself gone up (change points over the history, found by Apache Otava)? A level that went down is the new
baseline; one that went up is reported in every run until it is back or someone accepts it.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from typing import Any

from epic_fhir.checks import COULD_NOT_RUN, NO_BASELINE, PASS, WARN, Check
from epic_fhir.history import Figure

RUNS_AFTER_A_CHANGE = 3
"""A change seen in fewer runs than this is not a new level."""

CHANCE, PART_CHANCE = 1e-3, 1e-5
"""How often steady runs may look like a change to Otava: of a phase, and of each of its many parts."""


@dataclass(frozen=True)
class Rules:
    """When a figure is slow; conf/validation.conf explains each."""

    least_runs: int = 8
    most_runs: int = 60
    false_alarms: float = 0.005
    slower_at_once: float = 0.3
    part_slower_at_once: float = 0.5
    slower_since: float = 0.12
    noise_floor: float = 0.05
    least_ms: float = 2000.0


@dataclass(frozen=True)
class Point:
    """A figure of one run."""

    run_id: str
    at: str
    value: float


@dataclass(frozen=True)
class Trend:
    """
    A figure over the runs that may be compared, this run last.

    :param band: the lowest and the highest value that the baseline expects; None without a baseline
    :param changes: where in the points the level changed
    """

    name: str
    unit: str
    points: list[Point]
    state: str
    sentence: str
    band: tuple[float, float] | None = None
    changes: list[int] = field(default_factory=list)

    def check(self) -> Check:
        return Check("speed", self.name, self.state, self.sentence)


def trends(
    figures: dict[str, Figure],
    history: dict[str, Any],
    run_id: str,
    at: str | None,
    rules: Rules,
    by_phase: dict[str, dict[str, Any]] | None = None,
) -> list[Trend]:
    """
    Every figure of this run against the history.

    :param by_phase: the history for the figures of one phase, where it differs
    """
    past = {name: (by_phase or {}).get(name.partition(":")[0], history) for name in figures}
    alike = {part: sum(is_part(name) == part for name in figures) for part in (False, True)}
    return [
        judge(
            name,
            figure,
            _comparable(name, figure, past[name], run_id),
            Point(run_id, at or "", figure.value),
            rules,
            rules.false_alarms / alike[is_part(name)],
        )
        for name, figure in sorted(figures.items())
    ]


def is_part(name: str) -> bool:
    """Whether a figure is of one type or view only: there are many of them, each a second or two with far outliers."""
    return ", " in name


def judge(name: str, figure: Figure, known: list[Point], now: Point, rules: Rules, alpha: float) -> Trend:
    """
    One figure against the earlier ones.

    :param known: earlier runs that may be compared, oldest first
    :param alpha: how often a run without a cause may be called slow for this figure. A part's figure is reported where two runs in
        a row were slow
    """
    points = [*known[-rules.most_runs :], now]
    if not _usable(now.value):
        return Trend(name, figure.unit, known, COULD_NOT_RUN, f"This run's {name} is {now.value}, which is not a duration.")
    values = [point.value for point in points]
    part = is_part(name)
    changes = _changes(values, rules, PART_CHANCE if part else CHANCE) if len(values) > rules.least_runs else []
    base, slower = _level(values, changes, rules)
    if len(base) < rules.least_runs:
        told = f"No baseline yet: {len(base)} of {rules.least_runs} earlier green runs with {figure.key}."
        return Trend(name, figure.unit, points, NO_BASELINE, told)
    low, middle, high = _limits(base, alpha, rules.noise_floor, rules.part_slower_at_once if part else rules.slower_at_once)
    found = [index for index, _ in changes]
    given = f"{_text(now.value)} {figure.unit}, usually {_text(middle)} (up to {_text(high)}; {len(base)} runs)"
    state, sentence = PASS, f"{given}."
    if slower is not None:
        level = statistics.median(values[slower:])
        since = f"{points[slower].run_id}: {_text(level)} {figure.unit} instead of {_text(middle)} ({level / middle:.2f} times)"
        state, sentence = WARN, f"Slower since {since}. If that is the new normal, accept it with the DAG epic_fhir_baseline."
    elif now.value > high and (not part or values[-2] > high):
        state, sentence = WARN, f"Slower in this run: {given}; {now.value / middle:.2f} times the median."
    return Trend(name, figure.unit, points, state, sentence, (low, high), found)


def _comparable(name: str, figure: Figure, history: dict[str, Any], run_id: str) -> list[Point]:
    """The green runs of the same key, since the level that was accepted last."""
    runs = [run for run in history["runs"] if run.get("run_id") != run_id and run.get("verdict") == "green"]
    since = max((str(a.get("at")) for a in history["accepted"] if a.get("figure") in (name, "all")), default="")
    points = []
    for run in runs:
        other = (run.get("figures") or {}).get(name) or {}
        if other.get("key") == figure.key and _usable(other.get("value")) and str(run.get("at")) >= since:
            points.append(Point(str(run["run_id"]), str(run["at"]), float(other["value"])))
    return points


def _usable(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _changes(values: list[float], rules: Rules, chance: float) -> list[tuple[int, bool]]:
    """Where the level changed for good, and whether it went up."""
    from otava.analysis import compute_change_points

    logs = [math.log(value) for value in values]
    lowest = min(logs) - 1  # Otava divides by means: kept away from zero, without a change to the differences
    found, _ = compute_change_points([v - lowest for v in logs], window_len=50, max_pvalue=chance, min_magnitude=0.0)
    indexes = sorted(int(point.index) for point in found)
    changes = []
    for before, index, after in zip([0, *indexes], indexes, [*indexes[1:], len(values)], strict=False):
        step = statistics.median(values[index:after]) / statistics.median(values[before:index])
        enough = after - index >= RUNS_AFTER_A_CHANGE and index - before >= RUNS_AFTER_A_CHANGE
        if enough and abs(math.log(step)) >= math.log(1 + rules.slower_since):
            changes.append((index, step > 1))
    return changes


def _level(values: list[float], changes: list[tuple[int, bool]], rules: Rules) -> tuple[list[float], int | None]:
    """The values of the baseline, this run's not among them, and since when it is slower than that."""
    start, slower = 0, None
    for index, up in changes:
        if up:
            slower = index if slower is None else slower
        else:
            # Until enough runs speak for the faster level, the one before it is the baseline.
            start, slower = (index if len(values) - 1 - index >= rules.least_runs else start), None
    return values[start : slower if slower is not None else len(values) - 1], slower


def _limits(base: list[float], alpha: float, noise_floor: float, least: float) -> tuple[float, float, float]:
    """A robust prediction interval for one more run: MAD for the spread, Student's t for the few; no narrower than ``least``."""
    from scipy.stats import t

    logs = [math.log(value) for value in base]
    middle = statistics.median(logs)
    spread = max(1.4826 * statistics.median(abs(v - middle) for v in logs), noise_floor)
    reach = float(t.ppf(1 - alpha, len(logs) - 1)) * spread * math.sqrt(1 + 1 / len(logs))
    reach = max(reach, math.log(1 + least))
    return math.exp(middle - reach), math.exp(middle), math.exp(middle + reach)


def _text(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def accept(history: dict[str, Any], trends: list[dict[str, Any]], figure: str, reason: str, by: str, now: str) -> dict[str, Any]:
    """
    The history with a new level accepted: what came before it counts no more.

    :param trends: of the newest run, which know where the level changed
    :param figure: a figure's name, or ``all``
    :raises LookupError: where the newest run has no such figure
    """
    meant = [trend for trend in trends if figure in (trend["name"], "all") and trend["points"]]
    if not meant:
        names = "; ".join(sorted(trend["name"] for trend in trends)) or "none"
        raise LookupError(f"Cannot accept the level of {figure}: the newest run has no such metric; its metrics: {names}")
    entries = [
        {"figure": trend["name"], "at": trend["points"][_since(trend)]["at"], "reason": reason, "by": by, "accepted_at": now}
        for trend in meant
    ]
    return {**history, "accepted": [*history["accepted"], *entries]}


def _since(trend: dict[str, Any]) -> int:
    """The last change of the level; without one, the newest run begins it."""
    return trend["changes"][-1] if trend["changes"] else len(trend["points"]) - 1
