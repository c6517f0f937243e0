"""
Expectations that need no exact count: there are patients, no type is gone, no mass deletion happened, each table has its view,
nothing is in quarantine, and something besides the server's own files counted the resources. Each of these is a warning with an
alert. None is wrong data by itself, so none makes a run red.
"""

from __future__ import annotations

from typing import Any

from epic_fhir import acceptance, history, quarantine
from epic_fhir.checks import COULD_NOT_RUN, NO_BASELINE, NO_COUNT, PASS, WARN, Check
from epic_fhir.source_checks import EXPECTATIONS

PATIENT = "Patient"

LEAST_LOST = 3
"""Losing fewer resources than this is not worth a warning; for patients every loss is."""

SLOW_RUNS, SLOW_SHARES = 30, 3
"""A slow loss, which is too small in each single run: the window in good runs, and the multiple of one run's allowed share."""

_OF = ": "
"""Between a check's name and its subject, where one text holds both."""

_LASTING = ("silver = view", "view = PostgreSQL", "joined = PostgreSQL", "patients", "quality")
"""Checks that each run has for everything that is there, new or not."""


def expectations(reports: dict[str, dict[str, Any] | None], past: dict[str, Any], run_id: str, most_deleted: float) -> list[Check]:
    """
    Every check of the kind.

    :param past: the history of runs
    :param most_deleted: the share of a type that may be deleted since the last good run without a word
    """
    results = {phase: (report or {}).get("result") or {} for phase, report in reports.items()}
    silver = results.get("transform", {}).get("silver")
    return [
        *_tables(silver, past, run_id, most_deleted),
        _views_have_definitions(results.get("transform", {}), results.get("load", {})),
        *in_quarantine(reports.get("extract")),
        *independent_counts(reports.get("extract")),
    ]


def _tables(silver: Any, past: dict[str, Any], run_id: str, most_deleted: float) -> list[Check]:
    now = history.silver(silver)
    if silver is None or len(now) < len(silver):
        sentence = "transform does not report what silver holds, so it is unknown whether patients, types or resources are gone."
        return [Check(EXPECTATIONS, "all", COULD_NOT_RUN, sentence)]
    known = {kind for run in past["runs"] if run.get("verdict") == "green" for kind in run.get("silver") or {}}
    of_types = [_type(kind, now.get(kind), past, run_id, most_deleted) for kind in sorted({*now, *known})]
    return [_patients(now), *(check for check in of_types if check is not None)]


def _patients(now: dict[str, dict[str, int]]) -> Check:
    subject, count = "number of patients", (now.get(PATIENT) or {}).get("live", 0)
    if count:
        return Check(EXPECTATIONS, subject, PASS, f"Silver has {count:,} patients.")
    sentence = (
        "Silver has no patients. Check the group and its members, the client's permissions, and that Patient is among the types."
    )
    return Check(EXPECTATIONS, subject, WARN, sentence)


def _type(kind: str, now: dict[str, int] | None, past: dict[str, Any], run_id: str, most_deleted: float) -> Check | None:
    earlier = [
        run["silver"][kind] for run in acceptance.comparable(past, run_id, EXPECTATIONS, kind) if kind in (run.get("silver") or {})
    ]
    live, gone = (now or {}).get("live", 0), (now or {}).get("gone", 0)
    if not earlier:
        if acceptance.lasts(past, run_id, EXPECTATIONS, kind):
            sentence = f"Earlier runs warned that {kind} is gone or was deleted, and there is no earlier run left to compare with."
            return Check(EXPECTATIONS, kind, WARN, sentence, moves=True)
        if now is None:
            return None  # someone accepted that it is gone
        return Check(EXPECTATIONS, kind, NO_BASELINE, f"No baseline yet: no earlier green run knows {kind}.")
    return _beside(kind, live, gone, earlier, most_deleted)


def _beside(kind: str, live: int, gone: int, earlier: list[dict[str, int]], most_deleted: float) -> Check:
    """A type beside the runs that it may be compared with, oldest first."""
    before = earlier[-1]
    if before["live"] and not live:
        sentence = (
            f"{kind} is gone: silver had {before['live']:,} after the last good run and has none now. Check that the client may "
            "still read this type, and that the source deleted them."
        )
        return Check(EXPECTATIONS, kind, WARN, sentence, moves=True)
    lost = max(before["live"] - live, gone - before["gone"])
    if lost > most_deleted * before["live"] and (lost >= LEAST_LOST or kind == PATIENT):
        sentence = (
            f"{lost:,} of {before['live']:,} {kind} were deleted since the last good run. Check that the source deleted them."
        )
        return Check(EXPECTATIONS, kind, WARN, sentence, moves=True)
    most = max(one["live"] for one in earlier[-SLOW_RUNS:])
    if most - live > SLOW_SHARES * most_deleted * most and most - live >= LEAST_LOST:
        sentence = (
            f"{kind} shrinks from run to run: silver has {live:,} now and had up to {most:,} in the last {SLOW_RUNS} good runs. "
            "Check that the source deleted them."
        )
        return Check(EXPECTATIONS, kind, WARN, sentence, moves=True)
    return Check(EXPECTATIONS, kind, PASS, f"Silver has {live:,} {kind}, {before['live']:,} in the last good run.")


