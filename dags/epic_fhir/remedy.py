"""What to do about a run that is not green: where it stopped, what that means, and the exact command."""

from __future__ import annotations

import json
import shlex
from typing import Any

from epic_fhir import rerun, sites
from epic_fhir.checks import FAIL
from epic_fhir.reports import DATA_REFUSED, JOBS, RunKey

ORDER = (*JOBS, "validate")
_ADVICE = {
    1: "This is a defect. Read the end of the task's log; rerun once it is understood.",
    2: "Mend the settings that the message names. Every problem is in it, with file and line.",
    3: "The server or a policy said no; asking again does not help. Mend what the message names (key, scope, group).",
    4: "The server did not answer within all retries. Rerun when it is back; the run goes on where it stopped.",
    5: "The job refused data: the message below says what and where. Do what it says first, then run the command.",
    6: "The lake or the database did not answer. Check that it is there, writable and not full; then rerun.",
}

_MENDS = {
    "manifest = source": ("kick_off", None),
    "source = bronze": ("extract", None),
    "bronze = landing": ("extract", None),
    "bronze = transform": ("transform", "types"),
    "bronze = silver": ("transform", "types"),
    "silver = view": ("transform", "views"),
    "view = PostgreSQL": ("load", "views"),
}
"""The phase that mends a check, and what of it is rebuilt."""


def next_step(
    key: RunKey,
    reports: dict[str, dict[str, Any] | None],
    states: dict[str, str],
    checks: list[dict[str, str]],
    mends: str | None = None,
) -> dict[str, str]:
    """
    What to do about a run that is not green, and the command that does it.

    :param mends: of a rerun, the run that it mends
    """
    failed = next((task for task in ORDER if states.get(task) not in ("success", "skipped", None)), "validate")
    report = reports.get(failed) or {}
    code, result = (report.get("run") or {}).get("exit_code"), report.get("result") or {}
    told = _ADVICE.get(code, "Read the end of the task's log in Airflow.")
    advice, mend = _refused(key, failed, code, result) or (told, _mend(failed, checks))
    if mend:
        conf = shlex.quote(json.dumps({"run": mends or key.run_id, **mend, "go": True}))
        command = f"airflow dags trigger {sites.named('rerun', sites.of(key.dag_id))} --conf {conf}"
    else:
        # A clear by run id works for every run, also for manual ones that have no logical date. What validate could not check lies
        # in the phases before it, so all of them go again: the run adopts the export it has.
        # load has run where transform reached its end, and must run after it.
        scope = "" if failed == "validate" or (failed == "transform" and code == DATA_REFUSED) else " --only-failed"
        command = f"airflow dags clear {key.dag_id} --run-id {shlex.quote(key.run_id)}{scope} --yes"
    return {"task": failed, "advice": advice, "command": command}


def _refused(key: RunKey, failed: str, code: Any, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """
    What extract or transform refused, where a rerun mends it: the advice, and the rerun. Of several problems it takes the earliest
    one in the flow of data; the next run says what is left.
    """
    if code != DATA_REFUSED:
        return None
    if failed == "extract":
        return _refused_export(key, result)
    return _refused_tables(key, result) if failed == "transform" else None


def _refused_export(key: RunKey, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if result.get("refused_export"):
        clear = f"airflow dags clear {key.dag_id} --run-id {shlex.quote(key.run_id)} --only-failed --yes"
        advice = (
            "The job refused the server's export: the message says why. Once the server is right, run this command: it asks for a "
            "new export. To land the export as it is, first change the settings that the message names, then run: " + clear
        )
        return advice, {"begin": "kick_off"}
    return None


def _refused_tables(key: RunKey, result: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if export := result.get("damaged_export"):
        advice = "A file of bronze is not what landed. Find who else writes the lake; then have that export landed again."
        return advice, {"begin": "extract", "exports": [export]}
    if types := result.get("changed_types"):
        advice = "Silver is not what the pipeline left. Find who else writes the lake; then have it rebuilt from bronze."
        return advice, {"begin": "transform", "types": types}
    if held := result.get("held_deletions"):
        return _accept(held, sites.named("etl", sites.of(key.dag_id)))
    if refused := result.get("refused_views"):
        # One that was committed and does not match silver counts as up to date, so a rerun must be told to rebuild it.
        rebuilt = sorted(set(refused) & set(result.get("views") or {}))
        advice = (
            f"These views stopped and keep their last good rows: {', '.join(sorted(refused))}. The message of each says what to "
            "correct. Correct it, or add the view to transform.leave-out."
        )
        return advice, {"begin": "transform"} | ({"views": rebuilt} if rebuilt else {})
    return None


def _accept(held: dict[str, int], etl: str) -> tuple[str, dict[str, Any]]:
    """The command does not run as it stands: only a person can say why so much is gone."""
    gone = ", ".join(f"{count:,} {kind}" for kind, count in sorted(held.items()))
    advice = (
        f"The source no longer holds {gone}. Nothing was deleted. Check first that the server answers in full and that the client "
        f"may still read these types. If the server was wrong, run this command once it is right: airflow dags trigger {etl}. If "
        'the resources are really gone, write why into "reason" of the command below.'
    )
    accepted = ",".join(f"{kind}:{count}" for kind, count in sorted(held.items()))
    return advice, {"begin": "transform", "accept_deletions": accepted, "reason": ""}


def _mend(failed: str, checks: list[dict[str, str]]) -> dict[str, Any] | None:
    """The rerun that replaces what does not fit; None where doing the same again is the way."""
    wrong = [c for c in checks if c["state"] == FAIL and c["name"] in _MENDS]
    if failed != "validate" or not wrong:
        return None
    begin = min((_MENDS[c["name"]][0] for c in wrong), key=rerun.BEGINNINGS.index)
    mend: dict[str, Any] = {"begin": begin}
    for what in ("types", "views"):
        names = sorted({c["subject"] for c in wrong if _MENDS[c["name"]][1] == what and c["subject"] != "all"})
        mend |= {what: names} if names else {}
    return mend
