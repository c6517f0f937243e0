"""No alert is lost: not with a damaged memory, not between two tasks, not where the other side hangs or refuses."""

import json
import socket
import stat
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from made_up import key
from servers import Mailbox, Refusing, running
from test_alerts import GREEN, LINK, WEBHOOK, red, remembered, tell
from test_reminders import REPOSITORY, night

from epic_fhir import alerts, channels, lateness, retries
from epic_fhir.channels import Alerts, Channel
from epic_fhir.lake import Lake

DEAD = json.dumps({"conn_type": "http", "host": "http://127.0.0.1:1/nobody"})
MEMORY = "state/alerts/epic_fhir_etl.json"
DAMAGED = [
    {"told": {"webhook": {}}},
    {"told": {"webhook": "x"}},
    {"told": "x"},
    {"told": ["x"]},
    {"unsent": {"webhook": [{}]}},
    {"unsent": {"webhook": "x"}},
    {"schema_version": 2, "told": {"webhook": {"problem": "x"}}},
    [],
    None,
]


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def by(monkeypatch, send):
    """One channel, whose sending a test decides."""
    monkeypatch.setattr(alerts, "channels", lambda _: [Channel("hook", "hook", send)])


def refused(*_):
    raise ConnectionRefusedError


@pytest.mark.parametrize(
    "content",
    [*(json.dumps(made) for made in DAMAGED), '{"told": {"webhook', "", "[" * 100_000, "\udcff"],
    ids=lambda content: ascii(content[:40]),
)
def test_a_memory_that_cannot_be_read_is_kept_aside_and_the_alert_goes_out_and_says_so(lake, tmp_path, hook, content):
    lake.write_text(f"{lake.root}/{MEMORY}", "x")
    (tmp_path / MEMORY).write_bytes(content.encode(errors="surrogateescape"))
    (tmp_path / MEMORY).chmod(0o644)
    (note,) = tell(lake, red("Patient"))
    assert note.startswith(f"Cannot read {tmp_path / MEMORY}")
    assert note.endswith("Unsent alerts may be lost.")
    assert "Alerts from before this one may be lost: their file could not be read." in hook.bodies[0]["text"]
    (aside,) = (tmp_path / "state" / "alerts").glob("epic_fhir_etl.unreadable-*")
    assert aside.name in note
    assert aside.name in hook.bodies[0]["text"]
    assert aside.read_bytes() == content.encode(errors="surrogateescape")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert tell(lake, red("Device")) == []
    assert "may be lost" not in hook.bodies[1]["text"]


def test_a_green_run_that_finds_a_damaged_memory_notes_it_and_the_next_alert_tells_of_it(lake, tmp_path, hook):
    lake.write_text(f"{lake.root}/{MEMORY}", '{"unsent": {"webhook": [')
    assert len(tell(lake, GREEN)) == 1
    tell(lake, red("Patient"))
    assert "Alerts from before this one may be lost" in hook.bodies[0]["text"]


def test_a_damaged_memory_of_a_bucket_is_kept_aside_too(hook):
    lake = Lake("memory://alerts-of-a-bucket")
    lake._at(f"{lake.root}/state/alerts").mkdir(parents=True, exist_ok=True)
    lake.write_text(f"{lake.root}/{MEMORY}", "{")
    assert len(tell(lake, red("Patient"))) == 1
    names = sorted(file.name for file in lake.files(f"{lake.root}/state/alerts"))
    assert [name.split("-")[0] for name in names] == ["epic_fhir_etl.json", "epic_fhir_etl.unreadable"]
    assert remembered(lake)["told"]["webhook"]["fingerprint"]


@pytest.mark.parametrize("broken", ["read_text", "write_json"])
def test_a_lake_that_cannot_be_read_or_written_stops_no_alert(lake, hook, monkeypatch, broken):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Lake, broken, full)
    notes = tell(lake, red("Patient"))
    assert len(hook.bodies) == 1
    assert "OSError No space left on device" in notes[0]


def test_two_report_tasks_at_once_lose_no_alert_and_send_none_twice(lake, monkeypatch):
    sending, go_on, sent = threading.Event(), threading.Event(), []

    def send(message, _):
        if message.dag_id == "epic_fhir_rerun":
            raise ConnectionRefusedError
        sending.set()
        go_on.wait(10)
        sent.append(message.run_id)

    by(monkeypatch, send)
    first = threading.Thread(target=night, args=(lake, red("Patient"), 1))
    first.start()
    assert sending.wait(10)
    night(lake, red("Device"), 2, dag_id="epic_fhir_rerun")
    go_on.set()
    first.join()
    assert sent == ["night 1"]
    assert remembered(lake)["told"]["hook"]["run_id"] == "night 1"
    assert [kept["message"]["run_id"] for kept in remembered(lake)["unsent"]["hook"]] == ["night 2"]


