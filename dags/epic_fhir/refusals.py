"""Data that extract, transform or load refused, if a rerun repairs it: the advice, and the rerun."""

from __future__ import annotations

import shlex
from typing import Any

from epic_fhir import joined_checks, quarantine, rerun_exports, sites
from epic_fhir.lake import RunKey
from epic_fhir.reports import DATA_REFUSED, JOBS

REFUSALS = (
    "refused_export",
    "damaged_export",
    "changed_types",
    "held_deletions",
    "refused_views",
    *joined_checks.REFUSED,
)
"""The keys of a report's result that name refused data, in pipeline order."""


def _run_option(key: RunKey) -> str:
    """The option that names a run, also of an id that would be taken for an option itself."""
    return f"--run-id{'=' if key.run_id.startswith('-') else ' '}{shlex.quote(key.run_id)}"


def clear(key: RunKey, *, only_failed: bool) -> str:
    """The command that has a run do its tasks again: all of them, or those that failed or did not run."""
    return f"airflow dags clear {key.dag_id} {_run_option(key)}{' --only-failed' if only_failed else ''} --yes"


def refused(
    key: RunKey, failed: str, code: Any, reports: dict[str, dict[str, Any] | None], again: str
) -> tuple[str, dict[str, Any]] | None:
    """
    Data that extract or transform refused, if a rerun repairs it: the advice, and the rerun. Of several problems it takes
    the earliest one in the flow of data; the next run says what is left.

    :param reports: of the run's tasks
    :param again: the command that has the run land its export after all
    """
    if code != DATA_REFUSED:
        return None
    result = (reports.get(failed) or {}).get("result") or {}
    if failed == "extract":
        return _refused_export(result, _others(reports, result), again)
    if failed == "transform":
        return _refused_tables(key, result)
    if failed == "load":
        advice = (
            "Some PostgreSQL tables do not match the lake. The message says which ones, and why. Do what it says first: correct "
            "the view or joined table, change the settings, or find out who else writes to the tables. All other tables are up to "
            "date."
        ) + at_the_source(key)
        return advice, {"begin": "transform"}
    return None


def _others(reports: dict[str, dict[str, Any] | None], result: dict[str, Any]) -> list[str]:
    """The run's exports besides the one that extract refused and those that are lost."""
    lacking = {result.get("refused_export"), *(result.get("given_up") or [])}
    return [export for export in rerun_exports.of_run({task: reports.get(task) for task in JOBS}) if export not in lacking]


def _refused_export(result: dict[str, Any], others: list[str], again: str) -> tuple[str, dict[str, Any]] | None:
    """
    :param others: the run's exports that were not refused, which their groups keep
    """
    if result.get("refused_export"):
        advice = (
            "The job refused the server's export: the message says why. When the server is fixed, run this command: it requests a "
            f"new export{' and keeps the exports of the other groups' if others else ''}.\nTo land the export as it is, first "
            "change the settings that the message names, then run: " + again
        )
        return advice + _show(result), {"begin": "kick_off"} | ({"exports": others} if others else {})
    if result.get("state") == "landed":
        advice = (
            "This run's export is in bronze. The data of an earlier export is not: it was withdrawn. Find out who else "
            "writes to the lake. Then run this command: the new export covers the time of the withdrawn one as well."
        )
        return advice, {"begin": "kick_off"}
    return None


def _refused_tables(key: RunKey, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if export := result.get("damaged_export"):
        advice = (
            "A bronze file is missing or changed since its export landed. Find out who else writes to the lake, then run this "
            "command: it lands the export again."
        )
        return advice, {"begin": "extract", "exports": [export]}
    if types := result.get("changed_types"):
        advice = (
            "Someone else changed silver. Find out who else writes to the lake, then run this command: it rebuilds these types "
            "from bronze."
        )
        return advice, {"begin": "transform", "types": types}
    if held := result.get("held_deletions"):
        return _accept(held, sites.named("etl", sites.of(key.dag_id)))
    if refused := result.get("refused_views"):
        # One that was committed and does not match silver counts as up to date, so a rerun must name it to rebuild it.
        rebuilt = sorted(set(refused) & set(result.get("views") or {}))
        advice = (
            f"These views were not updated and keep their last good rows: {', '.join(sorted(refused))}. Each message says what to "
            "correct. Correct it, or add the view to transform.leave-out."
        ) + at_the_source(key)
        return advice, {"begin": "transform"} | ({"views": rebuilt} if rebuilt else {})
    if joined := _names(result, *joined_checks.REFUSED):
        advice = (
            f"These joined tables and lookups were not updated and keep their last good rows: {joined}. Each message names the "
            "file and line to correct. All other tables are up to date. Correct the file, or bring back what it depends on; then "
            "run this command."
        )
        return advice, {"begin": "transform"}
    advice = (
        "Bronze lacks the data of an earlier export: the message says which. Run this command: the new export covers that time as "
        "well. If the run is red again for the same reason, run a full export of the group (EPIC_FHIR_BULK_MODE=full)."
    )
    return advice, {"begin": "kick_off"}


def at_the_source(key: RunKey) -> str:
    """A resource that the source corrects comes with a new export only, which no rerun of transform asks for."""
    etl = sites.named("etl", sites.of(key.dag_id))
    return f"\nIf the source has corrected the resources instead, run: airflow dags trigger {etl}"


def _names(result: dict[str, Any], *kinds: str) -> str:
    return ", ".join(sorted({name for kind in kinds for name in result.get(kind) or {}}))


def _show(result: dict[str, Any]) -> str:
    """The command that shows what extract put into quarantine, in the terminal of the person who runs it and nowhere else."""
    commands = quarantine.commands(result)
    return f"\nTo see the refused lines, run: {commands}" if commands else ""


def _accept(held: dict[str, int], etl: str) -> tuple[str, dict[str, Any]]:
    """The command does not run as it is: only a person can say why so much is gone."""
    gone = ", ".join(f"{count:,} {kind}" for kind, count in sorted(held.items()))
    advice = (
        f"The source no longer holds {gone}. Nothing was deleted. First check that the server's answers are complete and that the "
        f"client may still read these types. If the server was wrong, run this command when it is fixed: airflow dags "
        f"trigger {etl}. "
        'If the resources are really gone, write why into "reason" of the command below.'
    )
    accepted = ",".join(f"{kind}:{count}" for kind, count in sorted(held.items()))
    return advice, {"begin": "transform", "accept_deletions": accepted, "reason": ""}
