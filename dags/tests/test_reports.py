import os
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.api.datamodels._generated import DagRunType
from made_up import BEGIN, RUN_ID, failed, key, report

from epic_fhir.lake import Lake, RunKey
from epic_fhir.reports import answer, fresh, judge, parse_instant, record


class Run:
    def __init__(self, kind, start=None, end=None):
        self.run_type, self.data_interval_start, self.data_interval_end, self.run_after = kind, start, end, BEGIN


class Task:
    dag_id, run_id, task_id, try_number = "epic_fhir_etl", RUN_ID, "load", 2


DAY_BEFORE = BEGIN - timedelta(days=1)


@pytest.mark.parametrize("kind", [DagRunType.SCHEDULED, DagRunType.BACKFILL])
def test_the_arguments_carry_the_data_interval(kind):
    arguments = RunKey.of({"dag_run": Run(kind, DAY_BEFORE, BEGIN), "ti": Task()}).arguments(Path("/c/pipeline.conf"), "e1")
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=True))
    assert pairs == {
        "--conf": "/c/pipeline.conf",
        "--dag": "epic_fhir_etl",
        "--run": RUN_ID,
        "--task": "load",
        "--try": "2",
        "--interval-start": "2026-03-01T04:00:00Z",
        "--interval-end": "2026-03-02T04:00:00Z",
        "--export": "e1",
    }


def test_a_job_is_told_how_many_tries_its_task_has():
    """As Airflow counts: the first try and its retries; a clear begins anew."""
    ti = Task()
    ti.max_tries = 3
    arguments = RunKey.of({"dag_run": Run(DagRunType.MANUAL), "ti": ti}).arguments(Path("/c"))
    assert arguments[arguments.index("--tries") + 1] == "4"


def test_a_manual_run_without_an_interval_stands_at_the_time_it_was_asked_for():
    arguments = RunKey.of({"dag_run": Run(DagRunType.MANUAL), "ti": Task()}).arguments(Path("/c"))
    assert arguments[arguments.index("--interval-start") + 1] == "2026-03-02T04:00:00Z"
    assert arguments[arguments.index("--interval-end") + 1] == "2026-03-02T04:00:00Z"
    assert "--export" not in arguments


@pytest.mark.parametrize("kind", [kind for kind in DagRunType if kind not in (DagRunType.SCHEDULED, DagRunType.BACKFILL)])
def test_an_interval_that_airflow_filled_in_for_another_run_counts_for_nothing(kind):
    """Else a run that a person asks for finds that interval covered, and asks the server for nothing."""
    at = RunKey.of({"dag_run": Run(kind, DAY_BEFORE, BEGIN - timedelta(hours=1)), "ti": Task()})
    assert (at.interval_start, at.interval_end) == (BEGIN, BEGIN)


@pytest.mark.parametrize(
    "change", [{"run_id": "another"}, {"task_id": "load"}, {"try_number": 2}, {"dag_id": "another"}], ids=lambda c: next(iter(c))
)
def test_a_report_of_something_else_is_stale(change):
    made = report("transform", 0, 1)
    assert fresh(made, key("transform"), None) == made
    made["run"] |= change
    assert fresh(made, key("transform"), None) is None


def test_a_report_that_was_there_before_the_process_started_is_stale():
    made = report("wait", 0, 1)
    assert fresh(made, key("wait"), before=made) is None


@pytest.mark.parametrize("made", [None, [], {}, {"run": None}, {"run": {}}])
def test_what_is_no_report_is_none(made):
    assert fresh(made, key("transform"), None) is None


@pytest.mark.parametrize(("code", "retry"), [(1, True), (2, False), (3, False), (4, True), (5, False), (6, True)])
def test_the_exit_code_of_the_report_decides_about_a_retry(code, retry):
    ended = judge(key("load"), failed(report("load", 0, 1), code, "Cannot do it: x; mend it"), code)
    assert ended.retry is retry
    assert f"load failed (exit {code} " in ended.problem
    assert "Cannot do it: x; mend it" in ended.problem


@pytest.mark.parametrize(("status", "retry"), [(0, True), (1, True), (2, False), (137, True)])
def test_a_process_without_a_report_failed_whatever_its_exit_status(status, retry):
    ended = judge(key("load"), None, status)
    assert ended.problem.startswith(f"load ended with exit status {status} and wrote no run report for this try")
    assert ended.retry is retry


def test_a_good_report_of_a_process_that_ended_badly_is_a_failure():
    ended = judge(key("load"), report("load", 0, 1), 137)
    assert "reported success, but its process ended with exit status 137" in ended.problem


