"""Failures while a run is checked and reported: each is recorded as something that could not be done, and the rest continues."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from epic_fhir.checks import COULD_NOT_RUN, Check

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass
class Attempts:
    """
    Steps of which none may stop the others.

    :ivar failed: a check for each step that could not be done
    """

    failed: list[Check] = field(default_factory=list)

    def of(self, name: str, subject: str, step: Callable[[], T], otherwise: T) -> T:
        """What the step returns, or else its substitute."""
        try:
            return step()
        except Exception as e:
            log.exception("%s, %s", name, subject)
            self.failed.append(Check(name, subject, COULD_NOT_RUN, f"The check failed with {why(e)}."))
            return otherwise


def why(failure: Exception) -> str:
    """In words that hold nothing of the data: the operating system's, else where it broke off."""
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror
    frames = [f for f in traceback.extract_tb(failure.__traceback__) if Path(f.filename).parent.name == "epic_fhir"]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(failure).__name__}{place}; see the task's log for the trace"


def checks(name: str, subject: str, step: Callable[[], list[Check]]) -> list[Check]:
    """The checks of a step, or the one that says that they could not run."""
    attempts = Attempts()
    nothing: list[Any] = []
    return [*attempts.of(name, subject, step, nothing), *attempts.failed]
