"""
What extract reports of a source that keeps something back: types that the application may not read, and resources that searches or
exports no longer hold although they are there, or nobody said that they are gone. Neither is wrong data, so neither makes a run
red. No sentence holds an id.
"""

from __future__ import annotations

from typing import Any

from epic_fhir.checks import WARN, Check

SOURCE = "source"
EXPECTATIONS = "expectations"

MOST_KEPT = 0.05
"""So large a share of a type may be found by its ids only: resources move to categories that the crawl does not ask for."""


def problems(result: dict[str, Any], resources: dict[str, Any]) -> list[Check]:
    """
    One check for each type and what extract reports of it, then one for each of its warnings; none where it reports nothing. One
    type can have several of them, so the subject says which it is: who accepts one has not accepted the others.

    :param result: of extract's run report
    :param resources: its counts by type
    """
    unreadable, unconfirmed = result.get("unreadable") or {}, result.get("unconfirmed") or {}
    received = {kind: counts.get("received") or 0 for kind, counts in resources.items()}
    kept = {kind: n for kind, n in (result.get("kept") or {}).items() if n > MOST_KEPT * received.get(kind, 0)}
    told = [
        (
            f"{kind} (not readable)",
            count,
            f"The server refused all {count:,} reads of {kind} (403). Add the type to the application's rights and to "
            "source.scopes, or take it out of crawl.hydrate (of a bulk export: bulk.hydrate).",
        )
        for kind, count in sorted(unreadable.items())
    ]
    told += [
        (
            f"{kind} (not listed)",
            count,
            f"No search or export holds {count:,} of {received.get(kind, 0):,} {kind}, but they are there by their ids. What is "
            "new may be missing: ask the server's operator whether searches and exports hold everything.",
        )
        for kind, count in sorted(kept.items())
    ]
    told += [
        (
            f"{kind} (not confirmed)",
            count,
            f"No search or export holds {count:,} {kind} any more, but reading them by their ids does not say that they are gone. "
            "They stay in the tables. Ask the server's operator what became of them.",
        )
        for kind, count in sorted(unconfirmed.items())
    ]
    checks = [Check(SOURCE, subject, WARN, sentence, amount=count) for subject, count, sentence in told]
    return checks + [Check(EXPECTATIONS, "extract", WARN, sentence) for sentence in result.get("warnings") or []]
