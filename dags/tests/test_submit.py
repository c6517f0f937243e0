"""The operators with real processes: small shell scripts stand where java and spark-submit are."""

import errno
import itertools
import json
import os
import re
import shutil
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from made_up import BEGIN, RUN_ID, failed, key, report

from epic_fhir import phase
from epic_fhir.export_sensor import ExportReady
from epic_fhir.installation import Installation
from epic_fhir.java_task import PhaseJava
from epic_fhir.lake import Lake
from epic_fhir.processes import without_secrets
from epic_fhir.rerun import Plan
from epic_fhir.submit import LoadSubmit, PhaseSubmit, TransformSubmit
from epic_fhir.task_states import report_of

REPOSITORY = Path(__file__).resolve().parents[2]


class Run:
    data_interval_start = data_interval_end = None
    run_type, run_after = "manual", BEGIN


class Task:
    dag_id, run_id, try_number = "epic_fhir_etl", RUN_ID, 1
    first = None

    def __init__(self, task_id):
        self.task_id = task_id

    def get_first_reschedule_date(self, context):
        return self.first


def context(task_id):
    return {"dag_run": Run(), "ti": Task(task_id)}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation whose java and spark-submit write down how they were called, leave ``next.json`` and exit with ``status``."""
    (tmp_path / "conf" / "spark").mkdir(parents=True)
    (tmp_path / "conf" / "spark" / "local.conf").write_text("spark.ui.enabled false\n")
    (tmp_path / "conf" / "pipeline.conf").write_text('epic-fhir { lake = "../lake", bulk { poll-interval = "30 seconds" } }\n')
    for module in ("extract-job", "transform-job", "load-job"):
        (tmp_path / module / "target").mkdir(parents=True)
        (tmp_path / module / "target" / f"{module}-0.1-job.jar").touch()
    [jar] = (REPOSITORY / "extract-job" / "target").glob("extract-job-*-job.jar")
    script = f"""#!/bin/sh
case "$6" in io.epicfhir.common.settings.DagSettings) exec {shutil.which("java")} -cp {jar} "$6" "$7" "$8" ;; esac
printf '%s\\n' "$@" > {tmp_path}/called
{{ env; umask; }} > {tmp_path}/environment
echo 'a line for the log' >&2
metrics='{tmp_path}/lake/metrics/epic_fhir_etl/{RUN_ID}'
mkdir -p "$metrics"
[ -f {tmp_path}/next.json ] && cp {tmp_path}/next.json "$metrics/$(cat {tmp_path}/task).json"
exit $(cat {tmp_path}/status)
"""
    for file in (tmp_path / "jdk" / "bin" / "java", tmp_path / "spark" / "bin" / "spark-submit"):
        file.parent.mkdir(parents=True)
        file.write_text(script)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EPIC_FHIR_HOME", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    monkeypatch.setenv("SPARK_HOME", str(tmp_path / "spark"))
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path / "conf" / "spark"))
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "local[*]"}')
    return tmp_path


def will_leave(home, task, made, status=0):
    (home / "task").write_text(task)
    (home / "status").write_text(str(status))
    if made is not None:
        (home / "next.json").write_text(json.dumps(made))


def called(home):
    return (home / "called").read_text().split("\n")


def lies_in_the_lake(home, task, made):
    folder = home / "lake" / "metrics" / "epic_fhir_etl" / RUN_ID
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{task}.json").write_text(json.dumps(made))


def kick_off():
    return PhaseJava(task_id="kick_off", module="extract-job", main="io.epicfhir.extract.KickOff")


def load():
    return PhaseSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load")


def wait():
    return ExportReady(task_id="wait", module="extract-job", main="io.epicfhir.extract.ExportStatus", export_id="e1")


def extract():
    return PhaseSubmit(task_id="extract", module="extract-job", main="io.epicfhir.extract.Extract", export_id="e1")


def test_a_java_phase_gives_the_report_and_the_answers(home):
    will_leave(home, "kick_off", report("kick_off", 0, 1, result={"export_id": "e1", "state": "kicked-off"}))
    answer = kick_off().execute(context("kick_off"))
    assert answer == {
        "report": f"{home}/lake/metrics/epic_fhir_etl/{RUN_ID}/kick_off.json",
        "export_id": "e1",
        "state": "kicked-off",
    }
    assert "io.epicfhir.extract.KickOff" in called(home)
    assert f"{home}/extract-job/target/extract-job-0.1-job.jar:{home}/conf/spark:{home}/spark/jars/*" in called(home)


def test_a_spark_phase_is_submitted_with_profile_jar_class_and_arguments(home):
    will_leave(home, "load", report("load", 0, 1, result={"tables": {}}))
    assert load().execute(context("load"))["tables"] == {}
    arguments = called(home)
    pairs = dict(itertools.pairwise(arguments))
    assert pairs["--master"] == "local[*]"
    assert pairs["--properties-file"] == f"{home}/conf/spark/local.conf"
    assert pairs["--class"] == "io.epicfhir.load.Load"
    assert pairs["--run"] == RUN_ID
    assert pairs["--try"] == "1"
    assert pairs["--interval-end"] == "2026-03-02T04:00:00Z"
    assert f"{home}/load-job/target/load-job-0.1-job.jar" in arguments


@pytest.mark.parametrize("phase", [kick_off, wait, extract, load], ids=lambda phase: phase.__name__)
def test_a_job_is_told_which_of_how_many_tries_this_is(home, phase):
    """Of several groups' failures kick_off, wait and extract fail by one that may pass, until the last try."""
    task = phase().task_id
    made = report(task, 0, 1, result={"export_id": "e1", "state": "complete"})
    made["run"]["try_number"] = 4
    will_leave(home, task, made)
    last = context(task)
    last["ti"].try_number, last["ti"].max_tries = 4, 3
    phase().execute(last)
    pairs = dict(itertools.pairwise(called(home)))
    assert (pairs["--try"], pairs["--tries"]) == ("4", "4")


