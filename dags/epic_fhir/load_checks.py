"""
What load reports of single tables: those that it could not bring up to date, and what it had to mend or leave out.

load goes on to its end when one table goes wrong, so one run can have several of them. No sentence holds a value of the data.
"""

from __future__ import annotations

from typing import Any

from epic_fhir.checks import FAIL, WARN, Check
from epic_fhir.source_checks import EXPECTATIONS

TABLE = "view = PostgreSQL"


def problems(result: dict[str, Any]) -> list[Check]:
    """
    One check for each table that load could not bring up to date, then one for each of its warnings; none where it has none.

    :param result: of load's run report
    """
    refused = result.get("refused_views") or {}
    checks = [Check(TABLE, view, FAIL, message) for view, message in sorted(refused.items())]
    return checks + [Check(EXPECTATIONS, "load", WARN, sentence) for sentence in result.get("warnings") or []]
