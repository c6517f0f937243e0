"""What the source keeps back is told as a warning: the run stays green, and the alert names the type."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from made_up import EXPORT, ROWS, RUN_ID, THRESHOLDS, copy, failed, good_run, key, lake_with, landing
from test_nights import Nights
from test_reconcile import evidence

from epic_fhir import findings, history, mended, source_checks
from epic_fhir.alert_message import message
from epic_fhir.checks import WARN
from epic_fhir.lake import Lake
from epic_fhir.reconcile import GREEN, reconcile
from epic_fhir.reconcile import verdict as of
from epic_fhir.verdict import publish, validate


def test_types_that_cannot_be_read_and_deletions_that_nobody_confirmed_are_warnings():
    reports = good_run()
    reports["extract"]["result"] = (reports["extract"].get("result") or {}) | {
        "unreadable": {"Practitioner": 12},
        "unconfirmed": {"Condition": 3},
    }
    checks = reconcile(evidence(reports))
    told = {c.subject: c for c in checks if c.name == source_checks.SOURCE}
    assert set(told) == {"Practitioner (not readable)", "Condition (not confirmed)"}
    assert {c.state for c in told.values()} == {WARN}
    assert "refused all 12 reads of Practitioner (403)" in told["Practitioner (not readable)"].sentence
    assert "3 Condition are in no search or export any more" in told["Condition (not confirmed)"].sentence
    assert of(checks) == GREEN
    assert source_checks.SOURCE in findings.TOLD_WARNINGS


def test_a_source_that_keeps_nothing_back_is_not_mentioned():
    assert source_checks.problems({}, {}) == []
    assert source_checks.problems({"unreadable": {}, "unconfirmed": {}, "kept": {}}, {}) == []


def test_a_night_on_which_searches_find_little_is_told_and_single_moves_are_not():
    resources = {"Observation": {"received": 100}, "Condition": {"received": 60}}
    (check,) = source_checks.problems({"kept": {"Observation": 5, "Condition": 60}}, resources)
    assert (check.subject, check.state) == ("Condition (not listed)", WARN)
    assert "60 of 60 Condition can be read by id, but no search or export returns them" in check.sentence


SAID = {
    "quarantine": ({"rejected": 3}, {"quarantine": "/lake/quarantine/x"}, "In quarantine, and in no table: 3 Observation"),
    "unreadable": ({}, {"unreadable": {"Observation": 12}}, "The server refused all 12 reads of Observation"),
    "kept": ({}, {"kept": {"Observation": 14000}}, "14,000 of"),
    "unconfirmed": ({}, {"unconfirmed": {"Observation": 9}}, "did not confirm that they were"),
    "a crawl's warning": ({}, {"warnings": ["Two patients were found twice."]}, "Two patients were found twice."),
}
DONE = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")
RERUN = "manual__2026-03-02T08:00:00+00:00"


def landed_before(root, said, run_key, key_of, other=None):
    """A run whose extract found its export landed, and what the landing says of it."""
    counts_of, result, _ = SAID[said]
    made = good_run()
    if said == "quarantine":
        counts_of = counts_of | {"received": ROWS["Observation"] + 3}
    resources = copy(made["extract"]["resources"])
    resources["Observation"] |= counts_of
    made["extract"] |= {"resources": {}, "result": {"export_id": EXPORT, "state": "landed", "warnings": []}}
    for report in made.values():
        later = {part: report["run"][part].replace("T04:", "T09:") for part in ("start", "end")}
        report["run"] |= {"dag_id": key_of.dag_id, "run_id": key_of.run_id, **later}
    lake = lake_with(root, {})
    for task, report in made.items():
        lake.write_json(lake.report(key_of, task), report)
    promised = {kind: counts["received"] for kind, counts in resources.items()}
    told = {"resources": resources, "result": {"manifest_counts": promised} | result}
    lake.write_json(lake.landing(EXPORT), landing() | {"run_key": run_key, "report": told})
    if other:
        lake.write_json(lake.metrics(*run_key.split("/"), "report.json"), {"result": {"mends": other}})
    return lake


def publish_of(lake, key_of, mends=None):
    found = []
    left_out = {} if mends is None else {"kick_off": None}
    problem = publish(
        lake, key_of, THRESHOLDS, DONE, lambda f: found.append(f) or [], left_out, mends, exports=[EXPORT] if mends else None
    )
    assert problem is None
    page = Path(lake.metrics(key_of.dag_id, key_of.run_id, "report.html")).read_text()
    return found[0], page


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize(
    ("run_key", "mends", "other"),
    [
        (f"epic_fhir_etl/{RUN_ID}", None, None),
        (f"epic_fhir_etl/{RUN_ID}", RUN_ID, None),
        ("epic_fhir_rerun/first", RUN_ID, RUN_ID),
    ],
    ids=["tried again or cleared", "rerun", "second rerun"],
)
def test_what_extract_said_of_an_export_as_it_landed_is_told_by_later_tries_too(tmp_path, said, run_key, mends, other):
    key_of = key("report") if mends is None else replace(key("report"), dag_id="epic_fhir_rerun", run_id=RERUN)
    finding, page = publish_of(landed_before(tmp_path, said, run_key, key_of, other), key_of, mends)
    assert SAID[said][2] in " ".join(check["sentence"] for check in finding.grounds)
    assert ("Nothing in quarantine." in page) is (said != "quarantine")
    assert "Green: every resource" not in finding.headline
    record = history.load(Lake(str(tmp_path)), "epic_fhir_etl")["runs"][-1]
    assert record["adopted"] is False
    assert "extract: ms a resource" not in record["figures"], "nothing was downloaded"


def test_who_adopts_what_another_run_landed_says_who_counted_it(tmp_path):
    for mends, other in ((None, None), ("r0", "r1")):
        key_of = key("report") if mends is None else replace(key("report"), dag_id="epic_fhir_rerun", run_id=RERUN)
        run_key = "epic_fhir_etl/night before" if mends is None else "epic_fhir_rerun/first"
        finding, page = publish_of(landed_before(tmp_path / str(mends), "quarantine", run_key, key_of, other), key_of, mends)
        assert finding.grounds == []
        assert f"Run {run_key.partition('/')[2]} landed the data: its page says what is in quarantine." in page
        assert "Nothing in quarantine." not in page
        assert history.load(Lake(str(tmp_path / str(mends))), "epic_fhir_etl")["runs"][-1]["adopted"] is True


def test_a_rerun_tells_what_a_bulk_exports_landing_showed_beside_those_before_it(tmp_path):
    key_of = replace(key("report"), dag_id="epic_fhir_rerun", run_id=RERUN)
    lake = landed_before(tmp_path, "unconfirmed", f"epic_fhir_etl/{RUN_ID}", key_of)
    first = good_run()["extract"]
    first["result"]["warnings"] = ["Group g: 4 patients joined it."]
    lake.write_json(lake.report(key(), "extract"), first)
    finding, _ = publish_of(lake, key_of, RUN_ID)
    assert {"Group g: 4 patients joined it."} < {check["sentence"] for check in finding.grounds}


def test_counts_that_did_not_fit_are_red_in_later_tries_too(tmp_path):
    lake = landed_before(tmp_path, "unconfirmed", f"epic_fhir_etl/{RUN_ID}", key())
    commit = lake.read_json(lake.landing(EXPORT))
    commit["report"]["result"]["manifest_counts"]["Patient"] = 21
    lake.write_json(lake.landing(EXPORT), commit)
    problem = validate(lake, key(), THRESHOLDS, {phase: lake.report(key(), phase) for phase in ("extract", "transform", "load")})
    assert "The server's manifest promises 21 Patient, but 20 came" in problem


def test_an_acceptance_outlives_a_run_that_adopts_what_another_one_counted(tmp_path):
    nights = Nights(tmp_path)
    made = good_run()
    made["extract"]["result"]["unreadable"] = {"Medication": 12}
    for day in (3, 4):
        finding, _ = nights.run(day, made)
    nights.type_in(finding)
    adopting = good_run()
    adopting["extract"] |= {"resources": {}, "result": {"export_id": EXPORT, "state": "landed", "warnings": []}}
    adopting["extract"]["run"] |= {"start": "2026-03-02T04:01:21Z"}
    assert nights.run(5, adopting)[0].grounds == []
    assert nights.run(6, made)[0].grounds == []
    assert nights.run(7, good_run())[0].grounds == []
    assert nights.run(8, made)[0].grounds, "it is back"


CHANGED = "Someone else changed fhir.patient since the last load. It was loaded in full."


def told_to(found, finding):
    found.append(finding)
    return []


def red_night(lake):
    """A night whose load had a warning and refused another table; its landing had lines in quarantine."""
    made = good_run()
    made["load"]["result"] |= {"warnings": [CHANGED], "refused_views": {"condition": "Cannot load condition: a value is refused."}}
    failed(made["load"], 5, "Cannot load condition: a value is refused.")
    made["transform"]["result"] |= {"quarantined_deletions": 2, "quarantine": "/lake/quarantine/d"}
    resources = copy(made["extract"]["resources"])
    resources["Observation"] |= {"received": ROWS["Observation"] + 3, "rejected": 3}
    made["extract"] |= {"resources": resources}
    made["extract"]["result"] |= {"manifest_counts": {}, "warnings": ["Group g: 4 patients joined it."]}
    for task, report in made.items():
        lake.write_json(lake.report(key(), task), report)
    lake.write_json(lake.landing(EXPORT), landing() | {"report": {"resources": resources, "result": {"kept": {"Condition": 800}}}})
    found = []
    states = DONE | {"load": "failed", "validate": "upstream_failed"}
    publish(lake, key("report"), THRESHOLDS, states, lambda finding: found.append(finding) or [])
    return found[0]


def test_the_alert_of_a_red_run_names_its_warnings_too_and_is_the_same_problem_with_them(tmp_path):
    finding = red_night(lake_with(tmp_path, {}))
    lines = message(key("report"), "", finding, None).lines
    assert lines[0] == "Red: load failed."
    assert f"Besides: expectations, load: {CHANGED}" in lines
    assert any(line.startswith("Besides: quarantine, ") or line.endswith("more warnings; see the page.") for line in lines)
    assert replace(finding, besides=[]).fingerprint() == finding.fingerprint()


@pytest.mark.parametrize("begin", ["kick_off", "load"])
@pytest.mark.parametrize("reruns", [1, 2])
def test_a_rerun_tells_the_warnings_of_the_run_that_it_mends_and_a_later_one_does_not(tmp_path, begin, reruns):
    lake = lake_with(tmp_path, {})
    red_night(lake)
    left_out = {"kick_off": None, "wait": None, "extract": lake.report(key(), "extract")} if begin == "load" else {}
    for number in range(reruns):
        again = replace(key("report"), dag_id="epic_fhir_rerun", run_id=f"manual__2026-03-02T0{number + 6}:00:00+00:00")
        made = good_run()
        export = EXPORT if begin == "load" else "e2"
        for task in ("kick_off", "wait", "extract"):
            made[task]["result"]["export_id"] = export
        made["transform"]["result"]["exports"] = [export]
        lake.write_json(lake.landing("e2"), landing("e2") | {"run_key": f"{again.dag_id}/{again.run_id}"})
        for task, report in made.items():
            report["run"] |= {"dag_id": again.dag_id, "run_id": again.run_id}
            lake.write_json(lake.report(again, task), report)
        found, exports = [], [] if begin == "load" else None
        tell = partial(told_to, found)
        assert publish(lake, again, THRESHOLDS, DONE, tell, left_out, RUN_ID, exports=exports) is None
        told = " ".join(check["sentence"] for check in found[0].grounds)
        assert CHANGED in told
        assert "In quarantine, and in no table: 3 Observation" in told
        assert "Group g: 4 patients joined it." in told
        assert "2 entries in the manifest's deleted files" in told
        kept = "800 of 812 Condition can be read by id"
        assert (kept in told) is (begin == "kick_off"), "of the landing, which extract's own report of that run has too"
        assert "unaccounted" not in told
    lake.write_json(lake.metrics("epic_fhir_etl", RUN_ID, "verdict.json"), {"verdict": "green"})
    assert mended.warnings(lake, again, "nobody's", [], []) == []
    assert CHANGED not in str(mended.warnings(lake, again, RUN_ID, [], []))
