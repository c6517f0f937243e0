"""What every DAG file of this folder must keep to."""

import itertools
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent
FILES = sorted(FOLDER.glob("*.py"))
SLOTS = {"kick_off": "source", "wait": "source", "extract": "source", "transform": "lake", "load": "lake"}


def load(file):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(file))
    assert bag.import_errors == {}
    return list(bag.dags.values())


@pytest.fixture(scope="module")
def dags():
    return [dag for file in FILES for dag in load(file)]


@pytest.fixture(scope="module")
def etl(dags):
    return next(dag for dag in dags if dag.dag_id == "epic_fhir_etl")


def test_there_are_dags_and_each_says_who_owns_it_what_it_is_and_where_it_belongs(dags):
    assert dags
    for dag in dags:
        assert dag.doc_md
        assert dag.tags
        assert dag.owner
        assert dag.owner != "airflow"
        assert dag.catchup is False
        assert dag.max_active_runs == 1


def test_every_task_has_retries_a_growing_delay_and_a_time_limit(dags):
    for dag in dags:
        for task in dag.tasks:
            assert task.retries >= 1, task.task_id
            assert task.retry_exponential_backoff, task.task_id
            assert task.retry_delay >= timedelta(minutes=1), task.task_id
            assert task.max_retry_delay <= timedelta(hours=1), task.task_id
            assert task.execution_timeout, task.task_id


def test_every_task_that_touches_the_source_or_the_tables_stands_in_a_pool(etl):
    assert {t.task_id: t.pool for t in etl.tasks if t.task_id in SLOTS} == {k: f"epic_fhir_{v}" for k, v in SLOTS.items()}


def test_the_chain_is_one_line_whose_last_task_decides_about_the_run(etl):
    order = ["kick_off", "wait", "extract", "transform", "load", "validate", "report"]
    assert {t.task_id for t in etl.tasks} == set(order)
    for before, after in itertools.pairwise(order):
        assert after in etl.get_task(before).downstream_task_ids
    assert [t.task_id for t in etl.tasks if not t.downstream_task_ids] == ["report"]
    assert etl.get_task("report").trigger_rule == "all_done"
    for task in ("transform", "load"):  # each looks itself whether the one before it left something to do
        assert etl.get_task(task).trigger_rule == "all_done"
    assert {t.trigger_rule for t in etl.tasks if t.task_id not in ("transform", "load", "report")} == {"all_success"}


def test_nothing_that_is_published_comes_of_a_run_in_which_a_task_failed(dags):
    for dag in (d for d in dags if d.dag_id in ("epic_fhir_etl", "epic_fhir_rerun")):
        validate = dag.get_task("validate")
        assert {"extract", "transform", "load"} <= validate.upstream_task_ids, dag.dag_id
        assert validate.trigger_rule in ("all_success", "none_failed"), dag.dag_id
        assert [task.task_id for task in dag.tasks if task.outlets] == ["validate"], dag.dag_id


def test_the_wait_holds_no_worker(etl):
    assert etl.get_task("wait").mode == "reschedule"


def test_a_daily_run_has_the_day_before_it_as_its_data_interval(etl):
    assert type(etl.timetable).__name__ == "CronDataIntervalTimetable"


def test_a_run_that_airflows_page_triggers_asks_the_server(etl):
    """The page's form fills in now as the logical date, and Airflow works out the schedule's last interval from it."""
    from datetime import datetime, timezone
    from types import SimpleNamespace

    from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
    from airflow.serialization.serialized_objects import DagSerialization

    from epic_fhir.lake import RunKey

    now = datetime.now(timezone.utc)
    stored = DagSerialization.from_dict(DagSerialization.to_dict(etl))
    asked = TriggerDAGRunPostBody(logical_date=now, run_after=now).validate_context(stored)
    assert asked["data_interval"].end < now
    run = SimpleNamespace(
        run_type="manual",
        run_after=asked["run_after"],
        data_interval_start=asked["data_interval"].start,
        data_interval_end=asked["data_interval"].end,
    )
    key = RunKey.of({"dag_run": run, "ti": SimpleNamespace(dag_id=etl.dag_id, run_id="r", task_id="kick_off", try_number=1)})
    assert key.interval_start == key.interval_end == now