def test_many_tasks_at_once_lose_no_alert(lake, monkeypatch):
    by(monkeypatch, refused)
    tasks = [threading.Thread(target=night, args=(lake, red(f"T{n}"), n)) for n in range(12)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert {kept["message"]["run_id"] for kept in remembered(lake)["unsent"]["hook"]} == {f"night {n}" for n in range(12)}


def test_an_alert_is_kept_where_airflow_ends_the_task_while_it_is_sent(lake, hook, monkeypatch):
    from airflow.sdk.exceptions import AirflowTaskTimeout

    def ended(*_):
        raise AirflowTaskTimeout

    with monkeypatch.context() as patch:
        by(patch, lambda *_: ended())
        patch.setattr(channels, "_within", lambda _, send: send())
        with pytest.raises(AirflowTaskTimeout):
            night(lake, red("Patient"), 1)
        kept = remembered(lake)
        assert [alert["message"]["run_id"] for alert in kept["unsent"]["hook"]] == ["night 1"]
    lake.write_json(f"{lake.root}/{MEMORY}", {**kept, "unsent": {"webhook": kept["unsent"]["hook"]}})
    night(lake, GREEN, 2)
    assert [body["run_id"] for body in hook.bodies] == ["night 1", "night 2"]


def test_what_a_killed_task_was_sending_is_sent_once_its_time_is_over(lake, hook):
    killed = {"sender": "epic_fhir_etl night 1", "until": "2999-01-01T00:00:00Z"}
    message = {
        "dag_id": "epic_fhir_etl",
        "run_id": "night 1",
        "verdict": "red",
        "subject": "s",
        "lines": ["l"],
        "command": None,
        "link": "",
    }
    unsent = {"message": message, "told": None, "at": "2026-03-01T04:00:00Z"}
    lake.write_json(f"{lake.root}/{MEMORY}", {"schema_version": 1, "unsent": {"webhook": [{**unsent, **killed}]}})
    night(lake, GREEN, 2)
    assert hook.bodies == []
    killed["until"] = "2026-03-01T04:03:00Z"
    lake.write_json(f"{lake.root}/{MEMORY}", {"schema_version": 1, "unsent": {"webhook": [{**unsent, **killed}]}})
    night(lake, GREEN, 3)
    assert [body["run_id"] for body in hook.bodies] == ["night 1"]


def test_a_hook_that_drips_bytes_holds_no_task(lake, monkeypatch):
    answer = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200 + b"\r\n\r\n"
    over = threading.Event()

    def drip(server):
        caller, _ = server.accept()
        with caller:
            caller.recv(65536)
            for byte in answer:
                if over.wait(0.1):
                    return
                caller.sendall(bytes([byte]))

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=(server,), daemon=True)
        dripping.start()
        monkeypatch.setattr(channels, "_TIMEOUT", 0.3)
        monkeypatch.setenv(
            "AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "http", "host": f"http://127.0.0.1:{server.getsockname()[1]}"})
        )
        began = time.monotonic()
        (note,) = tell(lake, red("Patient"))
        lasted = time.monotonic() - began
        over.set()
        dripping.join()
    assert lasted < 5
    assert "sending took more than 0.6 seconds, so the alert may have arrived" in note
    assert len(remembered(lake)["unsent"]["webhook"]) == 1


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_HOME", str(REPOSITORY))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path))
    monkeypatch.setenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID", "hook")
    monkeypatch.setenv("EPIC_FHIR_ALERT_FIRST_TRY", "true")


def is_late(dag_id="epic_fhir_etl"):
    lateness.tell(6, {"dag_run": {"dag_id": dag_id, "dag_run_id": "it's late"}})


def is_tried_again(dag_id="epic_fhir_etl"):
    ti = SimpleNamespace(dag_id=dag_id, run_id="night 1", task_id="extract", try_number=1)
    retries.tell({"ti": ti, "exception": None})


@pytest.mark.parametrize("dag_id", ["epic_fhir_etl", "epic_fhir_care", "epic_fhir_rerun"])
@pytest.mark.parametrize(("notice", "verdict"), [(is_late, "late"), (is_tried_again, "retry")])
def test_what_is_no_verdict_is_kept_too_and_goes_out_with_the_next_runs_alerts(
    installed, lake, hook, monkeypatch, notice, verdict, dag_id
):
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_HOOK", DEAD)
        notice(dag_id)
    assert hook.bodies == []
    night(lake, red("Patient"), 2)
    assert [body["verdict"] for body in hook.bodies] == [verdict, "red"]
    assert "This alert is late: it was due at 20" in hook.bodies[0]["text"]
    night(lake, GREEN, 3)
    assert [body["verdict"] for body in hook.bodies] == [verdict, "red", "green"]
    assert "The problem that run night 2 reported is over." in hook.bodies[2]["text"]


@pytest.mark.parametrize("notice", [is_late, is_tried_again])
def test_what_was_sent_at_once_is_not_sent_again(installed, lake, hook, notice):
    notice()
    night(lake, GREEN, 2)
    assert len(hook.bodies) == 1


