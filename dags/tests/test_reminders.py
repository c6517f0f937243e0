"""A problem that lasts, one that could not be told, and one that is over (field cases G1 and G2, walks 4 and 13)."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_up import BEGIN, THRESHOLDS, good_run, key, lake_with
from test_alerts import GREEN, LINK, WEBHOOK, red, remembered
from test_render import GOOD

from epic_fhir import alerts, remedy, retries, sites
from epic_fhir.alerts import Finding
from epic_fhir.lake import Lake
from epic_fhir.verdict import publish

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def night(lake, finding, number, settings=WEBHOOK, mends=None, dag_id="epic_fhir_etl"):
    made = replace(key("report"), run_id=f"night {number}", dag_id=dag_id)
    return alerts.tell(lake, made, settings, LINK, {}, finding, mends)


def failed(task, code, error, **result):
    """What publish finds where a phase failed."""
    reports = {task: {"run": {"exit_code": code, "error": error}, "result": result}}
    step = remedy.next_step(key(), reports, {task: "failed"}, [])
    return Finding("red", f"Red: {task} failed.", [{"name": "report", "subject": task, "state": "FAIL", "sentence": error}], step)


DOWN = "Cannot reach https://fhir.example: connection refused"
OTHERS = [
    failed("extract", 3, DOWN),
    failed("transform", 4, DOWN),
    failed("extract", 4, "Cannot reach https://fhir.example: the certificate has expired"),
    failed("extract", 5, DOWN, refused_export="e1"),
    failed("extract", 5, DOWN, state="landed"),
]


@pytest.mark.parametrize("other", OTHERS, ids=["exit code", "phase", "cause", "what was refused", "what is missing"])
def test_another_exit_code_phase_or_cause_is_another_problem(lake, hook, other):
    night(lake, failed("extract", 4, DOWN), 1)
    night(lake, other, 2)
    assert len(hook.bodies) == 2
    assert not hook.bodies[1]["subject"].startswith("epic_fhir_etl: Still")


def test_the_same_cause_with_other_figures_and_ids_is_the_same_problem(lake, hook):
    night(lake, failed("extract", 4, "Export e-7f3a: 3 of 12 files did not come"), 1)
    night(lake, failed("extract", 4, "Export e-91bc: 5 of 14 files did not come"), 2)
    assert len(hook.bodies) == 1


@pytest.mark.parametrize(
    ("finding", "told"),
    [(red("Patient"), [1, 4, 7]), (replace(red("Patient"), verdict="green"), [1, 8])],
    ids=["red", "a warning"],
)
def test_a_problem_that_lasts_is_told_again_at_its_pace(lake, hook, finding, told):
    for number in range(1, 9):
        night(lake, finding, number)
    assert [body["run_id"] for body in hook.bodies] == [f"night {number}" for number in told]
    assert hook.bodies[1]["subject"] == "epic_fhir_etl: Still: Red: the counts of this run do not match."
    assert f"This is run {told[1]} with this problem; the first was night 1." in hook.bodies[1]["text"]


def warning(*of):
    """A green night's warnings; one alone is of a check that judges each run for itself, another of the data."""
    grounds = [{"name": name, "subject": subject, "state": "WARN", "sentence": "odd"} for name, subject in of]
    return Finding("green", f"Complete, but: {of[0][0]}.", grounds, {"task": "validate", "advice": "a", "command": "c"})


LASTS = ("quality", "patient_without_mrn")


@pytest.mark.parametrize("other", [("skew", "extract"), ("drift", "patient"), ("speed", "load: ms a row")])
def test_a_warning_that_comes_and_goes_beside_a_lasting_one_keeps_the_pace(lake, hook, other):
    """Each is told at once when it is new, and again no sooner than in seven runs."""
    for number in range(1, 15):
        night(lake, warning(LASTS, other) if number % 2 == 0 else warning(LASTS), number)
    told = [number for number in range(1, 15) if f"night {number}" in [body["run_id"] for body in hook.bodies]]
    with_other = [int(body["run_id"].split()[1]) for body in hook.bodies if ", ".join(other) in body["text"]]
    assert told[:3] == [1, 2, 9]
    assert len(told) <= 4
    assert with_other[0] == 2
    assert all(later - before >= 7 for before, later in pairwise(with_other))


def test_a_warning_that_is_new_or_was_not_told_for_long_is_told_at_once(lake, hook):
    other = ("drift", "patient")
    for number, of in enumerate([[LASTS], [LASTS, other], *[[LASTS]] * 9, [LASTS, other], [other, ("skew", "load")]], 1):
        night(lake, warning(*of), number)
    assert [body["run_id"] for body in hook.bodies] == ["night 1", "night 2", "night 9", "night 12", "night 13"]


def test_the_pace_is_a_setting(lake, hook):
    for number in range(1, 4):
        night(lake, red("Patient"), number, replace(WEBHOOK, remind_every=1))
    assert len(hook.bodies) == 3


