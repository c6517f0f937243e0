from dataclasses import replace

import pytest
from made_up import THRESHOLDS, good_run, key, lake_with

from epic_fhir import acceptance, history
from epic_fhir.history import Unreadable
from epic_fhir.lake import Lake
from epic_fhir.verdict import judge, publish

LEAST = 0.0
DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")


def timed_run():
    reports = good_run()
    reports["extract"]["patients"] = {"count": 200, "ms_per_patient": 12.5}
    reports["extract"]["resources"]["Observation"]["received"] = 20_000
    reports["transform"]["resources"]["Observation"]["received"] = 20_000
    reports["load"]["outputs"] = [{"name": "fhir.observation", "rows": 14_308}]
    reports["load"]["timers"] = {"load.observation": {"count": 1, "mean_ms": 3_000.0}}
    return reports


def test_figures_are_milliseconds_by_patient_resource_and_row_with_what_they_may_be_compared_with():
    found = history.figures(timed_run(), LEAST)
    assert found["extract: ms a patient"].value == pytest.approx(12.5)
    assert not [name for name in found if name.startswith("transform: ms a resource, ")]  # its types are one job
    assert found["load: ms a row, observation"].value == pytest.approx(3_000 / 14_308)
    assert found["load: ms a row"].value == pytest.approx(17_000 / 14_308)
    assert (
        found["transform: ms a resource"].key
        == "settings 5b0a9c1d22e7f410, Linux amd64, 2 cores, 24 GiB, local[2], applied, some 16,384"
    )
    assert "whole run: ms a resource" in found


def test_what_was_short_is_part_of_its_phase_only():
    assert "load: ms a row, observation" not in history.figures(timed_run(), 6_000)
    assert "transform: ms a resource" in history.figures(timed_run(), 1e9)


def test_a_small_run_is_told_as_if_it_had_ten_thousand_resources():
    reports = timed_run()
    reports["transform"]["resources"] = {"Patient": {"received": 20, "ms": None}}
    assert history.figures(reports, LEAST)["transform: ms a resource"].value == pytest.approx(7.4)


def test_a_failed_phase_has_no_figures_and_the_whole_has_none():
    reports = timed_run()
    reports["load"]["run"]["status"] = "failed"
    found = history.figures(reports, LEAST)
    assert not [name for name in found if name.startswith(("load", "whole"))]


def test_other_settings_another_host_another_way_and_another_size_are_not_compared():
    keys = set()
    for change in (lambda r: None, _settings, _host, _since, _size):
        reports = timed_run()
        change(reports)
        keys.add(history.figures(reports, LEAST)["extract: ms a resource"].key)
    assert len(keys) == 5


def _settings(reports):
    reports["extract"]["run"]["settings_hash"] = "another"


def _host(reports):
    reports["extract"]["run"]["host_class"] = "Linux amd64, 64 cores"


def _since(reports):
    reports["extract"]["result"]["since"] = "2026-03-01T00:00:00Z"


def _size(reports):
    reports["extract"]["resources"]["Observation"]["received"] = 2_000_000


def test_a_run_is_remembered_once_however_often_it_ends(tmp_path):
    lake = lake_with(tmp_path, timed_run())
    for _ in range(2):
        publish(lake, key("report"), THRESHOLDS, DONE)
    known = history.load(lake, key().dag_id)
    assert [run["run_id"] for run in known["runs"]] == [key().run_id]
    assert known["runs"][0]["views"]["patient"]["rows"] == 20
    assert "transform: ms a resource" in known["runs"][0]["figures"]


def test_only_the_newest_runs_are_kept_in_order_of_time():
    past = {"runs": [], "accepted": []}
    for i in reversed(range(history.KEPT_RUNS + 5)):
        past = history.add(past, {"run_id": f"r{i}", "at": f"{i:05d}"})
    assert [run["run_id"] for run in past["runs"]] == [f"r{i}" for i in range(5, history.KEPT_RUNS + 5)]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"runs": 3}'], ids=["empty", "half", "a list", "no runs"])
