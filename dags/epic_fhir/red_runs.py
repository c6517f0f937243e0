"""The runs that are red, and that no rerun has brought to green since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from epic_fhir import reconcile, sites
from epic_fhir.lake import Lake
from epic_fhir.reports import JOBS

State = Callable[[str], str | None]
"""The state of a run in Airflow, by its id; None if Airflow does not know it."""
AT_WORK = ("queued", "running")
"""Airflow's states of a run that is running or was cleared; its files show how it ended before."""


def unknown(run: str) -> str | None:
    """For use if Airflow cannot be asked, or has forgotten the run."""
    return None


def newest(lake: Lake, dag_id: str, state: State = unknown) -> str | None:
    """The id of the newest run of a DAG that ended and is not green; None where there is none."""
    for run, verdict in _not_mended(lake, dag_id):
        if verdict == reconcile.GREEN:
            continue
        now = state(run)
        # A running run must keep its export. One without a verdict may have ended before it.
        if now not in AT_WORK if verdict else now == "failed":
            return run
    return None


def holding(lake: Lake, dag_id: str, kinds: set[str]) -> str | None:
    """
    The id of the newest red run that held back deletions of these types; None where a later run found nothing to hold back.

    :param kinds: resource types
    """
    settled: set[str] = set()
    of_reruns = sites.named("rerun", sites.of(dag_id))
    for dag, folder in lake.runs():
        if dag not in (dag_id, of_reruns):
            continue
        judged = lake.read_json(lake.metrics(dag, folder, "verdict.json"))
        settled |= _mended(lake, dag, folder) if dag == of_reruns else set()
        run = mends(lake, dag, folder) if dag == of_reruns else _id(lake, dag, folder, judged)
        if run is None or run in settled:
            continue
        report = lake.read_json(lake.metrics(dag, folder, "transform.json"))
        if kinds <= _part(_part(report, "result"), "held_deletions").keys():
            return run
        ended = _part(report, "run").get("status") == "success"
        if dag == of_reruns:
            settled |= {run} if ended else set()
        elif ended or _verdict(judged) == reconcile.GREEN:
            return None
    return None


def reruns(lake: Lake, dag_id: str, run_id: str) -> Iterator[tuple[str, str]]:
    """DAG and id of each rerun that mended a run or tried to, newest first; those of which a report task has ended."""
    of_reruns = sites.named("rerun", sites.of(dag_id))
    for dag, folder in lake.runs():
        if dag == of_reruns:
            own = lake.read_json(lake.metrics(dag, folder, "report.json"))
            if _part(own, "result").get("mends") == run_id:
                yield dag, str(_part(own, "run").get("run_id") or folder)


def _not_mended(lake: Lake, dag_id: str) -> Iterator[tuple[str, Any]]:
    """The ids and verdicts of a DAG's runs that no rerun has brought to green, newest first; None for one without a verdict."""
    mended: set[str] = set()
    of_reruns = sites.named("rerun", sites.of(dag_id))
    for dag, folder in lake.runs():
        if dag == of_reruns:
            mended |= _mended(lake, dag, folder)
        elif dag == dag_id:
            judged = lake.read_json(lake.metrics(dag, folder, "verdict.json"))
            run = _id(lake, dag, folder, judged)
            if run not in mended:
                yield run, _verdict(judged)


def _id(lake: Lake, dag_id: str, folder: str, judged: Any) -> str:
    """A run's id. The folder's name may have lost some of its characters, but the files in it have them all."""
    others = (lake.read_json(lake.metrics(dag_id, folder, f"{task}.json")) for task in JOBS)
    for document in chain((judged,), others):
        run = _part(document, "run").get("run_id")
        if isinstance(run, str) and lake.folder_of(run) == folder:
            return run
    return folder


def _verdict(judged: Any) -> Any:
    return judged.get("verdict") if isinstance(judged, dict) else None


def mends(lake: Lake, dag_id: str, folder: str) -> str | None:
    """The id of the run that a rerun mended or tried to."""
    run = _part(lake.read_json(lake.metrics(dag_id, folder, "report.json")), "result").get("mends")
    return run if isinstance(run, str) else None


def _mended(lake: Lake, dag_id: str, folder: str) -> set[str]:
    """The id of the run that a rerun brought to green."""
    result = _part(lake.read_json(lake.metrics(dag_id, folder, "report.json")), "result")
    mends = result.get("mends") if result.get("verdict") == reconcile.GREEN else None
    return {mends} if isinstance(mends, str) else set()


def _part(document: Any, name: str) -> dict[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}
