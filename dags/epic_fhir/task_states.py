"""What became of the tasks of a run, by the scheduler and by their reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.contract_checks import usable
from epic_fhir.evidence import PHASES, export_ids
from epic_fhir.lake import Lake, RunKey
from epic_fhir.reports import reached_its_end
from epic_fhir.rerun_exports import requested

TASK = "task"
"""The check of what the scheduler knows of a task."""


def landed(lake: Lake, key: RunKey, exports: Iterable[str] | None = None) -> list[str]:
    """
    Those of the run's exports that have landed, by their bronze commits: a task that was killed leaves no report.

    :param exports: of a rerun, those that its extract was to land; None where the run's own kick-off says which
    """
    told = {task: usable(task, lake.read_json(lake.report(key, task)))[0] for task in ("kick_off", "wait", "extract")}
    mine = [*(requested(told) if exports is None else exports), *export_ids(told["extract"])]
    return [export for export in dict.fromkeys(mine) if lake.exists(lake.landing(export))]


def transform_goes_on(lake: Lake, key: RunKey, extract: str | None, exports: Iterable[str] | None = None) -> bool:
    """
    Whether there is something for transform to do: what landed, also of an extract that failed for another group.

    :param extract: its state; a plan may have left it out
    :param exports: as for ``landed``
    """
    return extract in ("success", "skipped") or (extract == "failed" and bool(landed(lake, key, exports)))


def as_tasks_went(lake: Lake, key: RunKey, states: dict[str, str], exports: Iterable[str] | None = None) -> dict[str, str]:
    """
    transform and load start whatever became of the task before, and fail at once where it left them nothing to do: then they did
    not run.

    :param exports: as for ``landed``
    """
    transform = states.get("transform")
    if transform == "failed" and not transform_goes_on(lake, key, states.get("extract"), exports):
        transform = "upstream_failed"
        states = {**states, "transform": transform}
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
