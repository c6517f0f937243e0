"""
Warnings that last, and what a person accepted of them.

A run that warned of something is no baseline for it: otherwise a loss would be normal after a few runs, and nobody would hear of it
again. It stays a warning until it is over or somebody accepts it with a reason (epic_fhir_baseline). An acceptance holds while the
warning lasts and does not grow; when it comes back later, it is a warning again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from epic_fhir import baseline as levels
from epic_fhir import history
from epic_fhir.checks import ACCEPTED, WARN, Check
from epic_fhir.source_checks import EXPECTATIONS, SOURCE
from epic_fhir.warning_identity import ACCEPTED_BY, figures, first_line, has_names, is_of, is_same, words

if TYPE_CHECKING:
    from epic_fhir.lake import Lake

ALL = "all"

NEAR = 0.1
"""How far a warning's number may move from the accepted one before it counts as a new warning."""

EVERY_RUN_ALIKE = ("speed", "skew", "slow task")
"""Warnings for which baseline keeps levels of its own, or that concern one run only."""


def warned(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the history keeps of a run's warnings, accepted ones too."""
    return [
        {
            "check": c["name"],
            "subject": c["subject"],
            "amount": c.get("amount"),
            "words": words(c["sentence"]),
            "told": first_line(c["sentence"]),
            **({"names": [*c["names"]]} if c.get("names") is not None else {}),
        }
        for c in checks
        if c["state"] in (WARN, ACCEPTED) and c["name"] not in EVERY_RUN_ALIKE
    ]


def comparable(past: dict[str, Any], run_id: str, check: str, subject: str) -> list[dict[str, Any]]:
    """The earlier green runs that a check may be compared with, oldest first: since its last acceptance, without its warnings."""
    since = max((str(a["at"]) for a in past["accepted"] if is_of(a, check, subject)), default="")
    return [
        run
        for run in past["runs"]
        if run.get("run_id") != run_id
        and run.get("verdict") == "green"
        and str(run.get("at")) >= since
        and (str(run.get("at")) == since or not _warned_of(run, check, subject))
    ]


def moved(past: dict[str, Any], check: str, subject: str) -> bool:
    """Whether someone accepted such a warning: earlier runs no longer count, and only the accepted run is a baseline."""
    return any(is_of(a, check, subject) for a in past["accepted"])


def lasts(past: dict[str, Any], run_id: str, check: str, subject: str) -> bool:
    """Whether the newest earlier green run warned of it and nobody accepted that since."""
    runs = [run for run in past["runs"] if run.get("run_id") != run_id and run.get("verdict") == "green"]
    if not runs or not _warned_of(runs[-1], check, subject):
        return False
    return not any(is_of(a, check, subject) and str(a["at"]) >= str(runs[-1].get("at")) for a in past["accepted"])


def applied(checks: list[Check], past: dict[str, Any], run_id: str) -> list[Check]:
    """The checks, with each accepted warning in a state of its own."""
    return [_applied(check, past, run_id) if check.state == WARN else check for check in checks]


def _applied(check: Check, past: dict[str, Any], run_id: str) -> Check:
    entry = next((a for a in reversed(past["accepted"]) if is_of(a, check.name, check.subject) and _covers(a, check)), None)
    if entry is None or not _unbroken(past, run_id, entry, check):
        return check
    told = f"{check.sentence}{ACCEPTED_BY}{entry['by']} at {str(entry['accepted_at'])[:16]}: {entry['reason']}"
    return replace(check, state=ACCEPTED, sentence=told)


def _covers(entry: dict[str, Any], check: Check) -> bool:
    """Not more than was accepted: no other names; no larger amount; or else the same sentence, with numbers about as they were."""
    if check.moves or not is_same(entry, check):
        return False
    if check.names is not None and has_names(entry):
        return True
    if check.amount is None:
        return "words" in entry and not _other(entry.get("told"), check.sentence)
    return entry.get("amount") is not None and check.amount <= entry["amount"]


def _other(accepted: str | None, sentence: str) -> bool:
    """Whether a number is far from that of the sentence that was accepted, or a time or name another one."""
    if accepted is None:
        return False  # of before sentences were kept
    pairs = zip(figures(accepted), figures(sentence.partition("\n")[0]), strict=False)
    return not all(then == now or _is_near(then, now) for then, now in pairs)


def _is_near(then: str, now: str) -> bool:
    numbers = [float(token) for token in (then, now) if re.fullmatch(r"\d{1,15}(\.\d{1,15})?", token)]
    return len(numbers) == 2 and abs(numbers[1] - numbers[0]) <= NEAR * numbers[0]


def _unbroken(past: dict[str, Any], run_id: str, entry: dict[str, Any], check: Check) -> bool:
    """Whether every run since the acceptance that was judged to its end still had this warning."""
    since = [r for r in past["runs"] if str(r.get("at")) >= str(entry["at"]) and r.get("run_id") != run_id and "warned" in r]
    asked = [run for run in since if not (run.get("adopted") and _is_of_extract(check.name, check.subject))]
    green = [run for run in asked if run.get("verdict") == "green"]
    return all(any(is_same(known, check) for known in run["warned"] or []) for run in green)


@dataclass(frozen=True)
class Wanted:
    """
    What a person accepts.

    :param figure: a level, by its figure's name, or ALL
    :param warning: a warning as the alert names it, ``check, subject``, or ALL
    :param deletions: ``Type:number,…`` that transform holds back; a rerun makes them
    """

    figure: str
    warning: str
    deletions: str
    reason: str
    by: str


def accept(lake: Lake, dag_id: str, wanted: Wanted) -> list[str]:
    """
    Writes down what is accepted, beside the runs.

    :return: the names of what is accepted
    :raises LookupError: where nothing is named, or the newest run has nothing of that name
    """
    if not any((wanted.figure, wanted.warning, wanted.deletions)):
        raise LookupError("Cannot accept anything: name a figure, a warning or deletions")
    names = [f"deletions of {wanted.deletions}"] if wanted.deletions else []

    def with_acceptance(past: dict[str, Any]) -> dict[str, Any]:
        now, after = _now(), past
        if not past["runs"] and (wanted.figure or wanted.warning):
            raise LookupError(f"Cannot accept anything of {dag_id}: its history has no run yet; check the DAG's id")
        if wanted.figure:
            after = levels.accept(past, _trends(lake, dag_id, past), wanted.figure, wanted.reason, wanted.by, now)
            names.extend(entry["figure"] for entry in after["accepted"][len(past["accepted"]) :])
        if wanted.warning:
            found = _entries(past, wanted, now)
            after = {**after, "accepted": [*after["accepted"], *found]}
            names.extend(f"{entry['check']}, {entry['subject']}" for entry in found)
        return after

    history.change(lake, dag_id, with_acceptance)
    return names


def deleted(lake: Lake, dag_id: str, run_id: str, kinds: list[str], reason: str) -> None:
    """A person has accepted these types' deletions: from that run on, they are no news."""

    def with_deletions(past: dict[str, Any]) -> dict[str, Any]:
        run = next((run for run in past["runs"] if run.get("run_id") == run_id), None)
        if run is None:
            return past
        given = {"check": EXPECTATIONS, "at": run["at"], "reason": reason, "by": "the rerun", "accepted_at": _now()}
        return {**past, "accepted": [*past["accepted"], *({**given, "subject": kind} for kind in kinds)]}

    history.change(lake, dag_id, with_deletions)


def _trends(lake: Lake, dag_id: str, past: dict[str, Any]) -> list[dict[str, Any]]:
    """From the newest run with figures of its own: a rerun of the DAG has none here, nor has a run that stopped earlier."""
    newest = next((run for run in reversed(past["runs"]) if run.get("figures")), past["runs"][-1])
    judged = lake.read_json(lake.metrics(dag_id, newest["run_id"], "verdict.json"))
    return (judged.get("trends") if isinstance(judged, dict) else None) or []


def _entries(past: dict[str, Any], wanted: Wanted, now: str) -> list[dict[str, Any]]:
    """Of the newest run that had the warning, unless a green one after it has none: a run that failed first says nothing of it."""
    known: list[dict[str, Any]] = []
    for run in reversed(past["runs"]):
        had = run.get("warned") or []
        known += had
        if meant := [w for w in had if wanted.warning in (f"{w['check']}, {w['subject']}", ALL)]:
            given = {"at": run.get("at") or now, "reason": wanted.reason, "by": wanted.by, "accepted_at": now}
            return [{**warning, **given} for warning in meant]
        if run.get("verdict") == "green" and not run.get("adopted"):
            break
    names = "; ".join(sorted({f"{w['check']}, {w['subject']}" for w in known})) or "none"
    raise LookupError(f"Cannot accept the warning {wanted.warning}: the newest run has no such warning; its warnings: {names}")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()


def _is_of_extract(check: str, subject: str) -> bool:
    """Whether it is a warning of how data came, which a run that adopted them has not."""
    return check in (SOURCE, "quarantine") or (check, subject) == (EXPECTATIONS, "extract")


def _warned_of(run: dict[str, Any], check: str, subject: str) -> bool:
    return any(is_of(warning, check, subject) for warning in run.get("warned") or [])
