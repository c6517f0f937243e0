"""
Joined tables and lookups: those that transform or load could not bring up to date, and whether PostgreSQL has the rows of the lake.

They depend on the views, so a run reports them after the views. No sentence holds a value of the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, WARN, Check
from epic_fhir.load_checks import newest
from epic_fhir.source_checks import EXPECTATIONS

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence

MADE = "views = joined"
"""transform made it of the views as they are now."""

LOADED = "joined = PostgreSQL"

KINDS = {"joined": "joined table", "lookups": "lookup"}
"""The key in the report, and the word for one such table."""

REFUSED = tuple(f"refused_{kind}" for kind in KINDS)


def problems(result: dict[str, Any], name: str) -> list[Check]:
    """
    One check for each table that a phase could not bring up to date; none where it could.

    :param result: of the phase's run report
    :param name: of the check that fails
    """
    return [Check(name, table, FAIL, message) for kind in REFUSED for table, message in sorted((result.get(kind) or {}).items())]


def are_loaded(evidence: Evidence) -> list[Check]:
    """Whether each joined table and lookup has the same rows in the lake and in PostgreSQL; nothing where the site has none."""
    transform, load = evidence.result("transform"), evidence.result("load")
    checks = []
    for kind, word in KINDS.items():
        made, loaded = transform.get(kind), load.get(kind)
        if not made and not loaded:
            continue
        if made is None or loaded is None:
            who = "transform" if made is None else "load"
            sentence = f"{who} reports no {kind}, so it is unknown whether PostgreSQL matches the lake."
            checks.append(Check(LOADED, kind, COULD_NOT_RUN, sentence))
            continue
        told = {*(load.get(f"refused_{kind}") or {})}  # each has a check of its own
        waiting = {*(transform.get(f"refused_{kind}") or {})}
        for table in sorted({*made, *loaded} - told):
            if table in waiting and table not in loaded:
                continue  # it was never made
            own, older = loaded.get(table) or {}, None
            if table in made:
                own, older = newest(evidence, kind, table, made[table].get("version"))
            checks.append(older or _is_loaded(table, made.get(table), own, evidence.standing_joined.get(table)))
        checks += _without_file(kind, word, {*loaded} - {*made} - waiting)
    return checks


def _is_loaded(table: str, made: dict[str, Any] | None, loaded: dict[str, Any], standing: int | None) -> Check:
    """What transform left is what was loaded; or what another run's transform left before the load came."""
    at, postgres = loaded.get("delta_version"), loaded.get("rows")
    before = (made or {}).get("version")
    moved = None not in (at, before, standing) and before < at <= standing
    rows = loaded.get("view_rows") if made is None or moved else made.get("rows")
    if rows is None or postgres is None:
        who = "load" if postgres is None or made is None else "transform"
        return Check(LOADED, table, COULD_NOT_RUN, f"{who} does not say how many rows {table} has.")
    if rows == postgres:
        return Check(LOADED, table, PASS, f"{table} has {rows:,} rows in the lake and in PostgreSQL.")
    return Check(LOADED, table, FAIL, f"{table} has {rows:,} rows in the lake and {postgres:,} in PostgreSQL; run load again.")


def _without_file(kind: str, word: str, tables: set[str]) -> list[Check]:
    """Like views that lost their files: their tables stay, and nothing brings them up to date."""
    if not tables:
        return []
    names = tuple(sorted(tables))
    sentence = (
        f"These {word}s no longer have a file, so their tables are not updated: {', '.join(names)}. "
        "Restore the files, or delete the tables."
    )
    return [Check(EXPECTATIONS, kind, WARN, sentence, names=names)]


def counts(transform: dict[str, Any], load: dict[str, Any]) -> list[dict[str, Any]]:
    """
    What the page shows: a row for each joined table and lookup.

    :param transform: the result of transform's run report
    :param load: that of load's
    """
    rows = []
    for kind, word in KINDS.items():
        made, loaded = transform.get(kind) or {}, load.get(kind) or {}
        waiting = {**(transform.get(f"refused_{kind}") or {}), **(load.get(f"refused_{kind}") or {})}
        for table in sorted({*made, *loaded, *waiting}):
            own = made.get(table) or {}
            rows.append(
                {
                    "table": table,
                    "kind": word,
                    "rows": own.get("rows"),
                    "built": own.get("built"),
                    "touched": own.get("touched"),
                    "postgres": (loaded.get(table) or {}).get("rows"),
                    "refused": table in waiting,
                }
            )
    return rows
