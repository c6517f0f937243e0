"""What the page tells beside the counts: trends, what changed, quarantine by reason, the tasks that took longest."""

import re
from dataclasses import replace

import pytest
from made_up import EXPORT, ROWS, RUN_ID, THRESHOLDS, copy, good_run, key, lake_with, landing, report, trend
from test_render import GOOD, page

from epic_fhir import layer_counts, reconcile, render, verdict
from epic_fhir.lake import Lake

CHECKS = [{"name": "report", "subject": "load", "state": "PASS", "sentence": "load reported success."}]


def shown(trends=(), checks=CHECKS, reports=None, **parts):
    return render.page(key("report"), "green", checks, [], reports or good_run(), GOOD, trends=trends, **parts)


def test_without_trends_there_is_no_heading_for_them():
    assert ">Trends</h2>" not in shown()


def test_a_trend_is_a_drawing_with_band_changes_and_this_run():
    html = shown([trend("transform: ms a resource", [1.0, 1.1, 4.0, 4.2], "WARN", band=[0.9, 1.3], changes=[2])])
    assert html.count("<svg") == 1
    assert '<rect class="band"' in html
    assert html.count('<line class="change"') == 1
    assert '<circle class="end warn"' in html
    assert '<span class="last">4.20 ms</span>' in html
    assert "Usual: 0.90 to 1.30 ms (shaded)." in html
    assert "4 runs since 2026-02-27; the dashed line is where the level changed." in html
    assert "<script" not in html


def test_what_is_odd_is_open_and_what_is_as_usual_is_folded():
    html = shown([trend("calm", [1.0, 1.0]), trend("odd", [1.0, 9.0], "WARN")])
    odd, folded = html.index("<h3>odd</h3>"), html.index("<summary>As usual (1)</summary>")
    assert odd < folded < html.index("<h3>calm</h3>")


def test_a_warning_that_is_drawn_is_only_named_among_the_warnings():
    checks = [
        *CHECKS,
        {"name": "speed", "subject": "odd", "state": "WARN", "sentence": "Slower in this run."},
        {"name": "freshness", "subject": "all", "state": "WARN", "sentence": "Too old."},
    ]
    html = shown([trend("odd", [1.0, 9.0], "WARN", sentence="Slower in this run.")], checks)
    above = html[html.index("<h2>Warnings</h2>") : html.index("What came, and where it is now")]
    assert '<span class="warn">Unusual:</span> odd. They are drawn under <a href="#trends">Trends</a>.' in above
    assert "Slower in this run." not in above
    assert "Too old." in above
    assert "2 warnings" in html


def test_no_baseline_has_words_of_its_own_and_is_never_counted_as_passed():
    checks = [*CHECKS, {"name": "trend", "subject": "rows", "state": "NO_BASELINE", "sentence": "The first run."}]
    html = shown([trend("rows", [3.0], "NO_BASELINE")], checks)
    assert "1 checks passed, 0 did not,\n0 warnings, 1 without a baseline yet." in html
    assert '<td class="text warn">no baseline yet</td>' in html
    assert '<details>\n<summary class="warn">No baseline yet (1)</summary>' in html
    assert '<td class="say">rows</td><td class="warn">3 ms</td>' in html


def test_what_is_the_same_for_all_without_a_baseline_is_said_once():
    new = [trend(name, [3.0], "NO_BASELINE", sentence="The first run.") for name in ("a", "b", "c")]
    assert shown(new).count("The first run.") == 1
    new[0]["sentence"] = "Two runs."
    assert shown(new).count("The first run.") == 2


def test_a_trends_texts_are_escaped():
    html = shown([trend("<b>x</b>", [1.0, 2.0], "WARN", sentence="<i>y</i>")])
    assert "<b>x" not in html
    assert "<i>y" not in html


def cell(html, row, of):
    """What a row of the table has in a column, with its colour."""
    return re.search(f'<td data-of="{of}"([^>]*)>', html[html.index(f">{row}</td>") :])[1]


