"""Whether the data looks as it did: rows, nulls, patients that are known, age. Warnings only: reconcile has the counts."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from epic_fhir import acceptance, history
from epic_fhir.checks import COULD_NOT_RUN, NO_BASELINE, PASS, WARN, Check
from epic_fhir.reports import parse_instant

LEAST_LOST = 3
"""Losing fewer rows than this is not worth a warning, unless none are left."""

_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of this machine's clock the server's clock may be."""


@dataclass(frozen=True)
class Rules:
    """When data is strange; conf/validation.conf explains each."""

    least_runs: int = 3
    rows_lost: float = 0.1
    nulls_more: float = 0.1
    patients_unknown: float = 0.01
    deleted: float = 0.1
    max_age: timedelta = timedelta(hours=36)


def drift(
    reports: dict[str, dict[str, Any] | None], past: dict[str, Any], run_id: str, landings: dict[str, Any], rules: Rules
) -> list[Check]:
    """Every check of the run's data against earlier runs, and against itself."""
    load = ((reports.get("load") or {}).get("result")) or {}
    tables, fresh = load.get("tables"), _fresh(reports, landings, rules)
    if tables is None:
        return [
            Check("drift", "all", COULD_NOT_RUN, "load reports no tables, so they cannot be compared with earlier runs."),
            fresh,
        ]
    checks = []
    looked_at = {**(load.get("joined") or {}), **tables}
    tells_shares = _tell_shares(looked_at.values())
    for view, now in sorted(history.views(reports).items()):
        runs = acceptance.comparable(past, run_id, "drift", view)
        before = [known for run in runs if (known := (run.get("views") or {}).get(view))][-rules.least_runs * 3 :]
        least = 1 if acceptance.moved(past, "drift", view) else rules.least_runs
        if now["rows"] is None:
            told = f"There is no row count for {view}, so it cannot be compared with earlier runs."
            checks.append(Check("drift", view, COULD_NOT_RUN, told))
        elif now["rows"] == 0 and any(known.get("rows") for known in before):
            most = max(known.get("rows") or 0 for known in before)
            told = f"{view} is empty and had {most:,} rows in an earlier good run. Check what the server deleted."
            checks.append(Check("drift", view, WARN, told, moves=True))
        elif len(before) < least and acceptance.lasts(past, run_id, "drift", view):
            told = f"Earlier runs warned about {view}, and too few runs before those warnings are left to compare with."
            checks.append(Check("drift", view, WARN, told, moves=True))
        elif len(before) < least:
            told = f"No baseline yet: {len(before)} of {rules.least_runs} earlier green runs know {view}."
            checks.append(Check("drift", view, NO_BASELINE, told))
        else:
            tells = tells_shares and view in looked_at
            strange = [*_rows(view, now, before, rules), *_nulls(view, now, before, rules, least, tells=tells)]
            what = "its rows and its nulls" if now["null_share"] and _tell_shares(before) else "its rows"
            checks += strange or [Check("drift", view, PASS, f"{view} has {what} as in {len(before)} runs before.")]
    checks += [_patients(view, table["patients"], rules) for view, table in sorted(tables.items()) if table.get("patients")]
    return [*checks, fresh]


def _rows(view: str, now: dict[str, Any], before: list[dict[str, Any]], rules: Rules) -> Iterator[Check]:
    usual = statistics.median(known.get("rows") or 0 for known in before)
    if now["rows"] < usual * (1 - rules.rows_lost) and usual - now["rows"] >= LEAST_LOST:
        sentence = (
            f"{view} has {now['rows']:,} rows; it had {usual:,.0f} before. Views lose rows only when resources are deleted: "
            "check what the server deleted, and whether transform reports a change of the view's definition."
        )
        yield Check("drift", view, WARN, sentence, moves=True)


def _tell_shares(tables: Iterable[dict[str, Any]]) -> bool:
    return any(table.get("null_share") for table in tables)


def _nulls(
    view: str, now: dict[str, Any], before: list[dict[str, Any]], rules: Rules, least: int, *, tells: bool
) -> Iterator[Check]:
    """
    :param tells: whether load reports the null shares of its tables; other targets report none at all
    """
    shares = now.get("null_share")
    if shares is None:
        if tells and _tell_shares(before):
            sentence = f"load could not find out how often the columns of {view} are null, as it did before; its notes say why."
            yield Check("drift", view, COULD_NOT_RUN, sentence)
        return
    lacking = sorted({column for past in before for column in past.get("null_share") or {}} - set(shares)) if now["rows"] else []
    if lacking and not shares:
        yield Check("drift", view, COULD_NOT_RUN, f"load no longer reports the share of nulls for the columns of {view}.")
    for column, share in sorted(shares.items()):
        if not isinstance(share, (int, float)) or not 0 <= share <= 1:
            sentence = f"load says that {share} of {view}.{column} is null, which is not a share: report this as a bug."
            yield Check("drift", view, COULD_NOT_RUN, sentence)
            continue
        known = [s for past in before if (s := (past.get("null_share") or {}).get(column)) is not None]
        if len(known) >= least and share > max(known) + rules.nulls_more:
            usual = statistics.median(known)
            sentence = (
                f"{view}.{column} is null in {share:.0%} of the rows; before it was {usual:.0%}. The server may now send the "
                "value in another element: see the notes of transform about elements that no view reads."
            )
            yield Check("drift", view, WARN, sentence, moves=True)


def _patients(view: str, counts: dict[str, int], rules: Rules) -> Check:
    rows, known = counts.get("rows"), counts.get("known")
    if rows is None or known is None or not 0 <= known <= rows:
        return Check(
            "patients",
            view,
            COULD_NOT_RUN,
            f"load says that {known} of {rows} rows of {view} refer to a known patient, which is impossible: report this as a bug.",
        )
    told = f"{known:,} of {rows:,} rows of {view} with a patient_id refer to a patient in the table patient."
    if rows and 1 - known / rows > rules.patients_unknown:
        sentence = f"{told} The other patients are not in the group's export: compare the members of the groups."
        return Check("patients", view, WARN, sentence, amount=rows - known)
    return Check("patients", view, PASS, told)


def _fresh(reports: dict[str, dict[str, Any] | None], landings: dict[str, Any], rules: Rules) -> Check:
    """By the server's own time of the exports, at the time when load ended: a backfill of old days is as fresh as its export."""
    told_times = [parse_instant((landing or {}).get("transaction_time")) for landing in landings.values()]
    times, ended = [at for at in told_times if at], history.ended(reports)
    if not times or len(times) < len(told_times) or ended is None:
        return Check("freshness", "all", COULD_NOT_RUN, "A landing has no transactionTime, so the age of the data is unknown.")
    age = datetime.fromisoformat(ended) - min(times)
    newest = datetime.fromisoformat(ended) - max(times)
    if newest < -_CLOCKS_DIFFER:
        sentence = (
            f"An export's transactionTime is {_span(-newest)} after the end of this run: the clock of this machine or of the "
            "server is wrong."
        )
        return Check("freshness", "all", COULD_NOT_RUN, sentence)
    told = f"The oldest export of this run was {_span(max(age, timedelta()))} old when it reached the tables"
    if age > rules.max_age:
        sentence = f"{told}; {_span(rules.max_age)} is the limit. Rerun from kick_off for newer data."
        return Check("freshness", "all", WARN, sentence, amount=round(age.total_seconds() / 60))
    return Check("freshness", "all", PASS, f"{told}.")


def _span(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
