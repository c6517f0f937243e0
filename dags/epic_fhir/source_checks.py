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
"""The share of a type that may be found by id only, because resources move to categories that the crawl does not search."""


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
            f"The server refused all {count:,} reads of {kind} (403). Add the type to the client's permissions and to "
            "source.scopes, or remove it from crawl.hydrate (of a bulk export: bulk.hydrate).",
        )
        for kind, count in sorted(unreadable.items())
    ]
    told += [
        (
            f"{kind} (not listed)",
            count,
            f"{count:,} of {received.get(kind, 0):,} {kind} can be read by id, but no search or export returns them. New "
            "resources may be missing too: ask the server's operator whether searches and exports are complete.",
        )
        for kind, count in sorted(kept.items())
    ]
    told += [
        (
            f"{kind} (not confirmed)",
            count,
            f"{count:,} {kind} are in no search or export any more, and reading them by id did not confirm that they were "
            "deleted. They stay in the tables. Ask the server's operator what happened to them.",
        )
        for kind, count in sorted(unconfirmed.items())
    ]
    checks = [Check(SOURCE, subject, WARN, sentence, amount=count) for subject, count, sentence in told]
    return checks + [Check(EXPECTATIONS, "extract", WARN, sentence) for sentence in result.get("warnings") or []]
