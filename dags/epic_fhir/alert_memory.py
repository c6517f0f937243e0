"""What a channel remembers of the alerts that it sent, and of those that it could not send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from epic_fhir.channels import Message
from epic_fhir.lake import instant
from epic_fhir.reports import parse_instant

_UNSENT = 20
"""The maximum number of unsent alerts for each channel."""
_BESIDE = 20
"""The maximum number of open problems."""
_RUNS = 400
"""So many runs of one problem are known by their ids; all of them are counted."""
_EVER = datetime.min.replace(tzinfo=timezone.utc)
_SENDING = timedelta(minutes=10)
"""How long an alert belongs to the task that sends it; longer than a mail to several recipients takes."""


@dataclass(frozen=True)
class Told:
    """
    A problem that a channel sent an alert about.

    :param run_id: the first run that had it
    :param at: when that run's alert was due
    :param runs: those that had it, and those whose reruns had it
    :param count: how many runs had it
    :param silent: how many had it since it was told last
    :param newest: when the newest data of those runs landed; of a run without data, when it ended
    :param heard: each warning of green runs that was told, with the number of runs since then
    """

    fingerprint: str
    run_id: str
    at: str
    verdict: str | None = None
    runs: list[str] = field(default_factory=list)
    count: int = 0
    silent: int = 0
    newest: str = ""
    heard: dict[str, int] = field(default_factory=dict)

    def of_runs(self) -> list[str]:
        """A file that an earlier version left knows only the first run."""
        return self.runs or [self.run_id]

    def counted(self, run: str, mends: str | None, newest: str) -> Told:
        """
        With this run; one that is cleared and has the problem again counts once.

        :param mends: the run that a rerun mends: a green rerun of that one ends the problem, whether it had this problem or another
        :param newest: when the run's data landed, or when it ended
        """
        known = self.of_runs()
        every = [*dict.fromkeys([*known, *([mends] if mends else []), run])]
        is_new = run not in known
        runs = [every[0], *every[1:][-_RUNS:]]
        latest = max((self.newest, newest), key=lambda at: parse_instant(at) or _EVER)
        count = (self.count or len(known)) + is_new
        heard = {warning: n + is_new for warning, n in self.heard.items()}
        return replace(self, runs=runs, count=count, silent=self.silent + is_new, newest=latest, heard=heard)

    def has_told(self, warnings: list[str], within: int) -> bool:
        """Whether each of these warnings was told in so many runs: one that comes and goes is no news each time it comes."""
        return bool(warnings) and all(self.heard.get(warning, within) < within for warning in warnings)

    def told_of(self, warnings: list[str]) -> Told:
        """Just now."""
        return replace(self, silent=0, heard={**self.heard, **dict.fromkeys(warnings, 0)})

    def is_older_than(self, landed: datetime) -> bool:
        """Whether data that landed then are newer than those of every run that had it."""
        newest, first = parse_instant(self.newest), parse_instant(self.at)
        if newest is None:  # a file that an earlier version left
            return first is None or landed >= first
        return landed > newest


@dataclass(frozen=True)
class Unsent:
    """
    An alert that has not been sent, or is being sent.

    :param told: the problem that it is about; None for a late run or a retry
    :param at: when it was due
    :param sender: the task that sends it now, until the moment ``until``
    """

    message: Message
    told: Told | None = None
    at: str = ""
    sender: str | None = None
    until: str | None = None

    def due(self) -> str:
        return self.at or (self.told.at if self.told else "an unknown time")

    def is_same(self, other: Unsent) -> bool:
        mine, others = self.message, other.message
        return (mine.dag_id, mine.run_id, mine.subject, self.due()) == (others.dag_id, others.run_id, others.subject, other.due())

    def belongs_to_another(self, sender: str) -> bool:
        """Whether another task is sending it now; a task that was killed meanwhile has it only for a while."""
        until = parse_instant(self.until)
        return self.sender not in (None, sender) and until is not None and until > datetime.now(timezone.utc)

    def sent_by(self, sender: str) -> Unsent:
        return replace(self, sender=sender, until=instant(datetime.now(timezone.utc) + _SENDING))


@dataclass(frozen=True)
class Memory:
    """
    What one channel remembers.

    :param told: the problem of its last alert
    :param beside: other problems with an alert, which no run has resolved since
    :param unsent: oldest first
    :param dropped: how many unsent alerts were dropped since the channel sent something
    :param damaged: where a memory that could not be read is kept, until an alert of the channel has said so
    """

    told: Told | None = None
    unsent: list[Unsent] = field(default_factory=list)
    dropped: int = 0
    damaged: str = ""
    beside: list[Told] = field(default_factory=list)

    def open(self) -> list[Told]:
        """The problems that had an alert and are not over."""
        return [*([self.told] if self.told else []), *self.beside]

    def with_told(self, told: Told | None) -> Memory:
        """With a problem whose alert was just sent; others that are not over stay beside it."""
        if told is None:
            return self
        others = [known for known in self.open() if known.fingerprint != told.fingerprint]
        return replace(self, told=told, beside=others[:_BESIDE])

    def each(self, how: Callable[[Told], Told | None]) -> Memory:
        """With each open problem as ``how`` leaves it; None where it is over."""
        left = [after for known in self.open() if (after := how(known)) is not None]
        return replace(self, told=left[0] if left else None, beside=left[1:])

    def with_unsent(self, alert: Unsent) -> Memory:
        """In the place of the same one, or as the newest."""
        if any(known.is_same(alert) for known in self.unsent):
            return replace(self, unsent=[alert if known.is_same(alert) else known for known in self.unsent])
        every = [*self.unsent, alert]
        return replace(self, unsent=every[-_UNSENT:], dropped=self.dropped + max(0, len(every) - _UNSENT))

    def without(self, alert: Unsent) -> Memory:
        return replace(self, unsent=[known for known in self.unsent if not known.is_same(alert)])

    def released(self, sender: str) -> Memory:
        """What that task did not send, others may send again."""
        unsent = [replace(known, sender=None, until=None) if known.sender == sender else known for known in self.unsent]
        return replace(self, unsent=unsent)

    def lost(self) -> list[str]:
        """What the channel's next message says about lost alerts."""
        told = []
        if self.dropped:
            told.append(
                f"Dropped before this one: {self.dropped} unsent alerts. At most {_UNSENT} are kept; see the page of all runs."
            )
        if self.damaged:
            told.append(f"Alerts from before this one may be lost: their file could not be read. It is kept as {self.damaged}.")
        return told

    def lost_was_told(self, of: Memory) -> Memory:
        """After a message that said what that earlier memory had lost."""
        damaged = "" if self.damaged == of.damaged else self.damaged
        return replace(self, dropped=max(0, self.dropped - of.dropped), damaged=damaged)
