"""
Each red run on the real scheduler, and the way out of it: something breaks, the alert says what to do, the cause is mended, the
alert's command is typed in as it stands, and the run ends green with the tables as the server has them.

The cases need one green run before them and do not build on each other. Before each, the server has news, which a red run must not
lose.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from deltalake import DeltaTable

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI.parent / "dags" / "tests")]

from servers import Hook, running

from on_call import COMMAND, ETL, RERUN, Ward
from parts import HOME


@pytest.fixture(scope="module")
def ward():
    with running(Hook()) as phone, Ward(HOME / "build" / "on-call", 3, phone).running() as ward:
        assert ward.run_dag("first", ETL) == "success"
        yield ward


# ---- what breaks, each until it is mended ----


@contextmanager
def wrong_key(ward):
    """Another key of the same kind lies where the key lay: the server does not know it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = rsa.generate_private_key(65537, 3072).private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()
    with ward.other_text(Path(ward.part("sandbox")["SANDBOX_RS384_KEY"]), lambda _: key):
        yield


@contextmanager
def refused_value(ward):
    """A date that only PostgreSQL refuses; the server corrects it."""
    right = {}

    def break_one(patients):
        right.update(patients[1])
        patients[1]["birthDate"] = "2020-13-77"
        return patients

    ward.data_of("Patient", break_one)
    yield
    ward.data_of("Patient", lambda patients: [patients[0], right, *patients[2:]])


@contextmanager
def mistyped_view(ward):
    """A view's file has a path that no resource has an element for."""
    with ward.other_text(
        ward.conf / "views" / "condition.json", lambda text: text.replace('"clinicalStatus.', '"clinicalStatuss.')
    ):
        yield


@contextmanager
def narrow_view(ward):
    """A view wants one value where a patient has two."""
    with ward.other_text(ward.conf / "views" / "patient.json", narrowed):
        yield


def narrowed(text):
    view = json.loads(text)
    view["select"][0]["column"].append({"name": "system_of_all", "path": "identifier.system", "type": "uri"})
    return json.dumps(view)


@contextmanager
def mistyped_setting(ward):
    with ward.other_text(ward.settings, lambda text: text + "epic-fhir.bulk.poll-intervall = 3 seconds\n"):
        yield


@contextmanager
def damaged_bronze(ward):
    """A byte of a file of bronze is another one."""
    file = max(ward.here.glob("bronze/resource_type=Condition/*/*.parquet"), key=lambda file: file.stat().st_size)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    yield


@contextmanager
def emptied_silver(ward):
    """Somebody takes all rows of a type; and the DAG of the alert's command is switched off in Airflow."""
    DeltaTable(str(ward.here / "silver")).delete("resource_type = 'Condition'")
    ward.airflow("run", "dags", "pause", RERUN, "--yes")
    yield


@contextmanager
def meddling_trigger(ward):
    """A trigger of the database keeps rows out."""
    table = "ward.patient"
    ward.sql(
        "CREATE FUNCTION ward.no_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        f"CREATE TRIGGER no_row BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION ward.no_row()",
    )
    yield
    ward.sql(f"DROP TRIGGER IF EXISTS no_row ON {table}", "DROP FUNCTION ward.no_row() CASCADE")


@contextmanager
def half_of_the_conditions_gone(ward):
    """A full export that lacks half of the conditions: nobody says that they are deleted."""
    ward.set("bulk.mode = full")
    ward.data_of("Condition", lambda conditions: conditions[::2])
    yield


@contextmanager
def killed_job(ward):
    """The machine's memory is short: the system kills a job."""
    ward.killer = lambda: os.kill(ward.job(ETL, "extract").pid, signal.SIGKILL)
    yield
    ward.killer = None


@contextmanager
def unknown_group(ward):
    """The site names a second group, which the server does not know. What the other one has new is in the tables all the same."""
    ward.set("bulk.groups = [all-patients, nobody]")
    yield
    assert ward.wrong() == {}
    ward.set("bulk.groups = [all-patients]")


@dataclass(frozen=True)
class Case:
    """
    :param breaks: what is broken, and mended at its end
    :param task: where the run stops, with which exit code
    :param says: what the alert must say, beside task and command
    :param begin: of the alert's rerun; None where it clears the run
    :param run: the run that meets it, where it is not the daily one
    :param second: whether the alert's other command is the right one
    :param setting: what is changed before
    :param again: whether a retry ends it, which these runs do not have: the alert of the command's own run does
    """

    name: str
    breaks: Callable[[Ward], AbstractContextManager]
    task: str
    says: tuple[str, ...]
    begin: str | None = None
    run: tuple[str, dict] = field(default=(ETL, {}))
    second: bool = False
    setting: str = ""
    again: bool = False


def served(kind: str, fault: str, *parameters, of_type=None):
    return lambda ward: ward.failing(kind, fault, *parameters, of_type=of_type)


REBUILD = (RERUN, {"run": "first", "begin": "transform", "types": ["Condition"], "go": True})
ERRORS = served("FILE", "errorFile", "error", "exception", "x", of_type="Condition")
BROKEN_LINE = served("FILE", "extraLine", '{"resourceType":"Cond', of_type="Condition")

