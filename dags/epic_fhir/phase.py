"""What every task of a phase does, however its job is started."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
)

from epic_fhir import rerun
from epic_fhir.installation import SettingsError
from epic_fhir.reports import Ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epic_fhir.lake import Lake, RunKey

SCHEDULERS_TURN = timedelta(seconds=5)
"""How long the scheduler may take to notice that a task's process ended, on a machine with a core for each that wants one."""

_MOST_TURNS = 12


def schedulers_turn() -> timedelta:
    """The same on this machine as it is now: where more processes want a core than there are, all wait."""
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    return SCHEDULERS_TURN * min(max(crowd, 1), _MOST_TURNS)


@contextmanager
def settings_must_hold() -> Iterator[None]:
    """Invalid settings fail the task at once: no retry helps."""
    try:
        yield
    except SettingsError as e:
        raise AirflowFailException(str(e)) from e


def begun(lake: Lake, key: RunKey, kept: dict[str, Any] | None = None) -> Any:
    """
    What is in the report's place when a try begins. A note replaces an earlier try's report, which says nothing about this one
    and must not be taken for its report if the try dies.

    :param kept: what the note says beside that
    """
    path = lake.report(key)
    if lake.read_json(path) is None:
        return None
    note = {"begun": {"task_id": key.task_id, "try_number": key.try_number}, **(kept or {})}
    try:
        lake.write_json(path, note)
    except OSError:  # a full disk still lets a file go
        lake.delete(path)
        raise
    return note


def settle(ended: Ended) -> dict[str, Any]:
    """The report of a job that did its work; otherwise the failure that the exit code asks for."""
    if ended.problem is None and ended.report is not None:
        return ended.report
    raise (AirflowException if ended.retry else AirflowFailException)(ended.problem)


def planned(operator: Any, task: str, export_id: str | None) -> dict[str, Any]:
    """
    What a rerun's plan gives to a task, besides its run; the same task of another DAG has no plan.

    :raises AirflowSkipException: where the plan leaves the task out
    """
    if operator.plan is None:
        return {"export_id": export_id}
    plan = rerun.Plan.of_dict(operator.plan)
    if not plan.go or not plan.runs(task):
        raise AirflowSkipException(
            f"The rerun begins with {plan.begin}." if plan.go else "Only the plan was requested (ask = false)."
        )
    selection = plan.selection(task)
    known = ",".join(selection.pop("export", []))
    return {"export_id": export_id or known or None, **selection}


def listed(options: dict[str, str]) -> dict[str, list[str]]:
    """Options as the command line of a job takes them."""
    return {name: [value] for name, value in options.items()}