def test_a_late_run_is_told_although_the_lakes_settings_cannot_be_read(installed, hook, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_LAKE", "")
    is_late()
    assert [body["verdict"] for body in hook.bodies] == ["late"]
    assert hook.bodies[0]["command"] == """airflow tasks states-for-dag-run epic_fhir_etl 'it'"'"'s late'"""


@pytest.mark.parametrize(
    ("to", "told"), [(["a@h.example", "gone@h.example"], 1), (["gone@h.example", "a@h.example"], 1), (["gone@h.example"], 0)]
)
def test_a_recipient_that_the_mail_server_refuses_is_a_note_without_the_address(lake, monkeypatch, to, told):
    extra = {"from_email": "pipeline@h.example", "disable_ssl": True, "disable_tls": True, "timeout": 5}
    with running(Mailbox(Refusing)) as box:
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        (note,) = tell(lake, red("Patient"), Alerts(mail_to=tuple(to)))
    assert len(box.mails) == told
    assert "gone@" not in note
    if told:
        number = to.index("gone@h.example") + 1
        assert f"the server refused 1 of 2 recipients, number {number} (550) of alerts.mail.to." in note
    else:
        assert "Cannot send the alert by mail: SMTPRecipientsRefused" in note
    assert bool(remembered(lake)["unsent"]) is not bool(told)


def test_the_next_message_tells_how_many_unsent_alerts_were_dropped(lake, hook, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_HOOK", DEAD)
        for number in range(25):
            night(lake, red(f"T{number}"), number)
    night(lake, GREEN, 25)
    assert len(hook.bodies) == 21
    dropped = [body["run_id"] for body in hook.bodies if "Dropped before this one: 5 unsent alerts." in body["text"]]
    assert dropped == ["night 5"]


def test_a_reminder_counts_all_runs(lake, hook):
    for number in range(1, 41):
        night(lake, red("Patient"), number)
    assert "This is run 40 with this problem; the first was night 1." in hook.bodies[-1]["text"]


def test_a_run_that_is_cleared_counts_once_and_is_not_the_run_before_itself(lake, hook):
    for _ in range(4):
        night(lake, red("Patient"), 1, replace(WEBHOOK, remind_every=1))
    assert len(hook.bodies) == 1
    night(lake, red("Patient"), 2, replace(WEBHOOK, remind_every=1))
    assert "This is run 2 with this problem; the first was night 1." in hook.bodies[1]["text"]


def test_a_rerun_with_another_problem_is_the_first_run_with_it_and_a_later_rerun_ends_it(lake, hook):
    night(lake, red("Patient"), 1)
    night(lake, red("Device"), 2, mends="night 1", dag_id="epic_fhir_rerun")
    assert "with this problem" not in hook.bodies[1]["text"]
    night(lake, red("Device"), 3, replace(WEBHOOK, remind_every=1), mends="night 1", dag_id="epic_fhir_rerun")
    assert "This is run 2 with this problem; the first was night 2." in hook.bodies[2]["text"]
    night(lake, GREEN, 4, mends="night 1", dag_id="epic_fhir_rerun")
    assert hook.bodies[3]["subject"] == "epic_fhir_rerun: Green again."


def test_runs_count_whose_alert_could_not_be_sent(lake, hook, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_HOOK", DEAD)
        night(lake, red("Patient"), 1)
        night(lake, red("Patient"), 2)
    night(lake, red("Patient"), 3)
    assert hook.bodies[0]["subject"] == "epic_fhir_etl: Red: the counts of this run do not match."
    assert "This is run 3 with this problem; the first was night 1." in hook.bodies[0]["text"]
    night(lake, GREEN, 4, mends="night 1", dag_id="epic_fhir_rerun")
    assert hook.bodies[1]["subject"] == "epic_fhir_rerun: Green again."


def test_a_reminder_that_could_not_be_sent_follows_at_the_next_run(lake, hook, monkeypatch):
    for number in range(1, 4):
        night(lake, red("Patient"), number)
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_HOOK", DEAD)
        night(lake, red("Patient"), 4)
    night(lake, red("Patient"), 5)
    assert [body["run_id"] for body in hook.bodies] == ["night 1", "night 5"]


def test_a_task_that_was_killed_while_it_sent_sends_at_its_next_try(lake, hook, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(alerts._Teller, "_deliver", kill)
        patch.setattr(alerts.Memory, "released", lambda memory, _: memory)
        with pytest.raises(Killed):
            night(lake, red("Patient"), 1)
    assert remembered(lake)["unsent"]["webhook"][0]["sender"] == "epic_fhir_etl night 1"
    alerts.tell(lake, replace(key("report", 2), run_id="night 1"), WEBHOOK, LINK, {}, red("Patient"))
    assert len(hook.bodies) == 1
    assert remembered(lake)["unsent"] == {}