@pytest.mark.parametrize("phase", [kick_off, load], ids=["java", "spark"])
@pytest.mark.parametrize(("code", "kind"), [(2, AirflowFailException), (3, AirflowFailException), (5, AirflowFailException)])
def test_what_no_retry_mends_fails_at_once_with_the_reports_message(home, phase, code, kind):
    task = phase().task_id
    will_leave(home, task, failed(report(task, 0, 1), code, "Cannot do it: x; mend it"), status=code)
    with pytest.raises(kind, match=rf"{task} failed \(exit {code} [A-Z_]+\): Cannot do it: x; mend it"):
        phase().execute(context(task))


@pytest.mark.parametrize("phase", [kick_off, load], ids=["java", "spark"])
@pytest.mark.parametrize("code", [1, 4, 6])
def test_what_may_pass_is_left_to_the_retries(home, phase, code):
    task = phase().task_id
    will_leave(home, task, failed(report(task, 0, 1), code, "Cannot reach it: x; wait"), status=code)
    with pytest.raises(AirflowException, match="Cannot reach it: x; wait") as caught:
        phase().execute(context(task))
    assert not isinstance(caught.value, AirflowFailException)


@pytest.mark.parametrize("phase", [kick_off, load], ids=["java", "spark"])
def test_a_process_that_leaves_no_report_has_failed_even_with_exit_status_0(home, phase):
    task = phase().task_id
    will_leave(home, task, None)
    with pytest.raises(AirflowException, match=f"{task} ended with exit status 0 and wrote no run report for this try"):
        phase().execute(context(task))


@pytest.mark.parametrize("phase", [kick_off, load], ids=["java", "spark"])
def test_the_report_of_an_earlier_process_is_not_taken_for_this_ones(home, phase):
    task = phase().task_id
    lies_in_the_lake(home, task, report(task, 0, 1))
    will_leave(home, task, None, status=137)
    with pytest.raises(AirflowException, match="ended with exit status 137 and wrote no run report for this try"):
        phase().execute(context(task))


def test_settings_that_cannot_be_used_fail_without_a_process_and_without_a_retry(home):
    (home / "conf" / "pipeline.conf").write_text("epic-fhir { ")
    with pytest.raises(AirflowFailException, match=r"Cannot read the settings: .*/pipeline.conf: 1: "):
        load().execute(context("load"))
    assert not (home / "called").exists()


