"""What a rerun says it will do, before anybody agrees to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from epic_fhir.rerun import Plan

from epic_fhir.reports import JOBS

NEW_EXPORT = (
    "The rerun requests a new export, as the next daily run would: a full one if nothing has landed, patients joined the group, a "
    "full export is due, or bulk.mode is full without bulk.windows; otherwise the changes since the newest landing, or the days of "
    "bulk.windows. If extract.by is crawl, it starts a new crawl."
)


def sentences(made: Plan, reports: dict[str, Any], landings: dict[str, Any], standing: dict[str, Any]) -> list[str]:
    said = [f"Run {made.run}: {why_red(reports)}", f"It begins with {made.begin}."]
    if made.begin == "kick_off":
        said.append(NEW_EXPORT)
        said += [
            f"The counts of export {export} do not match, or were never compared: the rerun withdraws it, and the new export "
            "covers its time as well."
            for export in made.takes_back
        ]
        said += [f"Export {export} never landed: the rerun cancels it, also on the server." for export in made.gives_up]
        said += [_kept(export, landings[export]) for export in made.keeps]
    elif made.begin != "extract":
        said.append("The rerun sends no requests to the server.")
    for export in made.exports:
        landing = landings.get(export)
        if landing is None:
            said.append(f"Export {export} is fetched from the server; it has not landed yet.")
        else:
            verb = (
                "is used as it landed; it is downloaded again only if its bronze files are damaged"
                if made.begin == "extract"
                else "is applied once more"
            )
            said.append(f"{_landed(export, landing)} {verb}.")
    for kind in made.types:
        rows = standing["silver"][kind].get("rows_live")
        now = "rows not known" if rows is None else f"{rows:,} rows now"
        said.append(f"{kind} in silver ({now}) and its views are rebuilt from all of bronze.")
    for view in made.views:
        rows = standing["views"][view].get("rows")
        now = "no table yet" if rows is None else f"{rows:,} rows now"
        folder = "joined" if view in standing["joined"] else "views"
        said.append(f"{folder}/{view} and its PostgreSQL table ({now}) are replaced.")
    for table in made.lookups:
        rows = standing["lookups"][table].get("rows")
        now = "rows not known" if rows is None else f"{rows:,} rows now"
        said.append(f"The PostgreSQL table of {table} ({now}) is replaced.")
    for kind, count in (accepted.split(":") for accepted in made.accept_deletions):
        rows = standing["silver"][kind].get("rows_live")
        many = f"{int(count):,}" if rows is None else f"{int(count):,} of {rows:,}"
        said.append(f"transform may delete {many} {kind} although no server confirmed that they are gone.")
    if made.accept_deletions:
        said.append(f"The reason: {made.reason}")
    if not made.types and not made.views and not made.lookups:
        said.append("In silver, the views and PostgreSQL, only rows that differ are written.")
    return said


def _kept(export: str, landing: dict[str, Any] | None) -> str:
    """Of an export with which a kick-off continues."""
    what = f"Export {export}, which has not landed yet," if landing is None else _landed(export, landing)
    return f"{what} is kept: no new export of its group is requested."


def _landed(export: str, landing: dict[str, Any]) -> str:
    rows, files = sum(f["rows"] for f in landing["files"]), len(landing["files"])
    return f"Export {export} of {landing['transaction_time']} ({files} files, {rows:,} rows)"


def why_red(reports: dict[str, Any]) -> str:
    for task in JOBS:
        if error := ((reports[task] or {}).get("run") or {}).get("error"):
            return f"{task} failed: {str(error).splitlines()[0]}"
    told = ((reports["report"] or {}).get("result") or {}).get("problem")
    return told or "no task failed."
