"""
Nights at a server with the manners of Epic, under a real scheduler: what moved no date arrives, what is known by reference only is
found, and a night on which nothing is answered deletes nothing.
"""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import oracle
from parts import JavaPart, sandbox_admin
from stack import HOME, Stack


@pytest.fixture(scope="module")
def stack():
    stack = Stack(HOME / "build" / "epic-profile", 3, profile="epic")
    stack.stop()
    stack.wipe()
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def sandbox(stack: Stack) -> JavaPart:
    return JavaPart(stack.root, "sandbox")


def at_the_site(stack: Stack, event: str, **told):
    sandbox_admin(sandbox(stack), event, "POST", told)


def live(stack: Stack) -> oracle.Resources:
    return oracle.silver(stack.lake)[0]


def assert_tables_are_what_the_server_has(stack: Stack):
    assert live(stack) == oracle.reachable(sandbox(stack))
    views = oracle.view_rows(stack.lake)
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    assert [name for name in views if not oracle.same_rows(views[name], tables[name])] == []


def patients(stack: Stack) -> list[str]:
    return sorted(oracle.reachable(sandbox(stack))["Patient"])


def test_the_first_night_brings_what_is_exported_and_what_is_known_by_reference_only(stack):
    assert stack.run_dag("first") == "success"
    by_reference = oracle.reachable(sandbox(stack), ("reference",))
    assert len(by_reference["Observation"]) > 10, "hidden ones"
    assert len(by_reference["Medication"]) > 1
    assert_tables_are_what_the_server_has(stack)


def test_what_moved_no_date_arrives_and_what_was_retracted_goes(stack):
    retired, survivor, other = patients(stack)
    condition = min(live(stack)["Condition"])
    at_the_site(stack, "retract", resources=[f"Condition/{condition}"])
    at_the_site(stack, "merge", **{"from": retired, "to": survivor})
    at_the_site(stack, "correct", resource=f"Patient/{survivor}", elements={"birthDate": "1901-02-03"})

    assert stack.run_dag("second") == "success"

    assert_tables_are_what_the_server_has(stack)
    assert set(live(stack)["Patient"]) == {survivor, other}
    _, gone = oracle.silver(stack.lake)
    assert condition in gone["Condition"]
    assert retired in gone["Patient"]


def test_a_night_without_answers_is_red_and_deletes_nothing(stack):
    before = live(stack)
    at_the_site(stack, "empty-night")
    assert stack.run_dag("empty") == "failed"
    told = json.loads((stack.lake / "metrics" / "epic_fhir_etl" / "empty" / "verdict.json").read_text())
    assert told["verdict"] == "red"
    assert live(stack) == before
    sandbox_admin(sandbox(stack), "empty-night", "DELETE")
    assert stack.run_dag("after") == "success"
    assert_tables_are_what_the_server_has(stack)
