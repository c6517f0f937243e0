"""Whether all exports of the run landed, and what became of those that had landed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epic_fhir import extract_checks
from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, Check
from epic_fhir.evidence import COUNTED_EARLIER, FIT_EARLIER, REQUESTED

if TYPE_CHECKING:
    from epic_fhir.evidence import Evidence


def requested(evidence: Evidence) -> list[Check]:
    """
    An extract that succeeded without one of the exports that it was given would leave that one's data out unnoticed. After one that
    failed, transform and load go on with what landed: the check says what did not.
    """
    if not evidence.requested:
        return []
    if not evidence.succeeded("extract"):
        open_still = [export for export in evidence.requested if not isinstance(evidence.landings.get(export), dict)]
        if not 0 < len(open_still) < len(evidence.requested):
            return []
        sentence = (
            f"extract did not land {len(open_still)} of the {len(evidence.requested)} exports that the run requested: "
            f"{', '.join(open_still)}. What they hold is not in the tables; transform and load go on with the others."
        )
        return [Check(REQUESTED, "all", FAIL, sentence)]
    missing = [export for export in evidence.requested if export not in evidence.export_ids]
    if missing:
        sentence = f"The run requested export {', '.join(missing)}, but extract did not land it; run extract again."
        return [Check(REQUESTED, "all", FAIL, sentence)]
    return [Check(REQUESTED, "all", PASS, f"extract landed all exports that the run requested: {len(evidence.requested)}.")]


def earlier(evidence: Evidence) -> list[Check]:
    """
    Of exports that an earlier try landed nothing is counted in this one: what was found then still counts, and what nobody has
    compared yet is compared now.
    """
    wrong, unknown, right = {}, {}, []
    for export in evidence.landed_earlier:
        found = _again(evidence, export) if export in evidence.counted else {FAIL: evidence.miscounted(export)}
        wrong |= {export: found[FAIL]} if found[FAIL] else {}
        if found[FAIL]:
            continue
        if export in evidence.counted:
            unknown |= {export: f"its counts are incomplete: {', '.join(found[COULD_NOT_RUN])}"} if found[COULD_NOT_RUN] else {}
        elif not evidence.was_counted(export):
            unknown[export] = "no verdict says that its counts were compared"
        right += [] if export in unknown else [export]
    again = "A rerun that begins with kick_off withdraws it, and requests an export that covers its time as well"
    checks = [
        Check(
            COUNTED_EARLIER,
            export,
            FAIL,
            f"{export} landed in an earlier try, and the counts of that try did not match: {', '.join(found)}. This try did not "
            f"download it again. {again}.",
        )
        for export, found in wrong.items()
    ]
    checks += [
        Check(COUNTED_EARLIER, export, COULD_NOT_RUN, f"{export} landed in an earlier try, and {why}. {again}.")
        for export, why in unknown.items()
    ]
    if right:
        sentence = (
            f"{', '.join(right)}: landed and checked by an earlier try (received rows = written rows); not downloaded again in "
            "this try."
        )
        checks.append(Check(*FIT_EARLIER, sentence, names=tuple(right)))
    return checks


def _again(evidence: Evidence, export: str) -> dict[str, list[str]]:
    """The checks of an export alone, by what the bronze commit keeps of extract's report: by state, those that are not good."""
    commit = evidence.landings.get(export) or {}
    resources, result = commit["report"]["resources"], commit["report"]["result"]
    checks = extract_checks.received(resources, result) + extract_checks.not_received(resources, result, ended=True)
    checks += extract_checks.differing(evidence, resources, [export])
    return {state: [f"{c.name} of {c.subject}" for c in checks if c.state == state] for state in (FAIL, COULD_NOT_RUN)}
