"""For each red check and each exit code: the command of the alert is the one of the runbook (dags/README.md)."""

import json
import shlex
from dataclasses import replace

import pytest
from made_up import RUN_ID, key
from test_rerun import check

from epic_fhir import remedy
from epic_fhir.checks import COULD_NOT_RUN, FAIL, WARN
from epic_fhir.reports import DATA_REFUSED, JOBS

ONLY_FAILED, WHOLE = "clear what failed", "clear the whole run"
E = DATA_REFUSED
TABLE = [
    # what happened                     task, exit code, result of its report                          what mends it
    *((f"{task}, exit {code}", task, code, {}, ONLY_FAILED) for task in JOBS for code in (1, 2, 3, 4, 6, None)),
    ("broken JSON, errors of the server", "extract", E, {"refused_export": "e1"}, {"begin": "kick_off"}),
    ("a withdrawn export is missing", "extract", E, {"export_id": "e2", "state": "landed"}, {"begin": "kick_off"}),
    ("a group has no export", "extract", 3, {"export_id": "e2", "given_up": ["e1"]}, WHOLE),
    ("the server has deleted an export", "extract", 4, {"given_up": ["e1"]}, WHOLE),
    ("all exports are gone", "wait", 3, {"given_up": ["e1"]}, WHOLE),
    ("bulk.deadline", "wait", 4, {"given_up": ["e1"]}, WHOLE),
    ("a crawl was refused", "extract", E, {"export_id": "e2"}, ONLY_FAILED),
    ("bronze is damaged", "transform", E, {"damaged_export": "e1", "changed_types": ["A"]},
     {"begin": "extract", "exports": ["e1"]}),
    ("silver was changed", "transform", E, {"changed_types": ["Patient"]}, {"begin": "transform", "types": ["Patient"]}),
    ("a view stopped", "transform", E, {"refused_views": {"v": "…"}, "views": {}}, {"begin": "transform"}),
    ("a view differs", "transform", E, {"refused_views": {"v": "…"}, "views": {"v": {}}}, {"begin": "transform", "views": ["v"]}),
    ("a gap between exports", "transform", E, {"silver": {}}, {"begin": "kick_off"}),
    ("PostgreSQL refused a value", "load", E, {"refused_views": {"v": "…"}}, {"begin": "transform"}),
    ("PostgreSQL was changed in place", "load", E, {}, {"begin": "transform"}),
    ("deletions are held", "transform", E, {"held_deletions": {"Patient": 4}},
     {"begin": "transform", "accept_deletions": "Patient:4", "reason": ""}),
]  # fmt: skip


def command(expected):
    if isinstance(expected, dict):
        return f"airflow dags trigger epic_fhir_rerun --conf {shlex.quote(json.dumps({'run': RUN_ID, **expected, 'go': True}))}"
    scope = " --only-failed" if expected == ONLY_FAILED else ""
    return f"airflow dags clear epic_fhir_etl --run-id {RUN_ID} {scope}".strip().replace("  ", " ") + " --yes"


