"""
Sends alerts about a run that is not green: at once, again while the problem lasts, and once more when it is over.

A DAG and the reruns that repair its runs share the record of alerts. A problem ends with a run that repeated what failed: a rerun
of one of its runs, or a later run whose data are newer than the problem. What a channel could not send is kept and goes out with
the next run's alert.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from epic_fhir.alert_memory import Memory, Told, Unsent
from epic_fhir.alert_message import Finding, message
from epic_fhir.alert_store import AlertStore
from epic_fhir.channels import Alerts, Channel, Delivery, Message, channels
from epic_fhir.lake import Lake, RunKey, instant

log = logging.getLogger(__name__)


def tell(lake: Lake, key: RunKey, alerts: Alerts, link: str, context: Any, finding: Finding, mends: str | None = None) -> list[str]:
    """
    Sends what is new or lasts, by each channel that is on, and records in the lake what each has sent.

    :param mends: for a rerun, the run that it repairs
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
    mark: str | None = None

    def tell(self) -> list[str]:
        """Why the channel could not send something, or not to everybody."""
        mark = self._mark(self._remember(lambda memory: memory))
        try:
            return replace(self, mark=mark)._tell()
        finally:
            # Also where Airflow ends the task in between: the next run sends what is left.
            self._remember(lambda memory: memory.released(self._sender))

    def _tell(self) -> list[str]:
        # This run's alert is written down before anything is sent: whatever ends the task from here on, it is not lost.
        memory, mark = self._remember(self._with_this_run), self.mark
        notes: list[str] = []
        for waiting in memory.unsent:
            if _tells_of(waiting, mark):
                continue  # This run has the same problem, and its own alert reports it.
            delivery = self._send_late(waiting)
            notes += [delivery.note] if delivery.note else []
            if not delivery.sent:
                return notes
        # The late alert may have been about another problem than this run's.
        memory = self._remember(self._with_this_run)
        same, over = next((told for told in _problems(memory) if told.fingerprint == mark), None), self._over(memory)
        if mark is None and not over:
            return notes
        lasting = same is not None and same in memory.open()
        # A problem that ends is told at once, whatever the pace of a warning that lasts beside it.
        ends = self.finding.verdict == "green" and any(told.verdict != "green" for told in over)
        if lasting and not ends and not self._is_due(same):
            log.info("No alert by %s: run %s has already reported the same problem.", self.channel.name, same.run_id)
            return notes
        delivery = self._deliver(message(self.key, self.link, self.finding, over, same, lasting=lasting))
        if delivery.sent:
            log.info("Sent an alert by %s: %s", self.channel.name, self.finding.headline if mark else "green again.")
            self._remember(lambda now: self._after_sending(now, over))
        return [*notes, *([delivery.note] if delivery.note else [])]

    def _with_this_run(self, memory: Memory) -> Memory:
        """A problem that was told has one run more; one that nobody has heard of waits with its alert."""
        mark = self.mark
        if mark is None:
            return memory
        if any(told.fingerprint == mark for told in memory.open()):
            return memory.each(lambda told: self._counted(told) if told.fingerprint == mark else told)
        kept = next((alert for alert in memory.unsent if _tells_of(alert, mark)), None)
        if kept is not None and kept.told is not None:
            return memory.with_unsent(replace(kept, told=self._counted(kept.told)).sent_by(self._sender))
        told = self._first_told(mark, memory)
        made = Unsent(message(self.key, self.link, self.finding, self._over(memory), told), told, told.at).sent_by(self._sender)
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
            self._remember(lambda now: now.without(mine).with_told(mine.told))
        return delivery

    def _deliver(self, made: Message) -> Delivery:
        """With what the channel must say of alerts that were lost."""
        before = self._remember(lambda memory: memory)
        delivery = self.channel.deliver(replace(made, lines=[*made.lines, *before.lost()]), self.context)
        if delivery.sent:
            self._remember(lambda memory: memory.lost_was_told(before))
        return delivery

    def _after_sending(self, memory: Memory, over: list[Told]) -> Memory:
        """What the channel remembers after this run's own alert."""
        mark, left = self.mark, memory.each(lambda told: None if told in over else told)
        if mark is None:
            return left
        same = next((told for told in _problems(left) if told.fingerprint == mark), self._first_told(mark, memory))
        unsent = [alert for alert in left.unsent if not _tells_of(alert, mark)]
        return replace(left, unsent=unsent).with_told(self._counted(same).told_of(self.finding.warnings()))

    def _over(self, memory: Memory) -> list[Told]:
        """The other problems that this run is the end of, or has this run's problem in their place."""
        return [told for told in memory.open() if told.fingerprint != self.mark and self._did_again_what_failed(told)]

    def _did_again_what_failed(self, told: Told) -> bool:
        """
        A backfill of days that the lake has asks the source for nothing: it says nothing of a source that did not answer.
        """
        if self.mends or self.key.run_id in told.of_runs():
            return bool({self.mends, self.key.run_id} & {*told.of_runs()})
        return self.finding.landed_at is None or told.is_older_than(self.finding.landed_at)

    def _counted(self, told: Told) -> Told:
        return told.counted(self.key.run_id, self.mends, self._newest())

    def _newest(self) -> str:
        return (self.finding.landed_at or datetime.now(timezone.utc)).isoformat()

    def _is_due(self, last: Told) -> bool:
        if self.finding.verdict != "green":
            return last.silent >= self.alerts.remind_every
        every, warnings = self.alerts.remind_warnings_every, self.finding.warnings()
        return last.silent >= every or bool(last.heard and not last.has_told(warnings, every))

    def _mark(self, memory: Memory) -> str | None:
        """This run's problem; of a green run that warns of nothing that was not told lately, that of the runs before it."""
        warnings, every = self.finding.warnings(), self.alerts.remind_warnings_every
        known = (told for told in memory.open() if self.finding.step is not None and told.has_told(warnings, every))
        return next((told.fingerprint for told in known), self.finding.fingerprint())

    def _first_told(self, mark: str, memory: Memory) -> Told:
        runs = [*([self.mends] if self.mends else []), self.key.run_id]
        at = instant(datetime.now(timezone.utc).replace(microsecond=0))
        heard: dict[str, int] = {}
        for told in memory.open() if self.finding.warnings() else []:
            heard |= {warning: min(n, heard.get(warning, n)) for warning, n in told.heard.items()}
        return Told(mark, self.key.run_id, at, self.finding.verdict, runs, count=1, newest=self._newest(), heard=heard)

    def _remember(self, how: Callable[[Memory], Memory]) -> Memory:
        return self.store.change(self.channel.name, how)

    @property
    def _sender(self) -> str:
        return f"{self.key.dag_id} {self.key.run_id}"


def _tells_of(alert: Unsent, mark: str | None) -> bool:
    return mark is not None and alert.told is not None and alert.told.fingerprint == mark


def _problems(memory: Memory) -> Iterator[Told]:
    """Problems with an alert that are not over, and problems whose alert waits to be sent."""
    yield from memory.open()
    yield from (alert.told for alert in memory.unsent if alert.told is not None)


def _claimed(memory: Memory, alert: Unsent, sender: str) -> Memory:
    known = next((known for known in memory.unsent if known.is_same(alert)), None)
    return memory if known is None or known.belongs_to_another(sender) else memory.with_unsent(known.sent_by(sender))