CASES = [
    Case("wrong key", wrong_key, "kick_off", ("The server or a policy refused the request", "token")),
    Case("server down", served("TOKEN", "transientError", 503), "kick_off", ("Rerun when it is back",)),
    Case("server down at the files", served("FILE", "transientError", 503), "extract", ("Rerun when it is back",)),
    Case("expired links", served("FILE", "gone", 410), "extract", ()),
    Case("mistyped setting", mistyped_setting, "kick_off", ("poll-intervall", "did you mean", "poll-interval", "ward.conf")),
    Case(
        "broken line",
        BROKEN_LINE,
        "extract",
        ("1 of 2 lines are in quarantine {not-a-json-object=1} from files of Condition", "To see the refused lines"),
        "kick_off",
    ),
    Case(
        "broken line, taken",
        BROKEN_LINE,
        "extract",
        ("max-rejected-share",),
        "kick_off",
        second=True,
        setting="bulk.max-rejected-share = 1.0",
    ),
    Case("another number of lines", served("FILE", "wrongCount", 1, of_type="Patient"), "extract", ("Patient",), "kick_off"),
    Case("errors in the export", ERRORS, "extract", (), "kick_off"),
    Case("refused value", refused_value, "load", ("patient", "birth_date"), "transform", second=True),
    Case("mistyped view", mistyped_view, "transform", ("condition", "condition.json", "line "), "transform"),
    Case("narrow view", narrow_view, "transform", ("patient", "system_of_all"), "transform"),
    Case("database down", lambda ward: ward.database_down(), "load", ("The lake or the database is not available",)),
    Case("damaged bronze", damaged_bronze, "transform", ("bronze file",), "extract", REBUILD, again=True),
    Case("emptied silver", emptied_silver, "transform", ("Condition", "is paused in Airflow"), "transform"),
    Case("meddling trigger", meddling_trigger, "load", ("patient",), "transform"),
    Case("killed job", killed_job, "extract", ()),
    Case("unknown group", unknown_group, "extract", ('group "nobody"', "did not land 1 of the 2 exports")),
    Case("half of the conditions gone", half_of_the_conditions_gone, "transform", ("Nothing was deleted",), "transform"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_alerts_command_ends_green_once_the_cause_is_mended(ward, case):
    dag, conf = case.run
    run_id = case.name.replace(" ", "-").replace(",", "")
    born = f"19{CASES.index(case) + 10}-02-03"
    ward.data_of("Patient", lambda patients: [{**patients[0], "birthDate": born}, *patients[1:]])
    ward.killer = None
    with case.breaks(ward):
        ward.trigger(run_id, dag, conf)
        if ward.killer:
            ward.killer()
        assert ward.ended(run_id, dag) == "failed"
        alert = ward.alert(run_id, "red")
    assert f"The run stopped in {case.task}." in alert["text"]
    assert [words for words in case.says if words not in alert["text"]] == []
    assert [key for key in ward.ids() if key in alert["text"]] == []
    assert (f'"begin": "{case.begin}"' if case.begin else " clear ") in alert["command"]

    command = alert["command"].replace('"reason": ""', '"reason": "They moved to another clinic."')
    if case.setting:
        ward.set(case.setting)
    if case.second:
        command = next(line for line in COMMAND.findall(alert["text"]) if line != command)
    mended, state = ward.types_in(command)
    if case.again and state == "failed":
        mended, state = ward.types_in(ward.alert(mended, "red")["command"])

    assert state == "success"
    told = ward.alert(mended, "green")["text"]
    # What was accepted is complete, but worth a look: it says so.
    assert "Green again." in told or "reported is over." in told or case.setting
    if dag == RERUN:  # it asked the server for nothing
        assert ward.run_dag(f"{run_id}-news", ETL) == "success"
    assert ward.wrong() == {}
    assert [str(row["birth_date"]) for row in ward.rows("patient")].count(born) == 1


def test_a_value_that_somebody_changed_in_a_table_is_put_right_and_told(ward):
    ward.sql("UPDATE ward.patient SET gender = 'unknown', birth_date = '1900-01-01'")
    assert ward.run_dag("changed-in-place", ETL) == "success"
    assert ward.wrong() == {}
    assert "someone else changed" in ward.alert("changed-in-place", "green")["text"].lower()


@pytest.mark.parametrize(("answer", "becomes"), [("Reject", "skipped"), ("Approve", "success")])
def test_a_rerun_shows_its_plan_in_airflow_and_is_done_once_a_person_approves(ward, answer, becomes):
    run_id = f"asked-{answer}"
    ward.trigger(run_id, RERUN, {"run": "first", "begin": "load", "views": ["patient"]})
    asked = ward.until(lambda: ward.required_actions(RERUN, run_id))
    assert asked["subject"] == "Approve the rerun of first?"
    assert "- views/patient and its PostgreSQL table (3 rows now) are replaced." in asked["body"]
    assert [key for key in ward.ids() if key in asked["body"]] == []
    ward.answer(RERUN, run_id, answer)
    assert ward.ended(run_id, RERUN) == "success"
    states = {task["task_id"]: task["state"] for task in ward.tasks(run_id, RERUN)}
    assert [states[task] for task in ("plan", "approve", "kick_off", "load", "report")] == [
        "success", "success", "skipped", becomes, becomes,
    ]  # fmt: skip
    assert ward.wrong() == {}
