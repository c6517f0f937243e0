import json
from dataclasses import replace
from functools import partial

import pytest
from made_up import EXPORT, THRESHOLDS, good_run, heavy, key, lake_with

from epic_fhir import alerts, history, red_runs, remedy, render
from epic_fhir.channels import Alerts
from epic_fhir.lake import Lake
from epic_fhir.verdict import publish, validate

DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")


def judged(tmp_path, reports):
    lake = lake_with(tmp_path, reports)
    problem = validate(lake, key(), THRESHOLDS, {p: lake.report(key(), p) for p in ("extract", "transform", "load")})
    return problem, lake.read_json(lake.metrics(key().dag_id, key().run_id, "verdict.json")), lake.read_json(lake.report(key()))


def test_a_green_run_writes_its_verdict_and_its_own_report(tmp_path):
    problem, verdict, own = judged(tmp_path, good_run())
    assert problem is None
    assert verdict["verdict"] == "green"
    assert {c["state"] for c in verdict["checks"]} == {"PASS", "NO_BASELINE"}
    assert len(verdict["table"]) == 6
    assert (own["run"]["status"], own["run"]["exit_code"], own["run"]["phase"]) == ("success", 0, "validate")
    assert own["run"]["settings_hash"] == "5b0a9c1d22e7f410"
    assert sum(own["counters"].values()) == len(verdict["checks"])


def test_a_red_run_says_why_in_both_files(tmp_path):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    problem, verdict, own = judged(tmp_path, reports)
    assert verdict["verdict"] == "red"
    assert own["run"]["status"] == "failed"
    assert own["run"]["exit_code"] == 5
    assert own["run"]["error"] == problem
    assert "patient has 20 rows in the lake and 19 in PostgreSQL" in problem


def test_a_report_that_is_gone_makes_the_run_unknown(tmp_path):
    problem, verdict, _ = judged(tmp_path, good_run() | {"load": None})
    assert verdict["verdict"] == "unknown"
    assert problem.startswith("The verdict is unknown")


@pytest.mark.parametrize(
    ("first", "exports", "green"),
    [
        ({"kick_off": f"{EXPORT},e2"}, None, False),
        ({"kick_off": None, "wait": f"{EXPORT},e2"}, None, False),
        ({"kick_off": EXPORT}, None, True),
        ({"kick_off": None, "wait": None}, [EXPORT, "e2"], False),  # a rerun that begins with extract
        ({"kick_off": None, "wait": None}, [EXPORT], True),  # a person chose this one
        ({"kick_off": f"{EXPORT},e2"}, [], True),  # a rerun that extracts nothing
        ({"kick_off": "superseded"}, None, True),
    ],
)
def test_an_export_that_was_asked_for_and_did_not_land_makes_the_run_red(tmp_path, first, exports, green):
    reports = good_run()
    for task, export in first.items():
        reports[task]["result"]["export_id"] = export
    lake = lake_with(tmp_path, reports)
    lake.write_json(f"{lake.root}/state/exports/superseded/crawl.json", {})
    paths = {p: lake.report(key(), p) for p in ("extract", "transform", "load")}
    told = [validate(lake, key(), THRESHOLDS, paths, exports), publish(lake, key("report"), THRESHOLDS, DONE, exports=exports)]
    assert [problem is None for problem in told] == [green, green]
    assert green or "The run requested export e2, but extract did not land it" in told[0]


def test_stages_that_are_not_told_make_a_green_run_unknown(tmp_path):
    reports = good_run()
    del reports["load"]["stages"]
    _, verdict, _ = judged(tmp_path, reports)
    assert verdict["verdict"] == "unknown"


def test_many_reasons_are_told_as_three_and_a_number(tmp_path):
    reports = good_run()
    for table in reports["load"]["result"]["tables"].values():
        table["rows"] += 1
    problem, _, _ = judged(tmp_path, reports)
    assert problem.endswith("and 4 more")


