"""
What transform reports of single types and views: deletions that wait for a person, views that stopped, entries in quarantine, and
whether each view has the resources that silver gives it.

transform goes on to its end when one of these goes wrong, so one run can have several of them. No sentence holds a resource's id.
"""

from __future__ import annotations

from typing import Any

from epic_fhir import quarantine
from epic_fhir.checks import COULD_NOT_RUN, FAIL, NO_COUNT, PASS, WARN, Check

VIEW = "silver = view"
KEPT_OUT = "opt-outs"
_COUNTS = ("silver_resources", "resources", "left_out")


def problems(result: dict[str, Any]) -> list[Check]:
    """
    One check for each type or view that transform reports a problem of; none where it reports none.

    :param result: of transform's run report
    """
    held, refused = result.get("held_deletions") or {}, result.get("refused_views") or {}
    checks = [
        Check(
            "held deletions",
            kind,
            FAIL,
            f"The source no longer holds {count:,} {kind} that silver has. transform.max-inferred-deletions allows fewer "
            "deletions, so nothing was deleted.",
        )
        for kind, count in sorted(held.items())
    ]
    checks += [Check(VIEW, view, FAIL, message) for view, message in sorted(refused.items())]
    if count := result.get("quarantined_deletions"):
        sentence = (
            f"{count:,} entries in the manifest's deleted files do not identify a resource, so they deleted nothing. All other "
            "entries were applied. "
            f"To see them, run: {quarantine.commands(result)}"
        )
        checks.append(Check("quarantine", "deletions", WARN, sentence, amount=count))
    checks += [
        Check(
            KEPT_OUT,
            kind,
            WARN,
            f"{count:,} {kind} belong to patients who have been erased, and are therefore no longer in the tables. Run "
            "epic_fhir_erase again with the same list of patients: it removes their older versions from bronze and PostgreSQL.",
            amount=count,
        )
        for kind, count in sorted((result.get("kept_out_known") or {}).items())
    ]
    return checks


def views(result: dict[str, Any]) -> list[Check]:
    """
    Whether each view has rows of the resources that silver gives it.

    :param result: of transform's run report
    """
    told, refused = result.get("views"), result.get("refused_views") or {}
    if not told and not refused:
        sentence = "transform reports no views, so it is unknown whether they match silver."
        return [Check(VIEW, "all", COULD_NOT_RUN, sentence)]
    return [_has_its_resources(view, counts) for view, counts in sorted((told or {}).items()) if view not in refused]


def _has_its_resources(view: str, counts: dict[str, Any]) -> Check:
    """transform refuses a view itself where every resource must give a row and one does not; others may give none."""
    missing = [name for name in _COUNTS if counts.get(name) is None]
    if missing or "let_through" not in counts:
        names = ", ".join(missing or ["let_through"])
        return Check(VIEW, view, COULD_NOT_RUN, f"transform does not report {names} of {view}.")
    live, resources, left_out = (counts[name] for name in _COUNTS)
    expected = counts["let_through"]
    kind, placed = counts.get("resource"), resources + left_out
    if placed > (live if expected is None else expected) or (expected or 0) > live:
        given = f"silver has {live:,} {kind}" + ("" if expected is None else f" and {expected:,} of them match the view's where")
        sentence = f"{view} accounts for {placed:,} resources, but {given}. Rebuild the view from silver."
        return Check(VIEW, view, FAIL, sentence)
    if left_out:
        sentence = (
            f"{view} leaves out {left_out:,} {kind} that do not fit it (transform.leave-out); {resources:,} have rows. Correct the "
            f"view. To see which, run: {quarantine.of_view(counts.get('path'), view)}"
        )
        return Check(VIEW, view, WARN, sentence, amount=left_out)
    if expected is None:
        sentence = f"{view} has rows of {resources:,} of the {live:,} {kind} in silver. Nothing counts how many match its where."
        return Check(VIEW, view, NO_COUNT, sentence)
    none = f"; the other {expected - resources:,} give no row" if resources < expected else ""
    if withheld := counts.get("withheld"):
        none += f"; {withheld:,} more are left out for their security labels"
    return Check(VIEW, view, PASS, f"{view} has rows of {resources:,} of the {expected:,} {kind} that match it{none}.")
