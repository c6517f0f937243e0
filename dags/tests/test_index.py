import json
import math
import re
from pathlib import Path

import pytest
from made_up import RUN_ID, failed, good_run, key, lake_with, report
from test_render import GOOD, page

from epic_fhir import index
from epic_fhir.java_task import PhaseJava
from epic_fhir.lake import Lake
from epic_fhir.submit import PhaseSubmit

QUOTED = "scheduled__2026-03-02T04%3A00%3A00%2B00%3A00"


def told(verdict, **parts):
    run = {"run_id": RUN_ID, "interval_start": "2026-03-01T04:00:00Z", "interval_end": "2026-03-02T04:00:00Z"}
    return {"run": run, "result": {"verdict": verdict, "seconds": 74.0, "problem": None} | parts}


def written(tmp_path, **runs):
    lake = Lake(str(tmp_path))
    for run, made in runs.items():
        lake.write_json(lake.metrics("epic_fhir_etl", run, "report.json"), made)
    index.write(lake)
    return (tmp_path / "metrics" / "index.html").read_text()


def test_the_report_task_lists_its_run_with_a_link_to_its_page(tmp_path):
    page(tmp_path, good_run(), GOOD)
    html = (tmp_path / "metrics" / "index.html").read_text()
    assert f'<a href="epic_fhir_etl/{QUOTED}/report.html">{RUN_ID}</a>' in html
    assert '<span class="verdict">green</span>' in html
    assert "2 min 59 s" in html
    assert "2026-03-01 04:00 to <br>2026-03-02 04:00" in html


def test_a_red_run_tells_its_first_problem(tmp_path):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    reports["load"]["result"]["tables"]["condition"]["rows"] = 1
    page(tmp_path, reports, GOOD, validated="failed")
    html = (tmp_path / "metrics" / "index.html").read_text()
    assert '<tr class="red">' in html
    assert '<td class="say view">condition has 812 rows in the lake and 1 in PostgreSQL; run load again.</td>' in html
    assert "patient has 20" not in html


def test_runs_stand_newest_first(tmp_path):
    lake = lake_with(tmp_path, {})
    names = ["manual__2026-03-03T01:00:00+00:00", RUN_ID, "scheduled__2026-03-01T04:00:00+00:00"]
    for name in names[::-1]:
        made = told("green")
        made["run"]["run_id"] = name
        lake.write_json(lake.metrics("epic_fhir_etl", name, "report.json"), made)
    html = lake._at(index.write(lake)).read_text()
    assert re.findall(r">([a-z]+__[^<]+)</a>", html) == names


def test_a_run_without_a_report_of_the_report_task_has_no_verdict_and_no_link(tmp_path):
    lake = lake_with(tmp_path, {"kick_off": good_run()["kick_off"]})
    html = lake._at(index.write(lake)).read_text()
    assert RUN_ID in html
    assert "no verdict yet" in html
    assert "<a " not in html


def test_a_run_of_the_care_is_told_as_done_or_failed(tmp_path):
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_care", "a", "care.json"), report("care", 0, 75))
    lake.write_json(lake.metrics("epic_fhir_care", "b", "care.json"), failed(report("care", 0, 2), 6, "Cannot lock: x"))
    html = lake._at(index.write(lake)).read_text()
    assert '<span class="verdict">done</span>' in html
    assert "1 min 15 s" in html
    assert '<span class="verdict">failed</span>' in html
    assert "Cannot lock: x" in html
    assert "<a " not in html


NOTE = {"begun": {"task_id": "prove", "try_number": 2}}


def test_a_task_that_is_at_work_or_was_killed_leaves_a_note_and_no_report(tmp_path):
    lake = Lake(str(tmp_path))
    for task in ("plan", "erase", "forget", "load", "purge"):
        lake.write_json(lake.metrics("epic_fhir_erase", "a", f"{task}.json"), report(task, 0, 75))
    for dag, run, task in (("erase", "a", "prove"), ("care", "b", "care"), ("preflight", "c", "preflight")):
        lake.write_json(lake.metrics(f"epic_fhir_{dag}", run, f"{task}.json"), NOTE)
    html = lake._at(index.write(lake)).read_text()
    assert "cannot be read" not in html
    assert html.count('<span class="verdict">no verdict yet</span>') == 3


