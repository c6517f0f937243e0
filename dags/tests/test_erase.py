"""The DAG that erases patients: nothing goes without approval, and the order of what goes."""

import itertools
from datetime import datetime, timezone
from pathlib import Path

import pytest

from epic_fhir import extract_checks
from epic_fhir.checks import FAIL, PASS
from epic_fhir.lake import RunKey
from epic_fhir.phase import listed

FILE = Path(__file__).resolve().parent.parent / "epic_fhir_erase.py"
PATIENTS = "/secure/patients.txt"


@pytest.fixture(scope="module")
def dag():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(FILE))
    assert bag.import_errors == {}
    return bag.dags["epic_fhir_erase"]


@pytest.mark.parametrize(
    "order",
    [
        ["asked", "plan", "go", "approve", "quiet", "erase", "forget", "load", "purge", "prove"],
        ["asked", "plan_readmit", "approve_readmit", "readmit"],
    ],
    ids=["erase", "readmit"],
)
def test_what_is_done_comes_after_an_approval_and_is_proved_last(dag, order):
    for before, after in itertools.pairwise(order):
        assert dag.get_task(before).downstream_task_ids == {after} or before == "asked"
    assert order[-1] in [t.task_id for t in dag.tasks if not t.downstream_task_ids]


def test_silence_is_no_approval(dag):
    for task in ("approve", "approve_readmit"):
        assert dag.get_task(task).defaults == ["Reject"]


def test_tasks_that_touch_the_lake_or_what_extract_saw_stand_in_its_pools(dag):
    pools = {
        task: dag.get_task(task).pool for task in ("plan", "erase", "load", "purge", "prove", "forget", "plan_readmit", "readmit")
    }
    assert {task for task, pool in pools.items() if pool == "epic_fhir_source"} == {"forget", "plan_readmit", "readmit"}
    assert {task for task, pool in pools.items() if pool == "epic_fhir_lake"} == set(pools) - {"forget", "plan_readmit", "readmit"}


def test_the_load_leaves_its_warnings_to_a_run_that_has_a_page(dag):
    assert listed(dag.get_task("load").options) == {"mode": ["unjudged"]}


def test_a_job_is_given_the_path_of_the_list_and_nothing_of_its_content():
    now = datetime(2026, 3, 2, tzinfo=timezone.utc)
    key = RunKey("epic_fhir_erase", "manual", "erase", 1, now, now)
    arguments = key.arguments(Path("/conf/pipeline.conf"), **listed({"patients": PATIENTS, "mode": "go"}))
    assert arguments[-4:] == ["--patients", PATIENTS, "--mode", "go"]


@pytest.mark.parametrize(("plan", "then"), [("plan", "erase"), ("plan_readmit", "readmit")])
@pytest.mark.parametrize(("answer", "digest"), [({"list": "dIgEst", "unknown": 0}, "dIgEst"), ({}, ""), (None, "")])
def test_what_is_done_is_what_was_counted(dag, plan, then, answer, digest):
    """Without a digest the job is given an empty one, which is no list's."""

    class Counted:
        def xcom_pull(self, task_ids, key):
            assert (task_ids, key) == (plan, "return_value")
            return answer

    options = dag.get_task(then).options
    assert options["patients"] == "{{ params.patients }}"
    assert dag.get_task(then).render_template(options["approved"], {"ti": Counted()}) == digest


@pytest.mark.parametrize(("opted_out", "state"), [(3, PASS), (2, FAIL)])
def test_lines_of_patients_who_opted_out_are_accounted_for(opted_out, state):
    """The server's count = written + rejected + opted out."""
    counts = {"received": 10, "written": 6, "rejected": 1}
    result = {"opted_out": {"Observation": opted_out}, "manifest_counts": {"Observation": 10}}
    checks = extract_checks.received({"Observation": counts}, result)
    assert [check.state for check in checks] == [state]
