"""
The counts of one run laid side by side: server, bronze, silver, views, PostgreSQL.

Pure functions over run reports. Every check ends in PASS, FAIL or COULD_NOT_RUN (WARN only where no data can be lost); a figure
that is missing is COULD_NOT_RUN, and a run with such a check is never green.
"""

from __future__ import annotations

from typing import Any

from epic_fhir import extract_checks, joined_checks, landing_checks, load_checks, source_checks, transform_checks
from epic_fhir.bronze_rows import Rows, in_bronze
from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, Check
from epic_fhir.evidence import COUNTED_EARLIER, PHASES, REPORT, Evidence

GREEN, RED, UNKNOWN = "green", "red", "unknown"
COUNTING = {
    *("manifest = source", "source = bronze", "bronze = landing", "bronze = transform", "bronze = silver"),
    *(transform_checks.VIEW, load_checks.TABLE, joined_checks.LOADED, COUNTED_EARLIER),
}
"""The checks that compare counts."""


def reconcile(evidence: Evidence) -> list[Check]:
    """Every check of the run, in the order of the data's way."""
    checks = transform_checks.problems(evidence.result("transform"))  # first: an alert has room for three
    checks += joined_checks.problems(evidence.result("transform"), joined_checks.MADE)
    checks += [_reported(phase, evidence.reports.get(phase)) for phase in PHASES]
    checks += landing_checks.requested(evidence)
    told, received = evidence.told.get("result") or {}, evidence.told.get("resources") or {}
    checks += source_checks.problems(told, received)
    checks += extract_checks.received(received, told)
    checks += landing_checks.earlier(evidence)
    if set(evidence.landed_earlier) - evidence.counted != set(evidence.export_ids) or not evidence.export_ids:
        checks += extract_checks.not_received(received, told, ended=evidence.succeeded("extract"))
    checks += extract_checks.landed(evidence)
    checks += _bronze_is_transformed(evidence)
    checks += _bronze_is_silver(evidence)
    checks += transform_checks.views(evidence.result("transform"))
    checks += load_checks.problems(evidence.result("load"))
    checks += _views_are_loaded(evidence)
    checks += joined_checks.problems(evidence.result("load"), joined_checks.LOADED)
    checks += joined_checks.are_loaded(evidence)
    return checks + load_checks.quality(evidence.result("load"))


def verdict(checks: list[Check]) -> str:
    """Red where a check failed, unknown where one could not run or there is none, green otherwise."""
    states = {check.state for check in checks}
    if FAIL in states:
        return RED
    return GREEN if checks and COULD_NOT_RUN not in states else UNKNOWN


def as_dicts(checks: list[Check]) -> list[dict[str, Any]]:
    return [check.as_dict() for check in checks]


def _reported(phase: str, report: dict[str, Any] | None) -> Check:
    if report is None:
        return Check(REPORT, phase, COULD_NOT_RUN, f"{phase} left no run report, so it cannot be checked.")
    run = report.get("run") or {}
    if run.get("status") != "success":
        error = run.get("error") or "its report names no error"
        result, kinds = report.get("result") or {}, ("refused_views", *joined_checks.REFUSED)
        told = {message for kind in kinds for message in (result.get(kind) or {}).values()}  # each has a check of its own
        lines = [line for line in error.splitlines() if line not in told]
        return Check(REPORT, phase, FAIL, f"{phase} failed: {chr(10).join(lines) or 'see the checks of its tables'}")
    return Check(REPORT, phase, PASS, f"{phase} reported success.")


def _bronze_is_transformed(evidence: Evidence) -> list[Check]:
    """
    What transform itself read against what extract wrote. transform may catch up on exports of earlier red runs, so it names the
    exports that it applied. To rebuild a type it reads all of bronze.
    """
    name, mine = "bronze = transform", evidence.export_ids
    exports = evidence.result("transform").get("exports")
    if not mine or exports is None:
        who = "extract does not name its export" if not mine else "transform does not name the exports it applied"
        return [Check(name, "all", COULD_NOT_RUN, f"{who}, so it is unknown whether all of bronze was read.")]
    missed = [export for export in mine if export not in exports]
    lacking = [export for export in missed if export not in evidence.applied]
    if lacking:
        why = "run transform again" if evidence.succeeded("transform") else "see why transform failed"
        return [Check(name, "all", FAIL, f"transform did not apply export {', '.join(lacking)}; {why}.")]
    checks = [
        Check(name, "all", PASS, f"Export {export} was applied by an earlier try; there was nothing left to do.")
        for export in missed
    ]
    if len(missed) == len(mine):
        return checks
    lost = [e for e in exports if not isinstance(evidence.landings.get(e), dict)]
    if lost:
        sentence = (
            f"state/landings of {', '.join(lost)} cannot be read, so it is unknown what bronze should hold. Check the lake's "
            "storage; if a file is gone, restore it from a backup. Then run validate again."
        )
        return [Check(name, "all", COULD_NOT_RUN, sentence)]
    expected = in_bronze(evidence, exports, evidence.landings)
    silver = evidence.result("transform").get("silver") or {}
    read = {kind: state["read"] for kind, state in silver.items() if state.get("read") is not None}
    all_of_bronze: dict[str, Rows] | None = None
    unreadable: list[str] = []
    for kind in sorted({k for k in expected if expected[k].left} | {k for k in read if read[k]}):
        rows = expected.get(kind, Rows())
        if read.get(kind, 0) > rows.most and all_of_bronze is None:
            every = evidence.every_landing()
            all_of_bronze = in_bronze(evidence, every, every)
            unreadable = sorted(export for export, landing in every.items() if landing is None)
        whole = (all_of_bronze or {}).get(kind, Rows())
        check = _was_read(kind, rows, read.get(kind), whole, evidence.succeeded("transform"))
        if unreadable and check.state == FAIL and read.get(kind, 0) > rows.most:
            sentence = (
                f"transform read {read[kind]:,} {kind}, but the expected number is unknown, because the landing of "
                f"{', '.join(unreadable)} cannot be read."
            )
            check = Check(name, kind, COULD_NOT_RUN, sentence)
        checks.append(check)
    return checks