@pytest.mark.parametrize("state", ["complete", "landed"])
def test_the_wait_ends_when_the_export_is_ready(home, state):
    will_leave(home, "wait", report("wait", 0, 1, result={"export_id": "e1", "state": state}))
    done = wait().poke(context("wait"))
    assert done.is_done
    assert done.xcom_value["state"] == state
    assert called(home)[-3:-1] == ["--export", "e1"]


def test_the_next_look_is_exactly_when_the_server_allows_it(home):
    again = datetime.now(timezone.utc).replace(microsecond=123456) + timedelta(minutes=7)
    status = {"export_id": "e1", "state": "in-progress", "not_before": again.isoformat(), "progress": "40 %"}
    will_leave(home, "wait", report("wait", 0, 1, result=status))
    with pytest.raises(AirflowRescheduleException) as caught:
        wait().poke(context("wait"))
    assert caught.value.reschedule_date == again


def test_a_look_that_is_due_at_once_waits_until_the_scheduler_has_noticed_the_last_one(home):
    again = datetime.now(timezone.utc) + timedelta(seconds=1)
    will_leave(
        home, "wait", report("wait", 0, 1, result={"export_id": "e1", "state": "in-progress", "not_before": again.isoformat()})
    )
    with pytest.raises(AirflowRescheduleException) as caught:
        wait().poke(context("wait"))
    assert timedelta(seconds=3) < caught.value.reschedule_date - again < timedelta(seconds=60)


def test_no_look_happens_before_the_server_allows_it_not_even_on_a_new_try(home):
    again = datetime.now(timezone.utc) + timedelta(minutes=7)
    lies_in_the_lake(
        home, "wait", report("wait", 0, 1, result={"export_id": "e1", "state": "in-progress", "not_before": again.isoformat()})
    )
    later = context("wait")
    later["ti"].try_number = 2
    with pytest.raises(AirflowRescheduleException) as caught:
        wait().poke(later)
    assert caught.value.reschedule_date == again
    assert not (home / "called").exists()


def test_another_exports_delay_does_not_hold_this_one_up(home):
    again = (datetime.now(timezone.utc) + timedelta(minutes=7)).isoformat()
    lies_in_the_lake(home, "wait", report("wait", 0, 1, result={"export_id": "e0", "state": "in-progress", "not_before": again}))
    will_leave(home, "wait", report("wait", 5, 1, result={"export_id": "e1", "state": "complete"}))
    assert wait().poke(context("wait")).is_done


def test_without_a_word_of_the_server_the_settings_say_when_to_look_again(home):
    will_leave(home, "wait", report("wait", 0, 1, result={"export_id": "e1", "state": "in-progress"}))
    before = datetime.now(timezone.utc)
    with pytest.raises(AirflowRescheduleException) as caught:
        wait().poke(context("wait"))
    assert timedelta(seconds=30) <= caught.value.reschedule_date - before < timedelta(seconds=60)


def test_the_wait_has_a_last_stop(home):
    will_leave(home, "wait", report("wait", 0, 1, result={"export_id": "e1", "state": "in-progress"}))
    late = context("wait")
    late["ti"].first = datetime.now(timezone.utc) - timedelta(days=8)
    with pytest.raises(AirflowSensorTimeout, match="Cannot wait any longer for export e1"):
        wait().poke(late)


def test_a_status_that_could_not_be_asked_for_fails_the_look(home):
    will_leave(home, "wait", failed(report("wait", 0, 1), 4, "Cannot ask for the status: x; rerun"), status=4)
    with pytest.raises(AirflowException, match="Cannot ask for the status: x; rerun"):
        wait().poke(context("wait"))


def transform_after(home, state, landed=(), plan=None, **reports):
    """The transform of a run whose extract ended in this state, with these bronze commits and reports."""
    for export in landed:
        (home / "lake" / "state" / "landings").mkdir(parents=True, exist_ok=True)
        (home / "lake" / "state" / "landings" / f"{export}.json").write_text("{}")
    for task, exports in reports.items():
        made = report(task, 0, 1, result={"export_id": exports})
        lies_in_the_lake(home, task, failed(made, 3, "refused") if task == "extract" else made)
    made = {"dag_run": Run(), "ti": Task("transform")}
    made["ti"].get_task_states = lambda **asked: {RUN_ID: {"extract": state}} if asked["task_ids"] == ["extract"] else {}
    plan = None if plan is None else Plan("r", types=[], views=[], sentences=[], **{"go": True, **plan}).as_dict()
    main = "io.epicfhir.transform.Transform"
    return TransformSubmit(task_id="transform", module="transform-job", main=main, plan=plan).execute(made)


