"""A run that its settings stop is told of: by the channels that the settings name, or named before."""

import json
import re
from dataclasses import replace
from html import escape
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_up import BEGIN, EXPORT, RUN_ID, THRESHOLDS, good_run, key, lake_with
from test_alerts import GREEN, red

from epic_fhir import alerts, job_settings, lateness, notices, red_runs, rejudged, retries, tasks
from epic_fhir.channels import Alerts
from epic_fhir.evidence import counted_in, was_stopped
from epic_fhir.installation import Installation
from epic_fhir.lake import Lake
from epic_fhir.rerun import Plan
from epic_fhir.settings import Settings
from epic_fhir.verdict import publish

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


def report(run_id=RUN_ID, mends=None):
    """
    :param mends: of a rerun, the run that it mends
    """
    run = SimpleNamespace(run_type="scheduled", data_interval_start=BEGIN, data_interval_end=BEGIN, run_after=BEGIN)
    ti = SimpleNamespace(dag_id=RERUNS if mends else "epic_fhir_etl", run_id=run_id, task_id="report", try_number=1)
    with pytest.raises(AirflowFailException) as failure:
        tasks.report({"dag_run": run, "ti": ti}, Plan(mends, "kick_off", [], [], [], [], go=True) if mends else None)
    return str(failure.value)


RERUNS = "epic_fhir_rerun"


def break_settings(file):
    file.write_text(file.read_text().replace("poll-interval", "pol-interval").replace("rows-lost", "rows-los"))


def test_settings_of_the_pipeline_that_do_not_hold_are_told(conf, hook):
    break_settings(conf / "pipeline.conf")
    assert "poll-interval is missing" in report()
    (body,) = hook.bodies
    assert body["subject"] == "epic_fhir_etl: Red: the settings are invalid, so nothing was checked."
    assert "poll-interval is missing" in body["text"]
    assert body["command"] == f"airflow dags clear epic_fhir_etl --run-id {RUN_ID} --yes"


DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")