def test_a_good_report_of_a_process_that_ended_well_is_success():
    made = report("load", 0, 1, result={"tables": {}})
    assert judge(key("load"), made, 0).problem is None
    assert answer("/l/load.json", made) == {"report": "/l/load.json", "tables": {}}


def test_a_python_tasks_report_has_the_host_class_of_the_job_it_looked_at():
    made = record(key("validate"), BEGIN, None, 0, report("extract", 0, 1))
    assert made["run"]["host_class"] == "Linux amd64, 2 cores, 24 GiB, local[2]"
    assert record(key("validate"), BEGIN, None, 0, None)["run"]["host_class"] == "unknown"


def test_files_of_the_lake_are_replaced_in_one_step_and_leave_no_part(tmp_path):
    lake = Lake(f"file:{tmp_path}")
    path = lake.report(key("load"))
    assert lake.read_json(path) is None
    lake.write_json(path, {"a": 1})
    lake.write_json(path, {"a": 2})
    assert lake.read_json(path) == {"a": 2}
    assert [f.name for f in (tmp_path / "metrics" / "epic_fhir_etl" / RUN_ID).iterdir()] == ["load.json"]


def test_half_a_file_is_no_report(tmp_path):
    (tmp_path / "x.json").write_text('{"run": ')
    assert Lake(str(tmp_path)).read_json(str(tmp_path / "x.json")) is None


@pytest.mark.parametrize("root", ["/lake", "file:/lake", "file:///lake"])
def test_local_lakes_are_local(root):
    assert Lake(root).is_local()


def test_other_lakes_are_not_and_hdfs_has_no_colons_in_names():
    assert not Lake("s3a://bucket/lake").is_local()
    assert Lake("s3a://b/l").report(key("load")) == f"s3a://b/l/metrics/epic_fhir_etl/{RUN_ID}/load.json"
    assert ":" not in Lake("hdfs://n/l").report(key("load")).removeprefix("hdfs://")


def test_a_lake_in_an_object_store_is_read_and_written():
    lake = Lake("memory://bucket/lake")
    lake.write_json(lake.report(key("load")), {"a": 1})
    assert lake.read_json(lake.report(key("load"))) == {"a": 1}
    assert lake.read_json(lake.report(key("other"))) is None


@pytest.mark.parametrize("text", ["2026-03-02T04:00:00Z", "2026-03-02T04:00:00.000000001Z", "2026-03-02T05:00:00+01:00"])
def test_instants_of_the_jobs_are_read(text):
    assert parse_instant(text) == BEGIN


@pytest.mark.parametrize("text", [None, "", 5, "soon", "2026-03-02"])
def test_what_is_no_instant_is_none(text):
    assert parse_instant(text) is None


RUNS = ["scheduled__2026-03-01T04:00:00+00:00", "manual__2026-03-02T09:00:00.25+00:00", "scheduled__2026-02-01T04_00_00+00_00"]
BY_HAND = "by hand 2026-02-30T04:00:00"


@pytest.mark.parametrize("remote", [False, True])
def test_runs_are_listed_newest_first_by_the_time_in_their_id(tmp_path, monkeypatch, remote):
    lake = Lake(str(tmp_path))
    assert lake.runs() == []
    for run in [*RUNS, BY_HAND]:
        lake.write_json(lake.metrics("epic_fhir_etl", run, "report.json"), {})
    lake.write_text(f"{lake.root}/metrics/index.html", "")
    os.utime(tmp_path / "metrics" / "epic_fhir_etl" / BY_HAND, (0, 1e9))
    os.utime(tmp_path / "metrics" / "epic_fhir_etl" / BY_HAND / "report.json", (0, 1e9))
    if remote:
        monkeypatch.setattr(Lake, "_at", lambda _, path: ObjectStoragePath(f"file://{path}"))
    assert lake.runs() == [("epic_fhir_etl", run) for run in (RUNS[1], RUNS[0], RUNS[2], BY_HAND)]


@pytest.mark.parametrize(("readers", "file", "folder"), [("owner", 0o600, 0o700), ("group", 0o640, 0o750)])
def test_what_is_written_is_open_to_those_whom_the_setting_names_whatever_the_umask_is(tmp_path, readers, file, folder):
    before = os.umask(0)
    try:
        Lake(str(tmp_path / "lake"), readers).write_json(str(tmp_path / "lake" / "metrics" / "a.json"), {})
    finally:
        os.umask(before)
    made = [tmp_path / "lake", tmp_path / "lake" / "metrics", tmp_path / "lake" / "metrics" / "a.json"]
    assert [path.stat().st_mode & 0o777 for path in made] == [folder, folder, file]
