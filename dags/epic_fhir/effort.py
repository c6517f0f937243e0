"""How much a job has to do, by the report of the task before it, and what its JVM is told because of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epic_fhir.lake import Lake, RunKey

LITTLE = 64 << 20
"""Bytes of Parquet: a job of so much input is over before code that the optimizing compiler has made pays."""

QUICK = "-XX:TieredStopAtLevel=1"
"""For a JVM of a minute: compile once, fast. In long jobs the other compiler's code is worth its time."""

_BEFORE = {"transform": "extract", "load": "transform"}


def jvm_options(lake: Lake, key: RunKey) -> list[str]:
    """Options for the JVM of a job that runs on this machine; none where there is much to do, or nobody has told."""
    before = _BEFORE.get(key.task_id)
    report = lake.read_json(lake.report(key, before)) if before else None
    if not isinstance(report, dict) or (report.get("run") or {}).get("status") != "success":
        return []
    return options_for(sum(told.get("bytes") or 0 for told in report.get("outputs") or []))


def options_for(input_bytes: int) -> list[str]:
    """The same where it is known how much there is."""
    return [QUICK] if input_bytes <= LITTLE else []
