"""Whom the report task tells, and how often; what is sent goes to real servers on this machine."""

import email
import json
import logging
import sys
from email import policy
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from made_up import RUN_ID, THRESHOLDS, good_run, key, lake_with, report
from servers import Mailbox, running
from test_render import GOOD

from epic_fhir import alerts, verdict
from epic_fhir.alerts import Finding
from epic_fhir.channels import Alerts
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.lake import Lake

HERE = Installation.from_env({"EPIC_FHIR_HOME": str(Path(__file__).resolve().parents[2])})
WEBHOOK = Alerts(webhook_connection="hook")
LINK = "https://reports.example/epic_fhir_etl/run/report.html"
COMMAND = "airflow dags clear epic_fhir_etl --run-id r --yes"
GREEN = Finding("green", "Green: all is there.", [], None)


def red(*subjects, task="validate", sentence="12 received, 11 in bronze: 1 unaccounted for."):
    grounds = [{"name": "source = bronze", "subject": s, "state": "FAIL", "sentence": sentence} for s in subjects]
    step = {"task": task, "exit_code": None, "cause": "", "advice": "Look at the checks.", "command": COMMAND}
    return Finding("red", "Red: the counts of this run do not match.", grounds, step)


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def tell(lake, finding, settings=WEBHOOK):
    return alerts.tell(lake, key("report"), settings, LINK, {}, finding)


def remembered(lake):
    return lake.read_json(f"{lake.root}/state/alerts/epic_fhir_etl.json")


def test_nobody_is_told_by_default(lake):
    assert tell(lake, red("Patient"), Alerts()) == []
    assert remembered(lake) is None


def test_a_webhook_gets_the_verdict_the_command_and_the_link(lake, hook):
    assert tell(lake, red("Patient")) == []
    (body,) = hook.bodies
    assert (body["dag_id"], body["run_id"], body["verdict"]) == ("epic_fhir_etl", RUN_ID, "red")
    assert body["subject"] == "epic_fhir_etl: Red: the counts of this run do not match."
    assert body["text"].splitlines() == [
        "Red: the counts of this run do not match.",
        f"epic_fhir_etl, run {RUN_ID}.",
        "source = bronze, Patient: 12 received, 11 in bronze: 1 unaccounted for.",
        "The run stopped in validate. Look at the checks.",
        COMMAND,
        LINK,
    ]
    assert (body["command"], body["link"]) == (COMMAND, LINK)
    assert hook.headers[0]["X-Key"] == "k1"
    assert hook.headers[0]["path"] == "/hooks/open-sesame"


def test_the_same_problem_is_told_once_whatever_its_figures_are(lake, hook, caplog):
    caplog.set_level(logging.INFO)
    tell(lake, red("Patient"))
    tell(lake, red("Patient", sentence="14 received, 2 in bronze: 12 unaccounted for."))
    assert len(hook.bodies) == 1
    assert f"No alert by webhook: run {RUN_ID} has already reported the same problem." in caplog.text


@pytest.mark.parametrize("other", [red("Patient", "Device"), red("Device"), red("Patient", task="load")])
def test_another_problem_is_told_again(lake, hook, other):
    tell(lake, red("Patient"))
    tell(lake, other)
    assert len(hook.bodies) == 2


def test_the_first_green_run_after_it_says_so_once(lake, hook):
    for finding in (red("Patient"), GREEN, GREEN):
        tell(lake, finding)
    assert [body["verdict"] for body in hook.bodies] == ["red", "green"]
    assert hook.bodies[1]["subject"] == "epic_fhir_etl: Green again."
    assert f"The problem that run {RUN_ID} reported is over." in hook.bodies[1]["text"]
    assert hook.bodies[1]["command"] is None
    tell(lake, red("Patient"))
    assert len(hook.bodies) == 3


def test_a_green_run_without_a_problem_before_it_tells_nobody(lake, hook):
    assert tell(lake, GREEN) == []
    assert hook.bodies == []


def test_what_cannot_be_sent_is_a_note_without_the_secret_address_and_is_tried_again(lake, hook, caplog):
    hook.status = 404
    (note,) = tell(lake, red("Patient"))
    assert note == (
        "Cannot send the alert by webhook: HTTPStatusError 404; check Airflow's connection hook. The next run sends it again."
    )
    assert note in caplog.text
    assert "sesame" not in caplog.text
    assert remembered(lake)["told"] == {}
    hook.status = 204
    assert tell(lake, red("Patient")) == []
    assert len(hook.bodies) == 2
    assert remembered(lake)["unsent"] == {}


