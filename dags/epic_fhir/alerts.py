"""
Tells of a run that is not green: at once, again while it lasts, and once more when it is over.

A DAG and the reruns that mend its runs share what was told: a rerun that mends a problem is the end of it. What a channel could not
send is kept and goes out with the next run's alert.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from epic_fhir import acceptance, history
from epic_fhir.channels import Alerts, Channel, Message, channels
from epic_fhir.lake import Lake, RunKey
from epic_fhir.source_checks import EXPECTATIONS

log = logging.getLogger(__name__)
_MOST = 3
"""So many of the checks that are not good are told; the page tells all."""
_LINES, _WIDTH = 4, 300
"""So much of each: of settings that cannot be used, the problems stand in the lines after the first."""
_KEPT = 20
"""So many unsent alerts, and runs of one problem, are remembered."""


@dataclass(frozen=True)
class Finding:
    """
    What became of a run, in the page's words.

    :param grounds: the checks that keep it from being green, or those that warn
    :param step: what to do about it: the task it stopped at, with exit code and cause, the advice, the command; None for a green
        run without a warning
    """

    verdict: str
    headline: str
    grounds: list[dict[str, Any]]
    step: dict[str, Any] | None

    def fingerprint(self) -> str | None:
        """The same for the same phase, exit code, cause and objects, whatever the figures are; None where there is no problem."""
        if self.step is None:
            return None
        where = [str(self.step.get(part)) for part in ("task", "exit_code", "cause")]
        parts = [*where, *sorted({_object(check) for check in self.grounds})]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Memory:
    """
    What one channel remembers.

    :param told: the problem that it told of last: fingerprint, run_id, at, runs (that had it), silent (runs since it was told)
    :param unsent: alerts that could not be sent, oldest first
    """

    told: dict[str, Any] | None = None
    unsent: list[dict[str, Any]] = field(default_factory=list)


def tell(lake: Lake, key: RunKey, alerts: Alerts, link: str, context: Any, finding: Finding, mends: str | None = None) -> list[str]:
    """
    Sends what is new or lasts, by each channel that is on, and remembers in the lake what each has told.

    :param mends: of a rerun, the run that it mends
    :return: a sentence for each channel that could not send something; it is sent at the next run
    """
    path = f"{lake.root}/state/alerts/{history.of_tables(key.dag_id)}.json"
    known = lake.read_json(path)
    known = known if isinstance(known, dict) else {}
    before = {
        name: Memory((known.get("told") or {}).get(name), (known.get("unsent") or {}).get(name) or []) for name in _names(known)
    }
    after, notes = {}, []
    for channel in channels(alerts):
        memory, problem = _Teller(channel, key, link, context, finding, alerts, mends).tell(before.get(channel.name) or Memory())
        after[channel.name] = memory
        if problem:
            log.warning(problem)
            notes.append(problem)
    if after != before and (known or any(memory != Memory() for memory in after.values())):
        told = {name: memory.told for name, memory in after.items() if memory.told}
        unsent = {name: memory.unsent for name, memory in after.items() if memory.unsent}
        lake.write_json(path, {"schema_version": 1, "told": told, "unsent": unsent})
    return notes


def message(key: RunKey, link: str, finding: Finding, last: dict[str, Any] | None, lasting: bool = False) -> Message:
    """
    The alert in words.

    :param last: what was told before; a green run's message names that run
    :param lasting: whether it is that problem still
    """
    over = f"The problem that run {last.get('run_id')} told of is over." if last and not lasting else ""
    if finding.step is None:
        return Message(key.dag_id, key.run_id, finding.verdict, f"{key.dag_id}: Green again.", _green(key, over), None, link)
    runs = (last or {}).get("runs") or [(last or {}).get("run_id")]
    since = [f"This is run {len(runs) + 1} with this problem; the first was {runs[0]}."] if last and lasting else []
    bad = [line for check in finding.grounds[:_MOST] for line in _lines(check)]
    more = [f"And {len(finding.grounds) - _MOST} more; see the page."] if len(finding.grounds) > _MOST else []
    red = finding.verdict != "green"
    stopped = f"{finding.step['task']} is where it stopped. " if red else ""
    ended = [over] if over and not red and last and last.get("verdict") != "green" else []
    advice = f"{stopped}{finding.step['advice']}".splitlines()
    lines = (finding.headline, f"{key.dag_id}, run {key.run_id}.", *since, *ended, *bad, *more, *advice)
    subject = f"{key.dag_id}: {'Still: ' if since else ''}{finding.headline}"
    return Message(key.dag_id, key.run_id, finding.verdict, subject, lines, finding.step["command"], link)


def _green(key: RunKey, over: str) -> tuple[str, ...]:
    return ("Green again.", f"{key.dag_id}, run {key.run_id}.", *([over] if over else []))


def _lines(check: dict[str, Any]) -> list[str]:
    first, *others = [line[:_WIDTH] for line in check["sentence"].splitlines()[:_LINES]] or [""]
    return [f"{check['name']}, {check['subject']}: {first}", *others]


def _object(check: dict[str, Any]) -> str:
    """Of extract's expectations, which all have one subject, the words tell which it is."""
    named = f"{check['name']}|{check['subject']}"
    return f"{named}|{acceptance.words(check['sentence'])}" if check["name"] == EXPECTATIONS else named


