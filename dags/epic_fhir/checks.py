"""A check and the states that it can end in: the words that every module of checks shares."""

from __future__ import annotations

from dataclasses import dataclass

PASS, WARN, FAIL, COULD_NOT_RUN = "PASS", "WARN", "FAIL", "COULD_NOT_RUN"
NO_BASELINE, NO_COUNT = "NO_BASELINE", "NO_COUNT"
"""Nothing to compare with: no earlier runs, or no independent count. Never passed, and no reason for a red run."""


@dataclass(frozen=True)
class Check:
    """One question about the run and its answer."""

    name: str
    subject: str
    state: str
    sentence: str
