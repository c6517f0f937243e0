"""What to do about a run that is not green: where it stopped, what that means, and the exact command."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from epic_fhir import acceptance, refusals, rerun, sites
from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.evidence import COUNTED_EARLIER, REQUESTED
from epic_fhir.lake import RunKey
from epic_fhir.load_checks import OLDER, QUALITY
from epic_fhir.refusals import at_the_source, clear
from epic_fhir.reports import DATA_REFUSED, JOBS
from epic_fhir.task_states import TASK

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
_GIVEN_UP = (
    "A group of this run has no export: the message says why. When that is settled, run this command: it requests the group's "
    "export again, and keeps the exports of the other groups."
)
"""The advice where only a kick-off helps, whatever ended the task."""

_CHECKS = "The checks name what differs, or what could not be compared. Find the cause, then run the command."
_QUALITY = (
    "A quality check found bad rows. Its sentence has the query that shows them. If the check or its threshold is wrong, correct "
    "its file or load.quality.overrides. Then run the command: load runs the checks again."
)

_MENDS = {
    REQUESTED: ("extract", None),
    "manifest = source": ("kick_off", None),
    COUNTED_EARLIER: ("kick_off", None),
    "source = bronze": ("extract", None),
    "bronze = landing": ("extract", None),
    "bronze = transform": ("transform", "types"),
    "bronze = silver": ("transform", "types"),
    "silver = view": ("transform", "views"),
    "view = PostgreSQL": ("load", "views"),
    OLDER: ("load", "views"),
    "views = joined": ("transform", None),
    "joined = PostgreSQL": ("load", "views"),
    QUALITY: ("load", None),
}
"""The phase that repairs the failure of a check, and the part of it to rebuild."""
_NEVER = (COUNTED_EARLIER, COULD_NOT_RUN)


def next_step(
    key: RunKey,
    reports: dict[str, dict[str, Any] | None],
    states: dict[str, str],
    checks: list[dict[str, str]],
    mends: str | None = None,
) -> dict[str, Any]:
    """
    What to do about a run that is not green, and the command that does it.

    :param mends: for a rerun, the run that it repairs
    """
    failed = next((task for task in ORDER if states.get(task) not in ("success", "skipped", None)), "validate")
    report = reports.get(failed) or {}
    code, result = (report.get("run") or {}).get("exit_code"), report.get("result") or {}
    died = failed == "validate" and not any(c["state"] in (FAIL, COULD_NOT_RUN) and c["name"] != TASK for c in checks)
    fallback = "Read the end of the task's log in Airflow."
    told = _of_checks(key, checks) if failed == "validate" and not died else _ADVICE.get(code, fallback)
    # After an extract that failed for one group transform and load went on, and must run again when that group has landed.
    went_on = any(states.get(task) == "success" for task in JOBS[JOBS.index(failed) + 1 :]) if failed in JOBS else False
    refused = refusals.refused(key, failed, code, reports, clear(key, only_failed=not went_on))
    given_up = failed in ("wait", "extract") and bool(result.get("given_up"))
    transform = (reports.get("transform") or {}).get("result") or {}
    known = {name for part in ("views", "joined", "lookups") for name in transform.get(part) or {}}
    # A run's own kick_off adopts the exports that it has. A rerun that is cleared plans to begin where it did; another one begins
    # with kick_off by itself where a group lacks its export, and keeps those of the other groups.
    lost = (_GIVEN_UP, {"begin": rerun.STOPPED} if mends else None) if given_up else None
    advice, mend = refused or lost or (told, _mend(failed, checks, known))
    # What makes two failures the same, beside task and exit code: what was refused, or the message without its numbers.
    error = str((report.get("run") or {}).get("error") or "")
    cause = next((kind for kind in refusals.REFUSALS if refused and result.get(kind)), "") or acceptance.words(error)
    if mend:
        conf = shlex.quote(json.dumps({"run": mends or key.run_id, **mend, "go": True}))
        command = f"airflow dags trigger {sites.named('rerun', sites.of(key.dag_id))} --conf {conf}"
    else:
        # A clear by run id works for every run, also for manual ones that have no logical date. What validate could not check lies
        # in the phases before it, so all of them go again: the run adopts the export it has.
        # load has run where transform reached its end, and must run after it.
        whole = (failed == "validate" and not died) or (failed == "transform" and code == DATA_REFUSED) or went_on or given_up
        command = clear(key, only_failed=not whole)
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
    advice = "There is nothing to rerun. The page says what to look at."
    step = {"task": "validate", "advice": advice, "command": ""}
    warnings = [check for check in warnings if check["name"] not in ("skew", "slow task")]  # these last no longer than their run
    if (first := next(iter(warnings), None)) is None:
        return step
    what = {"figure": first["subject"]} if first["name"] == "speed" else {"warning": f"{first['name']}, {first['subject']}"}
    site = sites.of(key.dag_id)
    # Times are the DAG's own; a warning about the tables belongs to the DAG whose tables they are.
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


def write_again(key: RunKey, advice: str = "Read the log of the task report.") -> dict[str, Any]:
    """What to do about a run that could not leave all that it should."""
    command = clear(key, only_failed=True)
    return {"task": "report", "exit_code": None, "cause": "", "advice": f"{advice} Then run the command.", "command": command}


def _of_checks(key: RunKey, checks: list[dict[str, str]]) -> str:
    """What to do where only checks were not content."""
    failed = {c["name"] for c in checks if c["state"] == FAIL}
    if QUALITY not in failed:
        return _CHECKS
    return (_QUALITY if failed == {QUALITY} else f"{_CHECKS} {_QUALITY}") + at_the_source(key)


def _mend(failed: str, checks: list[dict[str, str]], known: set[str]) -> dict[str, Any] | None:
    """
    The rerun that replaces what does not fit; None where doing the same again is the way.

    :param known: the views and joined tables that there are; a table whose file is gone cannot be rebuilt by its name
    """
    # Nobody can compare later what was not compared as it landed.
    wrong = [c for c in checks if c["name"] in _MENDS and (c["state"] == FAIL or (c["name"], c["state"]) == _NEVER)]
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
