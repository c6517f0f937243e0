"""Nights one after the other: what is accepted stays accepted and no more, and the alert's command works as it stands."""

import json
import os
import re
import shlex
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_up import BEGIN, EXPORT, THRESHOLDS, copy, failed, good_run, key, lake_with, landing, report
from test_expectations import silver

from epic_fhir import acceptance, history, phase, red_runs, tasks
from epic_fhir.acceptance import Wanted
from epic_fhir.expectations import expectations
from epic_fhir.lake import Lake, RunKey
from epic_fhir.verdict import publish

ETL = "epic_fhir_etl"
DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")
SERVER_DOWN = {**dict.fromkeys(DONE, "upstream_failed"), "kick_off": "failed"}


class Nights:
    """A lake and its runs of March 2026, each published as the report task does."""

    def __init__(self, root):
        self.lake = lake_with(root, {})

    def run(self, day, reports, states=DONE, *, dag_id=ETL, transaction_time=None, paused=lambda _: False):
        """:return: the finding that is told, and verdict.json"""
        run = RunKey(dag_id, f"scheduled__2026-03-{day:02d}T04:00:00+00:00", "report", 1, BEGIN, BEGIN)
        for task, made in copy(reports).items():
            if made is not None:
                made["run"] |= {"dag_id": dag_id, "run_id": run.run_id}
                made["run"] |= {part: made["run"][part].replace("2026-03-02", f"2026-03-{day:02d}") for part in ("start", "end")}
                self.lake.write_json(self.lake.report(run, task), made)
        shift = timedelta(days=day - 2)
        landed = {
            "transaction_time": transaction_time or (BEGIN + shift - timedelta(minutes=5)).isoformat(),
            "landed_at": (BEGIN + shift + timedelta(seconds=80)).isoformat(),
        }
        self.lake.write_json(f"{self.lake.root}/state/landings/{EXPORT}.json", landing() | landed)
        told = []
        publish(self.lake, run, THRESHOLDS, states, lambda finding: told.append(finding) or [], paused=paused)
        return told[0], self.lake.read_json(self.lake.metrics(dag_id, run.run_id, "verdict.json"))

    def server_down(self, day):
        return self.run(day, {"kick_off": failed(report("kick_off", 2, 3.1), 4, "The server did not answer.")}, SERVER_DOWN)

    def type_in(self, finding):
        """What the alert's command accepts, with a reason written into it."""
        conf = json.loads(shlex.split(finding.step["command"])[-1])
        wanted = Wanted(conf.get("figure", ""), conf.get("warning", ""), "", "merge of duplicates", "ann")
        return acceptance.accept(self.lake, conf["dag_id"], wanted)


@pytest.fixture
def nights(tmp_path):
    made = Nights(tmp_path)
    for day in (3, 4, 5):
        made.run(day, good_run())
    return made


def observations(live, gone):
    made = good_run()
    silver(made)["Observation"] |= {"rows_live": live, "tombstones": gone}
    return made


def vital_signs(rows):
    made = good_run()
    made["transform"]["result"]["views"]["vital_signs"] |= {"rows": rows}
    made["load"]["result"]["tables"]["vital_signs"] |= {"rows": rows, "view_rows": rows}
    return made


def states(verdict, name, subject):
    return {check["state"] for check in verdict["checks"] if (check["name"], check["subject"]) == (name, subject)}


@pytest.mark.parametrize("next_loss", [(100, 14208), (10200, 4108), (0, 14308)], ids=["nearly all", "less than before", "all"])
def test_a_loss_that_was_accepted_covers_no_later_one(nights, next_loss):
    finding, _ = nights.run(8, observations(12000, 2308))
    nights.type_in(finding)
    finding, verdict = nights.run(9, observations(*next_loss))
    assert states(verdict, "expectations", "Observation") == {"WARN"}
    assert finding.grounds


def test_the_level_that_was_accepted_is_no_news(nights):
    finding, _ = nights.run(8, observations(12000, 2308))
    nights.type_in(finding)
    finding, verdict = nights.run(9, observations(12001, 2308))
    assert states(verdict, "expectations", "Observation") == {"PASS"}
    assert finding.grounds == []


@pytest.mark.parametrize("rows", [0, 700])
def test_after_an_accepted_drift_the_next_one_is_told_at_once(nights, rows):
    finding, _ = nights.run(8, vital_signs(1400))
    nights.type_in(finding)
    _, verdict = nights.run(9, vital_signs(rows))
    assert states(verdict, "drift", "vital_signs") == {"WARN"}