def test_an_erasure_whose_task_failed_is_failed_whatever_goes_on_after_it(tmp_path):
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_erase", "a", "purge.json"), failed(report("purge", 0, 2), 6, "Cannot lock: x"))
    lake.write_json(lake.metrics("epic_fhir_erase", "a", "prove.json"), NOTE)
    assert '<span class="verdict">failed</span>' in lake._at(index.write(lake)).read_text()


def test_a_report_that_is_older_than_the_index_shows_its_error(tmp_path):
    made = told("red")
    made["result"] = {"verdict": "red"}
    made["run"]["error"] = "The run is red: load failed"
    html = written(tmp_path, run=made)
    assert "The run is red: load failed" in html
    assert '<td data-of="lasted">–</td>' in html


def test_what_cannot_be_read_is_no_reason_to_fail(tmp_path):
    (tmp_path / "metrics" / "epic_fhir_etl" / "odd").mkdir(parents=True)
    (tmp_path / "metrics" / "epic_fhir_etl" / "odd" / "report.json").write_text("[1]")
    (tmp_path / "metrics" / "epic_fhir_etl" / "a file").write_text("")
    (tmp_path / "metrics" / "another file").write_text("")
    assert "2 runs" in written(tmp_path)


ODD = [
    {"run": "x"},
    {"run": {"status": []}, "result": {}},
    {"run": {"run_id": 7}, "result": {}},
    {"run": {"interval_end": "2026-99-99T00:00:00Z"}, "result": {"verdict": "green"}},
    {"run": {"start": "2026-03-02T04:00:00+99:99", "end": "2026-03-02T04:00:00Z", "status": "success"}},
    {"run": {}, "result": ["x"]},
    {"run": {}, "result": {"verdict": []}},
    {"run": {}, "result": {"verdict": "red", "problem": {"a": 1}}},
    {"run": {}, "result": {"verdict": "red", "problem": "\ud800"}},
    *({"run": {}, "result": {"verdict": "green", "seconds": told}} for told in ("12", [], {}, math.nan, math.inf, 10**400)),
    [1],
    "x",
    0,
]


@pytest.mark.parametrize("odd", [*(json.dumps(made) for made in ODD), "{", "", "[" * 100_000], ids=lambda odd: ascii(odd[:60]))
def test_an_odd_old_report_is_a_row_that_says_it_cannot_be_read_and_stops_nobody(tmp_path, odd):
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_etl", "b", "report.json"), told("green"))
    lake.write_text(lake.metrics("epic_fhir_etl", "a", "report.json"), odd)
    html = lake._at(index.write(lake)).read_text()
    assert "2 runs, newest first" in html
    assert html.count('<span class="verdict">cannot be read</span>') == 1
    assert "The run report cannot be read: metrics/epic_fhir_etl/a." in html
    assert html.count('<span class="verdict">green</span>') == 1


def test_a_report_that_may_not_be_read_is_such_a_row(tmp_path, monkeypatch):
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_etl", "a", "report.json"), told("green"))

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Lake, "read_text", refused)
    assert "cannot be read" in (tmp_path / index.write(lake)).read_bytes().decode()


def test_a_clock_that_was_set_back_hides_no_verdict(tmp_path):
    html = written(tmp_path, run=told("green", seconds=-2.0))
    assert '<span class="verdict">green</span>' in html


def test_an_old_page_that_cannot_be_read_stops_no_new_run(tmp_path):
    lake = lake_with(tmp_path, good_run())
    lake.write_text(lake.metrics("epic_fhir_etl", "scheduled__2026-03-01T04:00:00+00:00", "report.html"), "x")
    (tmp_path / "metrics" / "epic_fhir_etl" / "scheduled__2026-03-01T04:00:00+00:00" / "report.html").write_bytes(b"\xff")
    index.link_from_the_run_before(lake, key("report"))


