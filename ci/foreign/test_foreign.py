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
# Types that the shipped crawl asks for and that not every server can search by patient.
PLANNED = ("CarePlan", "CareTeam", "Coverage", "FamilyMemberHistory", "Goal")


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
def people() -> Path:
    return cohort(3, HOME / "build" / "foreign" / "patients.log")


@pytest.fixture
def story(request, people):
    """A server that runs, and a site that knows it by its settings."""
    kind, settings = request.param
    if kind is BulkDataServer and not BulkDataServer.available():
        pytest.skip("its source is not in build/foreign/sources")
    kind.install()
    root = HOME / "build" / "foreign" / f"{kind.__name__}-{settings.__name__}"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    server = kind(root)
    server.start()
    site = ForeignSite(root / "site", {**server.source(), **settings(kind)}, kind.first_look)
    try:
        yield Story(server, site, Cohort(people, kind.types))
    finally:
        server.stop()


def bulk(kind) -> dict:
    settings = {
        "extract.by": "bulk",
        "bulk.groups": [GROUP],
        "bulk.types": ["Patient", *kind.types],
        "crawl.reference-max-age": "1 second",
    }
    return settings if kind.hydrates else settings | {"bulk.hydrate": []}


def full_bulk(kind) -> dict:
    return bulk(kind) | {"bulk.mode": "full"}


def crawl(kind) -> dict:
    by_patient = {searched: ["patient={patient}"] for searched in ("Condition", "Observation", *PLANNED)}
    searches = {f"crawl.searches.{searched}": q if searched in kind.types else [] for searched, q in by_patient.items()}
    return {"extract.by": "crawl", "crawl.patients.group": GROUP, "crawl.reference-max-age": "1 second", **searches}


def on(settings, *servers):
    """Runs a test by some settings against each of these servers."""
    cases = [pytest.param((server, settings), id=server.__name__) for server in servers]
    return pytest.mark.parametrize("story", cases, indirect=True)


@on(crawl, Sekmet, HapiJpa)
def test_by_searches(story):
    """Each patient's records by searches with the patient; what these refer to by reads."""
    all_days_equal(story)


@on(full_bulk, Sekmet)
def test_by_full_exports(story):
    """What a full export no longer holds is gone, so no list of deletions is needed."""
    all_days_equal(story)


@on(bulk, Sekmet, HapiJpa, BulkDataServer)
def test_by_exports_of_changes(story):
    """The default. These servers list no deletion: what goes on a day without a newcomer stays until the next full export."""
    equal_after(story, 1)
    equal_after(story, 2)  # a full one, for the past of the newcomer
    assert_green(story.day(3))
    assert story.differences() == {"Observation": {"missing": 0, "beyond": 1, "other": 0}}


def all_days_equal(story) -> None:
    for number in (1, 2, 3):
        equal_after(story, number)


def equal_after(story, number: int) -> None:
    assert_green(story.day(number))
    assert story.differences() == {}, f"after day {number}"
    assert story.site.quarantined() == 0


def assert_green(day: Day) -> None:
    assert set(day.codes().values()) == {0}, day.told()