def test_a_table_without_rows_is_told_though_too_few_runs_know_it(tmp_path):
    nights = Nights(tmp_path)
    nights.run(3, good_run())
    _, verdict = nights.run(4, vital_signs(0))
    assert states(verdict, "drift", "vital_signs") == {"WARN"}


def test_data_that_get_older_than_was_accepted_are_told_again(nights):
    late = (BEGIN - timedelta(hours=30)).isoformat()
    finding, _ = nights.run(5, good_run(), transaction_time=late)
    nights.type_in(finding)
    _, verdict = nights.run(6, good_run(), transaction_time=late)
    assert states(verdict, "freshness", "all") == {"WARN"}


def test_a_run_that_a_wrong_clock_put_into_the_future_is_compared_with_nothing(nights):
    past = history.load(nights.lake, ETL)
    past["runs"][-1] |= {"at": "2099-03-06T04:00:00+00:00"}
    past["runs"][-1]["silver"]["Observation"]["live"] = 200
    history.save(nights.lake, ETL, past)
    finding, verdict = nights.run(7, observations(190, 14118))
    assert states(verdict, "expectations", "Observation") == {"WARN"}
    assert nights.type_in(finding) == ["expectations, Observation"]


@pytest.mark.parametrize("order", [(6, 7), (7, 6)], ids=["before", "after"])
def test_a_run_that_failed_at_once_does_not_stand_in_the_way_of_an_acceptance(nights, order):
    down, warned = order
    if down < warned:
        nights.server_down(down)
    finding, _ = nights.run(warned, observations(12000, 2308))
    if down > warned:
        nights.server_down(down)
    assert nights.type_in(finding) == ["expectations, Observation"]


def test_a_history_of_before_with_a_run_without_a_time_does_neither(nights):
    past = history.load(nights.lake, ETL)
    history.save(nights.lake, ETL, {**past, "runs": [*past["runs"], {"run_id": "odd", "at": None, "verdict": "red", "warned": []}]})
    finding, _ = nights.run(7, observations(12000, 2308))
    assert nights.type_in(finding) == ["expectations, Observation"]


@pytest.mark.parametrize("gone", ["one", "all", "key"])
def test_quality_checks_that_vanish_are_a_warning_until_it_is_accepted(nights, gone):
    found = {name: {"state": "passed", "rows": 0, "allowed": 0, "title": "T", "severity": "red"} for name in ("a", "b")}
    made = good_run()
    made["load"]["result"]["quality"] = found
    nights.run(6, made)
    later = copy(made)
    later["load"]["result"]["quality"] = {"a": found["a"]} if gone == "one" else {}
    if gone == "key":
        del later["load"]["result"]["quality"]
    finding, _ = nights.run(7, later)
    (told,) = finding.grounds
    assert "quality of b" in told["sentence"]
    nights.run(8, later)
    finding, _ = nights.run(9, later)
    assert [check["sentence"] for check in finding.grounds] == [told["sentence"]]
    assert nights.type_in(finding) == ["expectations, checks"]
    assert nights.run(10, later)[0].grounds == []
    assert nights.run(11, later)[0].grounds == []


def test_a_check_that_vanishes_while_another_is_missing_is_a_warning_too(nights):
    """The newer check is in no run before the one that lost the older check."""
    found = {name: {"state": "passed", "rows": 0, "allowed": 0, "title": "T", "severity": "red"} for name in "abc"}
    for day, names in ((6, "ab"), (7, "a"), (8, "ac"), (9, "a"), (10, "a")):
        made = good_run()
        made["load"]["result"]["quality"] = {name: found[name] for name in names}
        finding, _ = nights.run(day, made)
    assert "quality of b, quality of c" in finding.grounds[0]["sentence"]


def with_quality(names):
    made = good_run()
    found = {"state": "passed", "rows": 0, "allowed": 0, "title": "T", "severity": "red"}
    made["load"]["result"]["quality"] = dict.fromkeys(names, found)
    return made


@pytest.mark.parametrize("warned", [31, 100, 401])
def test_checks_that_vanished_stay_a_warning_however_many_runs_have_it(nights, warned):
    """The runs between have no verdict any more: the newest one alone tells what it lacked itself."""
    nights.run(6, with_quality("abc"))
    nights.run(7, with_quality("ac"))
    finding, _ = nights.run(8, with_quality("a"))
    past = history.load(nights.lake, ETL)
    record = past["runs"][-1]
    others = [{**record, "run_id": f"n{number}", "at": f"2026-03-07T05:{number // 60:02d}:{number % 60:02d}+00:00"}
              for number in range(warned)]  # fmt: skip
    history.save(nights.lake, ETL, {**past, "runs": [*others, record][-history.KEPT_RUNS :]})
    finding, _ = nights.run(9, with_quality("a"))
    assert "quality of b, quality of c" in finding.grounds[0]["sentence"]
    finding, _ = nights.run(10, with_quality("ab"))
    assert ": quality of c." in finding.grounds[0]["sentence"]
    nights.type_in(finding)
    assert nights.run(11, with_quality("ab"))[0].grounds == []
    assert nights.run(12, with_quality("b"))[0].grounds, "another one"