def test_a_red_night_that_could_not_be_told_is_told_although_the_next_one_is_green(lake, hook):
    hook.status = 503
    night(lake, red("Patient"), 1)
    night(lake, red("Patient"), 2)
    night(lake, red("Device"), 3)
    hook.status = 200
    hook.bodies.clear()
    assert night(lake, GREEN, 4) == []
    assert [(body["run_id"], body["verdict"]) for body in hook.bodies] == [
        ("night 1", "red"),
        ("night 3", "red"),
        ("night 4", "green"),
    ]
    assert "This alert is late: it was due at 20" in hook.bodies[0]["text"]
    assert remembered(lake) == {"schema_version": 1, "told": {}, "unsent": {}}


def test_a_rerun_that_is_green_ends_the_problem_of_the_run_that_it_mends_and_no_other(lake, hook):
    night(lake, red("Patient"), 1)
    night(lake, red("Patient"), 2)
    night(lake, GREEN, 3, mends="night 0", dag_id="epic_fhir_rerun")
    assert len(hook.bodies) == 1
    night(lake, GREEN, 4, mends="night 2", dag_id="epic_fhir_rerun")
    assert [body["subject"] for body in hook.bodies[1:]] == ["epic_fhir_rerun: Green again."]
    night(lake, GREEN, 5)
    assert len(hook.bodies) == 2


def test_a_rerun_that_is_red_for_the_same_reason_says_nothing_new(lake, hook):
    night(lake, red("Patient"), 1)
    night(lake, red("Patient"), 2, mends="night 1", dag_id="epic_fhir_rerun")
    assert len(hook.bodies) == 1
    night(lake, GREEN, 3, mends="night 1", dag_id="epic_fhir_rerun")
    assert hook.bodies[1]["verdict"] == "green"


def test_green_with_a_warning_after_red_says_that_the_problem_is_over(lake, hook):
    night(lake, red("Patient"), 1)
    night(lake, replace(red("Device"), verdict="green", headline="Complete, but: quarantine of Device."), 2)
    assert "The problem that run night 1 reported is over." in hook.bodies[1]["text"]


WARNING = replace(red("Observation"), verdict="green", headline="Complete, but: freshness of all.")


def over(hook, number=-1):
    """The runs whose problem a message calls over."""
    return re.findall(r"The problem that run (.*) reported is over", hook.bodies[number]["text"])


@pytest.mark.parametrize("again", [WARNING, red("Claim")], ids=["with a warning", "red for another reason"])
def test_a_rerun_of_an_older_run_leaves_the_problem_of_last_night_as_it_is(lake, hook, again):
    night(lake, red("Patient"), 1)
    night(lake, red("Device"), 2)
    night(lake, again, 3, mends="night 1", dag_id="epic_fhir_rerun")
    assert over(hook) == []
    night(lake, red("Device"), 4)
    assert [body["run_id"] for body in hook.bodies] == ["night 1", "night 2", "night 3"], "it lasts, and is not new"
    night(lake, GREEN, 4, mends="night 2", dag_id="epic_fhir_rerun")
    assert over(hook) == ["night 2"]
    night(lake, GREEN, 5, mends="night 1", dag_id="epic_fhir_rerun")
    assert hook.bodies[-1]["run_id"] == "night 5"
    assert "night 3" in hook.bodies[-1]["text"]
    assert remembered(lake) == {"schema_version": 1, "told": {}, "unsent": {}}


@pytest.mark.parametrize("lasts", [[], [1, 2]], ids=["since the first rerun", "since before"])
def test_the_end_of_a_problem_is_told_although_a_warning_lasts_beside_it(lake, hook, lasts):
    for number in lasts:
        night(lake, WARNING, f"before {number}")
    night(lake, red("Patient"), 1)
    night(lake, red("Device"), 2)
    night(lake, WARNING, 3, mends="night 1", dag_id="epic_fhir_rerun")
    night(lake, WARNING, 4, mends="night 2", dag_id="epic_fhir_rerun")
    assert over(hook) == ["night 2"]
    told = len(hook.bodies)
    night(lake, WARNING, 5)
    assert len(hook.bodies) == told, "it lasts, and ends nothing"
    night(lake, red("Device"), 6)
    night(lake, red("Device"), 7)
    assert [(body["run_id"], body["subject"][:23]) for body in hook.bodies[told:]] == [("night 6", "epic_fhir_etl: Red: the")]


@pytest.mark.parametrize("nights", [1, 3])
def test_that_the_server_is_back_is_told_although_a_warning_of_a_backfill_lasts(lake, hook, nights):
    night(lake, failed("kick_off", 4, DOWN), 5)
    for number in range(1, nights + 1):  # days that the lake has
        night(lake, replace(WARNING, landed_at=YESTERDAY), number)
    night(lake, replace(WARNING, landed_at=LATER), 6)
    assert over(hook) == ["night 5"]
    night(lake, failed("kick_off", 4, DOWN), 7)
    assert hook.bodies[-1]["run_id"] == "night 7"
    assert "Still" not in hook.bodies[-1]["subject"]


def test_the_next_try_of_a_red_rerun_ends_its_own_problem_only(lake, hook):
    night(lake, red("Patient"), 1)
    night(lake, red("Device"), 2)
    night(lake, red("Claim"), 3, mends="night 1", dag_id="epic_fhir_rerun")
    night(lake, GREEN, 3, mends="night 1", dag_id="epic_fhir_rerun")
    assert over(hook) == ["night 3"]
    night(lake, GREEN, 4)
    assert over(hook) == ["night 2"]


