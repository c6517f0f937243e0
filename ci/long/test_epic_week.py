"""
A week at a server with the manners of Epic, under a real scheduler. Every day something happens that moves no date, and after every
night the tables are what the server has; a night that cannot be right is red, and the command of its alert mends it.

The days build on each other.
"""

import json
import shlex
import sys
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI.parent / "dags" / "tests")]

from servers import Hook, running

import oracle
from epic_site import EpicSite
from parts import HOME
from stack import DAG

RERUN = "epic_fhir_rerun"


@pytest.fixture(scope="module")
def phone():
    """What the person on call hears."""
    with running(Hook()) as hook:
        yield hook


@pytest.fixture(scope="module")
def site(phone):
    settings = {
        "EPIC_FHIR_REFERENCE_MAX_AGE": "0 seconds",
        "EPIC_FHIR_ALERT_WEBHOOK_CONN_ID": "phone",
        "AIRFLOW_CONN_PHONE": json.dumps({"conn_type": "http", "host": phone.url}),
    }
    with EpicSite(HOME / "build" / "epic-week", 3, settings).running() as site:
        yield site


@pytest.fixture(scope="module")
def people(site):
    """The patients: two of the group, and one who joins it later."""
    return site.patients_of_the_group()


def one(found: oracle.Resources, kind: str) -> str:
    return f"{kind}/{min(found[kind])}"


def alert(phone: Hook, run_id: str) -> dict:
    """The red alert of a run that has ended."""
    (heard,) = [body for body in phone.bodies if (body["run_id"], body["verdict"]) == (run_id, "red")]
    return heard


def typed(site: EpicSite, command: str, reason: str = "") -> tuple[str, str]:
    """Types in what the alert says, with the reason that only a person knows; the DAG and the run that it started or cleared."""
    program, *words = shlex.split(command.replace('"reason": ""', f'"reason": "{reason}"'))
    assert program == "airflow"
    known = {run["dag_run_id"] for run in site.runs(RERUN)}
    site.airflow("run", *words)
    started = {run["dag_run_id"] for run in site.runs(RERUN)} - known
    return (RERUN, started.pop()) if started else (DAG, words[words.index("--run-id") + 1])


def test_monday_everything_arrives(site, people):
    site.happens("leave", patients=[people[2]])
    assert site.night("monday") == "success"
    assert set(site.live()["Patient"]) == set(people[:2])
    assert site.wrong() == {}


def test_tuesday_two_patients_are_merged(site, people):
    site.happens("merge", **{"from": people[0], "to": people[1]})
    assert site.night("tuesday") == "success"
    assert set(site.live()["Patient"]) == {people[1]}
    assert site.wrong() == {}


def test_wednesday_the_merge_is_taken_back_and_somebody_joins(site, people):
    site.happens("unmerge", **{"from": people[0]})
    site.happens("join", patients=[people[2]])
    assert site.night("wednesday") == "success"
    assert set(site.live()["Patient"]) == set(people)
    assert site.wrong() == {}


def test_thursday_resources_are_retracted_and_corrected(site):
    exported, by_reference = (oracle.reachable(site.sandbox(), (way,)) for way in ("export", "reference"))
    retracted = [one(exported, kind) for kind in ("Condition", "Procedure", "Observation")] + [one(by_reference, "Observation")]
    site.happens("retract", resources=retracted)
    for resource in (
        one(exported, "Patient"),
        one(exported, "Encounter"),
        one(by_reference, "Medication"),
        one(by_reference, "Specimen"),
    ):
        site.happens("correct", resource=resource, elements={"language": "en-GB"})
    assert site.night("thursday") == "success"
    gone = {f"{kind}/{key}" for kind, keys in site.dead().items() for key in keys}
    assert set(retracted) <= gone
    assert site.wrong() == {}


def test_friday_somebody_leaves_which_a_person_has_to_accept(site, phone, people):
    site.happens("leave", patients=[people[2]])
    assert site.night("friday") == "failed"
    told = alert(phone, "friday")
    assert "Nothing was deleted." in told["text"]
    assert site.live() == site.had
    dag, run = typed(site, told["command"], "The patient moved to another clinic")
    assert site.ended(run, dag) == "success"
    assert set(site.live()["Patient"]) == set(people[:2])
    assert site.wrong() == {}


def test_saturday_nothing_is_answered(site, phone):
    site.happens("empty-night")
    assert site.night("saturday") == "failed"
    assert site.live() == site.had
    assert "Nothing was deleted." in alert(phone, "saturday")["text"]
    site.over("empty-night")


def test_sunday_a_file_is_broken_and_the_rerun_mends_it(site, phone):
    broken = {"kind": "FILE", "type": "Procedure", "fault": "extraLine", "parameters": ['{"resourceType":"Proc'], "times": "always"}
    site.happens("faults", **broken)
    assert site.night("sunday") == "failed"
    assert site.live() == site.had
    site.over("faults")
    dag, run = typed(site, alert(phone, "sunday")["command"])
    assert site.ended(run, dag) == "success"
    assert site.wrong() == {}