def _was_read(kind: str, rows: Rows, read: int | None, all_of_bronze: Rows, succeeded: bool) -> Check:
    name, written = "bronze = transform", rows.written(kind)
    if read is None:
        return Check(name, kind, COULD_NOT_RUN, f"transform does not report how many {kind} it read; {written}.")
    if rows.are(read):
        if read == rows.left + rows.removed:
            return Check(name, kind, PASS, f"transform read all {read:,} {kind} that extract wrote.")
        return Check(name, kind, PASS, f"{written}, and transform read all {read:,} that were left.")
    if read > rows.most and all_of_bronze.are(read):
        return Check(name, kind, PASS, f"transform rebuilt {kind} and read all {read:,} that bronze has.")
    if not succeeded:
        sentence = f"transform read {read:,} {kind} and failed before it had applied all of them; {written}."
        return Check(name, kind, COULD_NOT_RUN, sentence)
    return Check(name, kind, FAIL, f"{written}, and transform read {read:,}; run transform again.")


def _bronze_is_silver(evidence: Evidence) -> list[Check]:
    """Only of what this try of transform applied: what an earlier one applied, that one has checked."""
    if not evidence.export_ids or set(evidence.export_ids) - set(evidence.result("transform").get("exports") or []):
        return []
    silver = evidence.result("transform").get("silver") or {}
    # Bundles carry deletions: they have no table of their own.
    written = {kind: rows for kind, rows in evidence.written().items() if kind != "Bundle"}
    bronze = in_bronze(evidence, evidence.export_ids, evidence.landings)
    states = {kind: silver.get(kind) or {} for kind in sorted(written) if written[kind] != 0}
    return [_is_in_silver(kind, state) for kind, state in states.items() if not _is_gone(bronze.get(kind, Rows()), state)]


def _is_gone(rows: Rows, state: dict[str, Any]) -> bool:
    """Whether all rows of a type were removed before transform came to them, so that it had nothing to read."""
    return rows.removed > 0 and rows.left == 0 and state.get("distinct") is None


def _is_in_silver(kind: str, state: dict[str, Any]) -> Check:
    """transform itself refuses to end well where an id has no place in silver; here its figures must be there and agree."""
    name, live, gone = "bronze = silver", state.get("rows_live"), state.get("tombstones")
    if live is None or gone is None:
        return Check(name, kind, COULD_NOT_RUN, f"transform does not say what silver holds of {kind}.")
    distinct, present = state.get("distinct"), state.get("present")
    if distinct is None or present is None:
        return Check(name, kind, COULD_NOT_RUN, f"transform does not say how many {kind} ids it compared with silver.")
    if distinct != present:
        return Check(name, kind, FAIL, f"Bronze brought {distinct:,} {kind} ids, {present:,} of them are in silver.")
    if live + gone < distinct:
        return Check(name, kind, FAIL, f"Bronze brought {distinct:,} {kind}, but silver holds {live + gone:,} in all.")
    return Check(name, kind, PASS, f"Every {kind} in bronze is in silver: {live:,} live and {gone:,} deleted.")


def _views_are_loaded(evidence: Evidence) -> list[Check]:
    name = load_checks.TABLE
    views, tables = evidence.result("transform").get("views"), evidence.result("load").get("tables")
    refused = evidence.result("load").get("refused_views") or {}  # each has a check of its own
    if not views or tables is None:
        who = "transform names no views" if not views else "load names no tables"
        return [Check(name, "all", COULD_NOT_RUN, f"{who}, so it is unknown whether PostgreSQL matches the views.")]
    names = sorted({*views, *tables} - set(refused))
    return [_is_loaded(evidence, view, views.get(view)) for view in names]


def _is_loaded(evidence: Evidence, view: str, made: dict[str, Any] | None) -> Check:
    loaded, older = (evidence.result("load")["tables"].get(view) or {}), None
    if made is not None:
        loaded, older = load_checks.newest(evidence, "tables", view, made.get("delta_version"))
    if older is not None:
        return older
    name, postgres, standing = load_checks.TABLE, loaded.get("rows"), evidence.standing.get(view)
    # A view whose definition is gone keeps its tables; load alone knows of it then. And between this run's transform and its load
    # another run's may have changed the view; what nobody's transform has left is no such change.
    moved = (
        made is not None and standing is not None and (made.get("delta_version") or 0) < loaded.get("delta_version", 0) <= standing
    )
    rows = loaded.get("view_rows") if made is None or moved else made.get("rows")
    if rows is None or postgres is None:
        who = "load" if postgres is None or made is None else "transform"
        return Check(name, view, COULD_NOT_RUN, f"{who} does not say how many rows {view} has.")
    if rows == postgres:
        return Check(name, view, PASS, f"{view} has {rows:,} rows in the lake and in PostgreSQL.")
    return Check(name, view, FAIL, f"{view} has {rows:,} rows in the lake and {postgres:,} in PostgreSQL; run load again.")