def shown(lake):
    """What anybody sees of the run: its page, the newest page, its line in the index, its verdict; and the last red run."""
    root = Path(lake.root)
    page, newest, line = (
        re.findall(pattern, file.read_text()) if (file := root / name).exists() else []
        for name, pattern in (
            (f"metrics/epic_fhir_etl/{RUN_ID}/report.html", "<h1>(.*?)</h1>"),
            ("report.html", "<h1>(.*?)</h1>"),
            ("metrics/index.html", 'class="verdict">([^<]*)'),
        )
    )
    told = lake.read_json(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json")).get("verdict")
    return [*page, *newest, *line, told, red_runs.newest(lake, "epic_fhir_etl", lambda run: "failed")]


def ended_green(conf):
    lake = lake_with(conf.parent / "lake", good_run())
    publish(lake, key("report"), THRESHOLDS, DONE)
    assert shown(lake)[2:] == ["green", "green", None]
    return lake


INVALID = "Red: the settings are invalid, so nothing was checked."


@pytest.mark.parametrize("before", [True, False], ids=["cleared", "for the first time"])
@pytest.mark.parametrize("broken", ["validation.conf", "pipeline.conf", "two JARs"])
def test_a_run_that_settings_stop_has_a_red_page_whatever_it_was_before(conf, hook, monkeypatch, before, broken):
    lake = ended_green(conf) if before else lake_with(conf.parent / "lake", good_run())
    Settings.of(Installation.of("epic_fhir_etl"))  # an earlier task read them
    job_settings._answers.clear()
    if broken == "two JARs":
        two_jars(conf, monkeypatch)
    else:
        break_settings(conf / broken)
    problem = report()
    assert shown(lake) == [INVALID, INVALID, "red", "red", RUN_ID]
    page = Path(lake.metrics("epic_fhir_etl", RUN_ID, "report.html")).read_text()
    assert f"<p>{escape(problem.splitlines()[0])}</p>" in page
    assert f"<p>airflow dags clear epic_fhir_etl --run-id {RUN_ID} --yes</p>" in page


@pytest.mark.parametrize("killed", ["report", "validate"])
def test_a_run_that_is_judged_again_is_not_green_until_it_is_judged(conf, killed):
    lake = ended_green(conf)
    rejudged.begin(lake, key(killed, try_number=2))
    assert shown(lake) == ["This run is judged again.", "This run is judged again.", "no verdict yet", None, RUN_ID]
    publish(lake, key("report", try_number=3), THRESHOLDS, DONE)
    assert shown(lake)[2:] == ["green", "green", None]


@pytest.mark.parametrize("twice", [False, True])
def test_that_counts_were_compared_outlives_a_verdict_that_is_taken_back(conf, twice):
    lake = ended_green(conf)
    for task in ("validate", "report") if twice else ("report",):
        rejudged.begin(lake, key(task, try_number=2))
    assert counted_in(lake.read_json(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json")), lake.read_json(lake.landing(EXPORT)))
    rejudged.settings_do_not_hold(key("report", try_number=2), "x")
    left = lake.read_json(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json"))
    assert counted_in(left, lake.read_json(lake.landing(EXPORT)))
    assert was_stopped(left)


def test_validate_takes_its_own_verdict_back_before_settings_can_stop_it(conf):
    lake = ended_green(conf)
    break_settings(conf / "validation.conf")
    run = SimpleNamespace(run_type="scheduled", data_interval_start=BEGIN, data_interval_end=BEGIN, run_after=BEGIN)
    ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id=RUN_ID, task_id="validate", try_number=2)
    with pytest.raises(AirflowFailException, match="rows-los"):
        tasks.validate({"dag_run": run, "ti": ti}, {}, {})
    assert shown(lake)[2:] == ["no verdict yet", None, RUN_ID]


def test_the_newest_page_of_a_later_run_stays_and_so_do_counts_that_did_not_fit(conf):
    lake = ended_green(conf)
    newest = Path(lake.root) / "report.html"
    newest.write_text("a later run's")
    path = lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json")
    wrong = {"name": "source = bronze", "subject": "Patient", "state": "FAIL", "sentence": "1 unaccounted for."}
    lake.write_json(path, lake.read_json(path) | {"verdict": "red", "checks": [wrong]})
    rejudged.begin(lake, key("validate", try_number=2))
    assert newest.read_text() == "a later run's"
    extract = good_run()["extract"]
    extract["run"]["start"] = "2026-03-02T04:05:00Z"
    extract |= {"resources": {}, "result": {"export_id": EXPORT, "state": "landed"}}
    lake.write_json(lake.report(key(), "extract"), extract)
    assert "and the counts of that try did not match: source = bronze of Patient" in publish(lake, key("report"), THRESHOLDS, DONE)


def test_a_lake_that_cannot_be_written_stops_neither_the_verdict_nor_the_alert(conf, hook, monkeypatch):
    lake = ended_green(conf)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Lake, "write_text", full)
    rejudged.begin(lake, key("report", try_number=2))
    assert not lake.exists(lake.metrics("epic_fhir_etl", RUN_ID, "report.html"))
    assert not lake.exists(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json"))


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


def repaired(conf, file):
    (conf / file).write_text((HOME / "conf" / file).read_text())
    job_settings._answers.clear()


@pytest.mark.parametrize("broken", ["validation.conf", "pipeline.conf"])
@pytest.mark.parametrize("archives", [True, False], ids=["class archives", "default"])
def test_settings_that_do_not_hold_for_some_nights_are_one_problem_also_where_the_lake_is_named_in_them(
    conf, hook, monkeypatch, archives, broken
):
    if not archives:
        monkeypatch.delenv("EPIC_FHIR_CLASS_ARCHIVES")
        (conf.parent / "airflow").mkdir()
        monkeypatch.setenv("AIRFLOW_HOME", str(conf.parent / "airflow"))
    Settings.of(Installation.of("epic_fhir_etl"))  # a night before all of them
    break_settings(conf / broken)
    for night in range(1, 5):
        job_settings._answers.clear()  # each night's task is another process
        report(f"night {night}")
    assert [(body["run_id"], "Still" in body["subject"]) for body in hook.bodies] == [("night 1", False), ("night 4", True)]
    repaired(conf, broken)
    lake = Settings.of(Installation.of("epic_fhir_etl")).open_lake()
    alerts.tell(lake, replace(key("report"), run_id="night 5"), Alerts(webhook_connection="hook"), "", {}, GREEN)
    assert hook.bodies[-1]["subject"] == "epic_fhir_etl: Green again."


def late(attempt):
    lateness.tell(6, {"dag_run": {"dag_id": "epic_fhir_etl", "dag_run_id": f"night {attempt}"}})


def tried_again(attempt):
    ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id=f"night {attempt}", task_id="extract", try_number=1)
    retries.tell({"ti": ti, "exception": None})


@pytest.mark.parametrize("tell", [lambda night: report(f"night {night}"), late, tried_again], ids=["settings", "late", "retry"])
def test_an_alert_that_cannot_be_sent_while_the_settings_do_not_hold_goes_out_later(conf, hook, monkeypatch, tell):
    monkeypatch.setenv("EPIC_FHIR_ALERT_FIRST_TRY", "true")
    Settings.of(Installation.of("epic_fhir_etl"))
    break_settings(conf / "pipeline.conf")
    job_settings._answers.clear()
    hook.status = 503
    tell(1)
    hook.status = 200
    hook.bodies.clear()
    repaired(conf, "pipeline.conf")
    lake = Settings.of(Installation.of("epic_fhir_etl")).open_lake()
    alerts.tell(lake, replace(key("report"), run_id="night 2"), Alerts(webhook_connection="hook"), "", {}, GREEN)
    assert "This alert is late" in hook.bodies[0]["text"]
    assert hook.bodies[0]["run_id"] == "night 1"


def red_and_a_rerun_that_settings_stop(conf, broken):
    """A night that is red, and told; its rerun; and the lake."""
    lake = lake_with(conf.parent / "lake", good_run())
    Settings.of(Installation.of("epic_fhir_etl"))
    job_settings._answers.clear()
    alerts.tell(lake, key("report"), Alerts(webhook_connection="hook"), "", {}, red("Patient"))
    break_settings(conf / broken)
    report("by hand", RUN_ID)
    return lake


BROKEN = pytest.mark.parametrize("broken", ["validation.conf", "pipeline.conf"])


@BROKEN
def test_a_rerun_that_settings_stop_is_one_of_the_run_that_it_mends(conf, hook, broken):
    lake = red_and_a_rerun_that_settings_stop(conf, broken)
    assert [*red_runs.reruns(lake, "epic_fhir_etl", RUN_ID)] == [(RERUNS, "by hand")]
    assert lake.read_json(lake.metrics(RERUNS, "by hand", "report.json"))["result"]["mends"] == RUN_ID


@BROKEN
def test_the_next_rerun_after_one_that_settings_stopped_ends_the_problem(conf, hook, broken):
    lake = red_and_a_rerun_that_settings_stop(conf, broken)
    again = replace(key("report"), dag_id=RERUNS, run_id="by hand, too")
    alerts.tell(lake, again, Alerts(webhook_connection="hook"), "", {}, GREEN, RUN_ID)
    assert [body["verdict"] for body in hook.bodies] == ["red", "red", "green"]
    alerts.tell(lake, replace(key("report"), run_id="a later night"), Alerts(webhook_connection="hook"), "", {}, red("Patient"))
    assert hook.bodies[-1]["run_id"] == "a later night"


@pytest.mark.parametrize("task", ["validate", "report"])
def test_a_rerun_that_dies_while_it_is_judged_again_is_one_of_the_run_that_it_mends(conf, hook, task, monkeypatch):
    lake, written, write = red_and_a_rerun_that_settings_stop(conf, "validation.conf"), [], Lake.write_text

    def spied(self, path, content):
        write(self, path, content)
        written.extend([json.loads(content)] if path.endswith("/by hand/report.json") else [])

    monkeypatch.setattr(Lake, "write_text", spied)
    rejudged.begin(lake, replace(key(task, try_number=2), dag_id=RERUNS, run_id="by hand"))
    assert "begun" in lake.read_json(lake.metrics(RERUNS, "by hand", "report.json"))
    assert [note["result"]["mends"] for note in written] == [RUN_ID], "it may die after any of them"
    assert [*red_runs.reruns(lake, "epic_fhir_etl", RUN_ID)] == [(RERUNS, "by hand")]
    assert "no verdict yet" in (Path(lake.root) / "metrics" / "index.html").read_text()


def test_the_command_switches_a_paused_dag_on(conf, hook):
    notices.settings_do_not_hold(key("report"), "poll-interval is missing", {}, lambda dag_id: True)
    (body,) = hook.bodies
    assert body["command"].startswith("airflow dags unpause epic_fhir_etl && airflow dags clear epic_fhir_etl ")
