"""How many rows transform had to find in bronze: those that extract wrote and nobody had taken out yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from epic_fhir.evidence import landed_rows
from epic_fhir.reports import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from epic_fhir.evidence import Evidence


@dataclass(frozen=True)
class Rows:
    """
    Of one type.

    :param left: those that bronze has
    :param removed: those that an erasure or the retention of bronze has taken out
    :param lately: those of them that were still there when transform began, or may have been
    """

    left: int = 0
    removed: int = 0
    lately: int = 0

    @property
    def most(self) -> int:
        """The most that transform may have read."""
        return self.left + self.lately

    def are(self, read: int) -> bool:
        """Whether transform has read all that was there, by its own count."""
        return self.left <= read <= self.most

    def written(self, kind: str) -> str:
        """What extract wrote, for a sentence."""
        gone = f" ({self.removed:,} of them were removed from bronze later)" if self.removed else ""
        return f"extract wrote {self.left + self.removed:,} {kind}{gone}"


def in_bronze(evidence: Evidence, exports: Iterable[str], landings: dict[str, Any]) -> dict[str, Rows]:
    """
    Rows of resources that these exports brought to bronze, by type: of this run's exports what extract says that it wrote, of
    others what their landings say.
    """
    chosen = list(exports)
    began = parse_instant(((evidence.reports.get("transform") or {}).get("run") or {}).get("start"))
    left, removed, lately = Counter[str](), Counter[str](), Counter[str]()
    for landing in (landings.get(export) or {} for export in chosen):
        left.update(landed_rows(landing, {}))
        removed.update(removed_rows(landing, {}))
        lately.update(removed_rows(landing, {}, began))
    own = [export for export in evidence.export_ids if export not in evidence.landed_earlier]
    if set(own) & set(chosen):
        left.update(_written_beyond_landings(evidence, own))
    return {kind: Rows(max(left[kind], 0), removed[kind], lately[kind]) for kind in {*left, *removed}}


def removed_rows(landing: dict[str, Any], told: dict[str, Any], since: datetime | None = None) -> dict[str, int]:
    """
    Rows by type that were taken out of an export's files, as :func:`landed_rows` has those that are left.

    :param since: leaves out types of which all went before
    """
    gone = [one for one in landing.get("removed") or [] if since is None or not _is_before(one.get("at"), since)]
    return landed_rows({"files": gone}, told)


def _is_before(at: Any, moment: datetime) -> bool:
    """False where nobody says when it was."""
    parsed = parse_instant(at)
    return parsed is not None and parsed < moment


def _written_beyond_landings(evidence: Evidence, own: list[str]) -> dict[str, int]:
    """By how much extract's counts differ from its landings'. Not for Bundles, in which deletions come, too."""
    written = {kind: counts.get("written") for kind, counts in evidence.resources("extract").items() if kind != "Bundle"}
    difference = {kind: rows for kind, rows in written.items() if rows is not None}
    for landing in (evidence.landings.get(export) or {} for export in own):
        for kind, count in (Counter(landed_rows(landing, {})) + Counter(removed_rows(landing, {}))).items():
            if written.get(kind, 0) is not None and kind != "Bundle":
                difference[kind] = difference.get(kind, 0) - count
    return difference
