"""
Tells of a run that is not green: at once, again while it lasts, and once more when it is over.

A DAG and the reruns that mend its runs share what was told: a rerun that mends a problem is the end of it. What a channel could not
send is kept and goes out with the next run's alert.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from epic_fhir import acceptance
from epic_fhir.alert_memory import Memory, Told, Unsent
from epic_fhir.alert_store import AlertStore
from epic_fhir.channels import Alerts, Channel, Delivery, Message, channels
from epic_fhir.lake import Lake, RunKey, instant
from epic_fhir.source_checks import EXPECTATIONS

log = logging.getLogger(__name__)
_MOST = 3
"""So many of the checks that are not good are told; the page tells all."""
_LINES, _WIDTH = 4, 300
"""So much of each: of settings that cannot be used, the problems stand in the lines after the first."""


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


def tell(lake: Lake, key: RunKey, alerts: Alerts, link: str, context: Any, finding: Finding, mends: str | None = None) -> list[str]:
    """
    Sends what is new or lasts, by each channel that is on, and remembers in the lake what each has told.

    :param mends: of a rerun, the run that it mends
    :return: a sentence for each channel that could not send something, or not to everybody, and for a memory that is damaged
    """
    ways = channels(alerts)
    if not ways:
        return []
    store = AlertStore(lake, key.dag_id, [channel.name for channel in ways])
    notes = []
    for channel in ways:
        for note in _Teller(channel, store, key, link, context, finding, alerts, mends).tell():
            log.warning(note)
            notes.append(note)
    return [*store.notes, *notes]


def message(key: RunKey, link: str, finding: Finding, last: Told | None, same: Told | None = None) -> Message:
    """
    The alert in words.

    :param last: what was told before; a green run's message names that run
    :param same: this run's problem with the runs that had it, this one among them
    """
    lasting = last is not None and same is not None and last.fingerprint == same.fingerprint
    over = f"The problem that run {last.run_id} reported is over." if last and not lasting else ""
    if finding.step is None:
        lines = ["Green again.", f"{key.dag_id}, run {key.run_id}.", *([over] if over else [])]
        return Message(key.dag_id, key.run_id, finding.verdict, f"{key.dag_id}: Green again.", lines, None, link)
    several = same is not None and same.count > 1
    since = [f"This is run {same.count} with this problem; the first was {same.run_id}."] if same and several else []
    bad = [line for check in finding.grounds[:_MOST] for line in _lines(check)]
    more = [f"And {len(finding.grounds) - _MOST} more; see the page."] if len(finding.grounds) > _MOST else []
    red = finding.verdict != "green"
    stopped = f"The run stopped in {finding.step['task']}. " if red else ""
    ended = [over] if over and not red and last and last.verdict != "green" else []
    advice = f"{stopped}{finding.step['advice']}".splitlines()
    lines = [finding.headline, f"{key.dag_id}, run {key.run_id}.", *since, *ended, *bad, *more, *advice]
    subject = f"{key.dag_id}: {'Still: ' if lasting else ''}{finding.headline}"
    return Message(key.dag_id, key.run_id, finding.verdict, subject, lines, finding.step["command"], link)


def _lines(check: dict[str, Any]) -> list[str]:
    first, *others = [line[:_WIDTH] for line in check["sentence"].splitlines()[:_LINES]] or [""]
    return [f"{check['name']}, {check['subject']}: {first}", *others]


def _object(check: dict[str, Any]) -> str:
    """Of extract's expectations, which all have one subject, the words tell which it is."""
    named = f"{check['name']}|{check['subject']}"
    return f"{named}|{acceptance.words(check['sentence'])}" if check["name"] == EXPECTATIONS else named


