"""Cluster mode: a driver that outlives the try that submitted it. Spark's side is played; what the operator makes of it is real."""

import pytest
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import AirflowException
from made_up import TaskState, WorkerDied, report
from test_submit import Run, Task, home, lies_in_the_lake, load  # noqa: F401  home is a fixture

from epic_fhir.submit import DRIVER_OF_TRY


@pytest.fixture
def cluster(home, monkeypatch):  # noqa: F811
    """Drivers get numbers; ``states`` tells how each does, and ``ends`` what happens while one is waited for."""

    class Cluster:
        submitted, states, ends = [], {}, {}

    Cluster.submitted, Cluster.states, Cluster.ends = [], {}, {}

    def submit(operator, context):
        driver = f"driver-{len(Cluster.submitted) + 1}"
        Cluster.submitted.append(driver)
        return driver

    def poll(operator, external_id, context):
        Cluster.ends[external_id]()

    monkeypatch.setattr(SparkSubmitOperator, "submit_job", submit)
    monkeypatch.setattr(SparkSubmitOperator, "get_job_status", lambda operator, id, context: Cluster.states[id])
    monkeypatch.setattr(SparkSubmitOperator, "poll_until_complete", poll)
    connection = '{"conn_type": "spark", "host": "spark://127.0.0.1:7077", "extra": {"deploy-mode": "cluster"}}'
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", connection)
    Cluster.home = home
    return Cluster


def context(number, store):
    ti = Task("load")
    ti.try_number, ti.stats_tags = number, {}
    return {"dag_run": Run(), "ti": ti, "task_state_store": store}


def leaves_report(cluster, number):
    made = report("load", 0, 1, result={"tables": {}})
    made["run"]["try_number"] = number
    lies_in_the_lake(cluster.home, "load", made)


def died():
    raise WorkerDied


def first_try_dies(cluster, store):
    cluster.ends["driver-1"] = died
    with pytest.raises(WorkerDied):
        load().execute(context(1, store))


def test_a_retry_waits_for_the_running_driver_and_takes_the_report_of_the_try_that_submitted_it(cluster):
    store = TaskState()
    first_try_dies(cluster, store)
    cluster.states["driver-1"] = "RUNNING"
    cluster.ends["driver-1"] = lambda: leaves_report(cluster, 1)
    assert load().execute(context(2, store))["tables"] == {}
    assert cluster.submitted == ["driver-1"]
    assert store == {}


def test_a_driver_that_ended_well_meanwhile_is_not_run_again(cluster):
    store = TaskState()
    first_try_dies(cluster, store)
    cluster.states["driver-1"] = "FINISHED"
    leaves_report(cluster, 1)
    assert load().execute(context(3, store))["tables"] == {}
    assert cluster.submitted == ["driver-1"]


def test_a_task_that_is_cleared_after_it_was_judged_is_submitted_anew(cluster):
    store = TaskState()
    cluster.ends["driver-1"] = lambda: leaves_report(cluster, 1)
    load().execute(context(1, store))
    cluster.ends["driver-2"] = lambda: None
    with pytest.raises(AirflowException, match="wrote no run report for this try"):
        load().execute(context(2, store))
    assert cluster.submitted == ["driver-1", "driver-2"]


@pytest.mark.parametrize("state", ["RUNNING", "FINISHED"])
def test_a_report_of_another_try_than_the_drivers_is_no_report(cluster, state):
    store = TaskState()
    first_try_dies(cluster, store)
    store[DRIVER_OF_TRY] = {"driver": "driver-0", "try": 1}
    cluster.states["driver-1"], cluster.ends["driver-1"] = state, lambda: None
    leaves_report(cluster, 1)
    with pytest.raises(AirflowException, match="wrote no run report for this try"):
        load().execute(context(2, store))


def test_a_driver_that_ended_badly_is_followed_by_a_new_one_with_a_report_of_its_own(cluster):
    store = TaskState()
    first_try_dies(cluster, store)
    cluster.states["driver-1"] = "ERROR"
    cluster.ends["driver-2"] = lambda: leaves_report(cluster, 2)
    assert load().execute(context(2, store))["tables"] == {}
    assert cluster.submitted == ["driver-1", "driver-2"]


def test_a_master_that_does_not_answer_leaves_the_driver_to_the_next_try(cluster):
    store = TaskState()

    def unknown():
        raise RuntimeError("Cannot reach the master")

    cluster.ends["driver-1"] = unknown
    with pytest.raises(AirflowException):
        load().execute(context(1, store))
    assert store["spark_job_id"] == "driver-1"