def test_a_green_night_ends_all_problems_that_are_open(lake, hook):
    night(lake, red("Device"), 2)
    night(lake, red("Claim"), 3, mends="night 1", dag_id="epic_fhir_rerun")
    night(lake, GREEN, 4)
    assert sorted(over(hook)) == ["night 2", "night 3"]
    night(lake, GREEN, 5)
    assert len(hook.bodies) == 3


YESTERDAY, LATER = (datetime.now(timezone.utc) + timedelta(days=days) for days in (-1, 1))


@pytest.mark.parametrize("covered", [GREEN, WARNING, red("Claim")], ids=["green", "with a warning", "red"])
def test_a_backfill_that_asks_the_server_for_nothing_does_not_end_that_the_server_is_down(lake, hook, covered):
    down = failed("kick_off", 4, DOWN)
    night(lake, down, 5)
    night(lake, replace(covered, landed_at=YESTERDAY), 1)
    assert [body for body in hook.bodies[1:] if "night 5" in body["text"]] == []
    night(lake, down, 6)
    assert "night 6" not in [body["run_id"] for body in hook.bodies], "it lasts, and is not new"
    night(lake, replace(GREEN, landed_at=LATER), 7)
    assert "night 5" in over(hook)


@pytest.mark.parametrize("problem", [WARNING, red("Patient")], ids=["a warning", "red"])
@pytest.mark.parametrize("nights", [1, 2, 5])
def test_a_problem_of_several_nights_ends_with_newer_data_than_the_last_of_them(lake, hook, problem, nights):
    landed = [YESTERDAY + timedelta(hours=hour) for hour in range(nights + 2)]
    for number in range(1, nights + 1):
        night(lake, replace(problem, landed_at=landed[number]), number)
    told = len(hook.bodies)
    for number in range(nights + 1):  # a backfill, or a run within the server's window, adopts what an earlier one landed
        night(lake, replace(GREEN, landed_at=landed[number]), 10 + number)
    assert len(hook.bodies) == told
    night(lake, replace(GREEN, landed_at=landed[nights + 1]), 20)
    assert [body["subject"] for body in hook.bodies[told:]] == ["epic_fhir_etl: Green again."]


def test_the_run_itself_ends_its_problem_with_an_export_that_had_landed_before(lake, hook):
    night(lake, red("Patient"), 5)
    night(lake, replace(GREEN, landed_at=YESTERDAY), 5)
    assert over(hook) == ["night 5"]


def test_when_the_data_of_a_run_landed_is_part_of_what_the_alerts_are_given(tmp_path):
    told = []
    publish(lake_with(tmp_path, good_run()), key("report"), THRESHOLDS, GOOD, lambda finding: told.append(finding) or [])
    assert told[0].landed_at == BEGIN + timedelta(seconds=80)


def test_a_file_that_an_earlier_version_left_is_understood(lake, hook):
    told = {"webhook": {"fingerprint": "f", "run_id": "night 1", "at": "2026-03-01T04:00:00Z"}}
    lake.write_json(f"{lake.root}/state/alerts/epic_fhir_etl.json", {"schema_version": 1, "told": told})
    night(lake, GREEN, 2)
    assert "The problem that run night 1 reported is over." in hook.bodies[0]["text"]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_HOME", str(REPOSITORY))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path))
    monkeypatch.setenv("EPIC_FHIR_ALERT_WEBHOOK_CONN_ID", "hook")


@pytest.mark.parametrize(("wanted", "attempt", "told"), [("true", 1, 1), ("true", 2, 0), ("false", 1, 0)])
def test_a_task_that_is_tried_again_is_told_after_its_first_try_where_that_is_set(
    installed, hook, monkeypatch, wanted, attempt, told
):
    from airflow.sdk.exceptions import AirflowException

    monkeypatch.setenv("EPIC_FHIR_ALERT_FIRST_TRY", wanted)
    ti = SimpleNamespace(dag_id="epic_fhir_etl", run_id="r", task_id="extract", try_number=attempt)
    retries.tell({"ti": ti, "exception": AirflowException(f"extract failed (exit 4 UNAVAILABLE): {DOWN}")})
    assert [body["verdict"] for body in hook.bodies] == ["retry"] * told
    assert not told or DOWN in hook.bodies[0]["text"]
    if told:
        retries.tell({"ti": ti, "exception": ValueError("somebody's text")})
        assert "somebody's text" not in hook.bodies[1]["text"]


def test_every_task_tells_of_a_retry():
    from epic_fhir.defaults import EVERY_TASK, tried_again

    assert EVERY_TASK["on_retry_callback"] is tried_again


def test_a_file_of_alerts_belongs_to_one_site(lake, tmp_path, hook, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SITES", "north,south")
    night(lake, red("Patient"), 1, dag_id=sites.named("rerun", "north"), mends="night 0")
    assert (tmp_path / "state" / "alerts" / "epic_fhir_etl_north.json").exists()
