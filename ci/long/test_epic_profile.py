"""
Nights at a server with the manners of Epic, under a real scheduler: what is known by reference only is found, what moved no date
arrives, and a night on which nothing is answered deletes nothing. A week of it is in ci/long.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import oracle
from epic_site import EpicSite
from parts import HOME


@pytest.fixture(scope="module")
def site():
    with EpicSite(HOME / "build" / "epic-profile", 3).running() as site:
        yield site


def test_the_first_night_brings_what_is_exported_and_what_is_known_by_reference_only(site):
    site.happens("leave", patients=[site.patients_of_the_group()[2]])
    assert site.night("first") == "success"
    by_reference = oracle.reachable(site.sandbox(), ("reference",))
    assert len(by_reference["Observation"]) > 10, "hidden ones"
    assert len(by_reference["Medication"]) > 1
    assert len(site.live()["Patient"]) == 2
    assert site.wrong() == {}


def test_a_night_without_answers_is_red_and_deletes_nothing(site):
    site.happens("empty-night")
    assert site.night("empty") == "failed"
    assert site.verdict("empty")["verdict"] == "red"
    assert site.live() == site.had


def test_what_moved_no_date_arrives_a_newcomer_with_all_history_and_what_was_retracted_goes(site):
    site.over("empty-night")
    retired, survivor = site.patients_of_the_group()
    condition = min(site.live()["Condition"])
    (newcomer,) = oracle.reachable(site.sandbox(), ("none",))["Patient"]
    site.happens("retract", resources=[f"Condition/{condition}"])
    site.happens("merge", **{"from": retired, "to": survivor})
    site.happens("join", patients=[newcomer])
    site.happens("correct", resource=f"Patient/{survivor}", elements={"birthDate": "1901-02-03"})

    assert site.night("second") == "success"

    assert site.wrong() == {}
    assert set(site.live()["Patient"]) == {survivor, newcomer}
    assert retired in site.dead()["Patient"]
    assert condition in site.dead()["Condition"], "of a type whose export always has accepted errors"
