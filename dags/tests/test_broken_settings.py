"""A run that its settings stop is told of: by the channels that the settings name, or named before."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_up import BEGIN, RUN_ID

from epic_fhir import job_settings, tasks
from epic_fhir.installation import Installation

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
    run = SimpleNamespace(data_interval_start=BEGIN, data_interval_end=BEGIN, run_after=BEGIN)
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


def test_settings_that_never_held_stand_in_the_log(conf, hook, caplog):
    break_settings(conf / "validation.conf")
    assert "rows-los" in report()
    assert hook.bodies == []
    assert "Cannot send an alert about the invalid settings" in caplog.text
