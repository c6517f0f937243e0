"""
Which Spark stages waited for one slow task, and whether its data or its machine was why. A warning, never red: skew costs time, not
data.
"""

from __future__ import annotations

from typing import Any

from epic_fhir.checks import COULD_NOT_RUN, PASS, WARN, Check
from epic_fhir.settings import Thresholds

_ADVICE = {
    "silver": "Many ids fall into one partition: raise spark.sql.shuffle.partitions, or keep adaptive execution on.",
    "views": "One file of silver or of a view is larger than the others. Run the DAG epic_fhir_care: it rewrites them to one size.",
    "load": "One part of the view is larger than the others. Run the DAG epic_fhir_care: it rewrites them to one size.",
}
"""By the first word of a stage's job group."""
_ELSE = "One file or key is larger than the others: ask for smaller export files, or raise the number of partitions."


def skew(reports: dict[str, dict[str, Any] | None], thresholds: Thresholds) -> list[Check]:
    """One check a phase; a skewed stage is a check of its own."""
    checks: list[Check] = []
    for phase, report in reports.items():
        stages = (report or {}).get("stages")
        if stages is None:
            checks.append(Check("skew", phase, COULD_NOT_RUN, f"There are no stages in the run report of {phase}."))
            continue
        heavy = [_warning(phase, stage, thresholds) for stage in stages if is_skewed(stage, thresholds)]
        checks += heavy or [Check("skew", phase, PASS, f"None of the {len(stages)} stages of {phase} waited for one slow task.")]
    return checks


def is_skewed(stage: dict[str, Any], thresholds: Thresholds) -> bool:
    """Whether one task held up the others for long enough to matter."""
    if (
        stage["tasks"] < thresholds.skew_min_tasks
        or stage["duration_ms"]["max"] < thresholds.skew_min_duration.total_seconds() * 1000
    ):
        return False
    return stage["skew_ratio"] >= thresholds.skew_ratio or by_data(stage, thresholds)


def by_data(stage: dict[str, Any], thresholds: Thresholds) -> bool:
    """Whether one task had that much more to read than the median one, and it cost half of the time that matters."""
    heaviest = stage.get("heaviest")
    lost = (heaviest["duration_ms"] - stage["duration_ms"]["p50"]) / 1000 if heaviest else 0.0
    uneven = max(_data_ratios(stage, heaviest).values(), default=0.0) >= thresholds.skew_data_ratio
    return uneven and lost >= thresholds.skew_min_duration.total_seconds() / 2


def lost_seconds(stage: dict[str, Any]) -> float:
    """What the stage's longest task took beyond the median one."""
    spread = stage["duration_ms"]
    return max(0, spread["max"] - spread["p50"]) / 1000


def _data_ratios(stage: dict[str, Any], one: dict[str, Any] | None) -> dict[str, float]:
    """How much a task read compared with the median one, if the report has it."""
    ratios = {}
    for name in ("records", "bytes"):
        median = (stage.get(name) or {}).get("p50")
        if median and one and one.get(name) is not None:
            ratios[name] = one[name] / median
    return ratios


def _warning(phase: str, stage: dict[str, Any], thresholds: Thresholds) -> Check:
    spread, slowest, group = stage["duration_ms"], stage.get("slowest"), stage.get("job_group") or stage["name"]
    sentence = (
        f"Stage {stage['stage_id']} of {phase} ({group}): the longest of {stage['tasks']} tasks "
        f"took {spread['max'] / 1000:.1f} s, the median {spread['p50'] / 1000:.1f} s ({stage['skew_ratio']:.1f} times); "
        f"about {lost_seconds(stage):.0f} s lost."
    )
    if not slowest:
        return Check("skew", phase, WARN, sentence)
    # Judged by the figures of one task: the slowest one is never called even where it had that much more to read.
    uneven = max(_data_ratios(stage, slowest).values(), default=0.0) >= thresholds.skew_data_ratio
    if uneven or by_data(stage, thresholds):
        heaviest = slowest if uneven else stage["heaviest"]
        ratios = _data_ratios(stage, heaviest)
        what = " and ".join(f"{ratio:,.{0 if ratio >= 100 else 1}f} times the median's {name}" for name, ratio in ratios.items())
        took = f"in {heaviest['duration_ms'] / 1000:.1f} s on {heaviest['host']}"
        advice = _ADVICE.get(group.split(" ")[0], _ELSE)
        return Check(
            "skew", phase, WARN, f"{sentence} Partition {heaviest['partition']} is skewed: it read {what} {took}. {advice}"
        )
    ratios = _data_ratios(stage, slowest)
    even = f"the task read {max(ratios.values()):.1f} times the median" if ratios else "the task read no more than others"
    return Check(
        "slow task",
        phase,
        WARN,
        f"{sentence} The data is not skewed: {even}. Check the disk and the load of host {slowest['host']}, or turn on "
        "spark.speculation.",
    )
