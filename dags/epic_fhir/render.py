"""The report page: one HTML file that needs nothing else. Holds counts and names, never data of patients."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from epic_fhir import joined_checks, quarantine
from epic_fhir.charts import drawn, figure
from epic_fhir.checks import ACCEPTED, COULD_NOT_RUN, FAIL, WARN
from epic_fhir.evidence import Evidence, set_aside
from epic_fhir.lake import RunKey
from epic_fhir.load_checks import QUALITY
from epic_fhir.reconcile import COUNTING
from epic_fhir.remedy import ORDER
from epic_fhir.reports import parse_instant
from epic_fhir.skew import lost_seconds
from epic_fhir.task_states import TASK

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = {"green": "green", "red": "red", "unknown": "unknown"}
_HEADLINES = {
    "green": "Green: every resource the server sent is in the tables, or in quarantine.",
    "unknown": "Unknown: a check could not run, so the run may be incomplete.",
}
STATES = {
    "PASS": ("passed", "good"),
    "WARN": ("warning", "warn"),
    "FAIL": ("failed", "bad"),
    "COULD_NOT_RUN": ("could not run", "warn"),
    "NO_BASELINE": ("no baseline yet", "warn"),
    "NO_COUNT": ("no independent count", "warn"),
    "ACCEPTED": ("accepted", "soft"),
}
"""A check's state in words, and how the page colours it."""
RUN_AFTER = "<!-- the run after -->"
"""Stands in a page where the link to the run after it belongs, until there is one."""


def page(
    key: RunKey,
    verdict: str,
    checks: list[dict[str, str]],
    table: list[dict[str, Any]],
    reports: dict[str, dict[str, Any] | None],
    states: dict[str, str],
    step: dict[str, str] | None = None,
    trends: Iterable[dict[str, Any]] = (),
    changes: list[str] | None = None,
    last_good: str | None = None,
    notes: Iterable[str] = (),
    data_of: str | None = None,
    previous: str | None = None,
    following: str | None = None,
    accept: str = "",
    counted_by: Iterable[str] = (),
) -> str:
    """
    The whole page as text.

    :param step: what to do about a run that is not green
    :param trends: as in verdict.json
    :param changes: what is other than in the last good run, in sentences
    :param last_good: that run's id; None where there is none
    :param notes: of this report itself
    :param data_of: which data came, in a sentence
    :param previous: the folder of the run before this one
    :param following: the folder of the run after it
    :param accept: the command that accepts a warning
    :param counted_by: the keys of the runs that landed and counted data of this one, which says nothing of how they came
    """
    bars, stages, cards = timeline(reports, states), _stages(reports), drawn(trends)
    odd = {card["name"] for card in cards["odd"]}
    unanswered, warnings = ([c for c in checks if c["state"] == state] for state in (COULD_NOT_RUN, WARN))
    return template("report.html.j2").render(
        key=key,
        verdict=verdict,
        headline=_complete_but(len(warnings)) if verdict == "green" and warnings else headline(verdict, states, checks),
        tone="unknown" if verdict == "green" and warnings else verdict,
        bad=grounds(checks),
        unanswered=unanswered,
        warnings=warnings,
        accepted=[c for c in checks if c["state"] == ACCEPTED],
        accept=accept,
        data_of=data_of,
        previous=previous,
        after=after(following) if following else RUN_AFTER,
        drawn_below=[c["subject"] for c in checks if c["state"] == WARN and c["subject"] in odd],
        tally={state: sum(c["state"] == state for c in checks) for state in STATES},
        trends=cards,
        changes=changes or [],
        last_good=last_good,
        reasons=quarantine_reasons(reports),
        quarantine_folders=_quarantine(reports),
        checks=checks,
        table=table,
        aside={row["type"]: set_aside(Evidence(reports).result("extract"), row["type"]) for row in table},
        failed={(c["name"], c["subject"]) for c in checks if c["state"] == FAIL},
        joined=joined_checks.counts(*((reports.get(phase) or {}).get("result") or {} for phase in ("transform", "load"))),
        views_known=bool((((reports.get("transform") or {}).get("result")) or {}).get("views")),
        quarantined=quarantine.count(table, reports["extract"]) if reports.get("extract") and table and not counted_by else None,
        counted_by=[run_id for run_id in (run_key.partition("/")[2] for run_key in counted_by) if run_id != key.run_id],
        deleted=sum(row["tombstones"] or 0 for row in table),
        bars=bars,
        total=sum_span(bars),
        stages=stages,
        slowest_known=any(stage["slowest"] for stage in stages),
        notes=[*(("report", note) for note in notes), *_notes(reports)],
        next_step=step,
        origin=_origin(reports),
    )


def after(following: str) -> str:
    """The link to the run after a page's."""
    return f'<a href="../{quote(following, safe="")}/report.html">Next run</a> ·'


def at_the_root(html: str, key: RunKey) -> str:
    """The same page beside the folder metrics, with its links."""
    return html.replace('href="../../', 'href="metrics/').replace('href="../', f'href="metrics/{key.dag_id}/')


