"""What extract received against what it wrote: of this try, and of each export that an earlier try landed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epic_fhir.bronze_rows import removed_rows
from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, Check
from epic_fhir.evidence import COUNTED_EARLIER, LANDED, by_reference, landed_rows, set_aside

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence


def received(resources: dict[str, Any], result: dict[str, Any]) -> list[Check]:
    """
    Of each type that came.

    :param resources: extract's counts by type
    :param result: of its run report
    """
    manifest, checks = result.get("manifest_counts") or {}, []
    for kind in sorted(resources):
        promised = manifest.get(kind)
        if promised is not None:
            promised += by_reference(result, kind)
        checks += _source_is_bronze(kind, resources[kind], promised, set_aside(result, kind))
    return checks


def not_received(resources: dict[str, Any], result: dict[str, Any], *, ended: bool) -> list[Check]:
    """
    Of each type that the manifest names and that did not come.

    :param ended: whether extract came to its end; what a failed one did not fetch is no fault of the server's
    """
    manifest = result.get("manifest_counts") or {}
    return [_not_received(kind, count, ended=ended) for kind, count in sorted(manifest.items()) if kind not in resources]


def landed(evidence: Evidence) -> list[Check]:
    """The files that readers see hold what extract says it wrote; said only where they do not."""
    mine = [export for export in evidence.export_ids if export not in evidence.landed_earlier]
    if not evidence.succeeded("extract") or any(not isinstance(evidence.landings.get(export), dict) for export in mine):
        return []  # other checks say so
    return differing(evidence, evidence.resources("extract"), mine)


def differing(evidence: Evidence, resources: dict[str, Any], exports: list[str]) -> list[Check]:
    """
    What an erasure and the retention of bronze have taken out since is in the commit. Of those that an earlier version took out a
    commit says nothing: then what the run of the export compared counts.

    :param resources: extract's counts by type
    :param exports: all that it counted
    """
    rows: dict[str, int] = {}
    for export in exports:
        landing = evidence.landings.get(export) or {}
        for counted in (landed_rows(landing, resources), removed_rows(landing, resources)):
            for kind, n in counted.items():
                rows[kind] = rows.get(kind, 0) + n
    found = [
        Check(LANDED, kind, FAIL, f"extract wrote {written:,} {kind}, but its landing lists {rows.get(kind, 0)}.")
        for kind in sorted({*rows, *resources})
        if (written := (resources.get(kind) or {}).get("written", 0)) is not None and written != rows.get(kind, 0)
    ]
    if not exports or not all(evidence.was_counted(export) for export in exports):
        return found
    then = {wrong for export in exports for wrong in evidence.miscounted(export)}
    again = bool(then & {f"{COUNTED_EARLIER} of {export}" for export in exports})
    return [check for check in found if again or f"{check.name} of {check.subject}" in then]


def _source_is_bronze(kind: str, counts: dict[str, Any], manifest: int | None, aside: dict[str, int]) -> list[Check]:
    received, written, rejected = (counts.get(name) for name in ("received", "written", "rejected"))
    if received is None or written is None or rejected is None:
        missing = ", ".join(n for n in ("received", "written", "rejected") if counts.get(n) is None)
        return [Check("source = bronze", kind, COULD_NOT_RUN, f"extract does not say how many {kind} it has {missing}.")]
    checks = []
    if manifest is not None and manifest != received:
        sentence = f"The server's manifest promises {manifest:,} {kind}, but {received:,} came; export them again."
        checks.append(Check("manifest = source", kind, FAIL, sentence))
    told = f"{received:,} {kind} received, {written:,} in bronze, {rejected:,} in quarantine"
    told += "".join(f", {n:,} {reason}" for reason, n in aside.items())
    missing = received - written - rejected - sum(aside.values())
    if missing == 0:
        return [*checks, Check("source = bronze", kind, PASS, f"{told}.")]
    return [*checks, Check("source = bronze", kind, FAIL, f"{told}: {missing:,} unaccounted for.")]


def _not_received(kind: str, count: int, *, ended: bool) -> Check:
    name = "manifest = source"
    if count == 0:
        return Check(name, kind, PASS, f"The server's manifest promises no {kind}, and none came.")
    if not ended:
        return Check(
            name, kind, COULD_NOT_RUN, f"The server's manifest promises {count:,} {kind}; extract failed before they came."
        )
    return Check(name, kind, FAIL, f"The server's manifest promises {count:,} {kind}, but none came; export them again.")