SET_ASIDE = {
    "a crawl": ({"received": 14308, "written": 50}, {"unchanged": {"Observation": 14258}}, "14,258 unchanged"),
    "hydration": ({"received": 14308, "written": 0}, {"unchanged": {"Observation": 14308}}, "14,308 unchanged"),
    "an opt-out": ({"received": 14311, "written": 14308}, {"opted_out": {"Observation": 3}}, "3 opted out"),
}


@pytest.mark.parametrize(("counted", "aside", "shown_as"), SET_ASIDE.values(), ids=SET_ASIDE)
def test_what_is_accounted_for_is_not_red(tmp_path, counted, aside, shown_as):
    reports = good_run()
    reports["extract"]["resources"]["Observation"].update(counted)
    del reports["extract"]["result"]["manifest_counts"]["Observation"]
    reports["extract"]["result"].update(aside)
    reports["transform"]["result"]["silver"]["Observation"].update(read=counted["written"])
    rows = ROWS | {"Observation": counted["written"]}
    html, problem = page(tmp_path, reports, GOOD, landed={EXPORT: landing(**rows)})
    assert problem is None
    assert cell(html, "Observation", "bronze") == ""
    assert f'<span class="soft">{shown_as}</span>' in html


def test_a_group_that_had_landed_before_is_not_red(tmp_path):
    reports = good_run()
    reports["extract"]["result"]["export_id"] = f"{EXPORT},other"
    reports["transform"]["result"]["exports"].append("other")
    reports["transform"]["result"]["silver"]["Patient"].update(read=23, rows_live=23)
    other = {**landing("other", Patient=3), "landed_at": "2000-01-01T00:00:00Z", "run_key": "epic_fhir_etl/before"}
    compared = {"name": "report", "subject": "extract", "state": "PASS", "sentence": ""}
    judged, lake = {"run": {"end": "2000-01-01T00:05:00Z"}, "checks": [compared]}, Lake(str(tmp_path))
    lake.write_json(lake.metrics("epic_fhir_etl", "before", "verdict.json"), judged)
    html, problem = page(tmp_path, reports, GOOD, landed={"other": other})
    assert problem is None
    assert cell(html, "Patient", "bronze") == ""


def test_a_table_that_another_run_has_loaded_since_is_not_red(tmp_path):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"] |= {"rows": 21, "view_rows": 21, "delta_version": 4}
    Lake(str(tmp_path)).write_json(f"{tmp_path}/state/views/patient.json", {"delta_version": 4})
    html, problem = page(tmp_path, reports, GOOD)
    assert problem is None
    assert cell(html, "patient", "PostgreSQL") == ""


def test_a_count_is_red_where_its_check_failed(tmp_path):
    reports = good_run()
    reports["extract"]["resources"]["Condition"].update(written=811)
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    html, _ = page(tmp_path, reports, GOOD, validated="failed")
    assert cell(html, "Condition", "bronze") == ' class="bad"'
    assert cell(html, "Condition", "silver") == ' class="bad"'  # transform read one more than extract wrote
    assert cell(html, "Condition", "served") == ""
    assert cell(html, "patient", "PostgreSQL") == ' class="bad"'
    assert cell(html, "encounter", "PostgreSQL") == ""
    assert html.startswith("<!DOCTYPE html>")


def test_a_rerun_lasts_as_long_as_what_it_did(tmp_path):
    """It began thirteen hours after the run that it mends, and took a minute."""
    reports, again = good_run(), replace(key("report"), dag_id="epic_fhir_rerun", run_id="by hand")
    lake = lake_with(tmp_path, {"extract": reports["extract"]})
    for task, after, seconds in (("transform", 46_800, 40), ("load", 46_840, 15), ("validate", 46_855, 5)):
        made = report(task, after, seconds, result=(reports.get(task) or {}).get("result") or {})
        made["run"] |= {"dag_id": again.dag_id, "run_id": again.run_id}
        lake.write_json(lake.report(again, task), made)
    states = {
        **dict.fromkeys(("kick_off", "wait", "extract"), "skipped"),
        **dict.fromkeys(("transform", "load", "validate"), "success"),
    }
    left_out = {"kick_off": None, "wait": None, "extract": lake.report(key(), "extract")}
    verdict.publish(lake, again, THRESHOLDS, states, left_out=left_out, mends=RUN_ID)
    assert lake.read_json(lake.report(again))["result"]["seconds"] == pytest.approx(60)
    html = lake.read_text(lake.metrics("epic_fhir_rerun", "by hand", "report.html"))
    assert "1 min 0 s from the first task to the last" in html
    bars = {bar["task"]: bar for bar in render.timeline({**reports, "transform": report("transform", 46_800, 40)}, states)}
    assert bars["extract"]["seconds"] is None