def test_a_history_that_cannot_be_read_is_never_green_and_is_left_as_it_is(tmp_path, content):
    lake = lake_with(tmp_path, good_run())
    lake.write_text(history.path(lake, key().dag_id), content)
    with pytest.raises(Unreadable, match="restore it from a backup, or delete it"):
        history.load(lake, key().dag_id)
    reports = {phase: good_run()[phase] for phase in ("extract", "transform", "load")}
    judged = judge(lake, key(), reports, THRESHOLDS)
    assert judged.verdict == "unknown"
    assert {c["name"] for c in judged.checks if c["state"] == "COULD_NOT_RUN"} == {"speed", "drift", "expectations"}
    publish(lake, key("report"), THRESHOLDS, DONE)
    assert (tmp_path / "state" / "history" / "epic_fhir_etl.json").read_text() == content


def test_a_history_of_another_version_is_never_green_and_is_left_as_it_is(tmp_path):
    lake = lake_with(tmp_path, good_run())
    lake.write_json(history.path(lake, key().dag_id), {"schema_version": 2, "runs": [], "accepted": []})
    with pytest.raises(Unreadable, match="has version 2, and this code knows 1; a newer version"):
        history.load(lake, key().dag_id)


def ended_green(lake, run):
    lake.write_json(lake.metrics("epic_fhir_etl", run, "verdict.json"), {"run": {"run_id": run}, "verdict": "green"})
    lake.write_json(lake.metrics("epic_fhir_etl", run, "report.json"), {"result": {"verdict": "green"}})


def test_a_history_that_is_lost_is_no_first_run(tmp_path):
    lake = lake_with(tmp_path, good_run())
    old = "scheduled__2026-03-01T04:00:00+00:00"
    ended_green(lake, old)
    told = []
    assert publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: told.append(finding) or []) is not None
    assert {c["name"] for c in told[0].grounds} == {"speed", "drift", "expectations"}
    assert "state/history/epic_fhir_etl.json is missing, although epic_fhir_etl had good runs" in told[0].grounds[0]["sentence"]
    assert " clear epic_fhir_etl " in told[0].step["command"]
    # Without a backup the next try goes on with a new one.
    assert publish(lake, key("report"), THRESHOLDS, DONE) is None


def test_a_rerun_without_the_history_of_its_tables_is_no_first_run_either(tmp_path):
    lake = lake_with(tmp_path, good_run())
    ended_green(lake, key().run_id)
    rerun = replace(key("report"), dag_id="epic_fhir_rerun", run_id="manual__2026-03-02T12:00:00+00:00")
    reports = {task: good_run()[task] for task in ("extract", "transform", "load")}
    assert judge(lake, rerun, reports, THRESHOLDS).verdict == "unknown"


@pytest.mark.parametrize("run", [key().run_id, "backfill__2026-03-01T04:00:00+00:00"], ids=["itself", "one at the same time"])
def test_the_first_runs_of_all_have_no_history_and_are_green(tmp_path, run):
    """validate has judged them, and report has not written the history yet."""
    lake = lake_with(tmp_path, good_run())
    lake.write_json(lake.metrics("epic_fhir_etl", run, "verdict.json"), {"run": {}, "verdict": "green"})
    assert publish(lake, key("report"), THRESHOLDS, DONE) is None


def test_without_a_file_the_history_is_empty(tmp_path):
    assert history.load(Lake(str(tmp_path)), "d") == {"schema_version": 1, "runs": [], "accepted": []}


@pytest.mark.parametrize("dag_id", ["../../../outside", "../applied/e1", "..", "a/b", "", "a..b", "etl\n"])
def test_no_file_outside_the_histories_is_reached_by_an_id(tmp_path, dag_id):
    with pytest.raises(LookupError, match="a DAG's id has letters"):
        acceptance.accept(Lake(str(tmp_path)), dag_id, acceptance.Wanted("", "", "Patient:1", "gone", "ann"))
    assert list(tmp_path.rglob("*")) == []
