"""Whether what the jobs left is what the contracts say: no check can rely on anything else."""

from __future__ import annotations

from typing import Any

from epic_fhir import contracts, phase_results, reports
from epic_fhir.checks import COULD_NOT_RUN, Check
from epic_fhir.documents import BronzeCommit, Run, RunReport


def usable(task: str, report: Any) -> tuple[dict[str, Any] | None, str | None]:
    """
    As much of a run report as its contract lets one use: all of it, without parts of its result, how the task ended, or nothing.

    :return: that, and why it is not all; None where it is
    """
    name = f"the run report of {task}"
    if report is None:
        return None, None
    if told := contracts.problem(RunReport, report, name):
        run = report.get("run") if isinstance(report, dict) else None
        ends = isinstance(run, dict) and contracts.problem(Run, run, name) is None
        return ({"schema_version": contracts.VERSION, "run": run, **reports.EMPTY} if ends else None), told
    result, told = phase_results.that_fits(task, report["result"], name)
    return {**report, "result": result}, told


def usable_landing(export: str, landing: Any) -> tuple[dict[str, Any] | None, str | None]:
    """A bronze commit, or None and why it cannot be used; None and None where there is none."""
    told = None if landing is None else contracts.problem(BronzeCommit, landing, f"the bronze commit of {export}")
    return (None if told else landing), told


def readable_landing(export: str, landing: Any) -> tuple[dict[str, Any] | None, str | None]:
    """The same of a file that is there, whatever it holds."""
    if landing is None:
        return None, f"Cannot read the bronze commit of {export}: it is not JSON. Restore the file from a backup."
    return usable_landing(export, landing)


def as_agreed(problems: dict[str, str | None]) -> list[Check]:
    """
    A check for each document that is not; one that is missing is another check's.

    :param problems: by phase or export, why its document cannot be used whole
    """
    return [Check("contract", subject, COULD_NOT_RUN, told) for subject, told in problems.items() if told]