def erasure(lake, **tasks):
    for task, made in tasks.items():
        lake.write_json(lake.metrics("epic_fhir_erase_north", "manual__1", f"{task}.json"), made)
    return re.findall(r'<span class="verdict">([^<]+)</span>', lake._at(index.write(lake)).read_text())


def test_an_erasure_that_failed_at_any_task_is_red_and_one_that_goes_on_has_no_verdict(tmp_path):
    lake = Lake(str(tmp_path))
    assert erasure(lake, plan=report("plan", 0, 2)) == ["planned"]
    assert erasure(lake, erase=report("erase", 3, 2)) == ["no verdict yet"]
    assert erasure(lake, load=failed(report("load", 5, 2), 6, "The database is away")) == ["failed"]
    assert erasure(lake, load=report("load", 5, 2), purge=report("purge", 7, 1)) == ["no verdict yet"]
    assert erasure(lake, prove=failed(report("prove", 9, 2), 5, "A file of silver names somebody")) == ["failed"]
    assert "A file of silver names somebody" in (tmp_path / "metrics" / "index.html").read_text()
    assert erasure(lake, prove=report("prove", 9, 2)) == ["done"]


def test_a_readmission_is_planned_until_it_is_approved_and_red_where_its_count_failed(tmp_path):
    lake = Lake(str(tmp_path))
    assert erasure(lake, plan_readmit=failed(report("plan_readmit", 0, 2), 2, "The list is readable by others")) == ["failed"]
    assert "The list is readable by others" in (tmp_path / "metrics" / "index.html").read_text()
    assert erasure(lake, plan_readmit=report("plan_readmit", 0, 2)) == ["planned"]
    assert erasure(lake, readmit=NOTE) == ["planned"]
    assert erasure(lake, readmit=failed(report("readmit", 3, 2), 2, "Another list")) == ["failed"]
    assert erasure(lake, readmit=report("readmit", 3, 2)) == ["done"]


@pytest.mark.parametrize("name", ["erase", "care", "preflight"])
def test_every_task_that_leaves_a_report_is_in_the_index(name):
    from test_policy import load

    (dag,) = load(Path(__file__).resolve().parent.parent / f"epic_fhir_{name}.py")
    known = index._TASKS[name]
    assert {*known} == {task.task_id for task in dag.tasks if isinstance(task, PhaseJava | PhaseSubmit)}
    for after in known:
        assert all(known.index(before) < known.index(after) for before in dag.get_task(after).upstream_task_ids & {*known})


@pytest.mark.parametrize(
    ("made", "words"), [(report("preflight", 0, 2), "done"), (failed(report("preflight", 0, 2), 5, "x"), "failed")]
)
def test_a_preflight_is_told_as_done_or_failed(tmp_path, made, words):
    lake = Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_preflight", "a", "preflight.json"), made)
    assert f'<span class="verdict">{words}</span>' in lake._at(index.write(lake)).read_text()


def test_only_the_newest_are_read_and_the_page_says_how_many_are_not(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "MOST", 2)
    html = written(tmp_path, **{f"r__2026-03-0{n}T00:00:00": told("green") for n in range(1, 6)})
    assert "2 runs, newest first; 3 older ones are not listed." in html


def test_texts_are_escaped_and_the_page_needs_nothing_from_anywhere(tmp_path):
    html = written(tmp_path, **{"<i>x": told("red", problem="<script>alert(1)</script>")})
    assert "<script" not in html
    assert "<i>x" not in html
    assert not re.search(r"https?://|<link|<img|@import|url\(", html)
    assert "default-src 'none'" in html


def test_a_lake_without_runs_has_an_index_that_says_so(tmp_path):
    lake = Lake(str(tmp_path))
    assert "No run has left a report yet." in lake._at(index.write(lake)).read_text()


def test_the_page_of_a_run_is_linked_as_its_folder_is_named():
    assert index.row("d", "scheduled__2026-03-02T04_00_00+00_00", told("green"))["href"].endswith("04_00_00%2B00_00/report.html")
