"""Tells of a run that is not green: once a problem, and once more when it is over."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from epic_fhir.channels import Alerts, Channel, Message, channels
from epic_fhir.reports import Lake, RunKey

log = logging.getLogger(__name__)
_MOST = 3
"""So many of the checks that are not good are told; the page tells all."""


@dataclass(frozen=True)
class Finding:
    """
    What became of a run, in the page's words.

    :param grounds: the checks that keep it from being green, or those that warn
    :param step: what to do about it: the task it stopped at, the advice, the command; None for a green run without a warning
    """

    verdict: str
    headline: str
    grounds: list[dict[str, str]]
    step: dict[str, str] | None

    def fingerprint(self) -> str | None:
        """The same for the same problem, whatever the figures in its sentences are; None where there is none."""
        if self.step is None:
            return None
        parts = [self.step["task"], *sorted({f"{check['name']}|{check['subject']}" for check in self.grounds})]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def tell(lake: Lake, key: RunKey, alerts: Alerts, link: str, context: Any, finding: Finding) -> list[str]:
    """
    Sends what is new, by each channel that is on, and remembers in the lake what each has told.

    :return: a sentence for each alert that could not be sent; those are tried again at the next run
    """
    path = f"{lake.root}/state/alerts/{key.dag_id}.json"
    known = lake.read_json(path)
    before = (known.get("told") if isinstance(known, dict) else None) or {}
    told, notes = {}, []
    for channel in channels(alerts):
        last = before.get(channel.name)
        now, problem = _tell(channel, key, link, context, finding, last)
        if now:
            told[channel.name] = now
        if problem:
            log.warning(problem)
            notes.append(problem)
    if told != before:
        lake.write_json(path, {"schema_version": 1, "told": told})
    return notes


def message(key: RunKey, link: str, finding: Finding, last: dict[str, str] | None) -> Message:
    """
    The alert in words.

    :param last: what was told before; a green run's message names that run
    """
    if finding.step is None:
        over = f"The problem that run {(last or {}).get('run_id')} told of is over."
        lines: tuple[str, ...] = ("Green again.", f"{key.dag_id}, run {key.run_id}.", over)
    else:
        bad = [f"{c['name']}, {c['subject']}: {c['sentence'].splitlines()[0]}" for c in finding.grounds[:_MOST]]
        more = [f"And {len(finding.grounds) - _MOST} more; see the page."] if len(finding.grounds) > _MOST else []
        stopped = "" if finding.verdict == "green" else f"{finding.step['task']} is where it stopped. "
        advice = f"{stopped}{finding.step['advice']}"
        lines = (finding.headline, f"{key.dag_id}, run {key.run_id}.", *bad, *more, advice)
    command = finding.step["command"] if finding.step else None
    return Message(key.dag_id, key.run_id, finding.verdict, f"{key.dag_id}: {lines[0]}", lines, command, link)


def _tell(
    channel: Channel, key: RunKey, link: str, context: Any, finding: Finding, last: dict[str, str] | None
) -> tuple[dict[str, str] | None, str | None]:
    """What the channel has told from now on, and why it could not."""
    mark = finding.fingerprint()
    if mark == (last or {}).get("fingerprint"):
        if last:
            log.info("No alert by %s: run %s told of the same problem already.", channel.name, last.get("run_id"))
        return last, None
    problem = channel.deliver(message(key, link, finding, last), context)
    if problem:
        return last, problem
    log.info("Sent an alert by %s: %s", channel.name, finding.headline if mark else "green again.")
    return {"fingerprint": mark, "run_id": key.run_id, "at": _now()} if mark else None, None


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
