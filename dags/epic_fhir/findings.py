"""The part of a verdict that an alert contains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from epic_fhir import reconcile, remedy, render
from epic_fhir.alert_message import Finding
from epic_fhir.checks import WARN
from epic_fhir.lake import RunKey
from epic_fhir.source_checks import EXPECTATIONS

NO_PATIENTS = (EXPECTATIONS, "number of patients")
TOLD_WARNINGS = (
    "source",
    "expectations",
    "silver = view",
    "quarantine",
    "opt-outs",
    "quality",
    "drift",
    "patients",
    "freshness",
    "speed",
    "skew",
)
"""In order of severity: the first check that a run has decides the headline and the command."""


@dataclass(frozen=True)
class Judged:
    """A run's verdict with its grounds."""

    verdict: str
    checks: list[dict[str, str]]
    table: list[dict[str, Any]]
    trends: list[dict[str, Any]] = field(default_factory=list)
    data_of: str | None = None

    def problem(self) -> str | None:
        """The first grounds for not being green, in a sentence; None when green."""
        if self.verdict == reconcile.GREEN:
            return None
        bad = render.grounds(self.checks)
        told = "; ".join(f"{c['name']} ({c['subject']}): {c['sentence']}" for c in bad[:3])
        more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
        subject = "verdict" if self.verdict == reconcile.UNKNOWN else "run"
        return f"The {subject} is {render.WORDS[self.verdict]}: {told or 'there was nothing to check'}{more}"


def finding(
    key: RunKey,
    whole: Judged,
    states: dict[str, str],
    step: dict[str, Any] | None,
    paused: Callable[[str], bool] = lambda _: False,
    landed_at: datetime | None = None,
) -> Finding:
    """
    A green run causes an alert where a warning needs a person; a slow task of one run does not.

    :param landed_at: when the newest of the run's data came
    """
    headline = render.headline(whole.verdict, states, whole.checks)
    if whole.verdict != reconcile.GREEN:
        return Finding(whole.verdict, headline, render.grounds(whole.checks), step, landed_at, told_warnings(whole))
    warnings = told_warnings(whole)
    if not warnings:
        return Finding(whole.verdict, headline, [], None, landed_at)
    look = remedy.look(key, warnings, paused)
    headline = f"Complete, but: {warnings[0]['name']} of {warnings[0]['subject']}."
    return Finding(whole.verdict, headline, warnings, look, landed_at)


def told_warnings(whole: Judged) -> list[dict[str, Any]]:
    """The warnings that a person must look at, the gravest first."""
    return sorted((c for c in whole.checks if c["state"] == WARN and c["name"] in TOLD_WARNINGS), key=_weight)


def _weight(check: dict[str, Any]) -> int:
    """No patients at all before types that are gone or were deleted, which are the cause of much of the rest."""
    if (check["name"], check["subject"]) == NO_PATIENTS:
        return -2
    is_type = check["name"] == EXPECTATIONS and check["subject"][:1].isupper()
    return -1 if is_type else TOLD_WARNINGS.index(check["name"])
