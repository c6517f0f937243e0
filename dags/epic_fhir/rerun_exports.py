"""Which exports a rerun works on, and what landed of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from epic_fhir import contract_checks
from epic_fhir.evidence import counts_hold, export_ids
from epic_fhir.lake import Lake
from epic_fhir.reports import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterable


class Impossible(Exception):
    """The rerun cannot be planned; the message says what to give instead."""


def of_run(reports: dict[str, Any]) -> list[str]:
    """
    Those that the run to mend asked for. An extract that failed names only what landed, or what it tried last; one that succeeded
    names all, also a later crawl in the place of its own.
    """
    extract = reports["extract"] or {}
    if (extract.get("run") or {}).get("status") == "success" and (landed := export_ids(extract)):
        return landed
    return [*dict.fromkeys([*requested(reports), *export_ids(extract)])]


def reports_of(lake: Lake, dag_id: str, run: str) -> dict[str, Any]:
    """What the tasks of a run left; None for each that left nothing."""
    found = {task: lake.read_json(lake.metrics(dag_id, run, f"{task}.json")) for task in (*JOBS, "report")}
    return {task: report if isinstance(report, dict) else None for task, report in found.items()}


def requested(reports: dict[str, Any]) -> list[str]:
    """The exports that kick_off names, or else wait."""
    return export_ids(reports.get("kick_off")) or export_ids(reports.get("wait"))


def lost(lake: Lake, reports: dict[str, Any], exports: list[str]) -> bool:
    """
    Whether a run lacks an export that only a kick-off can bring.

    :param reports: of its newest try: wait or extract says so, whichever came to it first
    :param exports: the run's; what was given up since is noted beside them
    """
    noted = [export for export in exports if lake.exists(f"{lake.root}/state/exports/{export}/given-up.json")]
    if any(not is_open(lake, export) and not _has_landed(lake, export) for export in noted):
        return True
    told = {task: reports[task] or {} for task in ("wait", "extract")}
    ended = {task: (report.get("run") or {}).get("status") == "success" for task, report in told.items()}
    gave_up = {task: (report.get("result") or {}).get("given_up") for task, report in told.items()}
    # An extract that ended well before a wait that did not is one of an earlier try.
    return bool(gave_up["wait"] or gave_up["extract"]) and not (ended["wait"] and ended["extract"])


def _has_landed(lake: Lake, export: str) -> bool:
    return lake.exists(lake.landing(export))


def chosen(lake: Lake, asked: tuple[str, ...]) -> list[str]:
    """Export ids as they are; a date stands for the exports with a partition of that date."""
    dates = {name for name in asked if re.fullmatch(r"\d{4}-\d\d-\d\d", name)}
    found = [name for name in asked if name not in dates]
    if dates:
        at = {date: [] for date in dates}
        for export, landing in lake.json_files(f"{lake.root}/state/landings"):
            for date in dates & {d for f in _usable(export, landing)["files"] if (d := _date(f["path"]))}:
                at[date].append(export)
        empty = sorted(date for date, exports in at.items() if not exports)
        if empty:
            raise Impossible(
                f"Cannot find an export with a bronze partition extraction_date={empty[0]}; give an export's id, or a date with an "
                "export"
            )
        found += sorted({export for exports in at.values() for export in exports})
    return found


def landings(lake: Lake, exports: list[str]) -> dict[str, Any]:
    """What landed of each; None where nothing has."""
    found = {export: lake.read_json(lake.landing(export)) for export in exports}
    return {export: _usable(export, landing) if lake.exists(lake.landing(export)) else None for export, landing in found.items()}


def is_open(lake: Lake, export: str) -> bool:
    """Whether the server was asked for it and it has not landed; a server knows nothing of a crawl."""
    return lake.exists(f"{lake.root}/state/exports/{export}/kick-off.json") and not _has_landed(lake, export)


def at_kick_off(lake: Lake, tries: dict[tuple[str, str], dict[str, Any]], named: Iterable[str] | None) -> dict[str, list[str]]:
    """
    What a rerun that begins with kick_off does with the exports of its run: which it takes back, keeps and gives up.

    :param tries: of the run to mend what each left, by DAG and id, the newest first
    :param named: those that a person keeps; None where the rerun begins with kick_off by itself, because a group lacks its export:
        then the other groups keep theirs
    """
    every = [*dict.fromkeys(export for reports in reversed([*tries.values()]) for export in of_run(reports))]
    takes_back = miscounted(lake, tries, every)
    newest = (export_ids(reports["kick_off"]) for reports in tries.values())
    mine = next((exports for exports in newest if exports), every) if named is None else named
    keeps = [export for export in mine if _can_stay(lake, export) and export not in takes_back]
    gives_up = [export for export in every if is_open(lake, export) and export not in keeps]
    return {"takes_back": takes_back, "keeps": keeps, "gives_up": gives_up}


def _can_stay(lake: Lake, export: str) -> bool:
    """Whether a kick-off can continue with it: it has landed, or is on its way and was not refused."""
    refused = lake.exists(f"{lake.root}/state/exports/{export}/refused.json")
    return _has_landed(lake, export) or (is_open(lake, export) and not refused)


def miscounted(lake: Lake, tries: dict[tuple[str, str], dict[str, Any]], exports: Iterable[str]) -> list[str]:
    """
    Exports in bronze whose counts do not fit, or were never compared: a new export would take them for what it need not bring.

    :param tries: of the run to mend what each left, by DAG and id, the newest first; it has the last word on an export
    """
    verdicts = {name: lake.read_json(lake.metrics(*name, "verdict.json")) for name in tries}
    found = []
    for export in exports:
        landing = contract_checks.usable_landing(export, lake.read_json(lake.landing(export)))[0]
        if landing is not None:
            own = {name: export in export_ids(told["extract"]) for name, told in tries.items()}
            said = (counts_hold(verdicts[name], landing, own=own[name]) for name in tries)
            found += [export] if next((word for word in said if word is not None), True) is False else []
    return found


def _usable(export: str, landing: Any) -> dict[str, Any]:
    """
    :raises Impossible: where a bronze commit is there and nobody can read it, so that nobody can say which files are the export's
    """
    usable, told = contract_checks.readable_landing(export, landing)
    if usable is None:
        raise Impossible(told)
    return usable


def _date(path: str) -> str | None:
    told = re.search(r"/extraction_date=(\d{4}-\d\d-\d\d)/", path)
    return told[1] if told else None
