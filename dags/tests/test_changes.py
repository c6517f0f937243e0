from dataclasses import replace

from made_up import RUN_ID, copy, key

from epic_fhir import history
from epic_fhir.changes import last_good, since_last_good
from epic_fhir.lake import Lake

GOOD = {
    "run": {"run_id": "before", "code_version": "0.1.0", "settings_hash": "5b0a"},
    "verdict": "green",
    "checks": [{"name": "report", "subject": "load", "state": "PASS", "sentence": "."}],
    "table": [
        {"type": "Patient", "silver": 20, "views": [{"view": "patient", "rows": 20, "postgres": 20}]},
        {"type": "Device", "silver": None, "views": []},
    ],
}


def now(**parts):
    return copy(GOOD) | parts


def test_a_run_like_the_last_good_one_has_nothing_to_tell():
    assert since_last_good(now(), GOOD) == []


def test_up_to_a_tenth_is_no_news_and_more_is():
    made = now()
    made["table"][0]["silver"] = 22
    assert since_last_good(made, GOOD) == []
    made["table"][0]["silver"] = 23
    made["table"][0]["views"][0]["rows"] = 10
    assert since_last_good(made, GOOD) == [
        "Patient: 20 resources in silver then, 23 now (+15 %).",
        "patient: 20 rows in the view then, 10 now (-50 %).",
    ]


def test_types_and_views_that_came_or_went_are_told():
    made = now()
    made["table"] = [{"type": "Group", "silver": 1200, "views": [{"view": "cohort", "rows": 0, "postgres": 0}]}]
    assert since_last_good(made, GOOD) == [
        "Group is new: 1,200 resources in silver.",
        "Patient is gone: 20 resources in silver then, none now.",
        "cohort is new: 0 rows in the view.",
        "patient is gone: 20 rows in the view then, none now.",
    ]


def test_where_transform_told_nothing_nothing_is_gone():
    assert since_last_good(now(table=[{"type": "Patient", "silver": None, "views": []}]), GOOD) == []


def test_other_code_and_settings_are_told_where_both_runs_name_them():
    made = now(run={"code_version": "0.2.0", "settings_hash": "77aa"})
    assert since_last_good(made, GOOD) == [
        "The code changed: 0.1.0 then, 0.2.0 now.",
        "The settings changed: 5b0a then, 77aa now.",
    ]
    assert since_last_good(made, GOOD | {"run": {}}) == []


def test_a_check_that_only_speaks_when_something_is_wrong_is_no_new_check():
    checks = [
        *GOOD["checks"],
        *({"name": "trend", "subject": s, "state": "NO_BASELINE", "sentence": "."} for s in "abcdefg"),
        {"name": "manifest = source", "subject": "Patient", "state": "FAIL", "sentence": "."},
    ]
    assert since_last_good(now(checks=checks), GOOD) == ["The check “trend” is new: a, b, c, d, e and 2 more."]


def test_the_last_good_run_is_the_newest_green_one_before_this_one(tmp_path):
    lake = Lake(str(tmp_path))
    for day, verdict in (("01", "green"), ("27", "green"), ("28", "red")):
        run = f"scheduled__2026-02-{day}T04:00:00+00:00"
        lake.write_json(lake.metrics("epic_fhir_etl", run, "verdict.json"), {"run": {"run_id": run}, "verdict": verdict})
    later = "scheduled__2026-03-03T04:00:00+00:00"
    for dag_id, run in (("epic_fhir_etl", RUN_ID), ("epic_fhir_etl", later), ("other", "manual__2026-03-01T00:00:00+00:00")):
        lake.write_json(lake.metrics(dag_id, run, "verdict.json"), {"run": {"run_id": run}, "verdict": "green"})
    assert last_good(lake, key("report"))["run"]["run_id"] == "scheduled__2026-02-27T04:00:00+00:00"


def test_a_backfill_that_ended_today_is_held_against_the_run_of_last_night(tmp_path):
    """Its id says March; the runs since then have removed a view in summer."""
    lake, runs = Lake(str(tmp_path)), []
    for month in ("01", "02", "09", "10"):
        run = f"scheduled__2025-{month}-02T04:00:00+00:00"
        lake.write_json(lake.metrics("epic_fhir_etl", run, "verdict.json"), {"run": {"run_id": run}, "verdict": "green"})
        runs.append({"run_id": run, "at": f"2025-{month}-02T04:05:00+00:00", "verdict": "green"})
    history.save(lake, "epic_fhir_etl", {"schema_version": 1, "runs": runs, "accepted": []})
    backfill = replace(key("report"), run_id="backfill__2025-02-20T04:00:00+00:00")

    def found(ended):
        return last_good(lake, backfill, ended)["run"]["run_id"]

    assert found("2025-10-03T09:00:00+00:00") == found(None) == runs[-1]["run_id"]
    assert found("2025-09-20T09:00:00+00:00") == runs[-2]["run_id"]


def test_a_first_run_has_no_last_good_one(tmp_path):
    assert last_good(Lake(str(tmp_path)), key("report")) is None
