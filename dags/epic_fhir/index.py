"""The index over all runs of all DAGs: one HTML file beside the runs' folders that needs nothing else."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from epic_fhir.changes import previous
from epic_fhir.lake import Lake, RunKey
from epic_fhir.render import RUN_AFTER, WORDS, after, template
from epic_fhir.reports import lasted, parse_instant

MOST = 400
"""Older runs than these are not read: the page stays small, and writing it fast."""
_READERS = 8
_UNJUDGED = re.compile(r"epic_fhir_(care|preflight|erase)(_[a-z0-9]+)?")
"""DAGs without a report task: their tasks' run reports show how a run ended."""
_TASKS = {
    "care": ("care",),
    "preflight": ("preflight",),
    "erase": ("plan", "erase", "forget", "load", "purge", "prove", "plan_readmit", "readmit"),
}
_LAST = {"plan": "planned", "prove": "success", "plan_readmit": "planned", "readmit": "success"}
"""The state of an erasure whose last report is from this task; after any other task it is still running."""
_ENDED = {"success": ("green", "done"), "failed": ("red", "failed"), "planned": ("none", "planned")}
_LONGEST = 1e9
"""An upper bound of a run's duration, in seconds."""


def write(lake: Lake) -> str:
    """Writes metrics/index.html out of the report tasks' run reports; returns where it is."""
    runs = lake.runs()
    path = f"{lake.root}/metrics/index.html"
    with ThreadPoolExecutor(_READERS) as readers:
        rows = list(readers.map(lambda run: row(*run, _read(lake, *run)), runs[:MOST]))
    lake.write_text(path, page(rows, len(runs) - len(rows)))
    return path


def page(rows: list[dict[str, Any]], left_out: int = 0) -> str:
    """
    The whole index as text.

    :param rows: one a run, newest first
    :param left_out: how many older runs there are beside them
    """
    return template("index.html.j2").render(rows=rows, left_out=left_out, newest=rows[0]["verdict"] if rows else "unknown")


def link_from_the_run_before(lake: Lake, key: RunKey) -> None:
    """Writes the link to a run into the page of the one before it, which was written when there was no run after it."""
    before = previous(lake, key)
    path = lake.metrics(key.dag_id, before or "", "report.html")
    try:
        page = lake.read_text(path) if before else None
    except (OSError, ValueError):
        return  # an old page that cannot be read must not stop a new run's
    if page and RUN_AFTER in page:
        lake.write_text(path, page.replace(RUN_AFTER, after(lake.folder(key)[1])))


def row(dag_id: str, folder: str, report: Any) -> dict[str, Any]:
    """
    The index's row of a run; a run whose report task has not ended has no verdict yet.

    :param report: whatever lies there. A report that is none is a row that says so: an old one must not stop a new run's page
    """
    plain = {"dag_id": dag_id, "run_id": folder, "start": None, "end": None, "seconds": None, "problem": None, "href": None}
    if report is None:
        return plain | {"verdict": "none", "words": "no verdict yet"}
    try:
        return plain | _told(report) | _link(dag_id, folder, report)
    except (ValueError, TypeError, AttributeError, OverflowError):
        problem = f"The run report cannot be read: metrics/{dag_id}/{folder}."
        return plain | {"verdict": "unknown", "words": "cannot be read", "problem": problem}


def _told(report: dict[str, Any]) -> dict[str, Any]:
    """
    What a report says about its run.

    :raises ValueError: where it is not what a task writes
    """
    run, result = report.get("run") or {}, report.get("result") or {}
    verdict, run_id = _text(result.get("verdict")), _text(run.get("run_id"))
    ended = _ENDED.get(_text(run.get("status")) or "", ("none", "no verdict yet"))
    colour, words = (verdict, WORDS[verdict]) if verdict in WORDS else ended
    start, end = parse_instant(run.get("interval_start")), parse_instant(run.get("interval_end"))
    seconds = result["seconds"] if "seconds" in result else lasted(run) if not verdict else None
    if seconds is not None and not seconds < _LONGEST:  # NaN is not, and a text raises
        raise ValueError(f"{seconds} is not a duration")
    return {
        "verdict": colour,
        "words": words,
        "start": start if start != end else None,
        "end": end,
        "seconds": seconds if seconds is not None and seconds >= 0 else None,  # a clock may have been set back meanwhile
        "problem": None if colour == "green" else _text(result.get("problem")) or _text(run.get("error")),
    } | ({"run_id": run_id} if run_id else {})


def _link(dag_id: str, folder: str, report: dict[str, Any]) -> dict[str, Any]:
    has_page = bool((report.get("result") or {}).get("verdict"))
    return {"href": f"{quote(dag_id, safe='')}/{quote(folder, safe='')}/report.html"} if has_page else {}


def _text(value: Any) -> str | None:
    """
    A text that a page can show, or None.

    :raises ValueError: where it is something else
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is not a string")
    value.encode()
    return value


def _read(lake: Lake, dag_id: str, folder: str) -> Any:
    """The report that shows how a run ended; None if there is none yet, False if it cannot be read."""
    unjudged = _UNJUDGED.fullmatch(dag_id)
    tasks = _TASKS[unjudged[1]] if unjudged else ("report",)
    try:
        texts = {task: lake.read_text(lake.metrics(dag_id, folder, f"{task}.json")) for task in tasks}
        found = {task: json.loads(text) for task, text in texts.items() if text is not None}
        # The note of a task that is at work, or was killed, says nothing of how the run ended.
        reports = {task: report for task, report in found.items() if not (isinstance(report, dict) and "begun" in report)}
        failed = next((report for report in reports.values() if report["run"]["status"] == "failed"), None) if unjudged else None
        if failed or not reports:
            return failed
        last, report = list(reports.items())[-1]
        if unjudged and unjudged[1] == "erase":
            return report | {"run": report["run"] | {"status": _LAST.get(last, "running")}}
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    else:
        return report
