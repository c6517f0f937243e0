"""The index over all runs of all DAGs: one HTML file beside the runs' folders that needs nothing else."""

from __future__ import annotations

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
_JUDGES = ("report", "care")
"""The tasks whose run report tells how a run ended; care is the one task of its DAG, and nothing judges it."""
_ENDED = {"success": ("green", "done"), "failed": ("red", "failed")}


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
    page = lake.read_text(path) if before else None
    if page and RUN_AFTER in page:
        lake.write_text(path, page.replace(RUN_AFTER, after(lake.folder(key)[1])))


def row(dag_id: str, folder: str, report: dict[str, Any] | None) -> dict[str, Any]:
    """What the index tells of a run; one whose report task has not ended has no verdict yet."""
    run, result = (report or {}).get("run") or {}, (report or {}).get("result") or {}
    verdict = result.get("verdict")
    colour, words = (verdict, WORDS[verdict]) if verdict in WORDS else _ENDED.get(run.get("status"), ("none", "no verdict yet"))
    start, end = parse_instant(run.get("interval_start")), parse_instant(run.get("interval_end"))
    return {
        "dag_id": dag_id,
        "run_id": run.get("run_id") or folder,
        "verdict": colour,
        "words": words,
        "start": start if start != end else None,
        "end": end,
        "seconds": result["seconds"] if "seconds" in result else lasted(run) if not verdict else None,
        "problem": None if colour == "green" else result.get("problem") or run.get("error"),
        "href": f"{quote(dag_id, safe='')}/{quote(folder, safe='')}/report.html" if verdict else None,
    }


def _read(lake: Lake, dag_id: str, folder: str) -> dict[str, Any] | None:
    found = (lake.read_json(lake.metrics(dag_id, folder, f"{task}.json")) for task in _JUDGES)
    return next((report for report in found if isinstance(report, dict)), None)