def test_a_lack_that_an_earlier_version_told_without_names_goes_on(nights):
    nights.run(6, with_quality("abc"))
    for day in (7, 8, 9):
        nights.run(day, with_quality("a"))
        path = nights.lake.metrics(ETL, f"scheduled__2026-03-{day:02d}T04:00:00+00:00", "verdict.json")
        verdict = nights.lake.read_json(path)
        for check in verdict["checks"]:
            check.pop("names", None)
        nights.lake.write_json(path, verdict)
    assert "quality of b, quality of c" in nights.run(10, with_quality("a"))[0].grounds[0]["sentence"]


def test_a_check_that_is_back_is_over_and_a_rerun_is_no_run_that_had_it(nights):
    made, without = good_run(), good_run()
    made["load"]["result"]["quality"] = {"b": {"state": "passed", "rows": 0, "allowed": 0, "title": "T", "severity": "red"}}
    nights.run(6, made)
    nights.run(7, without)
    nights.run(8, without, dag_id="epic_fhir_rerun")
    assert states(nights.run(9, without)[1], "expectations", "checks") == {"WARN"}
    assert states(nights.run(10, made)[1], "expectations", "checks") == set()


def test_a_view_that_vanishes_from_every_report_is_told(nights):
    made = good_run()
    del made["transform"]["result"]["views"]["vital_signs"], made["load"]["result"]["tables"]["vital_signs"]
    finding, _ = nights.run(6, made)
    assert "silver = view of vital_signs" in finding.grounds[0]["sentence"]


def test_a_table_whose_rows_nobody_tells_could_not_be_compared(nights):
    made = good_run()
    made["load"]["result"]["tables"]["patient"] |= {"view_rows": None}
    _, verdict = nights.run(6, made)
    assert "COULD_NOT_RUN" in states(verdict, "drift", "patient")
    assert verdict["verdict"] == "unknown"


def test_the_command_of_a_warning_switches_its_dag_on(nights):
    finding, _ = nights.run(6, observations(12000, 2308), paused=lambda dag_id: dag_id == "epic_fhir_baseline")
    assert finding.step["command"].startswith("airflow dags unpause epic_fhir_baseline && airflow dags trigger epic_fhir_baseline")


def test_a_level_can_be_accepted_after_a_rerun(nights):
    made = copy(good_run())
    made["transform"]["run"] |= {"end": "2026-03-02T04:40:00Z"}
    nights.run(6, made)
    nights.run(7, good_run(), dag_id="epic_fhir_rerun")
    named = next(iter(history.load(nights.lake, ETL)["runs"][0]["figures"]))
    assert acceptance.accept(nights.lake, ETL, Wanted(named, "", "", "new host", "ann")) == [named]


def test_a_table_whose_view_is_gone_is_loaded_with_all_others(nights):
    made = good_run()
    made["load"]["result"]["tables"]["old_view"] = {"rows": 5, "view_rows": 7, "delta_version": 3}
    finding, _ = nights.run(6, made)
    assert json.loads(shlex.split(finding.step["command"])[-1]) == {
        "run": "scheduled__2026-03-06T04:00:00+00:00",
        "begin": "load",
        "go": True,
    }


def test_a_run_id_that_begins_with_a_dash_is_no_option(tmp_path):
    lake = lake_with(tmp_path, {})
    run = RunKey(ETL, "-again", "report", 1, BEGIN, BEGIN)
    told = []
    publish(lake, run, THRESHOLDS, SERVER_DOWN, lambda finding: told.append(finding) or [])
    assert "--run-id=-again " in told[0].step["command"]


def test_a_try_that_dies_does_not_leave_the_report_of_the_try_before(tmp_path):
    made = good_run()
    refused = {**made["transform"], "result": {**made["transform"]["result"], "refused_views": {"patient": "does not fit"}}}
    lake = lake_with(tmp_path, {**made, "transform": failed(refused, 5, "View patient stopped.")})
    phase.begun(lake, key("transform", try_number=2))
    told = []
    publish(
        lake, key("report"), THRESHOLDS, {**DONE, "transform": "failed", "load": "failed", "validate": "upstream_failed"},
        lambda finding: told.append(finding) or [],
    )  # fmt: skip
    sentences = " ".join(check["sentence"] for check in told[0].grounds)
    assert "transform failed: it left no report; see its log in Airflow" in sentences
    assert "patient" not in sentences
    assert told[0].step["exit_code"] is None


