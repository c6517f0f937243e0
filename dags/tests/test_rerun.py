"""What a rerun says it will do, and what its tasks are told."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from made_up import RUN_ID, THRESHOLDS, copy, counts, failed, good_run, key, landing

from epic_fhir import java_task, red_runs, rerun
from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.lake import Lake
from epic_fhir.phase import planned
from epic_fhir.remedy import next_step
from epic_fhir.rerun import Asked, Impossible, Plan
from epic_fhir.verdict import publish, validate

DAG = "epic_fhir_etl"
RED, GREEN = "scheduled__2026-03-03T04:00:00+00:00", "scheduled__2026-03-02T04:00:00+00:00"


def accept(deletions, reason="The group was split.", **parts):
    return Asked(accept_deletions=deletions, reason=reason, **parts)


@pytest.fixture
def lake(tmp_path):
    """A green run, then one whose transform failed."""
    lake = Lake(str(tmp_path))
    tables = {
        "silver": {"Patient": {"rows_live": 20}, "Observation": {"rows_live": 14308}},
        "views": {"patient": {"rows": 20}, "observation": {"rows": 14308}, "vital_signs": {"rows": 1630}},
    }
    run(lake, GREEN, "green", "e1", transform=tables)
    run(lake, RED, "red", "e2", failed="transform")
    return lake


def run(lake, run_id, verdict, export, transform=None, failed=None):
    for task in rerun.JOBS:
        told = {"run": {"status": "failed", "error": f"{task} said no"} if task == failed else {"status": "success"}}
        told["result"] = transform or {} if task == "transform" else {"export_id": export}
        lake.write_json(lake.metrics(DAG, run_id, f"{task}.json"), told)
        if task == failed:
            break
    lake.write_json(lake.metrics(DAG, run_id, "verdict.json"), {"verdict": verdict})
    date = run_id[11:21]
    path = f"bronze/resource_type=Patient/extraction_date={date}/{export}-0.parquet"
    file = {"resource_type": "Patient", "path": path, "rows": 20, "bytes": 2000, "kind": "RESOURCES"}
    commit = landing(export) | {"transaction_time": f"{date}T04:00:07Z", "files": [file]}
    lake.write_json(f"{lake.root}/state/landings/{export}.json", commit)


def test_by_itself_it_takes_the_last_red_run_from_where_it_stopped(lake):
    made = rerun.plan(lake, DAG, Asked())
    assert (made.run, made.begin, made.exports, made.go) == (RED, "transform", ["e2"], False)
    assert made.reports == {"extract": lake.metrics(DAG, RED, "extract.json")}
    assert made.sentences == [
        f"Run {RED}: transform failed: transform said no",
        "It begins with transform.",
        "The rerun sends no requests to the server.",
        "Export e2 of 2026-03-03T04:00:07Z (1 files, 20 rows) is applied once more.",
        "In silver, the views and PostgreSQL, only rows that differ are written.",
    ]


def gives_up(lake, task, *name, status="failed"):
    """The task of a run says that an export of it is lost."""
    path = lake.metrics(*(name or (DAG, RED)), f"{task}.json")
    told = {"run": {"status": status, "error": "lost"}, "result": {"export_id": "e2", "given_up": ["e1"]}}
    lake.write_json(path, told)


@pytest.mark.parametrize("task", ["wait", "extract"])
def test_where_a_group_has_no_export_it_begins_with_the_kick_off(lake, task):
    run(lake, RED, "red", "e2", failed=task)
    assert rerun.plan(lake, DAG, Asked()).begin == "extract"
    gives_up(lake, task)
    made = rerun.plan(lake, DAG, Asked())
    assert (made.begin, made.exports) == ("kick_off", [])


def test_it_begins_with_the_kick_off_where_extract_left_nothing_after_a_wait_that_gave_up(lake):
    run(lake, RED, "red", "e2", failed="extract")
    gives_up(lake, "wait", status="success")  # the other groups' exports were ready
    lake.write_json(lake.metrics(DAG, RED, "extract.json"), {"begun": {"task_id": "extract"}})
    assert rerun.plan(lake, DAG, Asked()).begin == "kick_off"


@pytest.mark.parametrize("task", ["wait", "extract"])
def test_what_only_a_rerun_gave_up_the_next_one_requests_again(lake, task):
    run(lake, RED, "red", "e2", failed="extract")
    again = ("epic_fhir_rerun", "manual__2026-03-04T08:00:00+00:00")
    gives_up(lake, task, *again)
    lake.write_json(lake.metrics(*again, "report.json"), {"result": {"verdict": "red", "mends": RED}})
    assert rerun.plan(lake, DAG, Asked()).begin == "kick_off"
    # One that landed them since has nothing to request.
    newer = ("epic_fhir_rerun", "manual__2026-03-05T08:00:00+00:00")
    lake.write_json(lake.metrics(*newer, "extract.json"), {"run": {"status": "success"}, "result": {"export_id": "e2"}})
    lake.write_json(lake.metrics(*newer, "report.json"), {"result": {"verdict": "red", "mends": RED}})
    assert rerun.plan(lake, DAG, Asked()).begin == "transform"


def test_what_a_rerun_gave_up_that_is_cleared_it_requests_itself(lake):
    """Its own reports of before count for nothing then; the note beside the export does."""
    run(lake, RED, "red", "e2", failed="extract")
    Path(lake.landing("e2")).unlink()
    assert rerun.plan(lake, DAG, Asked()).begin == "extract"
    lake.write_json(f"{lake.root}/state/exports/e2/given-up.json", {})
    assert rerun.plan(lake, DAG, Asked()).begin == "kick_off"


@pytest.mark.parametrize(
    ("begin", "asks", "runs"),
    [
        ("kick_off", True, ["kick_off", "wait", "extract", "transform", "load"]),
        ("extract", False, ["wait", "extract", "transform", "load"]),
        ("transform", False, ["transform", "load"]),
        ("load", False, ["transform", "load"]),
    ],
)
def test_only_kick_off_asks_the_server_for_an_export_and_what_comes_before_the_beginning_is_left_out(lake, begin, asks, runs):
    made = rerun.plan(lake, DAG, Asked(begin=begin))
    assert any("requests a new export" in s for s in made.sentences) is asks
    assert [task for task in rerun.JOBS if made.runs(task)] == runs


def test_dates_stand_for_the_exports_of_their_partitions(lake):
    assert rerun.plan(lake, DAG, Asked(begin="transform", exports=("2026-03-02", "e2"))).exports == ["e2", "e1"]
    with pytest.raises(Impossible, match="Cannot find an export with a bronze partition extraction_date=2026-01-01"):
        rerun.plan(lake, DAG, Asked(exports=("2026-01-01",)))


def test_tables_that_are_made_anew_are_named_with_what_they_hold(lake):
    made = rerun.plan(lake, DAG, Asked(begin="transform", types=("Patient",), views=("all",)))
    assert made.views == ["observation", "patient", "vital_signs"]
    said = "\n".join(made.sentences)
    assert "Patient in silver (20 rows now) and its views are rebuilt from all of bronze." in said
    assert "views/vital_signs and its PostgreSQL table (1,630 rows now) are replaced." in said


def test_a_type_that_the_red_run_went_on_without_can_be_rebuilt(lake):
    """Somebody deleted it from silver: that run says nothing of it and names it as changed."""
    left = {"silver": {"Observation": {"rows_live": 14309}}, "changed_types": ["Patient"], "views": {}}
    run(lake, "scheduled__2026-03-05T04:00:00+00:00", "red", "e5", transform=left)
    path = lake.metrics(DAG, "scheduled__2026-03-05T04:00:00+00:00", "transform.json")
    lake.write_json(path, lake.read_json(path) | {"run": {"status": "failed", "error": "somebody"}})
    made = rerun.plan(lake, DAG, Asked(begin="transform", types=("Patient", "Observation"), views=("patient",)))
    assert made.types == ["Patient", "Observation"]
    assert made.sentences[-3:] == [
        "Patient in silver (rows not known) and its views are rebuilt from all of bronze.",
        "Observation in silver (14,309 rows now) and its views are rebuilt from all of bronze.",
        "views/patient and its PostgreSQL table (no table yet) are replaced.",
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(run="nightly"), "Cannot find run nightly of epic_fhir_etl"),
        (Asked(views=("vitals",)), "Cannot rebuild the view vitals: not found. Known: observation, patient, vital_signs"),
        (Asked(types=("Patients",)), "Cannot rebuild the type Patients: not found. Known: Observation, Patient"),
        (accept("Group:1"), "Cannot accept deletions of the type Group: not found. Known: Observation, Patient"),
        (accept("Patient:4", reason=" "), "Cannot accept deletions without a reason: put into reason why"),
        (accept("Patient"), "Cannot accept the deletions Patient: expected a number for each type"),
        (accept("Patient:4,Patient:5"), "Cannot accept the deletions Patient:4,Patient:5"),
        (accept("Patient:4", begin="load"), "begins with load: transform deletes; begin with transform"),
        (Asked(begin="transform", exports=("e9",)), "Cannot begin with transform: export e9 has not landed; begin with extract"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_can(lake, asked, said):
    with pytest.raises(Impossible, match=said):
        rerun.plan(lake, DAG, asked)


def test_a_run_that_is_still_at_work_is_not_the_last_red_run(lake):
    at_work = "scheduled__2026-03-04T04:00:00+00:00"
    lake.write_json(lake.metrics(DAG, at_work, "kick_off.json"), {"run": {"status": "success"}, "result": {"export_id": "e3"}})
    lake.write_json(f"{lake.root}/state/exports/e3/kick-off.json", {})
    made = rerun.plan(lake, DAG, Asked(begin="kick_off", go=True))
    assert (made.run, made.gives_up) == (RED, [])


OLDER = "scheduled__2026-03-01T04:00:00+00:00"


@pytest.mark.parametrize("state", ["running", "queued"])
def test_a_red_run_that_goes_again_is_not_the_last_red_run_and_keeps_its_export(lake, state):
    run(lake, OLDER, "red", "e0", failed="load")
    run(lake, RED, "red", "e2", failed="extract")
    Path(f"{lake.root}/state/landings/e2.json").unlink()
    lake.write_json(f"{lake.root}/state/exports/e2/kick-off.json", {})
    said = {RED: state, OLDER: "failed"}.get
    made = rerun.plan(lake, DAG, Asked(begin="kick_off", go=True), said)
    assert (made.run, made.gives_up) == (OLDER, [])
    with pytest.raises(Impossible, match=f"Airflow says that it is {state}. Wait until it ends, or mark it failed in Airflow"):
        rerun.plan(lake, DAG, Asked(run=RED, begin="kick_off", go=True), said)
    assert rerun.plan(lake, DAG, Asked(begin="kick_off"), {RED: "failed"}.get).gives_up == ["e2"]


def test_a_run_that_ended_before_it_was_judged_is_red_where_airflow_says_so(lake):
    killed = "scheduled__2026-03-04T04:00:00+00:00"
    lake.write_json(lake.metrics(DAG, killed, "kick_off.json"), {"run": {"status": "success"}, "result": {"export_id": "e2"}})
    assert rerun.plan(lake, DAG, Asked(), {killed: "failed"}.get).run == killed
    assert rerun.plan(lake, DAG, Asked(), {killed: "success"}.get).run == RED
    assert rerun.plan(lake, DAG, Asked()).run == RED


def test_the_last_red_run_is_told_by_its_id_also_where_its_folder_has_another_name(tmp_path, monkeypatch):
    """HDFS takes no colon in a name; a rerun that names the folder would never end the problem of the run."""
    monkeypatch.setattr(Lake, "folder_of", lambda lake, run: run.replace(":", "_"))
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics(DAG, RED, "verdict.json"), {"verdict": "red", "run": {"run_id": RED}})
    assert red_runs.newest(lake, DAG) == RED
    unjudged = "scheduled__2026-03-04T04:00:00+00:00"
    lake.write_json(lake.metrics(DAG, unjudged, "extract.json"), {"run": {"run_id": unjudged}})
    assert red_runs.newest(lake, DAG, {unjudged: "failed"}.get) == unjudged
    for mended in (RED, unjudged):
        lake.write_json(
            lake.metrics("epic_fhir_rerun", f"of {mended}", "report.json"), {"result": {"verdict": "green", "mends": mended}}
        )
    assert red_runs.newest(lake, DAG, {unjudged: "failed"}.get) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"files": null}', '{"schema_version": 2}'])
@pytest.mark.parametrize(
    "asked", [Asked(begin="transform", exports=("2026-03-02",)), Asked(begin="transform", exports=("e1",)), Asked(run=GREEN)]
)
def test_a_bronze_commit_that_cannot_be_read_is_named(lake, asked, text):
    Path(lake.landing("e1")).write_text(text)
    with pytest.raises(Impossible, match="Cannot read the bronze commit of e1: "):
        rerun.plan(lake, DAG, asked)


def held(lake, run_id, *kinds, verdict="red", **parts):
    run(lake, run_id, verdict, "e2", failed="transform", **parts)
    path = lake.metrics(DAG, run_id, "transform.json")
    lake.write_json(path, lake.read_json(path) | {"result": {"held_deletions": dict.fromkeys(kinds, 104)}})


def test_held_deletions_are_those_of_the_newest_run_that_came_to_them(lake):
    held(lake, RED, "Observation", "Patient")
    assert red_runs.holding(lake, DAG, {"Observation"}) == RED
    assert red_runs.holding(lake, DAG, {"Observation", "Condition"}) is None
    newer = "scheduled__2026-03-04T04:00:00+00:00"
    run(lake, newer, "red", "e3", failed="extract")
    assert red_runs.holding(lake, DAG, {"Observation"}) == RED
    assert red_runs.newest(lake, DAG) == newer
    run(lake, newer, "red", "e3", failed="load")
    assert red_runs.holding(lake, DAG, {"Observation"}) is None  # the resources are back


def test_what_a_rerun_deleted_is_held_no_more(lake):
    held(lake, RED, "Observation")
    lake.write_json(lake.metrics("epic_fhir_rerun", "by hand", "report.json"), {"result": {"verdict": "green", "mends": RED}})
    assert red_runs.holding(lake, DAG, {"Observation"}) is None


def test_without_a_red_run_one_must_be_named(lake):
    lake.write_json(lake.metrics(DAG, RED, "verdict.json"), {"verdict": "green"})
    with pytest.raises(Impossible, match="No finished run of epic_fhir_etl is red: name the run to repair"):
        rerun.plan(lake, DAG, Asked())
    assert rerun.plan(lake, DAG, Asked(run=GREEN, begin="load", views=("patient",))).views == ["patient"]


class Task:
    def __init__(self, plan):
        self.plan = plan


def test_a_task_is_told_what_the_plan_has_for_it(lake):
    plan = rerun.plan(lake, DAG, Asked(begin="transform", types=("Patient",), views=("patient",), go=True)).as_dict()
    assert planned(Task(plan), "transform", None) == {"export_id": "e2", "types": ["Patient"], "views": ["patient"]}
    assert planned(Task(plan), "load", None) == {"export_id": None, "views": ["patient"]}
    assert planned(Task(None), "transform", "e7") == {"export_id": "e7"}
    with pytest.raises(AirflowSkipException, match="The rerun begins with transform"):
        planned(Task(plan), "extract", None)


def test_a_rerun_of_load_that_names_no_table_compares_each_one_with_its_view(lake):
    plan = rerun.plan(lake, DAG, Asked(begin="load", go=True)).as_dict()
    assert planned(Task(plan), "load", None) == {"export_id": None, "verify": ["all"]}


def test_accepted_deletions_and_their_reason_are_shown_and_go_to_transform_alone(lake):
    made = rerun.plan(lake, DAG, accept("Observation:104,Patient:4", go=True))
    assert made.begin == "transform"
    said = "\n".join(made.sentences)
    assert "transform may delete 104 of 14,308 Observation although no server confirmed that they are gone." in said
    assert "The reason: The group was split." in said
    told = {"accept-deletions": ["Observation:104", "Patient:4"], "reason": ["The group was split."]}
    assert planned(Task(made.as_dict()), "transform", None) == {"export_id": "e2", **told}
    assert planned(Task(made.as_dict()), "load", None) == {"export_id": None}
    arguments = key("transform").arguments(Path("c"), **told)
    assert arguments[-4:] == ["--accept-deletions", "Observation:104,Patient:4", "--reason", "The group was split."]
    assert made.notes() == ("Accepted deletions: Observation:104, Patient:4. Reason: The group was split.",)
    assert rerun.plan(lake, DAG, Asked()).notes() == ()


def test_accepted_deletions_also_go_along_where_the_server_is_asked_again(lake):
    made = rerun.plan(lake, DAG, accept("Patient:4", begin="kick_off", go=True))
    assert planned(Task(made.as_dict()), "transform", None)["accept-deletions"] == ["Patient:4"]


def test_a_view_that_stopped_can_be_rebuilt_although_it_has_no_table_yet(lake):
    stopped = {"silver": {"Patient": {"rows_live": 20}}, "views": {}, "refused_views": {"telecom": "View telecom keeps …"}}
    run(lake, RED, "red", "e2", transform=stopped)
    made = rerun.plan(lake, DAG, Asked(run=RED, begin="transform", views=("telecom",)))
    assert "views/telecom and its PostgreSQL table (no table yet) are replaced." in made.sentences


def test_a_rerun_from_the_kick_off_works_on_the_export_that_it_asked_for(lake):
    plan = rerun.plan(lake, DAG, Asked(begin="kick_off", go=True))
    assert planned(Task(plan.as_dict()), "extract", "e3") == {"export_id": "e3"}
    assert planned(Task(plan.as_dict()), "transform", None) == {"export_id": None}


def test_a_new_export_is_asked_for_only_when_the_one_that_never_landed_is_given_up(lake):
    run(lake, RED, "red", "e3", failed="extract")
    Path(f"{lake.root}/state/landings/e3.json").unlink()
    lake.write_json(f"{lake.root}/state/exports/e3/kick-off.json", {})
    made = rerun.plan(lake, DAG, Asked(begin="kick_off"))
    assert made.gives_up == ["e3"]
    assert "Export e3 never landed: the rerun cancels it, also on the server." in made.sentences
    assert rerun.plan(lake, DAG, Asked(run=GREEN, begin="kick_off")).gives_up == []


def judged(lake, name, *checks, extract="e2"):
    """What a run leaves whose extract came to its end."""
    made = [
        check("report", "extract") | {"state": "PASS"},
        *({**check(n, subject), "state": state} for n, subject, state in checks),
    ]
    lake.write_json(lake.metrics(*name, "verdict.json"), {"verdict": "red", "run": {"end": "2026-03-09T00:00:00Z"}, "checks": made})
    if name[0] != DAG:
        lake.write_json(lake.metrics(*name, "report.json"), {"result": {"verdict": "red", "mends": RED}})
        told = {"run": {"status": "success"}, "result": {"export_id": extract}}
        lake.write_json(lake.metrics(*name, "extract.json"), told)


LOSSY = [
    (("bronze = landing", "Patient", FAIL), ["e2"]),
    (("source = bronze", "Patient", FAIL), ["e2"]),
    (("manifest = source", "Patient", FAIL), ["e2"]),
    (("counts of an earlier try", "e2", FAIL), ["e2"]),
    (("counts of an earlier try", "e2", COULD_NOT_RUN), ["e2"]),
    (("counts of an earlier try", "e1", FAIL), []),
    (("source = bronze", "Observation", FAIL), []),  # of another group's export
    (("silver = view", "patient", FAIL), []),
]


@pytest.mark.parametrize(("found", "takes_back"), LOSSY, ids=[f"{name}, {subject}, {state}" for (name, subject, state), _ in LOSSY])
def test_a_new_export_brings_what_was_lost_of_one_that_landed(lake, found, takes_back):
    """Else it would ask for the changes since that one alone, and be green without what that one lacks."""
    commit = lake.read_json(lake.landing("e2"))
    report = {"resources": counts(Patient=20), "result": {"manifest_counts": {"Patient": 21}}}
    lake.write_json(lake.landing("e2"), commit | {"report": report})
    judged(lake, (DAG, RED), found)
    made = rerun.plan(lake, DAG, Asked(begin="kick_off"))
    assert made.takes_back == takes_back
    assert any("the rerun withdraws it, and the new export covers its time as well" in s for s in made.sentences) is bool(
        takes_back
    )
    assert rerun.plan(lake, DAG, Asked(begin="extract")).takes_back == []


def test_the_newest_try_has_the_last_word_on_the_counts_of_an_export(lake):
    again = ("epic_fhir_rerun", "manual__2026-03-04T08:00:00+00:00")
    judged(lake, (DAG, RED), ("bronze = landing", "Patient", FAIL))
    judged(lake, again)
    assert rerun.plan(lake, DAG, Asked(begin="kick_off")).takes_back == []
    judged(lake, again, ("counts of an earlier try", "e2", FAIL))
    assert rerun.plan(lake, DAG, Asked(begin="kick_off")).takes_back == ["e2"]
    Path(lake.landing("e2")).unlink()  # an earlier try of the rerun has withdrawn it
    assert rerun.plan(lake, DAG, Asked(begin="kick_off")).takes_back == []


def test_kick_off_first_gives_up_what_never_landed_and_withdraws_what_lacks_data(lake, monkeypatch):
    calls = []

    class Call:
        def __init__(self, operator):
            pass

        def run(self, module, main, key, export_id=None, options=None):
            calls.append((main.rpartition(".")[2], export_id, options or {}))
            return "path", {"run": {}, "result": {}}

    monkeypatch.setattr(java_task, "JavaCall", Call)
    monkeypatch.setattr(java_task.RunKey, "of", lambda context: key("kick_off"))
    monkeypatch.setattr(java_task, "run_by", lambda context: {})
    monkeypatch.setattr(java_task.logs, "closing", lambda *_: "")
    monkeypatch.setattr(java_task, "answer", lambda *_: {})
    plan = replace(rerun.plan(lake, DAG, Asked(begin="kick_off", go=True)), gives_up=["e3"], takes_back=["e1", "e2"])
    java_task.PhaseJava(task_id="kick_off", module="extract-job", main="x.KickOff", plan=plan.as_dict()).execute({})
    assert calls == [("Cancel", "e3", {}), ("Cancel", "e1,e2", {"mode": "take-back"}), ("KickOff", None, {})]


@pytest.mark.parametrize(
    ("told", "landed", "gives_up"),
    [("e4", ["e4"], ["e5"]), ("e5", [], ["e4", "e5"]), ("e4", [], ["e4", "e5"]), (None, [], ["e4", "e5"])],
    ids=["one landed", "none landed", "the first one failed the run", "it died"],
)
def test_a_rerun_works_on_the_exports_of_all_groups_whatever_extract_came_to(lake, told, landed, gives_up):
    run(lake, RED, "red", "e4,e5", failed="extract")
    extract = {"run": {"status": "failed", "error": "group g2: no answer"}, "result": {"export_id": told} if told else {}}
    lake.write_json(lake.metrics(DAG, RED, "extract.json"), extract if told else {"begun": {"task_id": "extract"}})
    for export in ("e4", "e5"):
        lake.write_json(f"{lake.root}/state/exports/{export}/kick-off.json", {})
    for export in landed:
        lake.write_json(lake.landing(export), landing(export))
    for begin in (rerun.STOPPED, "extract"):
        made = rerun.plan(lake, DAG, Asked(begin=begin))
        assert (made.begin, made.exports, made.requested()) == ("extract", ["e4", "e5"], ["e4", "e5"])
    made = rerun.plan(lake, DAG, Asked(begin="kick_off"))
    assert (made.gives_up, made.requested()) == (gives_up, None)
    with pytest.raises(Impossible, match="has not landed; begin with extract"):
        rerun.plan(lake, DAG, Asked(begin="transform"))
    assert rerun.plan(lake, DAG, Asked(begin="extract", exports=("e4",))).requested() == ["e4"]
    assert rerun.plan(lake, DAG, Asked(begin="transform", exports=("e1",))).requested() == []


def test_a_crawl_that_a_later_one_superseded_is_rerun_as_the_later_one(lake):
    run(lake, RED, "red", "e2", failed="transform")
    kick_off = lake.metrics(DAG, RED, "kick_off.json")
    lake.write_json(kick_off, lake.read_json(kick_off) | {"result": {"export_id": "e9"}})
    assert rerun.plan(lake, DAG, Asked()).exports == ["e2"]


def test_a_plan_that_is_only_shown_does_nothing(lake):
    plan = rerun.plan(lake, DAG, Asked()).as_dict()
    for task in rerun.JOBS:
        with pytest.raises(AirflowSkipException, match="Only the plan was requested"):
            planned(Task(plan), task, None)


def test_a_plan_is_the_same_after_its_way_through_airflow(lake):
    made = rerun.plan(lake, DAG, Asked(go=True))
    assert Plan.of_dict(made.as_dict()) == made


def check(name, subject):
    return {"name": name, "subject": subject, "state": "FAIL", "sentence": ""}


@pytest.mark.parametrize(
    ("checks", "mend"),
    [
        ([check("view = PostgreSQL", "patient")], {"begin": "load", "views": ["patient"]}),
        ([check("bronze = silver", "Patient"), check("view = PostgreSQL", "patient")],
         {"begin": "transform", "types": ["Patient"], "views": ["patient"]}),
        ([check("bronze = transform", "all")], {"begin": "transform"}),
        ([check("silver = view", "patient")], {"begin": "transform", "views": ["patient"]}),
        ([check("bronze = landing", "Patient")], {"begin": "extract"}),
        ([check("manifest = source", "Patient"), check("bronze = landing", "Patient")], {"begin": "kick_off"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_comes_with_the_rerun_that_mends_it(checks, mend):
    step = next_step(key(), {}, {"validate": "failed"}, checks)
    told = json.dumps({"run": RUN_ID, **mend, "go": True})
    assert step["command"] == f"airflow dags trigger epic_fhir_rerun --conf '{told}'"


def test_bronze_that_transform_refused_is_extracted_again():
    reports = {"transform": {"run": {"exit_code": 5}, "result": {"damaged_export": "e1"}}}
    step = next_step(key(), reports, {"transform": "failed"}, [])
    assert '"begin": "extract", "exports": ["e1"]' in step["command"]
    assert step["advice"].startswith("A bronze file is missing or changed since its export landed.")


def test_an_export_that_extract_refused_is_asked_for_anew_or_accepted_and_judged_again():
    reports = {"extract": {"run": {"exit_code": 5}, "result": {"refused_export": "e1"}}}
    step = next_step(key(), reports, {"extract": "failed"}, [])
    assert '"begin": "kick_off"' in step["command"]
    assert "then run: airflow dags clear" in step["advice"]


def test_a_crawl_that_extract_refused_goes_on_where_it_stopped():
    reports = {"extract": {"run": {"exit_code": 5}, "result": {}}}
    assert "airflow dags clear" in next_step(key(), reports, {"extract": "failed"}, [])["command"]


def test_silver_that_somebody_changed_is_made_anew_of_bronze():
    reports = {"transform": {"run": {"exit_code": 5}, "result": {"changed_types": ["Condition", "Patient"]}}}
    step = next_step(key(), reports, {"transform": "failed"}, [])
    assert '"begin": "transform", "types": ["Condition", "Patient"]' in step["command"]
    assert step["advice"].startswith("Someone else changed silver.")


def refused(**result):
    return next_step(key(), {"transform": {"run": {"exit_code": 5}, "result": result}}, {"transform": "failed"}, [])


def test_held_deletions_come_with_the_numbers_and_a_command_that_needs_a_reason(lake):
    step = refused(held_deletions={"Patient": 4, "Observation": 1104}, refused_views={"patient": "…"})
    assert step["advice"].startswith("The source no longer holds 1,104 Observation, 4 Patient. Nothing was deleted.")
    assert "run this command when it is fixed: airflow dags trigger epic_fhir_etl." in step["advice"]
    conf = json.loads(step["command"].partition("--conf ")[2].strip("'"))
    assert conf == {
        "run": RUN_ID, "begin": "transform", "accept_deletions": "Observation:1104,Patient:4", "reason": "", "go": True,
    }  # fmt: skip
    with pytest.raises(Impossible, match="without a reason"):
        rerun.plan(lake, DAG, Asked(**{**conf, "run": RED}))


def test_views_that_stopped_are_named_and_one_that_does_not_match_silver_is_rebuilt():
    step = refused(refused_views={"patient": "View patient keeps …"}, views={"observation": {}})
    assert "These views were not updated and keep their last good rows: patient." in step["advice"]
    assert "If the source has corrected the resources instead, run: airflow dags trigger epic_fhir_etl" in step["advice"]
    assert '"begin": "transform", "go": true' in step["command"]
    assert '"begin": "transform", "views": ["patient"]' in refused(refused_views={"patient": "…"}, views={"patient": {}})["command"]


SECOND = "manual__2026-03-04T08:00:00+00:00"
STOPS = {
    "held deletions": {"held_deletions": {"Patient": 4}},
    "a view": {"refused_views": {"patient": "View patient keeps its last good rows."}},
    "changed silver": {"changed_types": ["Patient"]},
}


def red_twice(lake, first, second):
    """A run that is red, and a rerun of it from kick_off that lands e9 and is red for another reason; returns its command."""
    mended = replace(key("report"), run_id=RED)
    good = {task: copy(report) for task, report in good_run().items()}
    again = replace(key("report"), dag_id="epic_fhir_rerun", run_id=SECOND)
    if first == "kick_off":
        own = {"kick_off": failed(copy(good["kick_off"]), 4, "The server did not answer.")}
        own["kick_off"]["result"] = {}
    else:
        own = {task: copy(good[task]) for task in ("kick_off", "wait", "extract")}
        for report in own.values():
            report["result"]["export_id"] = "e8"
        if first == "extract":
            failed(own["extract"], 5, "refused")["result"]["refused_export"] = "e8"
        else:
            own["extract"]["result"]["manifest_counts"]["Patient"] = 21
            lake.write_json(lake.landing("e8"), landing("e8") | {"run_key": f"{DAG}/{RED}"})
    for task in rerun.JOBS:
        lake.delete(lake.report(mended, task))
        if task in own:
            lake.write_json(lake.report(mended, task), own[task])
    for task in ("kick_off", "wait", "extract"):
        good[task]["result"]["export_id"] = "e9"
    good["transform"]["result"]["exports"] = ["e9"]
    lake.write_json(lake.landing("e9"), landing("e9") | {"run_key": f"{again.dag_id}/{SECOND}"})
    states = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")
    made = copy(good)
    if second in STOPS:
        failed(made["transform"], 5, "transform stopped")["result"] |= STOPS[second]
        states |= {"transform": "failed", "validate": "upstream_failed"}
    elif second == "a value":
        failed(made["load"], 5, "load stopped")["result"]["refused_views"] = {"patient": "a value"}
        states |= {"load": "failed", "validate": "upstream_failed"}
    else:
        made["load"]["result"]["tables"]["patient"]["rows"] = 19
        states |= {"validate": "failed"}
    for task, report in made.items():
        report["run"] |= {"dag_id": again.dag_id, "run_id": SECOND}
        lake.write_json(lake.report(again, task), report)
    told = []
    publish(lake, again, THRESHOLDS, states, lambda finding: told.append(finding) or [], mends=RED)
    return json.loads(shlex.split(told[0].step["command"])[-1]), good


@pytest.mark.parametrize("first", ["kick_off", "extract", "manifest = source"])
@pytest.mark.parametrize("second", [*STOPS, "a value", "view = PostgreSQL"])
def test_the_command_of_a_red_rerun_stands_on_what_that_rerun_extracted(lake, first, second):
    conf, good = red_twice(lake, first, second)
    if "accept_deletions" in conf:
        assert red_runs.holding(lake, DAG, {"Patient"}) == RED
        conf["reason"] = "The group was split."
    made = rerun.plan(lake, DAG, Asked(**{name: tuple(v) if isinstance(v, list) else v for name, v in conf.items()}))
    third = replace(key(), dag_id="epic_fhir_rerun", run_id="manual__2026-03-04T09:00:00+00:00")
    assert made.reports == {"extract": lake.metrics("epic_fhir_rerun", SECOND, "extract.json")}
    assert made.exports == ([] if made.begin == "load" else ["e9"])
    for task in ("transform", "load"):
        lake.write_json(lake.report(third, task), good[task])
    paths = {"extract": made.reports["extract"]} | {task: lake.report(third, task) for task in ("transform", "load")}
    assert validate(lake, third, THRESHOLDS, paths, made.requested(), made.run) is None


AGAIN = ("epic_fhir_rerun", SECOND)


def repaired(lake, begin, failed=None, mends=RED, verdict="red"):
    """A rerun that began there, did what comes after it, and left out what comes before."""
    for task in rerun.JOBS[rerun.JOBS.index(begin) :]:
        told = {"run": {"status": "failed", "error": f"{task} said no"} if task == failed else {"status": "success"}}
        told["result"] = {} if task == "transform" else {"export_id": "e2"}
        lake.write_json(lake.metrics(*AGAIN, f"{task}.json"), told)
        if task == failed:
            break
    lake.write_json(
        lake.metrics(*AGAIN, "report.json"), {"run": {"run_id": SECOND}, "result": {"verdict": verdict, "mends": mends}}
    )


@pytest.mark.parametrize(
    ("first", "begins", "second", "goes_on"),
    [
        ("extract", "wait", "load", "load"),
        ("extract", "wait", "transform", "transform"),
        ("extract", "wait", None, "transform"),  # only checks failed
        ("extract", "extract", "load", "load"),
        ("wait", "wait", "load", "load"),
        ("kick_off", "kick_off", "load", "load"),
        ("transform", "transform", "load", "transform"),
        ("extract", "wait", "extract", "extract"),
    ],
)
def test_a_rerun_goes_on_where_the_one_before_it_stopped_whatever_that_one_left_out(lake, first, begins, second, goes_on):
    for task in rerun.JOBS:
        lake.delete(lake.metrics(DAG, RED, f"{task}.json"))
    run(lake, RED, "red", "e2", failed=first)
    repaired(lake, begins, second)
    made = rerun.plan(lake, DAG, Asked())
    assert (made.run, made.begin) == (RED, goes_on)
    assert not any("requests a new export" in sentence for sentence in made.sentences)


@pytest.mark.parametrize("failed", ["load", "transform", None])
def test_a_rerun_that_is_cleared_does_the_same_again(lake, failed):
    run(lake, RED, "red", "e2", failed="extract")
    before = rerun.plan(lake, DAG, Asked(), this=AGAIN)
    repaired(lake, "wait", failed)
    assert rerun.plan(lake, DAG, Asked(), this=AGAIN) == before
    assert before.begin == "extract"


def test_a_rerun_that_is_cleared_gives_up_no_export_of_its_own(lake):
    repaired(lake, "kick_off", "wait")
    lake.write_json(lake.metrics(*AGAIN, "kick_off.json"), {"run": {"status": "success"}, "result": {"export_id": "e9"}})
    lake.write_json(lake.metrics(*AGAIN, "wait.json"), {"run": {"status": "failed"}, "result": {"export_id": "e9"}})
    lake.write_json(f"{lake.root}/state/exports/e9/kick-off.json", {})
    assert rerun.plan(lake, DAG, Asked(begin="kick_off")).gives_up == ["e9"]
    assert rerun.plan(lake, DAG, Asked(begin="kick_off"), this=AGAIN).gives_up == []


@pytest.mark.parametrize("verdict", ["red", "unknown", "green"])
def test_a_rerun_of_the_last_red_run_that_is_cleared_repairs_that_run_and_not_a_later_one(lake, verdict):
    repaired(lake, "transform", "load", verdict=verdict)
    later = "scheduled__2026-03-05T04:00:00+00:00"
    run(lake, later, "red", "e5", failed="extract")
    assert rerun.plan(lake, DAG, Asked(), this=AGAIN).run == RED
    assert rerun.plan(lake, DAG, Asked(), this=("epic_fhir_rerun", "another")).run == later
    assert rerun.plan(lake, DAG, Asked(run=later), this=AGAIN).run == later
    with pytest.raises(Impossible, match=f"Cannot repair run {re.escape(RED)}: Airflow says that it is running"):
        rerun.plan(lake, DAG, Asked(), lambda _: "running", this=AGAIN)


def test_a_rerun_from_the_kick_off_gives_up_what_an_earlier_one_left_open(lake):
    run(lake, RED, "red", "e3", failed="extract")
    for export, folder in (("e3", DAG), ("e4", "epic_fhir_rerun")):
        lake.write_json(f"{lake.root}/state/exports/{export}/kick-off.json", {})
        lake.write_json(lake.metrics(folder, RED if folder == DAG else SECOND, "kick_off.json"), {"result": {"export_id": export}})
    Path(lake.landing("e3")).unlink()
    lake.write_json(lake.metrics("epic_fhir_rerun", SECOND, "report.json"), {"result": {"verdict": "red", "mends": RED}})
    assert rerun.plan(lake, DAG, Asked(run=RED, begin="kick_off")).gives_up == ["e3", "e4"]


def test_a_red_rerun_is_followed_by_another_of_the_same_run_or_cleared():
    again = replace(key(), dag_id="epic_fhir_rerun")
    wrong = [check("view = PostgreSQL", "patient")]
    assert '"run": "r1", "begin": "load"' in next_step(again, {}, {"validate": "failed"}, wrong, "r1")["command"]
    assert next_step(again, {}, {"load": "failed"}, [], "r1")["command"].startswith("airflow dags clear epic_fhir_rerun")
