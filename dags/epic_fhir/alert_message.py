"""What became of a run, and the alert that says so in words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from epic_fhir import acceptance
from epic_fhir.alert_memory import Told
from epic_fhir.channels import Message
from epic_fhir.lake import RunKey
from epic_fhir.source_checks import EXPECTATIONS

_MOST = 3
"""The maximum number of checks in an alert; the page shows all."""
_LINES, _WIDTH, _WITH_COMMAND = 4, 300, 2000
"""The maximum length of each entry. For invalid settings the problems are in the lines after the first."""
_COMMANDS = ("run: ", "see them: ")
"""Texts that introduce a command or a query."""
_SEVERAL = (EXPECTATIONS, "drift")
"""Checks that can warn about one subject for several reasons; the words distinguish them."""


@dataclass(frozen=True)
class Finding:
    """
    What became of a run, in the page's words.

    :param grounds: the checks that keep it from being green, or those that warn
    :param step: what to do about it: the task it stopped at, with exit code and cause, the advice, the command; None for a green
        run without a warning
    :param landed_at: when the newest of its data came from the source; None where nobody says
    :param besides: of a run that is not green, its warnings; they do not make it another problem
    """

    verdict: str
    headline: str
    grounds: list[dict[str, Any]]
    step: dict[str, Any] | None
    landed_at: datetime | None = None
    besides: list[dict[str, Any]] = field(default_factory=list)

    def fingerprint(self) -> str | None:
        """The same for the same phase, exit code, cause and objects, whatever the figures are; None where there is no problem."""
        if self.step is None:
            return None
        where = [str(self.step.get(part)) for part in ("task", "exit_code", "cause")]
        parts = [*where, *sorted({_object(check) for check in self.grounds})]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def warnings(self) -> list[str]:
        """What a green run warns of, one by one."""
        if self.verdict != "green":
            return []
        return sorted({hashlib.sha256(_object(check).encode()).hexdigest()[:16] for check in self.grounds})


def _object(check: dict[str, Any]) -> str:
    named = f"{check['name']}|{check['subject']}"
    return f"{named}|{acceptance.words(check['sentence'])}" if check["name"] in _SEVERAL else named


def message(
    key: RunKey, link: str, finding: Finding, over: list[Told] | None, same: Told | None = None, *, lasting: bool = False
) -> Message:
    """
    The alert in words.

    :param over: the problems that this run, if it is green, is the end of
    :param same: this run's problem with the runs that had it, this one among them
    :param lasting: whether it had an alert before
    """
    if finding.step is None:
        lines = ["Green again.", f"{key.dag_id}, run {key.run_id}.", *(_is_over(told) for told in over or [])]
        return Message(key.dag_id, key.run_id, finding.verdict, f"{key.dag_id}: Green again.", lines, None, link)
    several = same is not None and same.count > 1
    since = [f"This is run {same.count} with this problem; the first was {same.run_id}."] if same and several else []
    bad = [line for check in finding.grounds[:_MOST] for line in _lines(check)]
    more = [f"And {len(finding.grounds) - _MOST} more; see the page."] if len(finding.grounds) > _MOST else []
    red = finding.verdict != "green"
    stopped = f"The run stopped in {finding.step['task']}. " if red else ""
    ended = [] if red else [_is_over(told) for told in over or [] if told.verdict != "green"]
    advice = f"{stopped}{finding.step['advice']}".splitlines()
    warned = [f"Besides: {line}" for check in finding.besides[:_MOST] for line in _lines(check)[:1]]
    if len(finding.besides) > _MOST:
        warned.append(f"And {len(finding.besides) - _MOST} more warnings; see the page.")
    lines = [finding.headline, f"{key.dag_id}, run {key.run_id}.", *since, *ended, *bad, *more, *warned, *advice]
    subject = f"{key.dag_id}: {'Still: ' if lasting else ''}{finding.headline}"
    return Message(key.dag_id, key.run_id, finding.verdict, subject, lines, finding.step["command"], link)


def _is_over(told: Told) -> str:
    """A warning that someone accepted causes no more alerts either, so the cause is unknown."""
    if told.verdict == "green":
        return f"The problem that run {told.run_id} warned about is over, or was accepted."
    return f"The problem that run {told.run_id} reported is over."


def _lines(check: dict[str, Any]) -> list[str]:
    first, *others = [_short(line) for line in check["sentence"].splitlines()[:_LINES]] or [""]
    return [f"{check['name']}, {check['subject']}: {first}", *others]


def _short(line: str) -> str:
    """Cut after a word, which the end shows; if there is a command, cut after a sentence, because half a command is useless."""
    with_command = any(before in line.lower() for before in _COMMANDS)
    most = _WITH_COMMAND if with_command else _WIDTH
    if len(line) <= most:
        return line
    left, end, rest = line[:most].rpartition(". " if with_command else " ")
    return f"{left}{end}".rstrip() + f"{'' if end or with_command else rest} … (see the page)"
