"""
What a run shows while it is judged again, and where it cannot be judged: nobody may take the verdict of before for the one of now.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from epic_fhir import attempts, index, job_settings, phase, red_runs, refusals, render
from epic_fhir.checks import FAIL
from epic_fhir.evidence import COUNTED, COUNTED_EARLIER, SETTINGS_HOLD, fit_earlier, is_extracts_end
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.lake import Lake
from epic_fhir.reports import SETTINGS, record
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from epic_fhir.lake import RunKey

log = logging.getLogger(__name__)
INVALID = "Red: the settings are invalid, so nothing was checked."


def opened(key: RunKey) -> Lake:
    """
    The lake of a run that validate or report judges, without what an earlier try left of it.

    :raises AirflowFailException: where the settings do not hold; what an earlier try left is replaced there, too
    """
    lake = known_lake(key.dag_id)
    if lake is not None:
        begin(lake, key)
    with phase.settings_must_hold():
        return Settings.of(Installation.of(key.dag_id)).open_lake()


def known_lake(dag_id: str) -> Lake | None:
    """By the settings, or by those of before where they do not hold; None where there are none."""
    try:
        here = Installation.of(dag_id)
        try:
            return Settings.of(here).open_lake()
        except SettingsError as e:
            before = job_settings.pipeline_before(here)
            if before is None:
                raise
            log.warning("The settings are invalid; the lake is the one of the last valid settings: %s", e)
            return Lake(before.lake, before.readers)
    except SettingsError as e:
        log.warning("The lake is unknown: %s", e)
        return None


def begin(lake: Lake, key: RunKey) -> None:
    """
    Replaces what an earlier try of validate or report left of the run: verdict, page, its line in the index. The checks of what
    came to bronze stay as far as they failed, because an export that landed earlier may not be counted again.
    """
    page_path = lake.metrics(key.dag_id, key.run_id, "report.html")
    mends = attempts.Attempts().of("report", "mended run", lambda: red_runs.mends(lake, key.dag_id, key.run_id), None)
    was_judged = lake.exists(page_path)
    # A rerun that dies while it is judged again is still one of the run that it mends.
    kept = None if mends is None else {"run": {"run_id": key.run_id}, "result": {"mends": mends}}
    _try(partial(phase.begun, lake, key, kept if key.task_id == "report" else None))
    _try(partial(_take_back_verdict, lake, key))
    if was_judged:
        if key.task_id != "report":
            _try(partial(phase.begun, lake, replace(key, task_id="report"), kept))
        headline = "This run is judged again."
        advice = f"If the task {key.task_id} never ends, its log in Airflow says why. Fix that, then run this command:"
        _try(
            partial(_show, lake, key, page(key, headline, [advice, refusals.clear(key, only_failed=True)])),
            lambda: lake.delete(page_path),
        )
        _try(partial(index.write, lake))


def settings_do_not_hold(key: RunKey, problem: str, mends: str | None = None) -> None:
    """
    Writes the short page, the verdict and the line in the index of a run that its settings stop, where the lake is known.

    :param problem: a sentence for people
    :param mends: of a rerun, the run that it mends
    """
    if (lake := known_lake(key.dag_id)) is None:
        return
    start, lines = datetime.now(timezone.utc), problem.splitlines() or [""]
    path = lake.metrics(key.dag_id, key.run_id, "verdict.json")
    before = _verdict_before(lake, key)
    check = {"name": SETTINGS_HOLD, "subject": "all", "state": FAIL, "sentence": problem}
    run = {"dag_id": key.dag_id, "run_id": key.run_id, "try_number": key.try_number, "end": (before.get("run") or {}).get("end")}
    run |= {"code_version": None, "settings_hash": None}
    judged = {"verdict": "red", "checks": [check, *_counted(before)], "table": [], "trends": [], "data_of": None}
    html = page(key, INVALID, [*lines, "Fix them first, then run the command.", refusals.clear(key, only_failed=False)])
    page_path = lake.metrics(key.dag_id, key.run_id, "report.html")
    result = {"verdict": "red", "page": page_path, "mends": mends, "seconds": None, "problem": lines[0]}
    own = record(key, start, problem, SETTINGS, None, result=result)
    _try(partial(lake.write_json, path, {"schema_version": 1, "run": run, **judged}))
    _try(partial(_show, lake, key, html, newest=True))
    _try(partial(lake.write_json, lake.report(key), own))
    _try(partial(index.write, lake))


def page(key: RunKey, headline: str, sentences: list[str]) -> str:
    """What stands for a page that is not built."""
    lines = "\n".join(f"<p>{escape(line)}</p>" for line in (f"{key.dag_id}, run {key.run_id}.", *sentences))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(headline)}</title></head>\n'
        f"<body><h1>{escape(headline)}</h1>\n{lines}\n</body></html>\n"
    )


def _show(lake: Lake, key: RunKey, html: str, *, newest: bool = False) -> None:
    """The run's page, and the one at the lake's root where that is of this run, or is to be."""
    path, root = lake.metrics(key.dag_id, key.run_id, "report.html"), f"{lake.root}/report.html"
    before = lake.read_text(path)
    lake.write_text(path, html)
    if lake.is_local() and (newest or (before and lake.read_text(root) == render.at_the_root(before, key))):
        lake.write_text(root, render.at_the_root(html, key))


def _take_back_verdict(lake: Lake, key: RunKey) -> None:
    path = lake.metrics(key.dag_id, key.run_id, "verdict.json")
    if lake.exists(path):
        before = _verdict_before(lake, key)
        left = {part: before[part] for part in ("schema_version", "run") if part in before}
        note = {"begun": {"task_id": key.task_id, "try_number": key.try_number}}
        try:
            lake.write_json(path, {**left, **note, "checks": _counted(before)})
        except OSError:  # a full disk still lets a file go
            lake.delete(path)
            raise


def _verdict_before(lake: Lake, key: RunKey) -> dict[str, Any]:
    before = lake.read_json(lake.metrics(key.dag_id, key.run_id, "verdict.json"))
    return before if isinstance(before, dict) else {}


def _counted(verdict: dict[str, Any]) -> list[Any]:
    """The checks of what came to bronze that failed, whether they were made, and which exports they are not about."""
    checks = verdict.get("checks") if isinstance(verdict.get("checks"), list) else []
    names = (*COUNTED, COUNTED_EARLIER)
    failed = [c for c in checks if isinstance(c, dict) and c.get("state") == FAIL and c.get("name") in names]
    return [*(check for check in checks if is_extracts_end(check) or fit_earlier(check)), *failed]


def _try(*ways: Callable[[], Any]) -> None:
    """The first way that works. A lake that cannot be written stops no verdict and no alert: those say so themselves."""
    for way in ways:
        try:
            way()
        except Exception as e:
            log.warning("Cannot replace what an earlier try left: %s", attempts.why(e))
        else:
            return
