"""What a run's tasks left behind for the checks: reports, landings, states."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from epic_fhir.checks import FAIL
from epic_fhir.reports import parse_instant

PHASES = ("extract", "transform", "load")
COUNTED = ("manifest = source", "source = bronze", "bronze = landing")
"""The checks of what extract received and wrote."""
COUNTED_EARLIER = "counts of an earlier try"
"""The check that no such check failed for an export that is not downloaded again."""


REQUESTED = "requested = landed"
"""The check that extract landed each export that the run asked for."""


@dataclass(frozen=True)
class Evidence:
    """
    What the checks look at: the phases' run reports and, of each export, the landing and whether it is marked as applied.

    :param standing: of each view the Delta version that the newest transform of any run has left
    :param every_landing: reads the landings of all exports, by export
    :param standing_joined: of each joined table what ``standing`` is of a view
    :param verdict_of: reads the verdict of a run by the key that its landings carry; None where there is none
    :param requested: the exports that the run asked for; empty where extract did not run in it, or nobody says
    :param whole: extract's run report with what it said in earlier tries; None where that is what is among the reports
    :param counted: the exports of earlier tries whose counts are in that
    """

    reports: dict[str, dict[str, Any] | None]
    landings: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    applied: frozenset[str] = frozenset()
    standing: dict[str, int] = field(default_factory=dict)
    every_landing: Callable[[], dict[str, Any]] = dict
    standing_joined: dict[str, int] = field(default_factory=dict)
    verdict_of: Callable[[str], Any] = lambda run_key: None
    requested: tuple[str, ...] = ()
    whole: dict[str, Any] | None = None
    counted: frozenset[str] = frozenset()

    def result(self, phase: str) -> dict[str, Any]:
        return (self.reports.get(phase) or {}).get("result") or {}

    def resources(self, phase: str) -> dict[str, Any]:
        return (self.reports.get(phase) or {}).get("resources") or {}

    @property
    def told(self) -> dict[str, Any]:
        """Extract's run report, with what it said of the run's exports in earlier tries."""
        return self.whole or self.reports.get("extract") or {}

    @property
    def export_ids(self) -> list[str]:
        """The run's exports, one a group; empty where extract does not name them."""
        return export_ids(self.reports.get("extract"))

    @property
    def landed_earlier(self) -> dict[str, dict[str, Any]]:
        """The landings of exports that this try of extract found landed already, so that it counted nothing of them."""
        began = parse_instant(((self.reports.get("extract") or {}).get("run") or {}).get("start"))
        mine = {export: self.landings.get(export) or {} for export in self.export_ids}
        landed = {export: parse_instant(landing.get("landed_at")) for export, landing in mine.items()}
        return {export: mine[export] for export, at in landed.items() if at and began and at < began}

    def miscounted(self, export: str) -> list[str]:
        """The counts of an export that landed earlier which did not fit when they were counted: the checks, with their subjects."""
        landing = self.landings.get(export) or {}
        judged = self.verdict_of(landing.get("run_key") or "")
        landed, ended = parse_instant(landing.get("landed_at")), parse_instant(_part(judged, "run").get("end"))
        if landed is None or ended is None or ended < landed:  # it landed once more since, and was counted then
            return []
        checks = judged.get("checks") if isinstance(judged.get("checks"), list) else []
        return sorted({f"{c['name']} of {c.get('subject')}" for c in checks if _is_of_landing(c, export)})

    def written(self) -> dict[str, int | None]:
        """Rows in bronze by type, of this run's exports."""
        rows = {kind: counts.get("written") for kind, counts in self.resources("extract").items()}
        for landing in self.landed_earlier.values():
            for kind, count in landed_rows(landing, {}).items():
                rows[kind] = (rows.get(kind) or 0) + count
        return rows

    def succeeded(self, phase: str) -> bool:
        return ((self.reports.get(phase) or {}).get("run") or {}).get("status") == "success"

    def resources_in(self, exports: Iterable[str], landings: dict[str, Any]) -> dict[str, int]:
        """
        Rows of resources that these exports brought to bronze, by type: of this run's exports what extract says that it wrote, of
        others what their landings say.
        """
        own = [export for export in self.export_ids if export not in self.landed_earlier]
        rows: dict[str, int] = {}
        for export in exports:
            for kind, count in landed_rows(landings.get(export) or {}, {}).items():
                rows[kind] = rows.get(kind, 0) + count
        if set(own) & set(exports):
            for kind, difference in self._written_beyond_landings(own).items():
                rows[kind] = rows.get(kind, 0) + difference
        return rows

    def _written_beyond_landings(self, own: list[str]) -> dict[str, int]:
        """By how much extract's counts differ from its landings'. Not for Bundles, in which deletions come, too."""
        written = {kind: counts.get("written") for kind, counts in self.resources("extract").items() if kind != "Bundle"}
        difference = {kind: rows for kind, rows in written.items() if rows is not None}
        for export in own:
            for kind, count in landed_rows(self.landings.get(export) or {}, {}).items():
                if written.get(kind, 0) is not None and kind != "Bundle":
                    difference[kind] = difference.get(kind, 0) - count
        return difference

    def by_reference(self, kind: str) -> int:
        """How many came because another resource refers to them: no manifest counts these."""
        return ((self.told.get("result") or {}).get("by_reference") or {}).get(kind, 0)

    def set_aside(self, kind: str) -> dict[str, int]:
        """Resources that came and brought nothing new, by reason: a crawl reads again what it has."""
        extract = self.told.get("result") or {}
        return {reason: n for reason in ("unchanged", "duplicates", "opted_out") if (n := (extract.get(reason) or {}).get(kind))}


def _part(document: Any, name: str) -> dict[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}


def _is_of_landing(check: Any, export: str) -> bool:
    """Whether it failed, and is of what came to bronze."""
    if not isinstance(check, dict) or check.get("state") != FAIL:
        return False
    return check.get("name") in COUNTED or (check.get("name"), check.get("subject")) == (COUNTED_EARLIER, export)


def export_ids(extract: dict[str, Any] | None) -> list[str]:
    """The exports that a report of kick_off, wait or extract names, joined by commas in its result."""
    named = ((extract or {}).get("result") or {}).get("export_id") or ""
    return [*dict.fromkeys(export for export in str(named).split(",") if export)]


def landed_rows(landing: dict[str, Any], told: dict[str, Any]) -> dict[str, int]:
    """Rows by type. Bundles of deletions are no resources: they count only where the phase counts Bundles, too."""
    rows: dict[str, int] = {}
    for file in landing.get("files") or []:
        if file["kind"] == "RESOURCES" or file["resource_type"] in told:
            rows[file["resource_type"]] = rows.get(file["resource_type"], 0) + file["rows"]
    return rows