@pytest.mark.parametrize(("task", "code", "result", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_failed_task_comes_with_the_command_that_mends_it(task, code, result, expected):
    step = remedy.next_step(key(), {task: {"run": {"exit_code": code, "error": "…"}, "result": result}}, {task: "failed"}, [])
    assert step["command"] == command(expected)
    assert step["advice"]


@pytest.mark.parametrize("code", [2, 3, 4])
@pytest.mark.parametrize("task", ["wait", "extract"])
def test_an_export_that_is_lost_in_a_rerun_is_requested_by_a_rerun_from_the_kick_off(task, code):
    """Cleared, it would plan to begin where it did, and leave kick_off out once more; asked for kick_off, it keeps nothing."""
    rerun = replace(key(), dag_id="epic_fhir_rerun", run_id="manual__1")
    told = {task: {"run": {"exit_code": code, "error": "lost"}, "result": {"given_up": ["e1"]}}}
    step = remedy.next_step(rerun, told, {"kick_off": "skipped", task: "failed"}, [], RUN_ID)
    assert step["command"] == command({"begin": "where it stopped"})
    assert "requests the group's export again" in step["advice"]


CHECKS = [
    ("manifest = source", "Patient", FAIL, {"begin": "kick_off"}),
    ("source = bronze", "Patient", FAIL, {"begin": "extract"}),
    ("bronze = landing", "Patient", FAIL, {"begin": "extract"}),
    ("bronze = transform", "Patient", FAIL, {"begin": "transform", "types": ["Patient"]}),
    ("bronze = silver", "Patient", FAIL, {"begin": "transform", "types": ["Patient"]}),
    ("silver = view", "patient", FAIL, {"begin": "transform", "views": ["patient"]}),
    ("view = PostgreSQL", "patient", FAIL, {"begin": "load", "views": ["patient"]}),
    ("quality", "patient_without_mrn", FAIL, {"begin": "load"}),
    ("counts of an earlier try", "e1", FAIL, {"begin": "kick_off"}),
    ("counts of an earlier try", "e1", COULD_NOT_RUN, {"begin": "kick_off"}),
    *((name, "x", COULD_NOT_RUN, WHOLE) for name in ("report", "manifest = source", "expectations", "speed", "drift", "freshness")),
]


@pytest.mark.parametrize(("name", "subject", "state", "expected"), CHECKS, ids=[f"{row[0]}, {row[2]}" for row in CHECKS])
def test_a_check_that_is_not_good_comes_with_the_command_that_mends_it(name, subject, state, expected):
    made = {**check(name, subject), "state": state}
    assert remedy.next_step(key(), {}, {"validate": "failed"}, [made])["command"] == command(expected)


def test_bad_rows_come_with_what_to_do_where_the_source_has_corrected_them():
    step = remedy.next_step(key(), {}, {"validate": "failed"}, [check("quality", "patient_without_mrn")])
    assert "correct its file or load.quality.overrides. Then run the command" in step["advice"]
    assert "If the source has corrected the resources instead, run: airflow dags trigger epic_fhir_etl" in step["advice"]
    both = [check("quality", "patient_without_mrn"), check("source = bronze", "Patient")]
    step = remedy.next_step(key(), {}, {"validate": "failed"}, both)
    assert step["command"] == command({"begin": "extract"})
    assert "airflow dags trigger epic_fhir_etl" in step["advice"]


def test_a_refused_export_comes_with_the_command_that_shows_its_lines():
    result = {"refused_export": "e1", "quarantine": "/lake/quarantine/a, /lake/quarantine/b"}
    step = remedy.next_step(key(), {"extract": {"run": {"exit_code": 5}, "result": result}}, {"extract": "failed"}, [])
    for folder in ("a", "b"):
        assert f"python -m epic_fhir.quarantine /lake/quarantine/{folder})" in step["advice"]


def test_a_paused_dag_is_named_as_the_reason_and_switched_on():
    step = {"advice": "Do it.", "command": "airflow dags trigger epic_fhir_rerun --conf '{}'"}
    assert remedy.switched_on(step, lambda _: False) == step
    on = remedy.switched_on(step, lambda dag: dag == "epic_fhir_rerun")
    assert on["command"] == "airflow dags unpause epic_fhir_rerun && airflow dags trigger epic_fhir_rerun --conf '{}'"
    assert "epic_fhir_rerun is paused in Airflow, so it does not run. The command unpauses it first." in on["advice"]
    step = {"advice": "Do it.", "command": "airflow dags clear epic_fhir_etl --run-id r --yes"}
    assert "which also starts a scheduled run that is due." in remedy.switched_on(step, lambda _: True)["advice"]


@pytest.mark.parametrize(
    ("name", "subject", "accepts"),
    [
        ("drift", "patient", {"warning": "drift, patient"}),
        ("speed", "load: ms a row", {"figure": "load: ms a row"}),
        ("skew", "load", None),
    ],
)
def test_a_warning_comes_with_the_command_that_accepts_it_where_it_can_last(name, subject, accepts):
    told = remedy.look(key(), [{**check(name, subject), "state": WARN}])["command"]
    if accepts is None:
        assert told == ""
    else:
        conf = json.loads(shlex.split(told)[-1])
        assert conf == {"dag_id": "epic_fhir_etl", **accepts, "reason": ""}
