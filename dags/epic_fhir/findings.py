"""What of a verdict is told to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from epic_fhir import reconcile, remedy, render
from epic_fhir.alerts import Finding
from epic_fhir.checks import WARN
from epic_fhir.lake import RunKey

TOLD_WARNINGS = (
    "source",
    "expectations",
    "silver = view",
    "quarantine",
    "skew",
    "speed",
    "drift",
    "patients",
    "freshness",
    "quality",
)


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
        return f"The run is {render.WORDS[self.verdict]}: {told or 'there was nothing to check'}{more}"


def finding(
    key: RunKey,
    whole: Judged,
    states: dict[str, str],
    step: dict[str, Any] | None,
    paused: Callable[[str], bool] = lambda _: False,
) -> Finding:
    """A green run causes an alert where a warning needs a person; a slow task of one run does not."""
    headline = render.headline(whole.verdict, states)
    if whole.verdict != reconcile.GREEN:
        return Finding(whole.verdict, headline, render.grounds(whole.checks), step)
    warnings = told_warnings(whole)
    if not warnings:
        return Finding(whole.verdict, headline, [], None)
    look = remedy.look(key, warnings, paused)
    return Finding(whole.verdict, f"Complete, but: {warnings[0]['name']} of {warnings[0]['subject']}.", warnings, look)


def told_warnings(whole: Judged) -> list[dict[str, Any]]:
    return [c for c in whole.checks if c["state"] == WARN and c["name"] in TOLD_WARNINGS]
