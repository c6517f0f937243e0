"""
A night at a server with the manners of Epic, under a real scheduler: what is known by reference only is found, too.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import oracle
from parts import JavaPart
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


def live(stack: Stack) -> oracle.Resources:
    return oracle.silver(stack.lake)[0]


def assert_tables_are_what_the_server_has(stack: Stack):
    assert live(stack) == oracle.reachable(sandbox(stack))
    views = oracle.view_rows(stack.lake)
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    assert [name for name in views if not oracle.same_rows(views[name], tables[name])] == []


def test_the_first_night_brings_what_is_exported_and_what_is_known_by_reference_only(stack):
    assert stack.run_dag("first") == "success"
    by_reference = oracle.reachable(sandbox(stack), ("reference",))
    assert len(by_reference["Observation"]) > 10, "hidden ones"
    assert len(by_reference["Medication"]) > 1
    assert_tables_are_what_the_server_has(stack)
