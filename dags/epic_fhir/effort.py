"""How much work a job has, by the report of the task before it, and its JVM options because of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epic_fhir.lake import Lake, RunKey

LITTLE = 64 << 20
"""Bytes of Parquet: with less input, a job ends before the optimizing compiler's code pays off."""

QUICK = "-XX:TieredStopAtLevel=1"
"""For jobs of about a minute: use only the fast compiler (C1). Longer jobs gain more from C2 than it costs."""

_BEFORE = {"transform": "extract", "load": "transform"}


def jvm_options(lake: Lake, key: RunKey) -> list[str]:
    """JVM options of a job that runs on this machine; none if there is much work, or if the amount is unknown."""
    before = _BEFORE.get(key.task_id)
    report = lake.read_json(lake.report(key, before)) if before else None
    if not isinstance(report, dict) or (report.get("run") or {}).get("status") != "success":
        return []
    return options_for(sum(told.get("bytes") or 0 for told in report.get("outputs") or []))


def options_for(input_bytes: int) -> list[str]:
    """The same for a known amount of input."""
    return [QUICK] if input_bytes <= LITTLE else []