@pytest.mark.parametrize(
    ("state", "landed", "plan", "reports"),
    [
        ("success", [], None, {}),
        ("failed", ["e1"], None, {"kick_off": "e1,e2", "extract": "e1"}),
        ("failed", ["e2"], None, {"kick_off": "e1,e2"}),  # killed: it left no report
        ("failed", ["e1", "e2"], None, {"kick_off": "e1,e2", "extract": "e1,e2"}),  # what lacks is another run's
        ("failed", ["e9"], None, {"kick_off": "e1", "extract": "e9"}),  # a crawl that a later one superseded
        ("failed", ["e1"], {"begin": "extract", "exports": ["e1", "e2"]}, {}),
        ("failed", ["e1"], {"begin": "kick_off", "exports": []}, {"kick_off": "e1,e2"}),
        ("skipped", [], {"begin": "transform", "exports": ["e1"]}, {}),
        ("skipped", [], {"begin": "load", "exports": []}, {}),
    ],
)
def test_what_has_landed_is_transformed_whatever_became_of_another_group(home, state, landed, plan, reports):
    will_leave(home, "transform", report("transform", 0, 1, result={"exports": ["e1"]}))
    assert transform_after(home, state, landed, plan, **reports)["exports"] == ["e1"]


@pytest.mark.parametrize(
    ("state", "landed", "plan", "reports"),
    [
        ("failed", [], None, {"kick_off": "e1,e2", "extract": "e2"}),
        ("failed", ["another runs"], None, {"kick_off": "e1", "extract": "e1"}),
        ("failed", [], None, {}),
        ("failed", ["e7"], {"begin": "extract", "exports": ["e1"]}, {"kick_off": "e7"}),
        ("upstream_failed", ["e1"], None, {"kick_off": "e1,e2"}),  # it landed in an earlier try
        ("upstream_failed", [], None, {}),
        (None, ["e1"], None, {"kick_off": "e1"}),
    ],
)
def test_nothing_is_transformed_where_nothing_landed(home, state, landed, plan, reports):
    lies_in_the_lake(home, "transform", report("transform", 0, 9, result={"views": {}}))  # of an earlier try
    with pytest.raises(AirflowFailException, match=rf"no export of this run has landed \(the state of extract is {state}\)"):
        transform_after(home, state, landed, plan, **reports)
    assert not (home / "called").exists()
    with pytest.raises(AirflowFailException, match="Nothing was loaded"):
        load_after(None, "failed")


def test_a_transform_of_a_plan_that_is_only_shown_is_skipped(home):
    with pytest.raises(AirflowSkipException, match="Only the plan was requested"):
        transform_after(home, "skipped", plan={"begin": "extract", "exports": ["e1"], "go": False})


def load_after(transform, state, **parts):
    """The load of a run whose transform ended in this state and left this report."""
    made = {"dag_run": Run(), "ti": Task("load")}
    made["ti"].get_task_states = lambda **asked: {RUN_ID: {"transform": state}} if asked["task_ids"] == ["transform"] else {}
    return LoadSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load", **parts).execute(made)


REFUSED = failed(report("transform", 0, 9, result={"views": {"patient": {}}, "refused_views": {"typo": "…"}}), 5, "typo.json: …")


@pytest.mark.parametrize(("transform", "state"), [(None, "success"), (REFUSED, "failed")], ids=["success", "one view refused"])
def test_what_transform_could_bring_up_to_date_is_loaded(home, transform, state):
    if transform:
        lies_in_the_lake(home, "transform", transform)
    will_leave(home, "load", report("load", 0, 1, result={"tables": {}}))
    assert load_after(transform, state)["tables"] == {}


