"""Documents of any shape: each check answers or says that it could not, the verdict is never plain green, and somebody is told."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from made_up import BEGIN, EXPORT, THRESHOLDS, copy, failed, good_run, key, lake_with, landing

from epic_fhir import history
from epic_fhir.lake import Lake
from epic_fhir.verdict import publish

DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")
DELETED = object()
ODD = [None, "x", "20", -1, float("nan"), float("inf"), 10**30, True, [], {}, [1], [None], DELETED]
STEP = 1 if os.environ.get("TESTS_OF_NIGHTS") else 5  # ci/nights.sh takes every place
SUBJECTS = {"Patient", "patient", "Observation", "observation"}


def full_run():
    """A good run whose reports have every part that a check reads."""
    made = good_run()
    for table in made["load"]["result"]["tables"].values():
        table |= {"null_share": {"c": 0.1}, "patients": {"rows": 10, "known": 10}}
    made["load"]["result"]["quality"] = {"q": {"state": "passed", "rows": 0, "allowed": 0, "title": "T", "severity": "red"}}
    made["transform"]["result"]["joined"] = {"j": {"rows": 3, "version": 1}}
    made["load"]["result"]["joined"] = {"j": {"rows": 3, "delta_version": 1, "view_rows": 3}}
    return made


def places(value, at=()):
    """Every place in a document, of types and views only some."""
    if at and at[-1] not in SUBJECTS and len(at) > 1 and at[-2] in ("silver", "views", "tables", "resources", "manifest_counts"):
        return
    yield at
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*at, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*at, 0))


def changed(document, at, value):
    if not at:
        return value
    made = copy(document)
    place = made
    for name in at[:-1]:
        place = place[name]
    if value is DELETED:
        del place[at[-1]]
    else:
        place[at[-1]] = value
    return made


def told_of(root: Path, reports, of_landing, states=DONE):
    lake = lake_with(root, {task: made for task, made in reports.items() if made is not DELETED})
    if of_landing is not DELETED:
        lake.write_json(f"{root}/state/landings/{EXPORT}.json", of_landing)
    earlier = {**history.record("r", "green", full_run(), 2000.0), "figures": {}}
    runs = [{**earlier, "run_id": f"r{n}", "at": f"2026-02-{20 + n}T04:03:00+00:00"} for n in range(4)]
    history.save(lake, "epic_fhir_etl", {"schema_version": 1, "runs": runs, "accepted": []})
    told = []
    problem = publish(lake, key("report"), THRESHOLDS, states, lambda finding: told.append(finding) or [])
    return problem, told


@pytest.mark.parametrize("phase", ["extract", "transform", "load", "landing"])
def test_no_document_of_any_shape_stops_the_alert(tmp_path, phase):
    base = full_run()
    document = landing() if phase == "landing" else base[phase]
    silent = []
    for number, at in list(enumerate(places(document)))[::STEP]:
        values = ODD if at else ODD[:-1]
        value = values[5 * number % len(values)]  # all values at all places take minutes
        odd = changed(document, at, value)
        reports, of_landing = (base, odd) if phase == "landing" else ({**base, phase: odd}, landing())
        problem, told = told_of(tmp_path, reports, of_landing)
        if len(told) != 1 or (problem is None) != (told[0].verdict == "green"):
            silent.append((at, value))
    assert silent == []


COUNTED = [
    ("transform", ("silver", "Patient", "rows_live")),
    ("transform", ("silver", "Patient", "distinct")),
    ("transform", ("views", "patient", "rows")),
    ("load", ("tables", "patient", "rows")),
    ("load", ("quality", "q", "rows")),
    ("extract", ("manifest_counts", "Patient")),
]


@pytest.mark.parametrize(("phase", "at"), COUNTED)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "20", True, [], None], ids=str)
def test_a_count_that_is_none_is_never_green(tmp_path, phase, at, value):
    reports = full_run()
    reports[phase] = changed(reports[phase], ("result", *at), value)
    problem, (told,) = told_of(tmp_path, reports, landing())
    assert told.verdict != "green" or (at[0] == "manifest_counts" and value is None)
    assert (problem is None) == (told.verdict == "green")


def test_a_failed_phase_speaks_for_itself_though_the_rest_of_its_report_is_odd(tmp_path):
    reports = full_run()
    reports["load"] = {**failed(reports["load"], 6, "The database did not answer."), "stages": [{"id": 1}]}
    _, (told,) = told_of(tmp_path, reports, landing(), {**DONE, "load": "failed", "validate": "upstream_failed"})
    assert told.verdict == "red"
    assert told.step["task"] == "load"
    assert any("The database did not answer." in check["sentence"] for check in told.grounds)


@pytest.mark.parametrize(
    "part",
    [
        {"runs": [None]},
        {"runs": [{"run_id": "r", "silver": {"Patient": {}}}]},
        {"runs": [{"run_id": "r", "views": []}]},
        {"accepted": [{"check": "drift"}]},
        {"schema_version": 2},
    ],
)
def test_a_history_of_any_shape_is_a_check_that_could_not_run(tmp_path, part):
    lake = lake_with(tmp_path, good_run())
    lake.write_json(history.path(lake, "epic_fhir_etl"), {"schema_version": 1, "runs": [], "accepted": [], **part})
    told = []
    assert publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: told.append(finding) or []) is not None
    assert [finding.verdict for finding in told] == ["unknown"]


def test_a_lake_that_takes_no_file_is_told_of(tmp_path, monkeypatch):
    lake = lake_with(tmp_path, good_run())

    def full(self, path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Lake, "write_text", full)
    told = []
    with pytest.raises(OSError, match="No space left on device"):
        publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: told.append(finding) or [])
    (finding,) = told
    assert finding.verdict == "unknown"
    assert {check["subject"] for check in finding.grounds} == {"verdict", "history", "page", "report", "index"}
    assert all("No space left on device" in check["sentence"] for check in finding.grounds)


def test_a_run_of_another_user_or_an_odd_verdict_among_the_earlier_ones_changes_nothing(tmp_path):
    lake = lake_with(tmp_path, good_run())
    for day, verdict in (("01", []), ("02", {"verdict": "green", "checks": [1]}), ("03", {"verdict": "green", "table": {"a": 1}})):
        lake.write_json(lake.metrics("epic_fhir_etl", f"scheduled__2026-02-{day}T04:00:00+00:00", "verdict.json"), verdict)
    (tmp_path / "metrics" / "loop").symlink_to(tmp_path / "metrics" / "loop")
    told = []
    assert publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: told.append(finding) or []) is None
    assert [finding.verdict for finding in told] == ["green"]


@pytest.mark.parametrize("states", [{**DONE, "validate": "skipped"}, {**DONE, "wait": None}, {**DONE, "kick_off": "removed"}])
def test_a_task_that_nobody_knows_to_have_run_is_not_green(tmp_path, states):
    told = []
    publish(lake_with(tmp_path, good_run()), key("report"), THRESHOLDS, states, lambda finding: told.append(finding) or [])
    assert [finding.verdict for finding in told] == ["unknown"]


def test_an_export_of_the_future_and_one_without_a_time_are_no_fresh_ones(tmp_path):
    for time in ("2099-01-01T00:00:00Z", "yesterday", None):
        problem, (told,) = told_of(tmp_path, full_run(), {**landing(), "transaction_time": time})
        assert problem is not None, time
        assert told.verdict == "unknown"
    soon = (BEGIN + timedelta(minutes=4)).isoformat()
    assert told_of(tmp_path, full_run(), {**landing(), "transaction_time": soon})[0] is None
