"""
The DAG where executors are other processes and the lake is no disk: Spark's own cluster, a master and two workers, and a bucket of
an S3 server, all on this machine.

The first run is made by a real scheduler, in client mode. Then the load's operator alone, by its execute() with a real
spark-submit, is run in cluster mode, and its worker dies.
"""

import json
import os
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("dags", "dags/tests")]

import oracle
from cluster_stack import ClusterStack
from object_store import extra_jars
from parts import HOME, cohort

TYPES = ("Patient", "Condition")
VIEWS = ("patient",)


@pytest.fixture(scope="module")
def stack():
    if not list(extra_jars().glob("hadoop-aws-*.jar")):
        pytest.skip(f"{extra_jars()} holds no hadoop-aws: run ./mvnw -q -N -Ps3a package")
    pytest.importorskip("moto", reason="the S3 server of the test is not installed: run make setup")
    root = HOME / "build" / "cluster"
    stack = ClusterStack(root, data=root / "data", views=root / "views")
    stack.stop()
    stack.wipe()
    two_patients(stack.data)
    stack.views.mkdir()
    for view in VIEWS:
        shutil.copy(HOME / "conf" / "views" / f"{view}.json", stack.views)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def two_patients(data: Path):
    source = cohort(3, HOME / "build" / "cluster" / "logs" / "patients.log")
    data.mkdir()
    patients = (source / "Patient.ndjson").read_text().splitlines()[:2]
    ids = [json.loads(patient)["id"] for patient in patients]
    for kind in TYPES:
        lines = (source / f"{kind}.ndjson").read_text().splitlines()
        (data / f"{kind}.ndjson").write_text("".join(f"{line}\n" for line in lines if any(key in line for key in ids)))


def report(lake: Path, task: str) -> dict:
    return json.loads((lake / "metrics" / "epic_fhir_etl" / "first" / f"{task}.json").read_text())


def test_the_dag_on_a_cluster_brings_every_resource_through_a_bucket_into_every_table(stack):
    assert stack.run_dag("first") == "success"
    lake = stack.downloaded()
    served = oracle.served(stack.data)
    bronze = oracle.bronze_rows(lake)
    assert {kind: set(rows) for kind, rows in bronze.items()} == {kind: set(of.items()) for kind, of in served.items()}
    live, dead = oracle.silver(lake)
    assert live == served
    assert dead == {}
    views = oracle.view_rows(lake)
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    assert set(views) == set(VIEWS)
    assert len(views["patient"]) == 2
    assert [name for name in views if not oracle.same_rows(views[name], tables[name])] == []


def test_the_reports_tell_what_the_executors_did(stack):
    lake = stack.downloaded()
    for task in ("extract", "transform"):
        told = report(lake, task)
        assert sum(stage["tasks"] for stage in told["stages"]) > 0
        assert {stage["slowest"]["host"] for stage in told["stages"]} == {"127.0.0.1"}
    assert report(lake, "load")["stages"] == []  # so few rows are copied without Spark
    transform = report(lake, "transform")
    assert transform["memory"]["executor_heap_peak_bytes"] > 0
    stages = transform["stages"]
    assert sum(stage["records_read"] for stage in stages) > 0
    assert sum(stage["bytes_read"] for stage in stages) > 0
    assert len(stack.cluster.state()["completedapps"]) == 2


def test_a_retry_finds_the_driver_that_its_dead_worker_left_on_the_cluster(stack, monkeypatch):
    from epic_fhir.submit import PhaseSubmit
    from made_up import TaskState, WorkerDied

    def dies(operator, external_id, context):
        raise WorkerDied

    for name, value in (stack.pipeline_env() | {"AIRFLOW_CONN_SPARK_DEFAULT": stack.cluster.connection("cluster")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EPIC_FHIR_CLASS_ARCHIVES", str(stack.root / "class-archives"))
    store, now = TaskState(), datetime.now(timezone.utc)

    def attempt(number: int) -> dict:
        ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id="cluster-mode", task_id="load", try_number=number, stats_tags={})
        run = SimpleNamespace(run_type="manual", data_interval_start=None, data_interval_end=None, run_after=now)
        operator = PhaseSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load")
        return operator.execute({"dag_run": run, "ti": ti, "task_state_store": store})

    with monkeypatch.context() as first:
        first.setattr(PhaseSubmit, "poll_until_complete", dies)
        with pytest.raises(WorkerDied):
            attempt(1)
    driver = store["spark_job_id"]
    answer = attempt(2)
    assert set(answer["tables"]) == set(VIEWS)
    assert answer["report"].endswith("/cluster-mode/load.json")
    master = stack.cluster.state()
    assert [(told["id"], told["state"]) for told in master["completeddrivers"]] == [(driver, "FINISHED")]
    assert master["activedrivers"] == []
    assert store == {}
    told = json.loads((stack.downloaded() / "metrics" / "epic_fhir_etl" / "cluster-mode" / "load.json").read_text())
    assert told["run"]["try_number"] == 1
    assert "made-up-for-a-test" not in "".join(file.read_text() for file in stack.root.glob("home/conf/**/*.conf"))


def test_nothing_is_left_running_after_the_parts_are_stopped(stack):
    stack.stop()
    own = str(os.getpid())
    running = [
        process.parent.name
        for process in Path("/proc").glob("[0-9]*/cmdline")
        if process.parent.name != own and str(stack.root).encode() in process.read_bytes()
    ]
    assert running == []
