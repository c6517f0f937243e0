import re

import pytest
from made_up import ROWS, RUN_ID, THRESHOLDS, copy, failed, good_run, key, lake_with, landing, report, stage

from epic_fhir import verdict
from epic_fhir.changes import data_of
from epic_fhir.lake import Lake
from epic_fhir.remedy import next_step
from epic_fhir.render import count, headline, span, timeline
from epic_fhir.reports import JOBS

GOOD = dict.fromkeys((*JOBS, "validate"), "success")


def page(tmp_path, reports, states, validated="success", landed=None):
    """
    What the task report writes; returns the page and why the run is not green.

    :param landed: bronze commits beside, or in place of, that of EXPORT
    """
    reports = {"validate": report("validate", 180, 1), **reports}
    if validated != "success":
        reports["validate"] = failed(reports["validate"], 5, "The run is red") if validated == "failed" else None
    lake = lake_with(tmp_path, reports)
    for export, commit in (landed or {}).items():
        lake.write_json(lake.landing(export), commit)
        lake.write_json(f"{tmp_path}/state/applied/{export}.json", {"applied_at": "2026-01-01T00:00:00Z"})
    problem = verdict.publish(lake, key("report"), THRESHOLDS, states | {"validate": validated})
    return (tmp_path / "metrics" / "epic_fhir_etl" / RUN_ID / "report.html").read_text(), problem


def test_a_green_run_says_so_first_and_shows_every_type_and_view(tmp_path):
    html, problem = page(tmp_path, good_run(), GOOD)
    assert problem is None
    assert "<h1>Green: every resource the server sent is in the tables, or in quarantine.</h1>" in html
    assert all(f"<td>{kind}</td>" in html for kind in ROWS)
    assert ">vital_signs</td>" in html
    assert "What to do" not in html
    assert "Nothing in quarantine." in html


def test_the_latest_page_also_lies_at_the_lakes_root(tmp_path):
    html, _ = page(tmp_path, good_run(), GOOD)
    latest = (tmp_path / "report.html").read_text()
    assert latest == html.replace("../../index.html", "metrics/index.html")
    assert (tmp_path / "metrics" / "index.html").exists()
    assert '<a href="metrics/index.html">All runs</a>' in latest


@pytest.mark.parametrize(
    ("names", "validated", "expected"),
    [
        (["bronze = silver"], "failed", "Red: the counts of this run do not match."),
        (["counts of an earlier try", "quality"], "failed", "Red: the counts of this run do not match."),
        (["quality"], "failed", "Red: a quality check found bad rows."),
        (["requested = landed"], "failed", "Red: a check failed: requested = landed."),
        (["requested = landed", "quality"], "failed", "Red: a check failed: quality, requested = landed."),
        (["task"], "failed", "Red: validate failed."),
        (["report"], "success", "Red: load failed."),
    ],
)
def test_the_headline_says_what_failed(names, validated, expected):
    checks = [{"name": name, "subject": "all", "state": "FAIL", "sentence": "…"} for name in names]
    states = {"load": "success" if validated == "failed" else "failed", "validate": validated}
    assert headline("red", states, checks) == expected


def test_a_count_that_does_not_fit_is_red_and_comes_with_the_command(tmp_path):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    html, problem = page(tmp_path, reports, GOOD, validated="failed")
    assert "<h1>Red: the counts of this run do not match.</h1>" in html
    assert "patient has 20 rows in the lake and 19 in PostgreSQL; run load again." in html
    told = f'{{"run": "{RUN_ID}", "begin": "load", "views": ["patient"], "go": true}}'
    assert f"airflow dags trigger epic_fhir_rerun --conf '{told}'" in html.replace("&#34;", '"').replace("&#39;", "'")
    assert problem.startswith("The run is red: view = PostgreSQL (patient)")


def test_a_failed_phase_is_named_with_its_message_and_what_it_means(tmp_path):
    reports = good_run()
    reports["transform"] = failed(report("transform", 85, 4), 6, "Cannot read the lake: x; mount it")
    reports["load"] = None
    states = GOOD | {"transform": "failed", "load": "upstream_failed"}
    html, problem = page(tmp_path, reports, states, validated="upstream_failed")
    assert "<h1>Red: transform failed.</h1>" in html
    assert "Cannot read the lake: x; mount it" in html
    assert "The lake or the database is not available." in html
    assert "--only-failed --yes" in html
    assert "transform failed" in problem


def test_a_task_that_failed_without_a_report_is_red(tmp_path):
    reports = dict.fromkeys(JOBS)
    states = {"kick_off": "failed"} | dict.fromkeys(JOBS[1:], "upstream_failed")
    html, problem = page(tmp_path, reports, states, validated="upstream_failed")
    assert "<h1>Red: kick_off failed.</h1>" in html
    assert "kick_off failed: it left no report; see its log in Airflow" in html
    assert "The quarantine is unknown." in html
    assert problem is not None