def test_a_green_again_that_cannot_be_sent_is_tried_again(lake, hook):
    tell(lake, red("Patient"))
    hook.status = 500
    assert len(tell(lake, GREEN)) == 1
    hook.status = 200
    tell(lake, GREEN)
    assert [body["verdict"] for body in hook.bodies] == ["red", "green", "green"]
    assert remembered(lake)["told"] == {}


def test_a_connection_that_is_not_there_is_a_note(lake):
    (note,) = tell(lake, red("Patient"), Alerts(webhook_connection="nowhere"))
    assert "check Airflow's connection nowhere" in note


def test_a_provider_that_is_not_installed_is_named_with_its_package(lake, hook, monkeypatch):
    monkeypatch.setitem(sys.modules, "airflow.providers.slack.notifications.slack_webhook", None)
    both = Alerts(slack_connection="slack", webhook_connection="hook")
    (note,) = tell(lake, red("Patient"), both)
    assert note.startswith("Cannot send the alert by Slack: ")
    assert note.endswith("; install apache-airflow-providers-slack with pip where the tasks run")
    assert len(hook.bodies) == 1
    assert set(remembered(lake)["told"]) == {"webhook"}


def notified(monkeypatch, module, name):
    """A provider's notifier that is not installed here, in place of which the arguments are kept."""
    kept = []

    def notifier(**arguments):
        return SimpleNamespace(notify=lambda context: kept.append(arguments))

    made = ModuleType(module)
    setattr(made, name, notifier)
    monkeypatch.setitem(sys.modules, module, made)
    return kept


def test_slack_gets_one_text_in_its_own_escapes(lake, monkeypatch):
    kept = notified(monkeypatch, "airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier")
    assert tell(lake, red("Patient", sentence="a < b & {{ c }}"), Alerts(slack_connection="slack")) == []
    assert kept[0]["slack_webhook_conn_id"] == "slack"
    assert kept[0]["text"].startswith("*epic_fhir_etl: Red: the counts of this run do not match.*\n")
    assert "a &lt; b &amp; {{ c }}" in kept[0]["text"]
    assert kept[0]["text"].endswith(f"```{COMMAND}```\n{LINK}")


def test_where_the_http_provider_is_installed_its_notifier_posts(lake, monkeypatch):
    kept = notified(monkeypatch, "airflow.providers.http.notifications.http", "HttpNotifier")
    assert tell(lake, red("Patient")) == []
    assert kept[0]["http_conn_id"] == "hook"
    assert kept[0]["json"]["verdict"] == "red"


def test_a_mail_goes_to_all_addresses_and_shows_braces_and_brackets_as_they_are(lake, monkeypatch):
    with running(Mailbox()) as box:
        extra = {"from_email": "pipeline@hospital.example", "disable_ssl": True, "disable_tls": True, "timeout": 5}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        to = ("a@hospital.example", "b@hospital.example")
        assert tell(lake, red("Patient", sentence="{{ ti.task_id }} <b>"), Alerts(mail_to=to)) == []
    assert [address in line for address, line in zip(to, box.recipients, strict=True)] == [True, True]
    mail = email.message_from_bytes(box.mails[0], policy=policy.default)
    assert mail["Subject"] == "epic_fhir_etl: Red: the counts of this run do not match."
    assert mail["From"] == "pipeline@hospital.example"
    content = mail.get_body(("html",)).get_content()
    assert "{{ ti.task_id }} &lt;b&gt;" in content
    assert f"<pre>{COMMAND}</pre>" in content
    assert f'<a href="{LINK}">' in content


def test_only_the_first_checks_and_their_first_lines_are_told():
    told = alerts.message(key(), LINK, red("A", "B", "C", "D", "E", sentence="first\nsecond\nthird\nfourth\nfifth"), None)
    assert [line for line in told.lines if "fifth" in line] == []
    assert told.lines.count("fourth") == 3
    assert "source = bronze, C: first" in told.lines
    assert "And 2 more; see the page." in told.lines


SHOW = "(cd /opt/epic-fhir/dags && python -m epic_fhir.quarantine /lake/quarantine/{}/{})"


