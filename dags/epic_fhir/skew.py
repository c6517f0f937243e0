"""Which Spark stages waited for one slow task. A warning, never red: skew costs time, not data."""

from __future__ import annotations

from typing import Any

from epic_fhir.reconcile import COULD_NOT_RUN, PASS, WARN, Check
from epic_fhir.settings import Thresholds


def skew(reports: dict[str, dict[str, Any] | None], thresholds: Thresholds) -> list[Check]:
    """One check a phase; a skewed stage is a check of its own."""
    checks: list[Check] = []
    for phase, report in reports.items():
        stages = (report or {}).get("stages")
        if stages is None:
            checks.append(Check("skew", phase, COULD_NOT_RUN, f"There are no stages in the run report of {phase}."))
            continue
        heavy = [_warning(phase, stage) for stage in stages if is_skewed(stage, thresholds)]
        checks += heavy or [Check("skew", phase, PASS, f"None of the {len(stages)} stages of {phase} waited for one slow task.")]
    return checks


def is_skewed(stage: dict[str, Any], thresholds: Thresholds) -> bool:
    return (
        stage["skew_ratio"] >= thresholds.skew_ratio
        and stage["duration_ms"]["max"] >= thresholds.skew_min_duration.total_seconds() * 1000
        and stage["tasks"] >= thresholds.skew_min_tasks
    )


def lost_seconds(stage: dict[str, Any]) -> float:
    """What the stage's longest task took beyond the median one."""
    spread = stage["duration_ms"]
    return max(0, spread["max"] - spread["p50"]) / 1000


def _warning(phase: str, stage: dict[str, Any]) -> Check:
    spread = stage["duration_ms"]
    sentence = (
        f"Stage {stage['stage_id']} of {phase} ({stage.get('job_group') or stage['name']}): the longest of {stage['tasks']} tasks "
        f"took {spread['max'] / 1000:.1f} s, the median {spread['p50'] / 1000:.1f} s ({stage['skew_ratio']:.1f} times); "
        f"about {lost_seconds(stage):.0f} s lost."
    )
    return Check("skew", phase, WARN, sentence)