def test_the_page_shows_the_trends_and_what_changed_since_the_last_good_run(tmp_path):
    lake = Lake(str(tmp_path))
    before = "scheduled__2026-03-01T04:00:00+00:00"
    table = layer_counts.table(reconcile.Evidence(good_run()))
    then = copy(table)
    then[-1]["silver"] = 10
    lake.write_json(
        lake.metrics("epic_fhir_etl", before, "verdict.json"),
        {"run": {"run_id": before}, "verdict": "green", "checks": CHECKS, "table": then},
    )
    lake.write_json(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json"), {"trends": [trend("rows", [1.0, 2.0], "WARN")]})
    html, problem = page(tmp_path, good_run(), GOOD)
    assert problem is None
    assert "transform: ms a resource" in html
    assert "What changed since the last good run" in html
    assert f"<code>{before}</code>" in html
    assert "Patient: 10 resources in silver then, 20 now (+100 %)." in html


def test_a_run_that_tells_nothing_of_its_tables_does_not_say_that_they_are_the_same():
    html = shown(changes=[], last_good="run a", reports=good_run() | {"transform": None})
    assert "There is no data about this run’s tables." in html
    assert "no table moved" not in html
    assert "The quarantine is unknown." in html


def test_many_changes_are_folded_after_the_first_six():
    html = shown(changes=[f"Change {n}." for n in range(8)], last_good="run a")
    assert html.index("Change 5.") < html.index("<summary>2 more</summary>") < html.index("Change 6.")


def test_an_accepted_warning_is_folded_and_counted_on_its_own():
    checks = [*CHECKS, {"name": "quarantine", "subject": "Patient", "state": "ACCEPTED", "sentence": "Accepted by ann."}]
    html = shown(checks=checks)
    assert "<summary>Accepted warnings (1)</summary>" in html
    assert "0 warnings, 1 accepted." in html
    assert "<h2>Warnings</h2>" not in html


def test_a_warning_comes_with_the_command_that_accepts_it():
    checks = [*CHECKS, {"name": "freshness", "subject": "all", "state": "WARN", "sentence": "Too old."}]
    assert "<pre>airflow dags trigger x</pre>" in shown(checks=checks, accept="airflow dags trigger x")


def test_where_nothing_changed_the_page_says_so():
    html = shown(changes=[], last_good="run a")
    assert "Code, settings and checks are the same, and no table moved by more than a tenth." in html


def test_reasons_of_quarantine_are_a_table_the_most_first():
    reports = good_run()
    reports["extract"]["notes"] = ["Another note."]
    reports["extract"]["result"] |= {"quarantine": "/lake/quarantine/x", "quarantine_reasons": {"no-id": 1, "too-long": 3}}
    html = shown(reports=reports)
    assert '<tr><td>too-long</td><td class="warn">3</td></tr>\n<tr><td>no-id</td><td class="warn">1</td></tr>' in html
    assert "<code>/lake/quarantine/x</code>" in html
    assert "python -m epic_fhir.quarantine /lake/quarantine/x)</pre>" in html
    assert "Another note." in html


def test_the_longest_tasks_partition_is_shown_where_the_report_tells_it():
    reports = good_run()
    assert "Its longest task" not in shown(reports=reports)
    reports["transform"]["stages"][0] |= {
        "records": {"min": 1, "p50": 1200, "p95": 4000, "max": 48000},
        "bytes": {"min": 1, "p50": 9000, "p95": 90000, "max": 900000},
        "slowest": {"partition": 7, "host": "w3", "duration_ms": 1400, "records": 48000, "bytes": 900000},
    }
    html = shown(reports=reports)
    assert "partition 7, 48,000 records (median 1,200), 900 kB, on w3" in html
