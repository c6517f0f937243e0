"""Whether what the jobs left is what the contracts say: no check can rely on anything else."""

from __future__ import annotations

from typing import Any

from epic_fhir import contracts
from epic_fhir.checks import COULD_NOT_RUN, Check
from epic_fhir.documents import BronzeCommit, RunReport


def as_agreed(reports: dict[str, Any], commits: dict[str, Any]) -> list[Check]:
    """A check for each run report and bronze commit that is not; a document that is missing is another check's."""
    documents = [(RunReport, phase, report, f"the run report of {phase}") for phase, report in reports.items()]
    documents += [(BronzeCommit, export, commit, f"the bronze commit of {export}") for export, commit in commits.items()]
    found = ((subject, contracts.problem(model, given, name)) for model, subject, given, name in documents if given is not None)
    return [Check("contract", subject, COULD_NOT_RUN, told) for subject, told in found if told]