def test_the_newest_red_run_is_not_the_one_whose_page_was_written_to_last(tmp_path):
    lake = Lake(str(tmp_path))
    for run, at in (("fix1", 1_772_000_000), ("fix2", 1_772_500_000)):
        lake.write_json(lake.metrics(ETL, run, "report.json"), {})
        lake.write_json(lake.metrics(ETL, run, "verdict.json"), {"verdict": "red"})
        os.utime(lake.metrics(ETL, run, "report.json"), (at, at))
    lake.write_text(lake.metrics(ETL, "fix1", "report.html"), "with a link to the run after")
    assert red_runs.newest(lake, ETL) == "fix2"


@pytest.mark.parametrize("run_id", [".", ".."])
def test_a_run_whose_reports_would_lie_among_others_runs_is_refused(run_id):
    class Run:
        data_interval_start = data_interval_end = run_after = BEGIN
        run_type = "manual"

    class Task:
        dag_id, task_id, try_number = ETL, "report", 1

    Task.run_id = run_id
    with pytest.raises(ValueError, match="use another run id"):
        RunKey.of({"dag_run": Run, "ti": Task})


def test_a_rerun_without_a_plan_ends_red_and_stands_in_no_history():
    task = tasks.RunReport(task_id="report", plan={"made": "by the task plan"})
    task.plan = None
    ti = SimpleNamespace(xcom_pull=lambda task_ids, key: None)
    with pytest.raises(AirflowFailException, match="there is no plan: the log of the task plan says why"):
        task.execute({"ti": ti, "params": {"go": False}})


def of_type(kind, live, gone=0):
    made = good_run()
    silver(made)[kind] |= {"rows_live": live, "tombstones": gone, "read": live, "distinct": live, "present": live}
    return made


def expected(kind, before, now, runs=4):
    """The state of the check of a type after so many runs with as many resources as ``before`` tells."""
    levels = before if isinstance(before, list) else [before] * runs
    made = [
        {**history.record(f"r{n}", "green", of_type(kind, live), 2000.0), "figures": {}, "at": f"2026-01-01T{n:04d}"}
        for n, live in enumerate(levels)
    ]
    past = {"schema_version": 1, "runs": made, "accepted": []}
    found = expectations({"transform": of_type(kind, now)["transform"], "extract": None, "load": None}, past, "now", 0.1)
    return next(check.state for check in found if check.subject == kind)


@pytest.mark.parametrize(
    ("kind", "before", "now", "state"),
    [
        ("AllergyIntolerance", 3, 2, "PASS"),  # one of three is no mass
        ("AllergyIntolerance", 14, 11, "WARN"),
        ("AllergyIntolerance", 2, 0, "WARN"),  # all of it is told, however little it is
        ("Patient", 3, 2, "WARN"),
        ("Condition", [round(1000 * 0.95**n) for n in range(10)], 600, "WARN"),  # run by run a twentieth
        ("Condition", [1000, 950, 900], 870, "PASS"),
    ],
)
def test_a_loss_is_told_by_its_share_its_number_and_over_many_runs(kind, before, now, state):
    assert expected(kind, before, now) == state


def test_the_newest_red_run_is_none_that_a_rerun_has_brought_to_green(nights):
    """The mended run's own verdict stays red."""
    for day in (8, 9):
        made = good_run()
        made["load"]["result"]["tables"]["patient"] |= {"rows": 1}
        nights.run(day, made)
    key_of = "scheduled__2026-03-{:02d}T04:00:00+00:00".format
    assert red_runs.newest(nights.lake, ETL) == key_of(9)
    again = RunKey("epic_fhir_rerun", "manual__2026-03-09T12:00:00+00:00", "report", 1, BEGIN, BEGIN)
    reports = {task: nights.lake.report(RunKey(ETL, key_of(3), task, 1, BEGIN, BEGIN)) for task in good_run()}
    landed_at = (BEGIN + timedelta(days=1, seconds=80)).isoformat()
    nights.lake.write_json(f"{nights.lake.root}/state/landings/{EXPORT}.json", landing() | {"landed_at": landed_at})
    assert publish(nights.lake, again, THRESHOLDS, {"validate": "success"}, left_out=reports, mends=key_of(9)) is None
    assert red_runs.newest(nights.lake, ETL) == key_of(8)