def told(tmp_path, reports, past):
    lake, findings = lake_with(tmp_path, reports), []
    history.save(lake, key().dag_id, past)
    publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: findings.append(finding) or [])
    return findings[0]


def test_a_slow_run_is_green_and_is_told_of(tmp_path):
    record = history.record("r", "green", good_run(), 2000.0)
    past = {"runs": [{**record, "run_id": f"r{i}", "at": f"2026-01-{i:02d}"} for i in range(1, 12)], "accepted": []}
    assert told(tmp_path / "as before", good_run(), past).fingerprint() is None
    slow = good_run()
    slow["transform"]["run"]["end"] = "2026-03-02T04:09:00Z"
    finding = told(tmp_path / "slow", slow, past)
    assert finding.verdict == "green"
    assert finding.headline == "Complete, but: speed of transform: ms a resource."
    assert finding.fingerprint()


def test_a_heavy_partition_is_told_of_and_a_slow_host_is_not(tmp_path):
    past = {"runs": [], "accepted": []}
    uneven = good_run()
    uneven["transform"]["stages"] = [heavy(1000, p50=1000, longest=19000)]
    finding = told(tmp_path / "uneven", uneven, past)
    assert finding.headline == "Complete, but: skew of transform."
    assert "Partition 5 is skewed" in finding.grounds[0]["sentence"]
    assert finding.step == {
        "task": "validate",
        "advice": "There is nothing to rerun. The page says what to look at.",
        "command": "",
    }
    slow = good_run()
    slow["transform"]["stages"] = [heavy(100, p50=1000, longest=19000)]
    assert told(tmp_path / "slow", slow, past).step is None


def fails(monkeypatch, name):
    """No file of that name can be written: the disk is full, or the folder somebody else's."""
    write = Lake.write_text

    def refused(self, path, content):
        if path.endswith(f"/{name}"):
            raise OSError(28, "No space left on device")
        write(self, path, content)

    monkeypatch.setattr(Lake, "write_text", refused)


@pytest.mark.parametrize("name", ["index.html", "report.html", "epic_fhir_etl.json"])
def test_what_cannot_be_written_is_told_and_the_run_is_green_nowhere(tmp_path, monkeypatch, hook, name):
    lake = lake_with(tmp_path, good_run())
    fails(monkeypatch, name)
    alert = partial(alerts.tell, lake, key("report"), Alerts(webhook_connection="hook"), "http://page", {})
    problem = publish(lake, key("report"), THRESHOLDS, DONE, alert)
    assert "No space left on device" in problem
    (body,) = hook.bodies
    assert body["verdict"] == "unknown"
    assert "No space left on device" in body["text"]
    assert body["command"] == f"airflow dags clear epic_fhir_etl --run-id {key().run_id} --only-failed --yes"
    folder = tmp_path / "metrics" / "epic_fhir_etl" / key().run_id
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "unknown"
    assert json.loads((folder / "report.json").read_text())["result"]["verdict"] == "unknown"
    if name != "report.html":
        assert "<h1>Green" not in (folder / "report.html").read_text()
    if name != "epic_fhir_etl.json":
        assert [run["verdict"] for run in history.load(lake, "epic_fhir_etl")["runs"]] == ["unknown"]
    assert red_runs.newest(lake, "epic_fhir_etl") == key().run_id
    monkeypatch.undo()
    assert publish(lake, key("report"), THRESHOLDS, DONE) is None


def test_an_index_that_could_be_written_says_what_the_page_says(tmp_path, monkeypatch):
    lake = lake_with(tmp_path, good_run())
    fails(monkeypatch, "report.html")
    publish(lake, key("report"), THRESHOLDS, DONE)
    assert "No space left on device" in (tmp_path / "metrics" / "index.html").read_text()


