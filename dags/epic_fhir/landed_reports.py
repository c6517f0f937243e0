"""
What extract reported of exports that had landed before it ran: a retry, a clear or a rerun downloads and counts nothing of them.

The bronze commit keeps what the run report said as the export landed. It is told again in the run that landed the export, and in
the reruns that mend that run. Any other run that adopts the export leaves it to that one if that one has a page that tells it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from epic_fhir import phase_results, sites
from epic_fhir.contract_checks import usable, usable_landing
from epic_fhir.evidence import counted_in, export_ids, landed_before, was_stopped

if TYPE_CHECKING:
    from epic_fhir.lake import Lake, RunKey


_COUNTS = ("manifest_counts", "by_reference", "unchanged", "duplicates", "opted_out")
"""The entries of the result that count resources on their way to bronze."""


@dataclass(frozen=True)
class Whole:
    """
    Extract's run report with what it said of its exports in earlier tries.

    :param extract: None where there is none
    :param counted: the exports that landed earlier, and whose counts are in it
    :param adopted: those whose counts are not, with the key of the run that counted them
    """

    extract: dict[str, Any] | None
    counted: frozenset[str] = frozenset()
    adopted: dict[str, str] = field(default_factory=dict)


def of_what_landed(lake: Lake, extract: dict[str, Any] | None) -> dict[str, Any] | None:
    """
    Extract's run report with the counts of what landed alone, where it failed for another export: what it received of that one is
    in no bronze commit, so nothing after it has these resources. Where nothing landed the report stays as it is.

    :param extract: as much of it as one can use
    """
    if extract is None or extract["run"]["status"] == "success":
        return extract
    landings = [usable_landing(export, lake.read_json(lake.landing(export)))[0] for export in export_ids(extract)]
    told = [landing.get("report") if landing else None for landing in landings if not landed_before(extract, landing or {})]
    if not landings or any(part is None or phase_results.that_fits("extract", part["result"], "")[1] for part in told):
        return extract
    rest = {name: value for name, value in extract["result"].items() if name not in _COUNTS}
    parts = [
        {"resources": part["resources"], "result": {name: part["result"][name] for name in _COUNTS if part["result"].get(name)}}
        for part in told
    ]
    return _merged({**extract, "resources": {}, "result": rest}, parts)


def whole(lake: Lake, key: RunKey, extract: dict[str, Any] | None, mends: str | None = None) -> Whole:
    """
    :param extract: as much of extract's run report as one can use
    :param mends: of a rerun, the run that it mends
    """
    if extract is None:
        return Whole(extract)
    parts, adopted = {}, {}
    for export in export_ids(extract):
        landing = usable_landing(export, lake.read_json(lake.landing(export)))[0] or {}
        run_key = str(landing.get("run_key"))
        if not landed_before(extract, landing):
            continue
        theirs = not _is_ours(lake, key, run_key, mends) and _was_told(lake, run_key, landing)
        told = None if theirs else _told(lake, key, export, landing)
        if told is None:
            adopted[export] = run_key
        else:
            parts[export] = told
    return Whole(_merged(extract, [*parts.values()]), frozenset(parts), adopted)


def _is_ours(lake: Lake, key: RunKey, run_key: str, mends: str | None) -> bool:
    """Whether it is this run, the run that it mends, or another rerun of that one."""
    site = sites.of(key.dag_id)
    if run_key == f"{key.dag_id}/{key.run_id}" or (mends and run_key == f"{sites.named('etl', site)}/{mends}"):
        return True
    dag_id, _, run_id = run_key.partition("/")
    if not mends or dag_id != sites.named("rerun", site):
        return False
    own = lake.read_json(lake.metrics(dag_id, run_id, "report.json"))
    result = own.get("result") if isinstance(own, dict) else None
    return isinstance(result, dict) and result.get("mends") == mends


def _was_told(lake: Lake, run_key: str, landing: dict[str, Any]) -> bool:
    """Whether the run that landed it was judged and reported, and not only stopped: by its settings, or by a person."""
    dag_id, _, run_id = run_key.partition("/")
    verdict, own = (lake.read_json(lake.metrics(dag_id, run_id, f"{name}.json")) for name in ("verdict", "report"))
    result = own.get("result") if isinstance(own, dict) else None
    reported = isinstance(result, dict) and result.get("verdict") is not None
    return reported and counted_in(verdict, landing) and not was_stopped(verdict)


def _told(lake: Lake, key: RunKey, export: str, landing: dict[str, Any]) -> dict[str, Any] | None:
    """What was said of the export; None in a bronze commit that an earlier version left, or that says what no check can read."""
    told = landing.get("report")
    if told is None or phase_results.that_fits("extract", told["result"], export)[1]:
        return None
    dag_id, _, run_id = landing["run_key"].partition("/")
    if (dag_id, run_id) == (key.dag_id, key.run_id):
        return told
    # What a bulk export's landing shows beside those before it is in the run's own report alone.
    other = usable("extract", lake.read_json(lake.metrics(dag_id, run_id, "extract.json")))[0]
    warnings = ((other or {}).get("result") or {}).get("warnings") or []
    return _merged(told, [{"resources": {}, "result": {"warnings": warnings}}]) if export in export_ids(other) else told


def _merged(report: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    """With the counts of the parts added, and their sentences and folders beside its own."""
    resources, result = dict(report["resources"]), dict(report["result"])
    for part in parts:
        for kind, counts in part["resources"].items():
            resources[kind] = _sum(resources.get(kind) or {}, counts)
        for name, value in part["result"].items():
            known = result.get(name)
            if isinstance(value, dict):
                result[name] = _sum(known or {}, value)
            elif isinstance(value, list):
                result[name] = [*dict.fromkeys([*(known or []), *value])]
            elif isinstance(value, str):
                result[name] = value if not known else known if value in known else f"{known}, {value}"
    return {**report, "resources": resources, "result": result}


def _sum(mine: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    both = dict(mine)
    for name, n in others.items():
        both[name] = n if both.get(name) is None else both[name] if n is None else both[name] + n
    return both