def template(name: str) -> Any:
    """A template of this folder, with what all pages need."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "span": span, "figure": figure}
    environment.globals |= {"STATES": STATES, "WORDS": WORDS}
    return environment.get_template(name)


def grounds(checks: list[dict[str, str]]) -> list[dict[str, str]]:
    """The checks that keep a run from being green: those that failed, or else those that could not run."""
    return [c for c in checks if c["state"] == FAIL] or [c for c in checks if c["state"] == COULD_NOT_RUN]


def quarantine_reasons(reports: dict[str, dict[str, Any] | None]) -> dict[str, int]:
    """How many lines or resources extract put into quarantine by reason, the most first."""
    reasons = Evidence(reports).result("extract").get("quarantine_reasons") or {}
    return dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


def headline(verdict: str, states: dict[str, str], checks: list[dict[str, str]]) -> str:
    """The verdict in words."""
    if verdict != "red":
        return _HEADLINES[verdict]
    failed = next((task for task in ORDER if states.get(task) == "failed"), "validate")
    names = sorted({c["name"] for c in checks if c["state"] == FAIL and c["name"] != TASK})
    if failed != "validate" or not names:
        return f"Red: {failed} failed."
    if any(name in COUNTING for name in names):
        return "Red: the counts of this run do not match."
    return "Red: a quality check found bad rows." if names == [QUALITY] else f"Red: a check failed: {', '.join(names)}."


def _complete_but(count: int) -> str:
    return f"Complete, with {count} warning{'' if count == 1 else 's'}."


def timeline(reports: dict[str, dict[str, Any] | None], states: dict[str, str]) -> list[dict[str, Any]]:
    """
    One bar a task, in percent of the run. A task that left no report has no bar, nor has one that a rerun left out: the report that
    stands for it is that of the run that it mends.
    """
    spans = {task: _span(report) for task, report in reports.items() if states.get(task) != "skipped"}
    if spans.get("kick_off") and spans.get("wait"):
        # The sensor's report covers only its last poke; the wait began when the export was asked for.
        spans["wait"] = (spans["kick_off"][1], max(spans["wait"][1], spans["kick_off"][1]))
    known = [pair for pair in spans.values() if pair]
    first, last = (min(s for s, _ in known), max(e for _, e in known)) if known else (None, None)
    whole = (last - first).total_seconds() or 1.0 if first and last else 1.0
    bars = []
    for task in ORDER:
        pair, state = spans.get(task), states.get(task) or "none"
        bar = {"task": task, "state": state, "seconds": None, "left": 0.0, "width": 0.0}
        if pair and first:
            seconds = (pair[1] - pair[0]).total_seconds()
            bar |= {"seconds": seconds, "left": 100 * (pair[0] - first).total_seconds() / whole, "width": 100 * seconds / whole}
        bars.append(bar)
    return bars


def sum_span(bars: list[dict[str, Any]]) -> float | None:
    """Seconds from the first bar's start to the last one's end."""
    known = [bar for bar in bars if bar["seconds"] is not None]
    scale = next((bar["seconds"] / bar["width"] for bar in known if bar["width"]), None)
    return max(bar["left"] + bar["width"] for bar in known) * scale if scale else None


def count(value: Any) -> str:
    """A number with commas between its thousands, as in every sentence and alert; a dash where it is not known."""
    return "–" if value is None else f"{value:,}"


def span(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def _span(report: dict[str, Any] | None) -> tuple[datetime, datetime] | None:
    run = (report or {}).get("run") or {}
    start, end = parse_instant(run.get("start")), parse_instant(run.get("end"))
    return (start, end) if start and end else None


def _stages(reports: dict[str, dict[str, Any] | None]) -> list[dict[str, Any]]:
    """The stages that took longest, with what skew cost in each."""
    stages = [
        {**stage, "records": stage.get("records"), "slowest": _slowest(stage), "phase": phase, "lost": lost_seconds(stage)}
        for phase, report in reports.items()
        for stage in (report or {}).get("stages") or []
    ]
    return sorted(stages, key=lambda stage: -stage["duration_ms"]["max"])[:12]


def _slowest(stage: dict[str, Any]) -> dict[str, Any] | None:
    """Where the longest task of a stage ran; None in reports without it."""
    told = stage.get("slowest")
    return {key: told.get(key) for key in ("partition", "host", "records", "bytes")} if told else None


def _notes(reports: dict[str, dict[str, Any] | None]) -> list[tuple[str, str]]:
    return [(task, note) for task, report in reports.items() for note in (report or {}).get("notes") or []]


def _quarantine(reports: dict[str, dict[str, Any] | None]) -> dict[str, str]:
    """The folders of extract's quarantine, each with the command that shows its lines."""
    result = (reports.get("extract") or {}).get("result") or {}
    return {folder: quarantine.command(folder) for folder in quarantine.folders(result)}


def _origin(reports: dict[str, dict[str, Any] | None]) -> dict[str, Any]:
    run = next((report["run"] for report in reports.values() if report), {})
    return {name: run.get(name) for name in ("code_version", "settings_hash", "host")}
