"""A check and the states that it can end in: the words that every module of checks shares."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

PASS, WARN, FAIL, COULD_NOT_RUN = "PASS", "WARN", "FAIL", "COULD_NOT_RUN"
NO_BASELINE, NO_COUNT = "NO_BASELINE", "NO_COUNT"
"""Nothing to compare with: no earlier runs, or no independent count. Never passed, and no reason for a red run."""
ACCEPTED = "ACCEPTED"
"""A warning that a person accepted: shown, without more alerts."""


@dataclass(frozen=True)
class Check:
    """
    One question about the run and its answer.

    :param amount: how much of it there is, where a warning has a number: an acceptance does not cover more
    :param moves: whether an acceptance makes that run the level of later ones, so that a later warning is a new one
    :param names: what a warning counts, by name: an acceptance covers these and no others. Of the check of exports that landed
        earlier, these exports
    """

    name: str
    subject: str
    state: str
    sentence: str
    amount: int | None = None
    moves: bool | None = None
    names: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """As verdict.json has it."""
        return {key: value for key, value in asdict(self).items() if value is not None and key != "moves"}
