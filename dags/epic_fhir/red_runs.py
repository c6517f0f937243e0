"""The runs that are red, and that no rerun has brought to green since."""

from __future__ import annotations

from typing import Any

from epic_fhir import reconcile, sites
from epic_fhir.lake import Lake


def newest(lake: Lake, dag_id: str) -> str | None:
    """The folder of the newest run of a DAG that ended and is not green; None where there is none."""
    mended: set[str] = set()
    of_reruns = sites.named("rerun", sites.of(dag_id))
    for dag, run in lake.runs():
        if dag == of_reruns:
            mended |= _mended(lake, dag, run)
        # One without a verdict is still at work: its export is not to be taken away from it.
        elif dag == dag_id and run not in mended and _verdict(lake, dag_id, run) not in (None, reconcile.GREEN):
            return run
    return None


def _mended(lake: Lake, dag_id: str, run: str) -> set[str]:
    """The folder of the run that a rerun brought to green."""
    result = _part(lake.read_json(lake.metrics(dag_id, run, "report.json")), "result")
    mends = result.get("mends") if result.get("verdict") == reconcile.GREEN else None
    return {lake.metrics(dag_id, mends, "").split("/")[-2]} if isinstance(mends, str) else set()


def _verdict(lake: Lake, dag_id: str, run: str) -> Any:
    told = lake.read_json(lake.metrics(dag_id, run, "verdict.json"))
    return told.get("verdict") if isinstance(told, dict) else None


def _part(document: Any, name: str) -> dict[str, Any]:
    part = document.get(name) if isinstance(document, dict) else None
    return part if isinstance(part, dict) else {}