@dataclass(frozen=True)
class _Teller:
    """One channel and what it has to say about one run."""

    channel: Channel
    store: AlertStore
    key: RunKey
    link: str
    context: Any
    finding: Finding
    alerts: Alerts
    mends: str | None

    def tell(self) -> list[str]:
        """Why the channel could not send something, or not to everybody."""
        try:
            return self._tell()
        finally:
            # Also where Airflow ends the task in between: the next run sends what is left.
            self._remember(lambda memory: memory.released(self._sender))

    def _tell(self) -> list[str]:
        # This run's alert is written down before anything is sent: whatever ends the task from here on, it is not lost.
        memory, mark = self._remember(self._with_this_run), self.finding.fingerprint()
        notes: list[str] = []
        for waiting in memory.unsent:
            if _tells_of(waiting, mark):
                continue  # The problem that this run has, too, is told by its own alert.
            delivery = self._send_late(waiting)
            notes += [delivery.note] if delivery.note else []
            if not delivery.sent:
                return notes
        # What was late may have told of another problem than this run's.
        memory = self._remember(self._with_this_run)
        same = next((told for told in _problems(memory) if told.fingerprint == mark), None)
        if mark is None and not self._ends(memory.told):
            return notes
        if same is not None and same == memory.told and not self._is_due(same):
            log.info("No alert by %s: run %s has already reported the same problem.", self.channel.name, same.run_id)
            return notes
        delivery = self._deliver(message(self.key, self.link, self.finding, memory.told, same))
        if delivery.sent:
            log.info("Sent an alert by %s: %s", self.channel.name, self.finding.headline if mark else "green again.")
            self._remember(lambda now: self._after_sending(now, memory.told))
        return [*notes, *([delivery.note] if delivery.note else [])]

    def _with_this_run(self, memory: Memory) -> Memory:
        """A problem that was told has one run more; one that nobody has heard of waits with its alert."""
        mark, last = self.finding.fingerprint(), memory.told
        if mark is None:
            return memory
        if last is not None and last.fingerprint == mark:
            return replace(memory, told=last.counted(self.key.run_id, self.mends))
        kept = next((alert for alert in memory.unsent if _tells_of(alert, mark)), None)
        if kept is not None and kept.told is not None:
            return memory.with_unsent(replace(kept, told=kept.told.counted(self.key.run_id, self.mends)).sent_by(self._sender))
        told = self._first_told(mark)
        made = Unsent(message(self.key, self.link, self.finding, last, told), told, told.at).sent_by(self._sender)
        return memory.with_unsent(made)

    def _send_late(self, waiting: Unsent) -> Delivery:
        """Sends what could not be sent before, unless another task sends it now."""
        memory = self._remember(lambda now: _claimed(now, waiting, self._sender))
        mine = next((alert for alert in memory.unsent if alert.is_same(waiting)), None)
        if mine is None or mine.sender != self._sender:
            return Delivery(True)
        late = f"This alert is late: it was due at {mine.due()}, but could not be sent then."
        delivery = self._deliver(replace(mine.message, lines=[*mine.message.lines, late]))
        if delivery.sent:
            self._remember(lambda now: replace(now.without(mine), told=mine.told or now.told))
        return delivery

    def _deliver(self, made: Message) -> Delivery:
        """With what the channel must say of alerts that were lost."""
        before = self._remember(lambda memory: memory)
        delivery = self.channel.deliver(replace(made, lines=[*made.lines, *before.lost()]), self.context)
        if delivery.sent:
            self._remember(lambda memory: memory.lost_was_told(before))
        return delivery

    def _after_sending(self, memory: Memory, over: Told | None) -> Memory:
        """What the channel remembers after this run's own alert."""
        mark = self.finding.fingerprint()
        if mark is None:
            return replace(memory, told=None) if memory.told == over else memory
        same = next((told for told in _problems(memory) if told.fingerprint == mark), self._first_told(mark))
        unsent = [alert for alert in memory.unsent if not _tells_of(alert, mark)]
        return replace(memory, told=replace(same.counted(self.key.run_id, self.mends), silent=0), unsent=unsent)

    def _ends(self, last: Told | None) -> bool:
        """Whether a green run is the end of what was told: a rerun ends the problem of the run that it mends, and no other."""
        return last is not None and (not self.mends or self.mends in last.of_runs())

    def _is_due(self, last: Told) -> bool:
        every = self.alerts.remind_warnings_every if self.finding.verdict == "green" else self.alerts.remind_every
        return last.silent >= every

    def _first_told(self, mark: str) -> Told:
        runs = [*([self.mends] if self.mends else []), self.key.run_id]
        at = instant(datetime.now(timezone.utc).replace(microsecond=0))
        return Told(mark, self.key.run_id, at, self.finding.verdict, runs, count=1)

    def _remember(self, how: Callable[[Memory], Memory]) -> Memory:
        return self.store.change(self.channel.name, how)

    @property
    def _sender(self) -> str:
        return f"{self.key.dag_id} {self.key.run_id}"


def _tells_of(alert: Unsent, mark: str | None) -> bool:
    return mark is not None and alert.told is not None and alert.told.fingerprint == mark


def _problems(memory: Memory) -> Iterator[Told]:
    """What was told last, and what waits to be told."""
    yield from (told for told in (memory.told, *(alert.told for alert in memory.unsent)) if told is not None)


def _claimed(memory: Memory, alert: Unsent, sender: str) -> Memory:
    known = next((known for known in memory.unsent if known.is_same(alert)), None)
    return memory if known is None or known.belongs_to_another(sender) else memory.with_unsent(known.sent_by(sender))