def test_a_phase_that_did_not_run_again_does_not_pass_on_its_old_report(tmp_path):
    states = GOOD | {"extract": "failed", "transform": "upstream_failed", "load": "upstream_failed"}
    html, problem = page(tmp_path, good_run(), states, validated="upstream_failed")
    assert problem is not None
    assert "<h1>Red: extract failed.</h1>" in html
    assert "load left no run report" in html


def test_a_check_that_could_not_run_is_not_green(tmp_path):
    reports = good_run()
    del reports["load"]["result"]["tables"]["patient"]["rows"]
    html, problem = page(tmp_path, reports, GOOD, validated="failed")
    assert "<h1>Unknown: a check could not run" in html
    assert problem.startswith("The verdict is unknown: view = PostgreSQL (patient)")


def test_skew_and_quarantine_are_warnings_of_a_green_run(tmp_path):
    reports = good_run()
    reports["transform"]["stages"].append(stage(11, "views", p50=1200, longest=19400))
    reports["extract"]["resources"]["Patient"].update(received=21, rejected=1)
    reports["extract"]["result"]["manifest_counts"]["Patient"] = 21
    html, problem = page(tmp_path, reports, GOOD)
    assert problem is None
    assert "<h1>Complete, with 2 warnings.</h1>" in html
    assert '<body class="unknown">' in html
    assert "1 in quarantine." in html
    assert "Stage 11 of transform (views)" in html


def test_texts_of_the_reports_are_escaped(tmp_path):
    reports = good_run()
    reports["extract"]["notes"] = ["<script>alert(1)</script>"]
    html, _ = page(tmp_path, reports, GOOD)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_page_needs_nothing_from_anywhere(tmp_path):
    html, _ = page(tmp_path, good_run(), GOOD)
    assert not re.search(r"https?://|//[a-z]|<link|<img|<script|@import|url\(", html)
    assert "default-src 'none'" in html


def test_the_page_says_what_the_data_are_of(tmp_path):
    html, _ = page(tmp_path, good_run(), GOOD)
    assert "Everything up to 2026-03-02 03:55 UTC;" in html


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ([None], "Everything up to 2026-03-02 03:55 UTC"),
        (["2026-03-01T04:00:12Z"], "Changes since 2026-03-01 04:00 UTC, up to 2026-03-02 03:55 UTC"),
        (
            ["2026-03-01T04:00:12Z", None],
            "Changes since 2026-03-01 04:00 UTC, up to 2026-03-02 03:55 UTC; everything of 1 of 2 exports",
        ),
    ],
    ids=["full", "incremental", "both"],
)
def test_exports_say_from_when_to_when_they_reach(since, told):
    assert data_of([landing() | {"since": each} for each in since]) == told
    assert data_of([*(landing() | {"since": each} for each in since), None]) is None
    assert data_of([]) is None


def test_verdict_changes_and_what_to_do_come_in_this_order_before_everything_else(tmp_path):
    before = "scheduled__2026-03-01T04:00:00+00:00"
    good = {"run": {"run_id": before}, "verdict": "green", "checks": [], "table": [{"type": "Patient", "silver": 9, "views": []}]}
    Lake(str(tmp_path)).write_json(f"{tmp_path}/metrics/epic_fhir_etl/{before}/verdict.json", good)
    Lake(str(tmp_path)).write_text(f"{tmp_path}/metrics/epic_fhir_etl/{before}/report.html", "its page")
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    reports["transform"]["notes"] = ["View patient was changed by somebody else; it was rebuilt."]
    html, _ = page(tmp_path, reports, GOOD, validated="failed")
    parts = ["<h1>Red", "What changed since", "<h2>What to do", "<h2>Notes", "<h2>What came", "<h2>Time"]
    assert [html.index(part) for part in parts] == sorted(html.index(part) for part in parts)
    assert '<a href="../scheduled__2026-03-01T04%3A00%3A00%2B00%3A00/report.html">Previous run</a>' in html
    latest = (tmp_path / "report.html").read_text()
    assert '<a href="metrics/epic_fhir_etl/scheduled__2026-03-01T04%3A00%3A00%2B00%3A00/report.html">Previous run</a>' in latest


def test_the_wait_lasts_from_the_kick_off_to_its_last_look():
    bars = {bar["task"]: bar for bar in timeline(good_run(), GOOD)}
    assert round(bars["wait"]["seconds"], 1) == 36.3
    assert bars["validate"]["seconds"] is None
    assert abs(bars["load"]["left"] + bars["load"]["width"] - 100) < 1e-9


def test_a_run_id_with_spaces_is_quoted_in_the_command():
    odd = copy({"run_id": "by hand; rm"})
    made = key().__class__(**{**key().__dict__, **odd})
    assert "--run-id 'by hand; rm' --only-failed" in next_step(made, {}, {"load": "failed"}, [])["command"]


@pytest.mark.parametrize(("value", "shown"), [(None, "–"), (0, "0"), (14308, "14,308")])
def test_counts_are_grouped_and_unknown_ones_are_a_dash(value, shown):
    assert count(value) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(None, "–"), (3.14, "3.1 s"), (74, "1 min 14 s"), (7500, "2 h 5 min")])
def test_spans_are_told_in_words(seconds, shown):
    assert span(seconds) == shown