@pytest.mark.parametrize("step", ["page", "next step"])
def test_a_page_that_cannot_be_built_has_verdict_problem_and_command_in_its_place(tmp_path, monkeypatch, step):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["rows"] = 19
    lake, told = lake_with(tmp_path, reports), []

    def broken(*_, **__):
        raise KeyError("a defect")

    monkeypatch.setattr(*((render, "page") if step == "page" else (remedy, "next_step")), broken)
    publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: told.append(finding) or [])
    assert told[0].verdict == "red"
    assert told[0].fingerprint()
    for file in (tmp_path / "report.html", tmp_path / "metrics" / "epic_fhir_etl" / key().run_id / "report.html"):
        html = file.read_text()
        assert "Red: the counts of this run do not match." in html
        assert "patient has 20 rows in the lake and 19 in PostgreSQL; run load again." in html
        assert "airflow dags " in html
        assert "KeyError" not in html or step == "next step"


def test_an_alert_that_breaks_off_is_in_what_the_run_leaves(tmp_path):
    lake = lake_with(tmp_path, good_run())

    def broken(_):
        raise RuntimeError("no channel")

    assert publish(lake, key("report"), THRESHOLDS, DONE, broken) is not None
    folder = tmp_path / "metrics" / "epic_fhir_etl" / key().run_id
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "unknown"
    assert json.loads((folder / "report.json").read_text())["notes"] == ["No alert could be sent."]
    assert "<h1>Green" not in (folder / "report.html").read_text()


def test_the_gravest_warning_gives_headline_and_command(tmp_path):
    """By a warning of a night alone nothing can be accepted; what lasts beside it can."""
    record = history.record("r", "green", good_run(), 2000.0)
    past = {"runs": [{**record, "run_id": f"r{i}", "at": f"2026-01-0{i}T04:00:00+00:00"} for i in range(1, 5)], "accepted": []}
    made = good_run()
    made["transform"]["stages"] = [heavy(1000, p50=1000, longest=19000)]
    made["transform"]["result"]["views"]["claim_item"]["rows"] = 10
    made["load"]["result"]["tables"]["claim_item"] |= {"rows": 10, "view_rows": 10}
    finding = told(tmp_path / "drift", made, past)
    assert finding.headline == "Complete, but: drift of claim_item."
    assert '"warning": "drift, claim_item"' in finding.step["command"]
    assert "Each of the others needs" not in finding.step["advice"]
    assert [c["name"] for c in finding.grounds] == ["drift", "skew"]
    page = (tmp_path / "drift" / "report.html").read_text()
    assert "drift, claim_item" in page.partition("epic_fhir_baseline --conf")[2][:120]
    made["transform"]["result"]["silver"]["Observation"] |= {"rows_live": 9000, "tombstones": 5308}
    assert told(tmp_path / "type", made, past).headline == "Complete, but: expectations of Observation."
    made["transform"]["result"]["silver"]["Patient"] |= {"rows_live": 0, "tombstones": 20}
    finding = told(tmp_path / "patients", made, past)
    assert finding.headline == "Complete, but: expectations of number of patients."
    assert finding.grounds[0]["sentence"].startswith("Silver has no patients.")


def test_a_page_links_the_run_after_it_as_soon_as_there_is_one_and_keeps_the_link_when_it_is_written_again(tmp_path):
    first, second = "scheduled__2026-03-01T04:00:00+00:00", key().run_id
    lake = lake_with(tmp_path, good_run())
    old = replace(key("report"), run_id=first)
    link = '<a href="../scheduled__2026-03-02T04%3A00%3A00%2B00%3A00/report.html">Next run</a>'

    def page():
        return lake.read_text(lake.metrics(key().dag_id, first, "report.html"))

    publish(lake, old, THRESHOLDS, {})
    assert "Next run" not in page()
    publish(lake, key("report"), THRESHOLDS, DONE)
    assert page().count(link) == 1
    publish(lake, old, THRESHOLDS, {})
    assert page().count(link) == 1
    assert "Next run" not in lake.read_text(lake.metrics(key().dag_id, second, "report.html"))
