"""Whether all exports of the run landed, and what became of those that had landed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epic_fhir.checks import FAIL, PASS, Check
from epic_fhir.evidence import COUNTED_EARLIER, REQUESTED

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence


def requested(evidence: Evidence) -> list[Check]:
    """An extract that succeeded without one of the exports that it was given would leave that one's data out unnoticed."""
    if not evidence.requested or not evidence.succeeded("extract"):
        return []
    missing = [export for export in evidence.requested if export not in evidence.export_ids]
    if missing:
        sentence = f"The run requested export {', '.join(missing)}, but extract did not land it; run extract again."
        return [Check(REQUESTED, "all", FAIL, sentence)]
    return [Check(REQUESTED, "all", PASS, f"extract landed all exports that the run requested: {len(evidence.requested)}.")]


def earlier(evidence: Evidence) -> list[Check]:
    """Of exports that an earlier try landed nothing is counted in this one: what was found then still counts."""
    uncounted = [export for export in evidence.landed_earlier if export not in evidence.counted]
    wrong = {export: found for export in uncounted if (found := evidence.miscounted(export))}
    checks = [
        Check(
            COUNTED_EARLIER,
            export,
            FAIL,
            f"{export} landed in an earlier try, and the counts of that try did not match: {', '.join(found)}. This try did not "
            "download it again. Run a new export; if it is a bulk export, run a full one (EPIC_FHIR_BULK_MODE=full), because an "
            "incremental one lacks what has not changed since.",
        )
        for export, found in wrong.items()
    ]
    if right := [export for export in evidence.landed_earlier if export not in wrong]:
        sentence = (
            f"{', '.join(right)}: landed and checked by an earlier try (received rows = written rows); not downloaded again in "
            "this try."
        )
        checks.append(Check("source = bronze", "all", PASS, sentence))
    return checks