@pytest.mark.parametrize(
    ("transform", "state"),
    [
        (failed(report("transform", 0, 9), 6, "The lake is away"), "failed"),
        (failed(report("transform", 0, 9), 5, "Cannot apply export e9: it has not landed"), "failed"),
        (None, "failed"),
        (failed(report("transform", 0, 9, result={"views": {}, "damaged_export": "e1"}), 5, "Cannot read bronze file …"), "failed"),
        (REFUSED, "upstream_failed"),  # the report of an earlier try
        (None, "upstream_failed"),
        (None, None),
    ],
    ids=["storage", "refused before it began", "damaged bronze", "no report", "an earlier report", "extract failed", "unknown"],
)
def test_nothing_is_loaded_where_transform_did_not_reach_its_end(home, transform, state):
    if transform:
        lies_in_the_lake(home, "transform", transform)
    with pytest.raises(AirflowFailException, match=rf"transform did not finish \(its state is {state}\)"):
        load_after(transform, state)
    assert not (home / "called").exists()


def test_a_load_that_a_plan_leaves_out_is_skipped_whatever_became_of_transform(home):
    shown = {"run": "r", "begin": "transform", "exports": [], "types": [], "views": [], "sentences": [], "go": False}
    with pytest.raises(AirflowSkipException, match="Only the plan was requested"):
        load_after(None, "skipped", plan=shown)


def test_the_job_is_told_who_started_the_run(home, monkeypatch):
    monkeypatch.delenv("EPIC_FHIR_RUN_BY", raising=False)
    will_leave(home, "kick_off", report("kick_off", 0, 1, result={"export_id": "e1", "state": "kicked-off"}))
    given = context("kick_off")
    given["dag_run"].triggering_user_name = "ada"
    kick_off().execute(given)
    told = (home / "environment").read_text().splitlines()
    assert "EPIC_FHIR_RUN_BY=ada" in told
    assert told[-1] == "0077"


MEBI = 1 << 20


@pytest.mark.parametrize(
    ("before", "sizes", "status", "master", "quick"),
    [
        ("transform", [1 * MEBI, None, 63 * MEBI], "success", "local[*]", True),
        ("transform", [], "success", "local[2]", True),
        ("transform", [1 * MEBI, 64 * MEBI], "success", "local[*]", False),
        ("transform", [1 * MEBI], "failed", "local[*]", False),
        ("transform", [1 * MEBI], "success", "spark://master:7077", False),
        ("extract", [1 * MEBI], "success", "local[*]", False),
        (None, [], "success", "local[*]", False),
    ],
)
def test_the_jvm_of_a_job_with_little_to_do_compiles_once(home, monkeypatch, before, sizes, status, master, quick):
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", json.dumps({"conn_type": "spark", "host": master}))
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Dof=administrator")
    will_leave(home, "load", report("load", 0, 1, result={"tables": {}}))
    if before:
        made = report(before, 0, 1)
        made["run"]["status"] = status
        made["outputs"] = [{"name": "a", "path": None, "rows": None, "bytes": size} for size in sizes]
        lies_in_the_lake(home, before, made)
    load().execute(context("load"))
    options = re.findall(r"^SPARK_SUBMIT_OPTS=(.*)$", (home / "environment").read_text(), re.MULTILINE)
    assert options == ["-XX:TieredStopAtLevel=1 -Dof=administrator" if quick else "-Dof=administrator"]


def test_what_spark_submit_leaves_is_private_and_no_secret_of_airflow_goes_along(home, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "CANARY1")
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "CANARY2")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "postgres://u:CANARY3@db/w")
    monkeypatch.setenv("SPARK_LOCAL_DIRS", "/disk1,/disk2")
    will_leave(home, "load", report("load", 0, 1, result={"tables": {}}))
    load().execute(context("load"))
    told = (home / "environment").read_text()
    assert told.splitlines()[-1] == "0077"
    assert "CANARY" not in told
    assert "SPARK_LOCAL_DIRS" not in told
    assert "spark.local.dir=/disk1,/disk2" in called(home)
    assert os.environ["AIRFLOW__CORE__FERNET_KEY"] == "CANARY1"