@pytest.mark.parametrize("groups", [1, 2, 8])
def test_a_command_in_a_check_is_told_whole(groups):
    commands = "; ".join(SHOW.format("resource_type=Observation", "x" * 60) for _ in range(groups))
    sentence = f"In quarantine, and in no table: 40 Observation. To see them, run: {commands}"
    assert f"source = bronze, A: {sentence}" in alerts.message(key(), LINK, red("A", sentence=sentence), None).lines


def test_so_many_commands_that_no_alert_can_have_them_are_left_to_the_page():
    commands = "; ".join(SHOW.format("resource_type=Observation", "x" * 60) for _ in range(40))
    sentence = f"In quarantine, and in no table: 40 Observation. To see them, run: {commands}"
    (line,) = (told for told in alerts.message(key(), LINK, red("A", sentence=sentence), None).lines if "quarantine" in told)
    assert line == "source = bronze, A: In quarantine, and in no table: 40 Observation. … (see the page)"


def test_a_long_sentence_is_cut_behind_a_word_and_says_so():
    sentence = f"{'twelve words ' * 40}end."
    (line,) = (told for told in alerts.message(key(), LINK, red("A", sentence=sentence), None).lines if "twelve" in told)
    assert line.endswith("twelve words … (see the page)") or line.endswith("twelve … (see the page)")
    assert len(line) < 360
    (line,) = (told for told in alerts.message(key(), LINK, red("A", sentence="x" * 500), None).lines if "xxx" in told)
    assert line.endswith(f"{'x' * 300} … (see the page)")


def test_the_report_task_keeps_what_could_not_be_sent_in_its_notes(tmp_path, hook):
    hook.status = 503
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    lake = lake_with(tmp_path, reports | {"validate": report("validate", 180, 1)})
    alert = partial(alerts.tell, lake, key("report"), WEBHOOK, LINK, {})
    assert verdict.publish(lake, key("report"), THRESHOLDS, GOOD, alert) is not None
    (note,) = lake.read_json(lake.report(key("report")))["notes"]
    assert "HTTPStatusError 503" in note
    assert "patient has 20 rows in the lake and 19 in PostgreSQL; run load again." in hook.bodies[0]["text"]
    told = f'{{"run": "{RUN_ID}", "begin": "load", "views": ["patient"], "go": true}}'
    assert hook.bodies[0]["command"] == f"airflow dags trigger epic_fhir_rerun --conf '{told}'"


def test_every_setting_has_its_default_and_its_override(monkeypatch):
    assert Alerts.of(HERE) == Alerts() == Alerts((), "smtp_default", "", "", 3, 7, False)
    monkeypatch.setenv("EPIC_FHIR_ALERT_MAIL_TO", "a@b.example, c@d.example")
    monkeypatch.setenv("EPIC_FHIR_ALERT_MAIL_CONN_ID", "post")
    monkeypatch.setenv("EPIC_FHIR_ALERT_SLACK_CONN_ID", "slack")
    monkeypatch.setenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID", "hook")
    monkeypatch.setenv("EPIC_FHIR_ALERT_REMIND_EVERY", "2")
    monkeypatch.setenv("EPIC_FHIR_ALERT_REMIND_WARNINGS_EVERY", "30")
    monkeypatch.setenv("EPIC_FHIR_ALERT_FIRST_TRY", "true")
    assert Alerts.of(HERE) == Alerts(("a@b.example", "c@d.example"), "post", "slack", "hook", 2, 30, True)
    monkeypatch.setenv("EPIC_FHIR_ALERT_REMIND_EVERY", "0")
    with pytest.raises(SettingsError, match=r"alerts.remind.red-every = 0: expected a whole number of 1 or more"):
        Alerts.of(HERE)


def test_a_settings_file_from_before_alerts_sends_none(tmp_path):
    shipped = HERE.validation().read_text()
    (tmp_path / "validation.conf").write_text(shipped[: shipped.index("\n  alerts {")] + "\n}\n")
    (tmp_path / "pipeline.conf").touch()
    before = Installation.from_env({"EPIC_FHIR_HOME": str(HERE.home), "EPIC_FHIR_CONF": str(tmp_path / "pipeline.conf")})
    assert Alerts.of(before) == Alerts()


def test_an_address_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_ALERT_MAIL_TO", "team")
    with pytest.raises(SettingsError, match=r"alerts.mail.to = team: expected email addresses, separated by commas"):
        Alerts.of(HERE)