def test_every_param_is_typed_and_described(dags):
    for dag in dags:
        for name, param in dag.params.items():
            schema = getattr(param, "schema", {})
            assert schema.get("type"), name
            assert getattr(param, "description", None), name


@pytest.mark.parametrize("dag_id", ["epic_fhir_etl", "epic_fhir_rerun", "epic_fhir_etl_north"])
def test_a_baseline_is_accepted_for_a_dag_of_this_product(dags, dag_id):
    baseline = next(dag for dag in dags if dag.dag_id == "epic_fhir_baseline")
    assert baseline.params.get_param("dag_id").resolve(dag_id) == dag_id


@pytest.mark.parametrize(
    "dag_id",
    [
        "../../../outside",
        "epic_fhir_etl/../../x",
        "epic_fhir_..",
        "/epic_fhir_etl",
        "epic_fhir_etl\n",
        "epic_fhir_a\\b",
        "other",
        "",
    ],
    ids=ascii,
)
def test_no_dag_id_leads_out_of_the_folder_of_histories(dags, dag_id):
    from airflow.sdk.exceptions import ParamValidationError

    baseline = next(dag for dag in dags if dag.dag_id == "epic_fhir_baseline")
    with pytest.raises(ParamValidationError):
        baseline.params.get_param("dag_id").resolve(dag_id)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_dag_file_is_short(file):
    assert len(file.read_text().splitlines()) < 100


@pytest.fixture(scope="module")
def read_apart():
    """Of each DAG file: the CPU seconds of reading it, so that a busy machine does not count, and the heavy modules it brings.

    Each in a process of its own that has Airflow already.
    """
    code = f"""
import importlib, json, os, sys, time
from airflow.sdk import dag
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
sys.path.insert(0, {str(FOLDER)!r})
for name in sys.argv[1:]:
    if not os.fork():
        before = time.process_time()
        importlib.import_module(name)
        heavy = [m for m in ("pyspark", "pandas", "pyarrow", "deltalake") if m in sys.modules]
        print(json.dumps([name, time.process_time() - before, heavy]), flush=True)
        os._exit(0)
    os.wait()
"""
    run = subprocess.run([sys.executable, "-c", code, *(file.stem for file in FILES)], capture_output=True, text=True, check=True)
    read = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("[")]
    return {name: (seconds, heavy) for name, seconds, heavy in read}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_dag_file_is_read_fast_and_brings_no_heavy_module(read_apart, file):
    seconds, heavy = read_apart[file.stem]
    assert seconds < 2
    assert heavy == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_without_a_schedule_a_dag_waits_to_be_asked(file, monkeypatch):
    for name in ("EPIC_FHIR_SCHEDULE", "EPIC_FHIR_CARE_SCHEDULE"):
        monkeypatch.setenv(name, "")
    assert [type(dag.timetable).__name__ for dag in load(file)] == ["NullTimetable"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_the_schedule_waits_for_the_day_on_which_the_site_goes_live(file, monkeypatch):
    """Airflow leaves out each task that starts after a run's logical date, and calls a run without tasks a success."""
    monkeypatch.setenv("EPIC_FHIR_START", "2100-01-01")
    for dag in load(file):
        waits = {bool(task.start_date) for task in dag.tasks}
        assert waits == {dag.dag_id == "epic_fhir_etl"}


def test_the_care_that_is_switched_on_waits_for_its_next_day(dags):
    from datetime import datetime, timezone

    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    care = next(dag for dag in dags if dag.dag_id == "epic_fhir_care")
    stored = DagSerialization.from_dict(DagSerialization.to_dict(care))
    never_ran = TimeRestriction(earliest=stored.start_date, latest=None, catchup=False)
    first = stored.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=never_ran)
    assert first.run_after > datetime.now(timezone.utc)
