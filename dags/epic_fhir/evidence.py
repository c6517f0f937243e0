"""What a run's tasks left behind for the checks: reports, landings, states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS
from epic_fhir.reports import parse_instant

PHASES = ("extract", "transform", "load")
REPORT = "report"
"""The check that a phase came to its end."""

LANDED = "bronze = landing"
COUNTED = ("manifest = source", "source = bronze", LANDED)
"""The checks of what extract received and wrote."""
COUNTED_EARLIER = "counts of an earlier try"
"""The check that no such check failed for an export that is not downloaded again."""
FIT_EARLIER = ("source = bronze", "all", PASS)
"""Name, subject and state of the check that names those of which none failed."""

SETTINGS_HOLD = "settings"
"""The check of a run that its settings stop."""

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
    :param served: what a later load of any run reports of a table at a version: the kind in its report, the table, the version
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
    served: Callable[[str, str, int], dict[str, Any]] = lambda kind, table, version: {}
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
        extract = self.reports.get("extract")
        mine = {export: self.landings.get(export) or {} for export in self.export_ids}
        return {export: landing for export, landing in mine.items() if landed_before(extract, landing)}

    def miscounted(self, export: str) -> list[str]:
        """The counts of an export that landed earlier which did not fit when they were counted: the checks, with their subjects."""
        judged = self._verdict_of(export)
        if not _is_of(judged, self.landings.get(export) or {}):  # it landed once more since
            return []
        if any(export in fit_earlier(check) for check in _checks(judged)):  # what failed is another export's
            return []
        return sorted({f"{c['name']} of {c.get('subject')}" for c in _checks(judged) if _is_of_landing(c, export)})

    def was_counted(self, export: str) -> bool:
        """Whether the counts of an export that landed earlier were compared by the run that landed it."""
        return counted_in(self._verdict_of(export), self.landings.get(export) or {})

    def _verdict_of(self, export: str) -> Any:
        return self.verdict_of((self.landings.get(export) or {}).get("run_key") or "")

    def written(self) -> dict[str, int | None]:
        """Rows in bronze by type, of this run's exports."""
        rows = {kind: counts.get("written") for kind, counts in self.resources("extract").items()}
        for landing in self.landed_earlier.values():
            for kind, count in landed_rows(landing, {}).items():
                rows[kind] = (rows.get(kind) or 0) + count
        return rows

    def succeeded(self, phase: str) -> bool:
        return ((self.reports.get(phase) or {}).get("run") or {}).get("status") == "success"

    @property
    def load_was_before(self) -> bool:
        """Whether load ran before this transform: somebody ran transform again, and not load."""
        starts = [parse_instant(((self.reports.get(phase) or {}).get("run") or {}).get("start")) for phase in ("load", "transform")]
        return None not in starts and starts[0] < starts[1]


def by_reference(result: dict[str, Any], kind: str) -> int:
    """How many came because another resource refers to them: no manifest counts these. Of the result of extract's report."""
    return (result.get("by_reference") or {}).get(kind, 0)


def set_aside(result: dict[str, Any], kind: str) -> dict[str, int]:
    """Resources that came and brought nothing new, by reason: a crawl reads again what it has. Of the same result."""
    return {reason: n for reason in ("unchanged", "duplicates", "opted_out") if (n := (result.get(reason) or {}).get(kind))}


def landed_before(extract: Any, landing: dict[str, Any]) -> bool:
    """
    Whether a try of extract found this landed, and so counted nothing of it. Its report says so; one of an earlier version leaves
    that to the clocks.
    """
    named = _part(extract, "result").get("landed_before")
    if isinstance(named, list):
        return landing.get("export_id") in named
    run = _part(extract, "run")
    landed, began = parse_instant(landing.get("landed_at")), parse_instant(run.get("start"))
    if landed is None or began is None:
        return False
    by_another = landing.get("run_key") != f"{run.get('dag_id')}/{run.get('run_id')}"
    return landed < began or (by_another and not _part(extract, "resources"))


def counted_in(verdict: Any, landing: dict[str, Any]) -> bool:
    """Whether the counts of an extract that had landed this were compared for a verdict."""
    return _is_of(verdict, landing) and any(is_extracts_end(check) for check in _checks(verdict))


def counts_hold(verdict: Any, landing: dict[str, Any], *, own: bool) -> bool | None:
    """
    Whether the counts of an export fit, by the verdict of one run; None where it does not say.

    :param own: whether that run's extract had the export
    """
    if not _is_of(verdict, landing):
        return None
    export, checks = landing["export_id"], [check for check in _checks(verdict) if isinstance(check, dict)]
    told = {check.get("state") for check in checks if (check.get("name"), check.get("subject")) == (COUNTED_EARLIER, export)}
    if told & {FAIL, COULD_NOT_RUN}:
        return False
    if any(export in fit_earlier(check) for check in checks):  # the checks of types are about the others
        return True
    if not own or not counted_in(verdict, landing):
        return None
    wrong = {check.get("subject") for check in checks if check.get("name") in COUNTED and check.get("state") == FAIL}
    report = landing.get("report")
    if report is None:
        return not wrong
    return not wrong & {*report["resources"], *(report["result"].get("manifest_counts") or {}), *landed_rows(landing, {})}


def was_stopped(verdict: Any) -> bool:
    """Whether its settings stopped the run before it was judged, or it is judged again just now."""
    judged = verdict.get("verdict") if isinstance(verdict, dict) else None
    return judged is None or any(isinstance(check, dict) and check.get("name") == SETTINGS_HOLD for check in _checks(verdict))


def is_extracts_end(check: Any) -> bool:
    """Whether it is the check that extract came to its end, which every judged run has; all that landed was compared then."""
    return isinstance(check, dict) and (check.get("name"), check.get("subject"), check.get("state")) == (REPORT, "extract", PASS)


def fit_earlier(check: Any) -> list[str]:
    """The exports that landed before the judged try of extract and whose counts fit, where this is the check that names them."""
    if not isinstance(check, dict) or (check.get("name"), check.get("subject"), check.get("state")) != FIT_EARLIER:
        return []
    return [*(check.get("names") or [])]


def _is_of(verdict: Any, landing: dict[str, Any]) -> bool:
    """Whether a verdict is of what landed, and not of what landed before that and was withdrawn."""
    landed, ended = parse_instant(landing.get("landed_at")), parse_instant(_part(verdict, "run").get("end"))
    return landed is not None and ended is not None and ended >= landed


def _checks(verdict: Any) -> list[Any]:
    checks = verdict.get("checks") if isinstance(verdict, dict) else None
    return checks if isinstance(checks, list) else []


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
