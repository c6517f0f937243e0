"""
Where the alerts of a site keep what they remember: one small file of the lake, ``state/alerts/<dag>.json``.

Several tasks may change it at once: the report tasks of a DAG and of its reruns, and the callbacks of a late run and of a retry. So
each change reads the file, changes it and writes it under one short lock, and nobody holds the lock while an alert is sent.

A memory that cannot be read or written stops no alert: two alerts are better than none.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epic_fhir import contracts, history
from epic_fhir.alert_memory import Memory, Told, Unsent
from epic_fhir.locks import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from epic_fhir.lake import Lake

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    """The file's content, by channel."""

    schema_version: int = contracts.VERSION
    told: dict[str, Told] = field(default_factory=dict)
    unsent: dict[str, list[Unsent]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    beside: dict[str, list[Told]] = field(default_factory=dict)

    def memories(self) -> dict[str, Memory]:
        names = {*self.told, *self.unsent, *self.dropped, *self.damaged, *self.beside}
        return {
            name: Memory(
                self.told.get(name),
                self.unsent.get(name, []),
                self.dropped.get(name, 0),
                self.damaged.get(name, ""),
                self.beside.get(name, []),
            )
            for name in names
        }


class AlertStore:
    """
    The memories of all channels.

    :param lake: None where its settings cannot be read: then nothing is kept
    :param channels: the ways that are on
    """

    def __init__(self, lake: Lake | None, dag_id: str, channels: Iterable[str]) -> None:
        self._lake = lake
        self._channels = list(channels)
        self._last: dict[str, Memory] = {}
        self._path = f"{lake.root}/state/alerts/{history.of_tables(dag_id)}.json" if lake else ""
        self.notes: list[str] = []

    def change(self, channel: str, how: Callable[[Memory], Memory]) -> Memory:
        """
        Changes what a channel remembers.

        :param how: may be called for a memory that another task has changed meanwhile
        :return: what it remembers now
        """
        with locked(self._lake, self._path):
            known, is_known = self._read()
            before = known.get(channel, Memory())
            after = how(before)
            self._last = {**known, channel: after}
            # A file that could not be read may hold more than this task knows: it is left as it is.
            if after != before and is_known:
                self._write(self._last)
        return after

    def _read(self) -> tuple[dict[str, Memory], bool]:
        """All memories, and whether the lake's file was read."""
        if self._lake is None:
            return self._last, False
        try:
            text = self._lake.read_text(self._path)
            if text is None and not self._lake.exists(self._path):
                return {}, True
            return contracts.read(_File, json.loads(text or ""), self._path).memories(), True
        except (ValueError, RecursionError, contracts.ContractError) as e:
            return self._set_aside(e)
        except Exception as e:  # the store's own errors: no alert waits for them
            self._note(f"Cannot read {self._path}: {_why(e)}. You may get an alert twice.")
            return self._last, False

    def _set_aside(self, why: Exception) -> tuple[dict[str, Memory], bool]:
        """Keeps an unreadable file for a person to look at, and starts a new one."""
        reason = str(why) if isinstance(why, contracts.ContractError) else f"Cannot read {self._path}: it is not JSON."
        folder, _, name = self._path.rpartition("/")
        aside = f"{name.removesuffix('.json')}.unreadable-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
        try:
            (found,) = (file for file in self._lake.files(folder) if file.name == name)
            kept = found.rename(found.with_name(aside))
            if isinstance(kept, Path) and kept.is_file():
                kept.chmod(0o600)
        except Exception as e:
            self._note(f"{reason} The file could not be kept under another name: {_why(e)}. Unsent alerts may be lost.")
            return self._last, False
        self._note(f"{reason} The file is kept as {aside}. Unsent alerts may be lost.")
        begun = {channel: Memory(damaged=aside) for channel in self._channels}
        self._write(begun)
        return begun, True

    def _write(self, memories: dict[str, Memory]) -> None:
        parts: dict[str, dict[str, Any]] = {"told": {}, "unsent": {}, "dropped": {}, "damaged": {}, "beside": {}}
        for channel, memory in memories.items():
            for part, value in asdict(memory).items():
                if value:
                    parts[part][channel] = value
        content = {part: value for part, value in parts.items() if value or part in ("told", "unsent")}
        try:
            self._lake.write_json(self._path, {"schema_version": contracts.VERSION, **content})
        except Exception as e:
            self._note(
                f"Cannot write {self._path}: {_why(e)}. An alert that cannot be sent now is lost, and you may get others twice."
            )

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            log.warning(sentence)
            self.notes.append(sentence)


def _why(error: Exception) -> str:
    """Not the exception's whole text, which may quote what was read."""
    return " ".join(filter(None, (type(error).__name__, getattr(error, "strerror", None))))
