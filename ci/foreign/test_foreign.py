"""
Servers that this project did not write, by settings alone: after each of three days the tables equal what the server holds.

Day 1: two patients. Day 2: changes, deletions, a new resource, and a patient who joins the group. Day 3: a change and a deletion,
and nobody joins.
"""

import shutil
import sys
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI / "foreign")]

from bulk_data_server import BulkDataServer
from fhir_api import Held
from foreign_site import Day, ForeignSite
from hapi_jpa import HapiJpa
from sekmet import Sekmet
from synthetic import REFERENCED, Cohort

from parts import HOME, cohort

GROUP = "cohort"


class Story:
    """What happens at a server day by day, and what the tables must then hold."""

    def __init__(self, server, site: ForeignSite, people: Cohort):
        self.server = server
        self.site = site
        self._records = {patient: people.of(patient) for patient in people.patients}
        self._first, self._second, self._newcomer = people.patients
        self._group: list[str] = []

    def day(self, number: int) -> Day:
        (self._day_1, self._day_2, self._day_3)[number - 1]()
        return self.site.run(number)

    def differences(self) -> dict[str, dict[str, int]]:
        """{type: {what: how many}} of where the tables differ from the server, without an id."""
        types = ("Patient", *self.server.types, *REFERENCED)
        return differences(self.server.holds(types), self.site.tables())

    def _day_1(self) -> None:
        self.server.put([*self._records[self._first], *self._records[self._second]])
        self._join(self._first, self._second)

    def _day_2(self) -> None:
        observations = self._of(self._first, "Observation")
        self.server.put([{**observations[0], "status": "amended"}, {**self._of(self._first, "Patient")[0], "gender": "other"}])
        self.server.put([{**observations[1], "id": "a-new-one"}])
        self.server.delete("Observation", observations[2]["id"])
        self.server.delete("Immunization", self._of(self._second, "Immunization")[0]["id"])
        self.server.put(self._records[self._newcomer])
        self._join(self._first, self._second, self._newcomer)

    def _day_3(self) -> None:
        observations = self._of(self._newcomer, "Observation")
        self.server.put([{**observations[0], "status": "amended"}])
        self.server.delete("Observation", observations[1]["id"])

    def _of(self, patient: str, kind: str) -> list[dict]:
        return [r for r in self._records[patient] if r["resourceType"] == kind]

    def _join(self, *patients: str) -> None:
        members = [{"entity": {"reference": f"Patient/{patient}"}} for patient in patients]
        group = {"resourceType": "Group", "id": GROUP, "type": "person", "actual": True, "member": members}
        self.server.put([group])


def differences(server: Held, tables: Held) -> dict[str, dict[str, int]]:
    found = {}
    for kind in sorted({*server, *tables}):
        theirs, ours = server.get(kind, {}), tables.get(kind, {})
        counts = {
            "missing": len(theirs.keys() - ours.keys()),
            "beyond": len(ours.keys() - theirs.keys()),
            "other": sum(theirs[key] != ours[key] for key in theirs.keys() & ours.keys()),
        }
        if any(counts.values()):
            found[kind] = counts
    return found


@pytest.fixture(scope="session")
def people() -> Cohort:
    return Cohort(cohort(3, HOME / "build" / "foreign" / "patients.log"))


@pytest.fixture
def story(request, people):
    """A server that runs, and a site that knows it by its settings."""
    kind, settings = request.param
    if kind is BulkDataServer and not BulkDataServer.available():
        pytest.skip("its source is not in build/foreign/sources")
    kind.install()
    root = HOME / "build" / "foreign" / request.node.callspec.id
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    server = kind(root)
    server.start()
    try:
        yield Story(server, ForeignSite(root / "site", {**server.source(), **settings(kind)}), people)
    finally:
        server.stop()


def bulk(kind) -> dict:
    return {
        "extract.by": "bulk", "bulk.groups": [GROUP], "bulk.types": ["Patient", *kind.types],
        "crawl.reference-max-age": "1 second",
    }  # fmt: skip


def crawl(kind) -> dict:
    searches = {f"crawl.searches.{kind_}": [] for kind_ in NOT_EVERYWHERE if kind_ not in kind.types}
    return {
        "extract.by": "crawl", "crawl.patients.group": GROUP, "crawl.reference-max-age": "1 second",
        "crawl.searches.Observation": ["patient={patient}"],
        "crawl.searches.CarePlan": ["patient={patient}"], "crawl.searches.Condition": ["patient={patient}"], **searches,
    }  # fmt: skip


NOT_EVERYWHERE = ("CareTeam", "Coverage", "FamilyMemberHistory", "Goal")


@pytest.mark.parametrize(
    "story",
    [
        pytest.param((Sekmet, crawl), id="sekmet-crawl"),
        pytest.param((Sekmet, bulk), id="sekmet-bulk"),
        pytest.param((HapiJpa, crawl), id="hapi-crawl"),
        pytest.param((HapiJpa, bulk), id="hapi-bulk"),
        pytest.param((BulkDataServer, bulk), id="smart-bulk"),
    ],
    indirect=True,
)
def test_the_tables_equal_the_server(story):
    for number in (1, 2, 3):
        day = story.day(number)
        assert set(day.codes().values()) == {0}, day.told()
        assert story.differences() == {}, f"after day {number}"
        assert story.site.quarantined() == 0
