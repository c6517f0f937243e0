"""What to do about a run that is not green: where it stopped, what that means, and the exact command."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from epic_fhir import acceptance, joined_checks, quarantine, rerun, sites
from epic_fhir.checks import FAIL
from epic_fhir.lake import RunKey
from epic_fhir.reports import DATA_REFUSED, JOBS

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER = (*JOBS, "validate")
_ADVICE = {
    1: "This is a bug in the pipeline. Read the end of the task's log and report it. Rerun when the cause is understood.",
    2: "Fix the settings that the message names. It lists every problem, with file and line.",
    3: "The server or a policy refused the request, so a retry does not help. Fix what the message names (key, scope, group).",
    4: "The server did not answer in any of the retries. Rerun when it is back; the run continues where it stopped.",
    5: "The job refused data: the message below says what and where. Do what it says first, then run the command.",
    6: "The lake or the database is not available. Check that it exists, is writable and is not full, then rerun.",
}

_CHECKS = "The checks name what differs, or what could not be compared. Find the cause, then run the command."

REFUSALS = (
    "refused_export",
    "damaged_export",
    "changed_types",
    "held_deletions",
    "refused_views",
    *joined_checks.REFUSED,
)
"""What a report's result names of data that was refused, in the order of the data's way."""

_MENDS = {
    "manifest = source": ("kick_off", None),
    "source = bronze": ("extract", None),
    "bronze = landing": ("extract", None),
    "bronze = transform": ("transform", "types"),
    "bronze = silver": ("transform", "types"),
    "silver = view": ("transform", "views"),
    "view = PostgreSQL": ("load", "views"),
    "views = joined": ("transform", None),
    "joined = PostgreSQL": ("load", "views"),
}
"""The phase that mends a check, and what of it is rebuilt."""


def next_step(
    key: RunKey,
    reports: dict[str, dict[str, Any] | None],
    states: dict[str, str],
    checks: list[dict[str, str]],
    mends: str | None = None,
) -> dict[str, Any]:
    """
    What to do about a run that is not green, and the command that does it.

    :param mends: of a rerun, the run that it mends
    """
    failed = next((task for task in ORDER if states.get(task) not in ("success", "skipped", None)), "validate")
    report = reports.get(failed) or {}
    code, result = (report.get("run") or {}).get("exit_code"), report.get("result") or {}
    told = _CHECKS if failed == "validate" else _ADVICE.get(code, "Read the end of the task's log in Airflow.")
    refused = _refused(key, failed, code, result)
    transform = (reports.get("transform") or {}).get("result") or {}
    known = {name for part in ("views", "joined", "lookups") for name in transform.get(part) or {}}
    advice, mend = refused or (told, _mend(failed, checks, known))
    # What makes two failures the same, beside task and exit code: what was refused, or the message without its numbers.
    error = str((report.get("run") or {}).get("error") or "")
    cause = next((kind for kind in REFUSALS if refused and result.get(kind)), "") or acceptance.words(error)
    if mend:
        conf = shlex.quote(json.dumps({"run": mends or key.run_id, **mend, "go": True}))
        command = f"airflow dags trigger {sites.named('rerun', sites.of(key.dag_id))} --conf {conf}"
    else:
        # A clear by run id works for every run, also for manual ones that have no logical date. What validate could not check lies
        # in the phases before it, so all of them go again: the run adopts the export it has.
        # load has run where transform reached its end, and must run after it.
        scope = "" if failed == "validate" or (failed == "transform" and code == DATA_REFUSED) else " --only-failed"
        command = f"airflow dags clear {key.dag_id} {run_option(key)}{scope} --yes"
    return {"task": failed, "exit_code": code, "cause": "" if failed == "validate" else cause, "advice": advice, "command": command}


def switched_on(step: dict[str, Any], paused: Callable[[str], bool]) -> dict[str, Any]:
    """
    The step with a command that also works where its DAG is paused.

    :param paused: whether a DAG is
    """
    dag_id = step["command"].split()[3]
    if not paused(dag_id):
        return step
    advice = f"{step['advice']}\n{dag_id} is paused in Airflow, so it does not run. The command unpauses it first"
    due = "" if " trigger " in step["command"] else ", which also starts a scheduled run that is due"
    return {**step, "advice": f"{advice}{due}.", "command": f"airflow dags unpause {dag_id} && {step['command']}"}


def look(key: RunKey, warnings: list[dict[str, Any]], paused: Callable[[str], bool] = lambda _: False) -> dict[str, Any]:
    """What to do about a green run that warns: look, and accept what is as it should be. The command needs a reason."""
    advice, first = "There is nothing to rerun. The page says what to look at.", warnings[0]
    step = {"task": "validate", "advice": advice, "command": ""}
    if first["name"] in ("skew", "slow task"):
        return step
    what = {"figure": first["subject"]} if first["name"] == "speed" else {"warning": f"{first['name']}, {first['subject']}"}
    site = sites.of(key.dag_id)
    # Times are the DAG's own; a warning of the tables stands with those of the DAG whose tables they are.
    dag_id = key.dag_id if first["name"] == "speed" else sites.named("etl", site)
    conf = shlex.quote(json.dumps({"dag_id": dag_id, **what, "reason": ""}))
    more = {(c["name"], c["subject"]) for c in warnings} - {(first["name"], first["subject"])}
    same = sum((c["name"], c["subject"]) == (first["name"], first["subject"]) for c in warnings) > 1
    others = f" It accepts all warnings of {first['name']}, {first['subject']}." if same else ""
    others += " Each of the others needs its own command." if more else ""
    advice += ' If the warning is expected, put your reason into "reason" of this command and run it.'
    advice += f" You then get no more alerts for it.{others}"
    command = f"airflow dags trigger {sites.named('baseline', site)} --conf {conf}"
    return switched_on({**step, "advice": advice, "command": command}, paused)


def run_option(key: RunKey) -> str:
    """The option that names a run, also of an id that would be taken for an option itself."""
    return f"--run-id{'=' if key.run_id.startswith('-') else ' '}{shlex.quote(key.run_id)}"


def _refused(key: RunKey, failed: str, code: Any, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """
    What extract or transform refused, where a rerun mends it: the advice, and the rerun. Of several problems it takes the earliest
    one in the flow of data; the next run says what is left.
    """
    if code != DATA_REFUSED:
        return None
    if failed == "extract":
        return _refused_export(key, result)
    if failed == "transform":
        return _refused_tables(key, result)
    if failed == "load":
        advice = (
            "Some PostgreSQL tables do not match the lake. The message says which ones, and why. Do what it says first: correct "
            "the view or joined table, change the settings, or find out who else writes to the tables. All other tables are "
            "up to date."
        ) + _at_the_source(key)
        return advice, {"begin": "transform"}
    return None


def _refused_export(key: RunKey, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if result.get("refused_export"):
        clear = f"airflow dags clear {key.dag_id} {run_option(key)} --only-failed --yes"
        advice = (
            "The job refused the server's export: the message says why. When the server is fixed, run this command: it requests a "
            "new export.\nTo land the export as it is, first change the settings that the message names, then run: " + clear
        )
        return advice + _show(result), {"begin": "kick_off"}
    if result.get("state") == "landed":
        advice = (
            "This run's export is in bronze. The data of an earlier export is not: it was withdrawn. Find out who else writes "
            "to the lake. Then run this command: the new export covers the time of the withdrawn one as well."
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
        # One that was committed and does not match silver counts as up to date, so a rerun must be told to rebuild it.
        rebuilt = sorted(set(refused) & set(result.get("views") or {}))
        advice = (
            f"These views were not updated and keep their last good rows: {', '.join(sorted(refused))}. Each message says what to "
            "correct. Correct it, or add the view to transform.leave-out."
        ) + _at_the_source(key)
        return advice, {"begin": "transform"} | ({"views": rebuilt} if rebuilt else {})
    if joined := _names(result, *joined_checks.REFUSED):
        advice = (
            f"These joined tables and lookups were not updated and keep their last good rows: {joined}. Each message names the "
            "file "
            "and line to correct. All other tables are up to date. Correct the file, or bring back what it depends on; then run "
            "this command."
        )
        return advice, {"begin": "transform"}
    advice = (
        "Bronze lacks the data of an earlier export: the message says which. Run this command: the new export covers that time as "
        "well. If the run is red again for the same reason, run a full export of the group (EPIC_FHIR_BULK_MODE=full)."
    )
    return advice, {"begin": "kick_off"}


def _at_the_source(key: RunKey) -> str:
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
    """The command does not run as it stands: only a person can say why so much is gone."""
    gone = ", ".join(f"{count:,} {kind}" for kind, count in sorted(held.items()))
    advice = (
        f"The source no longer holds {gone}. Nothing was deleted. First check that the server's answers are complete and that "
        "the client "
        f"may still read these types. If the server was wrong, run this command when it is fixed: airflow dags trigger {etl}. If "
        'the resources are really gone, write why into "reason" of the command below.'
    )
    accepted = ",".join(f"{kind}:{count}" for kind, count in sorted(held.items()))
    return advice, {"begin": "transform", "accept_deletions": accepted, "reason": ""}


def _mend(failed: str, checks: list[dict[str, str]], known: set[str]) -> dict[str, Any] | None:
    """
    The rerun that replaces what does not fit; None where doing the same again is the way.

    :param known: the views and joined tables that there are; a table whose file is gone cannot be rebuilt by its name
    """
    wrong = [c for c in checks if c["state"] == FAIL and c["name"] in _MENDS]
    if failed != "validate" or not wrong:
        return None
    begin = min((_MENDS[c["name"]][0] for c in wrong), key=rerun.BEGINNINGS.index)
    mend: dict[str, Any] = {"begin": begin}
    for what in ("types", "views"):
        names = sorted({c["subject"] for c in wrong if _MENDS[c["name"]][1] == what and c["subject"] != "all"})
        if what == "views":
            names = [] if known and not set(names) <= known else names
        mend |= {what: names} if names else {}
    return mend
