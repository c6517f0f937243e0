"""Held deletions that a person accepts by epic_fhir_baseline: the rerun of the run that held them, or somebody hears why not."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from made_up import BEGIN, EXPORT, failed, good_run, key, lake_with
from test_expectations import Airflow
from test_nights import SERVER_DOWN, Nights

from epic_fhir import rerun, tasks
from epic_fhir.lake import Lake
from epic_fhir.rerun import Plan

HOME = Path(__file__).resolve().parents[2]
HELD = {"Observation": 104}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_HOME", str(HOME))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path))
    monkeypatch.setenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID", "hook")
    return Lake(str(tmp_path))


def transform(**result):
    made = good_run()["transform"]
    return failed({**made, "result": made["result"] | result}, 5, "The source no longer holds 104 Observation.")


def nights(lake):
    """A good night, one with held deletions, one whose server was down."""
    made = Nights(lake.root)
    made.run(3, good_run())
    states = {**dict.fromkeys(SERVER_DOWN, "success"), "transform": "failed", "validate": "upstream_failed"}
    made.run(4, {**good_run(), "transform": transform(held_deletions=HELD)}, states)
    made.server_down(5)
    return made


def test_the_run_that_held_them_is_mended_although_a_later_one_is_red_for_another_reason(lake):
    nights(lake)
    told = tasks.accept(Airflow(deletions="Observation:104").context())
    assert told["mends"] == "scheduled__2026-03-04T04:00:00+00:00"


def test_deletions_that_nothing_holds_back_are_not_accepted(lake):
    nights(lake).run(6, good_run())
    with pytest.raises(
        AirflowFailException, match="Cannot accept the deletions Observation:104: no red run of epic_fhir_etl still holds"
    ):
        tasks.accept(Airflow(deletions="Observation:104").context())


class Event:
    extra = None


@pytest.mark.parametrize(("begin", "brought"), [("extract", True), ("transform", False), ("load", False)])
def test_a_green_rerun_publishes_what_a_clear_of_the_run_does(lake, begin, brought):
    again = replace(key("validate"), dag_id="epic_fhir_rerun", run_id="manual__2026-03-02T08:00:00+00:00")
    lake_with(Path(lake.root), good_run())
    for task, report in good_run().items():
        if task in ("transform", "load") or brought:
            lake.write_json(lake.report(again, task), report)
    events = {}
    for of, paths in ((key("validate"), None), (again, {} if brought else {"extract": lake.report(key(), "extract")})):
        mine = {what: Event() for what in ("bronze", "silver", "views")}
        run = SimpleNamespace(run_type="manual", run_after=BEGIN)
        ti = SimpleNamespace(dag_id=of.dag_id, run_id=of.run_id, task_id="validate", try_number=1)
        context = {"dag_run": run, "ti": ti, "outlet_events": mine}
        if paths is None:
            tasks.validate(
                context, {phase: lake.report(of, phase) for phase in ("extract", "transform", "load")}, {w: w for w in mine}
            )
        else:
            made = Plan(key().run_id, begin, [EXPORT] if brought else [], [], [], [], paths, go=True)
            tasks.validate_rerun(context, made.as_dict(), {what: what for what in mine})
            shown = replace(made, go=False).as_dict()
            with pytest.raises(AirflowSkipException):
                tasks.validate_rerun(context | {"outlet_events": {}}, shown, {what: what for what in mine})
        events[of.dag_id] = {what: event.extra["rows"] for what, event in mine.items()}
        assert {event.extra["dag_run"] for event in mine.values()} == {of.run_id}
    first, second = events["epic_fhir_etl"], events["epic_fhir_rerun"]
    assert second == first | ({} if brought else {"bronze": {}})
    assert first["views"]["patient"] == first["bronze"]["Patient"] == 20


def test_the_rerun_is_started_with_that_run():
    from test_policy import load

    (baseline,) = load(HOME / "dags" / "epic_fhir_baseline.py")
    assert baseline.get_task("delete").conf["run"] == "{{ ti.xcom_pull(task_ids='accept', key='return_value')['mends'] }}"


class Ti:
    """What the tasks of a rerun are given; keeps what they leave for each other."""

    def __init__(self, task_id, left=None):
        self.dag_id, self.run_id, self.task_id, self.try_number = "epic_fhir_rerun", "by hand", task_id, 1
        self.left = {} if left is None else left

    def xcom_push(self, key, value):
        self.left[(self.task_id, key)] = value

    def xcom_pull(self, task_ids, key):
        return self.left.get((task_ids, key))

    def get_dagrun_state(self, dag_id, run_id):
        assert dag_id == "epic_fhir_etl"
        return "running" if run_id == "at work" else "failed"

    def get_dag(self, dag_id):
        return SimpleNamespace(is_paused=False)


FORM = {"run": rerun.NEWEST_RED, "begin": rerun.STOPPED, "exports": [], "types": [], "views": [], "accept_deletions": None}
FORM |= {"reason": None, "go": False, "ask": True}


def planned(**params):
    """The first and the last task of a rerun that cannot be planned; returns why it failed."""
    interval = {"data_interval_start": None, "data_interval_end": None}
    run, left = SimpleNamespace(run_type="operator_triggered", run_after=BEGIN, **interval), {}
    with pytest.raises(AirflowFailException):
        tasks.plan({"ti": Ti("plan", left), "dag_run": run, "params": FORM | params})
    last = tasks.RunReport(task_id="report", plan={"made": "by the task plan"})
    last.plan = None
    with pytest.raises(AirflowFailException) as failure:
        last.execute({"ti": Ti("report", left), "dag_run": run, "params": FORM | params})
    return str(failure.value)


def test_a_rerun_that_was_to_be_done_at_once_and_could_not_be_planned_is_told(lake, hook):
    nights(lake)
    asked = {"begin": "transform", "accept_deletions": "Observation:104", "reason": "Group split, 4711", "exports": ["e9"]}
    why = "Cannot begin with transform: export e9 has not landed; begin with extract"
    assert planned(**asked, go=True) == f"Nothing was done, because there is no plan: {why}"
    (body,) = hook.bodies
    assert body["subject"] == "epic_fhir_rerun: Red: nothing was done, because the rerun could not be planned."
    assert why in body["text"]
    assert "4711" not in json.dumps(body)
    command = shlex.split(body["command"])
    assert command[:5] == ["airflow", "dags", "trigger", "epic_fhir_rerun", "--conf"]
    assert json.loads(command[5]) == {"run": rerun.NEWEST_RED, **asked, "reason": "", "go": True, "ask": True}


def test_a_person_who_is_asked_sees_it_in_airflow(lake, hook):
    nights(lake)
    assert "export e9 has not landed" in planned(begin="transform", exports=["e9"])
    assert hook.bodies == []


def test_a_run_that_is_at_work_is_not_mended(lake, hook):
    lake.write_json(lake.metrics("epic_fhir_etl", "at work", "verdict.json"), {"verdict": "red"})
    assert "Cannot repair run at work: Airflow says that it is running." in planned(run="at work")
    assert "No finished run of epic_fhir_etl is red" in planned()


def test_a_rerun_that_is_cleared_plans_for_the_run_that_it_had(lake, hook):
    lake.write_json(lake.metrics("epic_fhir_etl", "at work", "verdict.json"), {"verdict": "red"})
    before = {"run": {"run_id": "by hand"}, "result": {"verdict": "red", "mends": "at work"}}
    lake.write_json(lake.metrics("epic_fhir_rerun", "by hand", "report.json"), before)
    assert "Cannot repair run at work: Airflow says that it is running." in planned()


ACCEPTED = Plan("r", "transform", [], [], [], [], go=True, accept_deletions=["Observation:104", "Patient:4"], reason="…")


@pytest.mark.parametrize(
    ("report", "state", "deleted"),
    [
        (good_run()["transform"], "success", ["Observation", "Patient"]),
        (transform(refused_views={"patient": "does not fit"}), "failed", ["Observation", "Patient"]),
        (transform(held_deletions={"Patient": 9}), "failed", ["Observation"]),
        (transform(damaged_export="e1"), "failed", []),
        (failed(good_run()["load"], 6, "The lake is away"), "failed", []),
        (good_run()["transform"], "failed", []),  # of an earlier try
        (None, "failed", []),
    ],
    ids=["all is well", "a view stopped", "more were held", "bronze is damaged", "no end", "an old report", "no report"],
)
def test_deletions_that_were_made_are_no_news_whatever_else_is_red(tmp_path, report, state, deleted):
    run = replace(key("report"), dag_id="epic_fhir_rerun", run_id="by hand")
    lake = lake_with(tmp_path, {})
    if report:
        lake.write_json(lake.report(run, "transform"), report)
    assert tasks._deleted(lake, run, ACCEPTED, state) == deleted
    assert tasks._deleted(lake, run, replace(ACCEPTED, accept_deletions=[]), state) == []
    assert tasks._deleted(lake, run, None, state) == []