def _names(known: dict[str, Any]) -> set[str]:
    return {*(known.get("told") or {}), *(known.get("unsent") or {})}


@dataclass(frozen=True)
class _Teller:
    """One channel and what it has to say about one run."""

    channel: Channel
    key: RunKey
    link: str
    context: Any
    finding: Finding
    alerts: Alerts
    mends: str | None

    def tell(self, memory: Memory) -> tuple[Memory, str | None]:
        """What the channel remembers from now on, and why it could not send something."""
        mark = self.finding.fingerprint()
        # The problem that this run has, too, is told by its own alert; until that is out, the first one is kept.
        same = [kept for kept in memory.unsent if kept["told"]["fingerprint"] == mark]
        memory, problem = self._send_kept(memory, [kept for kept in memory.unsent if kept not in same])
        last = memory.told
        if mark is None:
            return self._over(memory, problem)
        lasting = last is not None and last["fingerprint"] == mark
        if problem or (lasting and not self._is_due(last)):
            return self._silent(memory, mark, problem, same)
        problem = self.channel.deliver(message(self.key, self.link, self.finding, last, lasting), self.context)
        if problem:
            return self._silent(memory, mark, problem, same)
        log.info("Sent an alert by %s: %s", self.channel.name, self.finding.headline)
        return replace(memory, told=self._now_told(last, mark)), None

    def _send_kept(self, memory: Memory, waiting: list[dict[str, Any]]) -> tuple[Memory, str | None]:
        """What could not be sent before; the memory then holds what still waits."""
        told = memory.told
        for sent, kept in enumerate(waiting):
            late = f"This alert is late: it was due at {kept['told']['at']}, but could not be sent then."
            made = Message(**{**kept["message"], "lines": (*kept["message"]["lines"], late)})
            if problem := self.channel.deliver(made, self.context):
                return Memory(told, waiting[sent:]), problem
            told = kept["told"]
        return Memory(told), None

    def _over(self, memory: Memory, problem: str | None) -> tuple[Memory, str | None]:
        """A rerun ends the problem of the run that it mends, and no other."""
        last = memory.told
        if problem or last is None or (self.mends and self.mends not in last.get("runs", [last.get("run_id")])):
            return memory, problem
        if problem := self.channel.deliver(message(self.key, self.link, self.finding, last), self.context):
            return memory, problem
        log.info("Sent an alert by %s: green again.", self.channel.name)
        return replace(memory, told=None), None

    def _is_due(self, last: dict[str, Any]) -> bool:
        every = self.alerts.remind_warnings_every if self.finding.verdict == "green" else self.alerts.remind_every
        return last.get("silent", 0) + 1 >= every

    def _silent(self, memory: Memory, mark: str, problem: str | None, same: list[dict[str, Any]]) -> tuple[Memory, str | None]:
        """A problem that was told waits for its reminder; one that nobody has heard of is kept."""
        last = memory.told
        if last is not None and last["fingerprint"] == mark:
            log.info("No alert by %s: run %s told of the same problem already.", self.channel.name, last.get("run_id"))
            return replace(memory, told={**self._now_told(last, mark), "silent": last.get("silent", 0) + 1}), problem
        told = message(self.key, self.link, self.finding, last)
        kept = same or [{"told": self._now_told(None, mark), "message": asdict(told)}]
        return replace(memory, unsent=[*memory.unsent, *kept][-_KEPT:]), problem

    def _now_told(self, last: dict[str, Any] | None, mark: str) -> dict[str, Any]:
        same = last is not None and last["fingerprint"] == mark
        before = (last.get("runs") or [last["run_id"]]) if last and same else []
        runs = [*before, *([self.mends] if self.mends else []), self.key.run_id]
        told = (
            last
            if same and last
            else {"fingerprint": mark, "run_id": self.key.run_id, "at": _now(), "verdict": self.finding.verdict}
        )
        return {**told, "runs": [*dict.fromkeys([runs[0], *runs[-_KEPT:]])], "silent": 0}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