def _views_have_definitions(transform: dict[str, Any], load: dict[str, Any]) -> Check:
    views, tables = transform.get("views"), load.get("tables")
    if views is None or tables is None:
        who = "transform names no views" if views is None else "load names no tables"
        return Check(EXPECTATIONS, "views", COULD_NOT_RUN, f"{who}, so it is unknown whether each table still has its view.")
    lost = sorted(set(tables) - set(views) - set(transform.get("refused_views") or {}))
    if lost:
        sentence = (
            f"The views of these tables are gone, so nothing updates the tables: {', '.join(lost)}. Restore the views' files, "
            "or delete the tables."
        )
        return Check(EXPECTATIONS, "views", WARN, sentence, names=tuple(lost))
    return Check(EXPECTATIONS, "views", PASS, f"Each of the {len(tables)} tables has its view.")


def in_quarantine(extract: dict[str, Any] | None) -> list[Check]:
    """A check of each type with lines in quarantine; whether the numbers are there, ``source = bronze`` asks."""
    commands = quarantine.commands((extract or {}).get("result") or {})
    show = f" To see them, run: {commands}" if commands else ""
    return [
        Check("quarantine", kind, WARN, f"In quarantine, and in no table: {n:,} {kind}.{show}", amount=n)
        for kind, counts in sorted(((extract or {}).get("resources") or {}).items())
        if (n := counts.get("rejected"))
    ]


def independent_counts(extract: dict[str, Any] | None) -> list[Check]:
    """The types for which only the files themselves say how many resources came. Reads by id are counted by the reader."""
    if extract is None:
        return []
    result = extract.get("result") or {}
    promised, by_reference = result.get("manifest_counts") or {}, result.get("by_reference") or {}
    uncounted = sorted(
        kind
        for kind, counts in (extract.get("resources") or {}).items()
        if kind not in promised and (counts.get("received") or 0) > by_reference.get(kind, 0)
    )
    if not uncounted:
        return []
    sentence = f"The manifest has no counts for these types, so a truncated file would go unnoticed: {', '.join(uncounted)}."
    return [Check("manifest = source", "no count", NO_COUNT, sentence)]


def still_asked(checks: list[Check], before: list[dict[str, Any]]) -> list[Check]:
    """
    Whether each check of tables and data that earlier good runs had ran again: a check that does not run cannot fail.

    :param before: verdict.json of the newest of them, which names what it lacked; before that version, of each since the last one
        that had them all
    """
    asked = {(check.name, check.subject) for check in checks}
    then = {(c["name"], c["subject"]) for told in before for c in told.get("checks") or [] if _lasts(c)}
    then |= {tuple(name.split(_OF, 1)) for told in before for name in _lack(told) or []}
    gone = sorted(then - asked)
    if not gone:
        return []
    named = ", ".join(f"{name} of {subject}" for name, subject in gone[:10])
    more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
    sentence = (
        f"These checks ran in earlier good runs but not in this one: {named}{more}. If the settings or views removed them, accept "
        "this warning; otherwise bring them back."
    )
    return [
        Check(EXPECTATIONS, "checks", WARN, sentence, moves=True, names=tuple(f"{name}{_OF}{subject}" for name, subject in gone))
    ]


def names_lack(told: dict[str, Any]) -> bool:
    """Whether a verdict names every check that its run lacked."""
    return _lack(told) is not None


def without_lack(told: dict[str, Any]) -> dict[str, Any]:
    """The verdict of a run that lacked nothing, or whose lack somebody accepted."""
    return {**told, "checks": [c for c in told.get("checks") or [] if not _is_lack(c)]}


def _lack(told: dict[str, Any]) -> list[str] | None:
    """The checks that a run lacked; None where its version did not keep them."""
    (names,) = [c.get("names") for c in told.get("checks") or [] if _is_lack(c)][:1] or [[]]
    return names if isinstance(names, list) and all(isinstance(name, str) and _OF in name for name in names) else None


def _is_lack(check: dict[str, Any]) -> bool:
    return (check["name"], check["subject"]) == (EXPECTATIONS, "checks")


def _lasts(check: dict[str, Any]) -> bool:
    return check["name"] in _LASTING and check["state"] != NO_COUNT