def test_what_goes_to_a_clusters_master_holds_no_secret_and_says_who_started_the_run(home, monkeypatch):
    secrets = ("AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "PGPASSWORD", "MY_API_KEY", "AIRFLOW__CELERY__RESULT_BACKEND")
    for name in secrets:
        monkeypatch.setenv(name, "CANARY")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/a/file")
    monkeypatch.setenv("EPIC_FHIR_RUN_BY", "ada")
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "yarn", "extra": {"deploy-mode": "cluster"}}')
    task = load()
    task.conf = {}
    task._start(Installation.of("epic_fhir_etl"), [])
    assert task.conf["spark.yarn.appMasterEnv.EPIC_FHIR_RUN_BY"] == "ada"
    assert task.conf["spark.kubernetes.driverEnv.EPIC_FHIR_RUN_BY"] == "ada"
    sent = without_secrets(master=True)
    assert "CANARY" not in sent.values()
    assert sent["AWS_WEB_IDENTITY_TOKEN_FILE"] == "/a/file"
    assert {name for name, value in without_secrets().items() if value == "CANARY"} == set(secrets[:-1])


INJECTIONS = (
    "$(touch PWNED)",
    "`touch PWNED`",
    "; touch PWNED",
    "&& touch PWNED",
    "| tee PWNED",
    "> PWNED",
    "' ; touch PWNED ; '",
    '" ; touch PWNED ; "',
    "--conf spark.driver.extraJavaOptions=-XX:OnError=touch",
    "${IFS}touch${IFS}PWNED",
    "a\\;touch PWNED",
    "%s%n {{ 7 * 7 }} {% raw %}",
)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("task", ["kick_off", "load"])
def test_what_names_a_run_is_one_argument_and_no_command(home, monkeypatch, task, text):
    monkeypatch.chdir(home)
    operator = kick_off() if task == "kick_off" else load()
    given = context(task)
    given["ti"].run_id = text
    given["dag_run"].triggering_user_name = text
    will_leave(home, task, None)
    with pytest.raises(AirflowException):  # the script leaves no report for such a run
        operator.execute(given)
    arguments = called(home)
    assert arguments[arguments.index("--run") + 1] == text
    assert f"EPIC_FHIR_RUN_BY={text}" in (home / "environment").read_text().splitlines()
    assert list(home.rglob("PWNED")) == []


@pytest.mark.parametrize(("load", "cores", "seconds"), [(0.1, 2, 5), (2, 2, 5), (8, 2, 20), (900, 2, 60)])
def test_a_sensor_gives_the_scheduler_of_a_busy_machine_more_time(monkeypatch, load, cores, seconds):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0, 0))
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert phase.schedulers_turn() == timedelta(seconds=seconds)


OLD = failed(report("load", 0, 1), 6, "The database did not answer: the password has expired")


def two_jars(home, monkeypatch):
    (home / "load-job" / "target" / "load-job-0.2-job.jar").touch()


def no_profile(home, monkeypatch):
    (home / "conf" / "spark" / "local.conf").unlink()


def no_host(home, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_DB_CONN_ID", "fhir")
    monkeypatch.setenv("AIRFLOW_CONN_FHIR", '{"conn_type": "postgres", "schema": "fhir", "login": "loader"}')


@pytest.mark.parametrize("stop", [two_jars, no_profile, no_host])
def test_a_try_that_does_not_get_to_its_job_has_no_report_of_the_try_before(home, monkeypatch, stop):
    lies_in_the_lake(home, "load", OLD)
    lake = Lake(str(home / "lake"))
    assert report_of(lake, key("load"), "load", "failed") == OLD
    stop(home, monkeypatch)
    with pytest.raises(AirflowFailException):
        load_after(None, "success")
    assert not (home / "called").exists()
    assert report_of(lake, key("load"), "load", "failed") is None


def test_nor_has_one_of_plain_java(home):
    lies_in_the_lake(home, "kick_off", failed(report("kick_off", 0, 1), 4, "The server did not answer"))
    (home / "conf" / "spark" / "local.conf").unlink()
    with pytest.raises(AirflowFailException, match="Cannot read the Spark profile"):
        kick_off().execute(context("kick_off"))
    assert report_of(Lake(str(home / "lake")), key("kick_off"), "kick_off", "failed") is None


def test_nor_where_the_disk_is_too_full_for_a_note(home, monkeypatch):
    lies_in_the_lake(home, "load", OLD)
    lake = Lake(str(home / "lake"))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("epic_fhir.lake.replace_text", full)
    with pytest.raises(OSError, match="No space left"):
        phase.begun(lake, key("load"))
    assert report_of(lake, key("load"), "load", "failed") is None
