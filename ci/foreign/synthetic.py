"""A few hundred resources of the synthetic patients, with references that name ids, as a server takes them."""

import json
from collections.abc import Iterator
from pathlib import Path

Key = tuple[str, str]

CLINICAL = (
    "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Encounter",
    "Immunization", "MedicationRequest", "Observation", "Procedure",
)  # fmt: skip
REFERENCED = ("Medication", "Practitioner", "PractitionerRole", "Organization", "Location")
PER_PATIENT = 12


class Cohort:
    """
    :param folder: of a cohort's NDJSON files
    :param types: the clinical types to take; the patients and what these refer to come with them
    """

    def __init__(self, folder: Path, types: tuple[str, ...] = CLINICAL):
        self._all: dict[Key, dict] = {}
        for kind in ("Patient", *types, *REFERENCED):
            for line in (folder / f"{kind}.ndjson").read_text().splitlines():
                resource = json.loads(line)
                self._all[kind, resource["id"]] = resource
        self._by_identifier = {
            f"{kind}?identifier={identifier.get('system', '')}|{identifier['value']}": f"{kind}/{resource_id}"
            for (kind, resource_id), resource in self._all.items()
            for identifier in resource.get("identifier", [])
        }
        self.patients = sorted(resource_id for kind, resource_id in self._all if kind == "Patient")
        self._types = types

    def of(self, patient: str) -> list[dict]:
        """A patient with the first resources of each type, and all that these refer to."""
        taken: dict[Key, dict] = {}
        for kind in ("Patient", *self._types):
            of_patient = [key for key in self._all if key[0] == kind and self._subject(key) == f"Patient/{patient}"]
            taken.update((key, self._whole(key)) for key in of_patient[:PER_PATIENT])
        todo = list(taken.values())
        while todo:
            for reference in references(todo.pop()):
                key = tuple(reference["reference"].split("/", 1))
                if key in self._all and key not in taken:
                    taken[key] = self._whole(key)
                    todo.append(taken[key])
        return list(taken.values())

    def _subject(self, key: Key) -> str:
        resource = self._all[key]
        if key[0] == "Patient":
            return f"Patient/{key[1]}"
        return (resource.get("subject") or resource.get("patient") or {}).get("reference", "")

    def _whole(self, key: Key) -> dict:
        """The resource; references by identifier, which only a transaction resolves, name the id."""
        resource = json.loads(json.dumps(self._all[key]))
        for reference in references(resource):
            reference["reference"] = self._by_identifier.get(reference["reference"], reference["reference"])
        return resource


def references(node: object) -> Iterator[dict]:
    """Every Reference with a text in it, wherever it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str) and not node["reference"].startswith("#"):
            yield node
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)
