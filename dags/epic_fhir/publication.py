"""What a judged run leaves in the lake: verdict.json, its place in the history, the page, the task's own report, the index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from epic_fhir import acceptance, history, index, rejudged, remedy, render
from epic_fhir.attempts import Attempts
from epic_fhir.changes import following, last_good, previous, since_last_good
from epic_fhir.evidence import PHASES
from epic_fhir.findings import Judged, told_warnings
from epic_fhir.lake import Lake, RunKey
from epic_fhir.landed_reports import Whole
from epic_fhir.reports import DATA_REFUSED, record
from epic_fhir.settings import Thresholds


def write(lake: Lake, path: str, key: RunKey, judged: Judged, reports: dict[str, Any]) -> None:
    origin = next((report["run"] for phase in PHASES if (report := reports.get(phase))), {})
    run = {
        "dag_id": key.dag_id,
        "run_id": key.run_id,
        "try_number": key.try_number,
        "end": history.ended(reports),
        "code_version": origin.get("code_version"),
        "settings_hash": origin.get("settings_hash"),
    }
    lake.write_json(path, {"schema_version": 1, "run": run, **asdict(judged)})


def remember(
    lake: Lake, key: RunKey, whole: Judged, reports: dict[str, Any], thresholds: Thresholds, *, adopted: bool = False
) -> None:
    """
    The run's place in the history. One that cannot be read is left as it is: the checks have told of it. What a rerun left in the
    tables stands in the history of the DAG that it mends, too, without its times.

    :param adopted: whether another run has counted its data
    """
    warned = acceptance.warned(whole.checks)
    own = history.record(key.run_id, whole.verdict, reports, thresholds.speed.least_ms, warned, adopted=adopted)
    try:
        for dag_id in {key.dag_id, history.of_tables(key.dag_id)}:
            kept = own if dag_id == key.dag_id else {**own, "figures": {}}
            history.change(lake, dag_id, partial(history.add, run=kept))
    except history.Unreadable:
        return


@dataclass(frozen=True)
class Publication:
    """
    What the report task leaves of a run.

    :param reports: of all tasks, or None
    :param start: when the report task began
    :param notes: what the page and the task's own report say besides
    :param mends: for a rerun, the run that it repairs
    :param paused: whether a DAG is switched off in Airflow
    :param extracted: extract's report, with what it said in earlier tries
    """

    lake: Lake
    key: RunKey
    thresholds: Thresholds
    reports: dict[str, dict[str, Any] | None]
    states: dict[str, str]
    start: datetime
    notes: tuple[str, ...]
    mends: str | None
    paused: Callable[[str], bool]
    extracted: Whole

    @property
    def path(self) -> str:
        """Where the page is."""
        return self.lake.metrics(self.key.dag_id, self.key.run_id, "report.html")

    def write(self, whole: Judged, step: dict[str, Any] | None, told: list[str], tried: Attempts) -> str:
        """
        Writes all of it; what cannot be written stops nothing else.

        :param told: what became of the alert
        :return: the page
        """
        lake, key = self.lake, self.key
        verdict, phases = lake.metrics(key.dag_id, key.run_id, "verdict.json"), {phase: self.reports[phase] for phase in PHASES}
        page = tried.of("report", "page", lambda: self._page(whole, step), "")
        page = page or _short_page(key, render.headline(whole.verdict, self.states, whole.checks), whole, step)
        for what, writing in (
            ("verdict", lambda: write(lake, verdict, key, whole, self.reports)),
            ("history", lambda: remember(lake, key, whole, phases, self.thresholds, adopted=bool(self.extracted.adopted))),
            ("page", lambda: self._write_page(page)),
            ("report", lambda: self.write_report(whole, told, page)),
            ("index", lambda: index.write(lake)),
        ):
            tried.of("report", what, writing, None)
        return page

    def write_report(self, whole: Judged, told: list[str], page: str) -> None:
        """The report task's own run report."""
        problem = whole.problem()
        own = record(
            self.key,
            self.start,
            problem,
            DATA_REFUSED if problem else 0,
            self.reports["extract"] or self.reports["kick_off"],
            outputs=[{"name": "report", "path": self.path, "rows": None, "bytes": len(page.encode())}],
            notes=[*self.notes, *told],
            result={
                "verdict": whole.verdict,
                "page": self.path,
                "mends": self.mends,
                "seconds": render.sum_span(render.timeline(self.reports, self.states)),
                "problem": next((c["sentence"].splitlines()[0] for c in render.grounds(whole.checks) if problem), None),
            },
        )
        self.lake.write_json(self.lake.report(self.key), own)

    def _page(self, whole: Judged, step: dict[str, Any] | None) -> str:
        """With what the last good run was like."""
        lake, key = self.lake, self.key
        reports = {**self.reports, "extract": self.extracted.extract or self.reports["extract"]}
        good = last_good(lake, key, history.ended({phase: reports[phase] for phase in PHASES}))
        origin = (reports["extract"] or {}).get("run") or {}
        now = {"run": origin, "checks": whole.checks, "table": whole.table}
        warnings = told_warnings(whole)
        return render.page(
            key,
            whole.verdict,
            whole.checks,
            whole.table,
            reports,
            self.states,
            step,
            counted_by=sorted(set(self.extracted.adopted.values())),
            trends=whole.trends,
            changes=since_last_good(now, good) if good else None,
            last_good=((good or {}).get("run") or {}).get("run_id"),
            notes=self.notes,
            data_of=whole.data_of,
            previous=previous(lake, key),
            following=following(lake, key),
            accept=remedy.look(key, warnings, self.paused)["command"] if warnings else "",
        )

    def _write_page(self, page: str) -> None:
        """The page of the run, the link of the run before to it, and the newest page at the lake's root."""
        self.lake.write_text(self.path, page)
        index.link_from_the_run_before(self.lake, self.key)
        if self.lake.is_local():
            self.lake.write_text(f"{self.lake.root}/report.html", render.at_the_root(page, self.key))


def _short_page(key: RunKey, headline: str, whole: Judged, step: dict[str, Any] | None) -> str:
    """The substitute for a page that could not be built: the alert's link must not lead to an empty page."""
    sentences = [f"{c['name']}, {c['subject']}: {c['sentence']}" for c in render.grounds(whole.checks)]
    lines = [
        "The page of this run could not be built; the log of the task report says why.",
        *sentences,
        *((step["advice"], step["command"]) if step else ()),
    ]
    return rejudged.page(key, headline, lines)