def like(live=14308, rows=1630, nulls=0.0, seconds=74):
    """A night with so many Observations in silver, rows of vital signs, nulls in them, and seconds of transform."""
    made = vital_signs(rows)
    silver(made)["Observation"] |= {"rows_live": live}
    made["load"]["result"]["tables"]["vital_signs"] |= {"null_share": {"value": nulls}}
    end = BEGIN + timedelta(seconds=85 + seconds)
    made["transform"]["run"] |= {"end": end.isoformat(), "duration_ms": seconds * 1000}
    return made


@pytest.mark.parametrize(
    ("later", "name", "cleared"),
    [
        ({"live": 26000}, "expectations", "report"),
        ({"live": 2000}, "expectations", "report"),
        ({"live": 26000}, "expectations", "load"),
        ({"rows": 9000}, "drift", "report"),
        ({"rows": 9000}, "drift", "load"),
        ({"nulls": 0.9}, "drift", "report"),
        ({"seconds": 20}, "speed", "report"),
        ({"seconds": 20}, "speed", "load"),
    ],
)
def test_an_older_run_that_is_judged_again_is_held_against_the_runs_before_it_alone(tmp_path, later, name, cleared):
    nights = Nights(tmp_path)
    runs = []
    for day in range(3, 26):
        made = copy(like(**(later if day > 14 else {})))
        for told in made.values():
            told["run"] |= {part: told["run"][part].replace("2026-03-02", f"2026-03-{day:02d}") for part in ("start", "end")}
        runs.append(history.record(f"scheduled__2026-03-{day:02d}T04:00:00+00:00", "green", made, 2000.0))
    history.save(nights.lake, ETL, {"schema_version": 1, "runs": runs, "accepted": []})
    odd = like()
    if cleared == "load":  # what load left is of today, so only what the phases before it left is of the old night
        today = like(**later)["load"]
        odd["load"] = today | {"run": today["run"] | {"start": "2026-03-26T04:02:42Z", "end": "2026-03-26T04:02:59Z"}}
    _, verdict = nights.run(14, odd)
    assert {check["state"] for check in verdict["checks"] if check["name"] == name} == {"PASS"}


def test_a_warning_that_lasts_does_not_last_into_a_run_before_it(tmp_path):
    nights = Nights(tmp_path)
    nights.run(3, good_run())
    for day in (4, 5):
        made = good_run()
        silver(made).pop("Condition")
        nights.run(day, made)
    assert states(nights.run(3, good_run())[1], "expectations", "Condition") == {"NO_BASELINE"}


def test_what_was_accepted_of_a_run_stays_accepted_when_it_is_judged_again(nights):
    finding, _ = nights.run(8, observations(12000, 2308))
    nights.type_in(finding)
    nights.run(9, observations(12000, 2308))
    assert nights.run(8, observations(12000, 2308))[0].grounds == []


def test_the_links_between_pages_pass_over_runs_without_a_page(nights):
    for day in (6, 7):  # settings stopped one, and the other was killed before its page was written
        run = RunKey(ETL, f"scheduled__2026-03-{day:02d}T04:00:00+00:00", "report", 1, BEGIN, BEGIN)
        for task, made in good_run().items():
            nights.lake.write_json(nights.lake.report(run, task), made)
    nights.run(8, good_run())
    pages = [nights.lake.metrics(ETL, f"scheduled__2026-03-0{day}T04:00:00+00:00", "report.html") for day in (5, 8)]
    first, second = (nights.lake.read_text(page) for page in pages)
    assert re.findall(r'href="([^"]*)">Next run', first) == ["../scheduled__2026-03-08T04%3A00%3A00%2B00%3A00/report.html"]
    assert re.findall(r'href="([^"]*)">Previous run', second) == ["../scheduled__2026-03-05T04%3A00%3A00%2B00%3A00/report.html"]


@pytest.mark.parametrize("wrong", [False, True], ids=["it died", "it died, and a count differs"])
def test_a_validate_that_died_says_so_and_not_that_counts_differ(tmp_path, wrong):
    made = good_run()
    made["load"]["result"]["tables"]["patient"] |= {"rows": 19} if wrong else {}
    finding, _ = Nights(tmp_path).run(3, made, DONE | {"validate": "failed"})
    assert finding.headline == ("Red: the counts of this run do not match." if wrong else "Red: validate failed.")
    assert ("Read the end of the task's log" in finding.step["advice"]) is not wrong
    assert ("--only-failed" in finding.step["command"]) is not wrong
