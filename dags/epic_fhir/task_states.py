"""What became of the tasks of a run, by the scheduler and by their reports."""

from __future__ import annotations

from typing import Any

from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.contract_checks import usable
from epic_fhir.evidence import PHASES
from epic_fhir.lake import Lake, RunKey
from epic_fhir.reports import reached_its_end

TASK = "task"
"""The check of what the scheduler knows of a task."""


def as_load_went(lake: Lake, key: RunKey, states: dict[str, str]) -> dict[str, str]:
    """load starts whatever became of transform, and fails at once where there is nothing to load: then it did not run."""
    transform = states.get("transform")
    if states.get("load") != "failed" or transform == "success":
        return states
    if reached_its_end(usable("transform", report_of(lake, key, "transform", transform))[0]):
        return states
    return {**states, "load": "upstream_failed"}


def report_of(lake: Lake, key: RunKey, task: str, state: str | None) -> Any:
    """A task's report as it was read, if it fits what became of the task: one of before a task that did not run again is none."""
    report = lake.read_json(lake.report(key, task))
    ended = ((usable(task, report)[0] or {}).get("run") or {}).get("status")
    return report if (state, ended) in {("success", "success"), ("failed", "failed")} else None


def state_check(task: str, state: str | None, report: dict[str, Any] | None) -> dict[str, str] | None:
    """What the scheduler knows of a task that did not succeed; a failed phase with a report speaks for itself."""
    if state == "success":
        return None
    told = ((report or {}).get("run") or {}).get("error")
    if task in PHASES and report is not None:
        return None
    if task == "validate" and state == "failed" and report is not None:
        return None
    if state == "failed":
        sentence = f"{task} failed: {told or 'it left no report; see its log in Airflow'}"
    else:
        sentence = f"{task} did not run (its state is {state or 'none'})."
    failed = FAIL if state == "failed" else COULD_NOT_RUN
    return {"name": TASK, "subject": task, "state": failed, "sentence": sentence}
