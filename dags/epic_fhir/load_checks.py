"""
What load reports about single tables: those that it could not bring up to date, and what it had to repair or leave out.

load goes on to its end when one table goes wrong, so one run can have several of them. No sentence holds a value of the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epic_fhir.checks import COULD_NOT_RUN, FAIL, NO_COUNT, PASS, WARN, Check
from epic_fhir.source_checks import EXPECTATIONS

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence

TABLE = "view = PostgreSQL"
OLDER = "older in PostgreSQL"
"""The check that no transform ran after load: it compares no counts, which may be the same."""
QUALITY = "quality"


def problems(result: dict[str, Any]) -> list[Check]:
    """
    One check for each table that load could not bring up to date, then one for each of its warnings; none where it has none.

    :param result: of load's run report
    """
    refused = result.get("refused_views") or {}
    checks = [Check(TABLE, view, FAIL, message) for view, message in sorted(refused.items())]
    return checks + [Check(EXPECTATIONS, "load", WARN, sentence) for sentence in result.get("warnings") or []]


def newest(evidence: Evidence, kind: str, table: str, version: int | None) -> tuple[dict[str, Any], Check | None]:
    """
    What load left of a table where transform ran again after it. Its rows may be as many as they were; another run's load may have
    brought them since.

    :param kind: of tables, in load's report
    :param version: of Delta, as transform left it; None where it does not say
    :return: what load reports of it, and the check that fails where nobody has loaded it since
    """
    loaded = (evidence.result("load").get(kind) or {}).get(table) or {}
    if not loaded or (version is not None and loaded.get("delta_version") == version) or not evidence.load_was_before:
        return loaded, None
    if version is not None and (later := evidence.served(kind, table, version)):
        return later, None
    sentence = f"{table} in PostgreSQL is older than in the lake: transform ran again after load; run load again."
    return loaded, Check(OLDER, table, FAIL, sentence)


def quality(result: dict[str, Any]) -> list[Check]:
    """
    One check for each quality check of load: SQL that counts the rows that are bad. None where the settings turn them off.

    :param result: of load's run report
    """
    return [_of(name, found) for name, found in sorted((result.get("quality") or {}).items())]


def _of(name: str, found: dict[str, Any]) -> Check:
    state, rows, allowed = found.get("state"), found.get("rows"), found.get("allowed")
    title = found.get("title")
    if state == "off":
        return Check(QUALITY, name, NO_COUNT, "load.quality.overrides turns this check off.")
    if state not in ("passed", "exceeded") or not isinstance(rows, int) or not isinstance(allowed, int):
        reason = found.get("reason") or f"load says that it ended as {state} with {rows} rows"
        who = f"{title}: the check" if title else "The check"
        return Check(QUALITY, name, COULD_NOT_RUN, f"{who} could not run: {reason}.")
    share = f" ({rows / found['of_rows']:.1%} of {found['of']})" if found.get("of_rows") else ""
    sentence = f"{title or name}: {rows:,} rows{share}, at most {allowed:,} are allowed."
    if state == "passed" and rows <= allowed:
        return Check(QUALITY, name, PASS, sentence)
    failed = FAIL if found.get("severity") == "red" else WARN
    return Check(QUALITY, name, failed, f"{sentence} See them: {found.get('query')}", amount=rows)
