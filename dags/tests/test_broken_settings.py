"""A run that its settings stop is told of: by the channels that the settings name, or named before."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_up import BEGIN, RUN_ID, key
from test_alerts import GREEN

from epic_fhir import alerts, job_settings, lateness, notices, retries, tasks
from epic_fhir.channels import Alerts
from epic_fhir.installation import Installation
from epic_fhir.lake import Lake

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """Settings of one's own, with a hook that alerts go to."""
    folder = tmp_path / "conf"
    folder.mkdir()
    for file in (HOME / "conf").glob("*.conf"):
        (folder / file.name).write_text(file.read_text())
    archives = tmp_path / "archives"
    archives.mkdir(mode=0o700)
    monkeypatch.setenv("EPIC_FHIR_HOME", str(HOME))
    monkeypatch.setenv("EPIC_FHIR_CONF", str(folder / "pipeline.conf"))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("EPIC_FHIR_CLASS_ARCHIVES", str(archives))
    monkeypatch.setenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID", "hook")
    monkeypatch.setattr(job_settings, "_answers", {})
    return folder


def report():
    run = SimpleNamespace(run_type="scheduled", data_interval_start=BEGIN, data_interval_end=BEGIN, run_after=BEGIN)
    ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id=RUN_ID, task_id="report", try_number=1)
    with pytest.raises(AirflowFailException) as failure:
        tasks.report({"dag_run": run, "ti": ti})
    return str(failure.value)


def break_settings(file):
    file.write_text(file.read_text().replace("poll-interval", "pol-interval").replace("rows-lost", "rows-los"))


def test_settings_of_the_pipeline_that_do_not_hold_are_told(conf, hook):
    break_settings(conf / "pipeline.conf")
    assert "poll-interval is missing" in report()
    (body,) = hook.bodies
    assert body["subject"] == "epic_fhir_etl: Red: the settings are invalid, so nothing was checked."
    assert "poll-interval is missing" in body["text"]
    assert body["command"] == f"airflow dags clear epic_fhir_etl --run-id {RUN_ID} --yes"


def test_where_the_alerts_own_settings_do_not_hold_those_are_told_who_were_before(conf, hook):
    job_settings.validation(Installation.of("epic_fhir_etl"))
    break_settings(conf / "validation.conf")
    job_settings._answers.clear()
    assert "rows-los" in report()
    assert ["rows-los" in body["text"] for body in hook.bodies] == [True]


def test_settings_that_never_held_are_told_to_whom_the_environment_names(conf, hook):
    break_settings(conf / "validation.conf")
    assert "rows-los" in report()
    assert ["rows-los" in body["text"] for body in hook.bodies] == [True]


def test_without_anybody_to_tell_it_stands_in_the_log(conf, hook, caplog, monkeypatch):
    monkeypatch.delenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID")
    break_settings(conf / "validation.conf")
    assert "rows-los" in report()
    assert hook.bodies == []
    assert "The settings are invalid, and no alert could be sent" in caplog.text


def two_jars(conf, monkeypatch):
    jars = conf.parent / "jars"
    jars.mkdir()
    for version in ("0.1", "0.2"):
        (jars / f"extract-job-{version}-job.jar").touch()
    monkeypatch.setenv("EPIC_FHIR_JARS", str(jars))


def no_java(conf, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(conf / "nothing"))


def typo(conf, monkeypatch):
    break_settings(conf / "validation.conf")


def no_conf(conf, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_CONF", str(conf / "other.conf"))


BREAKS = pytest.mark.parametrize("breaks", [two_jars, no_java, typo, no_conf])


@pytest.fixture
def default(conf, monkeypatch):
    """A default installation has no folder of class archives."""
    monkeypatch.delenv("EPIC_FHIR_CLASS_ARCHIVES")
    home = conf.parent / "airflow"
    home.mkdir()
    monkeypatch.setenv("AIRFLOW_HOME", str(home))
    return conf


@BREAKS
def test_a_default_installation_tells_of_a_run_that_its_settings_stop(default, hook, monkeypatch, breaks):
    breaks(default, monkeypatch)
    assert report()
    (body,) = hook.bodies
    assert body["subject"] == "epic_fhir_etl: Red: the settings are invalid, so nothing was checked."
    assert body["command"] == f"airflow dags clear epic_fhir_etl --run-id {RUN_ID} --yes"


@BREAKS
def test_so_it_does_of_a_late_run_and_of_a_retry(default, hook, monkeypatch, breaks):
    monkeypatch.setenv("EPIC_FHIR_ALERT_FIRST_TRY", "true")
    breaks(default, monkeypatch)
    lateness.tell(6, {"dag_run": {"dag_id": "epic_fhir_etl", "dag_run_id": RUN_ID}})
    ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id=RUN_ID, task_id="extract", try_number=1)
    retries.tell({"ti": ti, "exception": None})
    assert [body["verdict"] for body in hook.bodies] == ["late", "retry"]


def test_whom_the_file_alone_named_is_told_after_it_broke(default, hook, monkeypatch):
    monkeypatch.delenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID")
    file = default / "validation.conf"
    ways = file.read_text().partition("webhook {")
    file.write_text("".join([*ways[:2], ways[2].replace('connection = ""', 'connection = "hook"', 1)]))
    job_settings.validation(Installation.of("epic_fhir_etl"))
    break_settings(file)
    job_settings._answers.clear()  # the next night's task is another process
    assert "rows-los" in report()
    assert ["rows-los" in body["text"] for body in hook.bodies] == [True]


def test_it_is_a_problem_as_any_other_told_once_and_over_with_the_first_green_run(conf, hook):
    break_settings(conf / "pipeline.conf")
    broken = report()
    (conf / "pipeline.conf").write_text((HOME / "conf" / "pipeline.conf").read_text())
    lake, webhook = Lake(str(conf.parent / "lake")), Alerts(webhook_connection="hook")
    with pytest.MonkeyPatch.context() as patch:  # validation.conf alone: where the lake is, is known
        patch.setattr(notices, "lake_of", lambda dag_id: lake)
        for night in range(2):
            notices.settings_do_not_hold(replace(key("report"), run_id=f"night {night}"), broken, {})
    assert len(hook.bodies) == 2  # the one above, which no lake remembers, and the first of these two
    alerts.tell(lake, replace(key("report"), run_id="night 3"), webhook, "", {}, GREEN)
    assert "The problem that run night 0 reported is over." in hook.bodies[-1]["text"]


def test_the_command_switches_a_paused_dag_on(conf, hook):
    notices.settings_do_not_hold(key("report"), "poll-interval is missing", {}, lambda dag_id: True)
    (body,) = hook.bodies
    assert body["command"].startswith("airflow dags unpause epic_fhir_etl && airflow dags clear epic_fhir_etl ")
