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
from epic_fhir.checks import FAIL, WARN
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


def was_judged(lake, run_key, mends=None, checks=({"name": "report", "subject": "extract", "state": "PASS"},), **parts):
    """What the run that landed the export leaves: its verdict and its report."""
    own = {"result": {"verdict": "red", "mends": mends}}
    judged = {"run": {"end": "2026-03-02T04:10:00Z"}, "verdict": "red", "checks": [*checks]}
    for name, document in ({"verdict": judged, "report": own} | parts).items():
        lake.write_json(lake.metrics(*run_key.split("/"), f"{name}.json"), document)


STOPPED = {"name": "settings", "subject": "all", "state": "FAIL", "sentence": "x"}
COMPARED = {"name": "report", "subject": "extract", "state": "PASS"}
BEGUN = {"begun": {"task_id": "report", "try_number": 1}}
ENDED = {"end": "2026-03-02T04:10:00Z"}
OTHER = "epic_fhir_etl/night before"
UNTOLD = {
    "nothing is left of it": lambda lake: None,
    "its settings stopped it": lambda lake: was_judged(lake, OTHER, checks=[STOPPED]),
    "its settings stopped it as it was judged again": lambda lake: was_judged(lake, OTHER, checks=[STOPPED, COMPARED]),
    "extract left no report": lambda lake: was_judged(lake, OTHER, checks=[COMPARED | {"state": "COULD_NOT_RUN"}]),
    "extract failed": lambda lake: was_judged(lake, OTHER, checks=[COMPARED | {"state": "FAIL"}]),
    "it was marked failed while it reported": lambda lake: was_judged(lake, OTHER, report=BEGUN),
    "it is judged again": lambda lake: was_judged(
        lake, OTHER, verdict={"run": {"end": "2026-03-02T04:10:00Z"}, "checks": [COMPARED]}
    ),
    "it was judged before the export landed once more": lambda lake: was_judged(
        lake, OTHER, verdict={"run": {"end": "2026-03-02T04:01:00Z"}, "verdict": "red", "checks": [COMPARED]}
    ),
}


@pytest.mark.parametrize("ended", UNTOLD.values(), ids=UNTOLD)
@pytest.mark.parametrize("said", SAID)
def test_who_adopts_what_no_page_tells_of_tells_it(tmp_path, said, ended):
    lake = landed_before(tmp_path, said, OTHER, key("report"))
    ended(lake)
    finding, page = publish_of(lake, key("report"))
    assert SAID[said][2] in " ".join(check["sentence"] for check in finding.grounds)
    assert "landed the data: its page says" not in page


@pytest.mark.parametrize("ended", UNTOLD.values(), ids=UNTOLD)
def test_who_adopts_what_nobody_compared_compares_it(tmp_path, ended):
    lake = landed_before(tmp_path, "unconfirmed", OTHER, key())
    ended(lake)
    commit = lake.read_json(lake.landing(EXPORT))
    commit["report"]["result"]["manifest_counts"]["Patient"] = 21
    lake.write_json(lake.landing(EXPORT), commit)
    assert "The server's manifest promises 21 Patient, but 20 came" in validate(lake, key(), THRESHOLDS, reports_of(lake, key()))


def test_what_nobody_compared_and_nobody_can_compare_is_not_green_and_comes_with_the_way_out(tmp_path):
    lake = landed_before(tmp_path, "unconfirmed", OTHER, key("report"))
    lake.write_json(lake.landing(EXPORT), landing() | {"run_key": OTHER})
    found = []
    problem = publish(lake, key("report"), THRESHOLDS, DONE, lambda finding: found.append(finding) or [])
    assert "The verdict is unknown: counts of an earlier try" in problem
    assert '"begin": "kick_off"' in found[0].step["command"]
    was_judged(lake, OTHER)
    assert publish(lake, key("report"), THRESHOLDS, DONE) is None


@pytest.mark.parametrize("judged", [False, True])
def test_an_export_that_another_run_lands_while_extract_waits_for_it_had_landed_before(tmp_path, judged):
    lake = landed_before(tmp_path, "quarantine", OTHER, key("report"))
    extract = lake.read_json(lake.report(key(), "extract"))
    extract["run"]["start"] = "2026-03-02T04:00:44Z"  # some seconds before the landing
    lake.write_json(lake.report(key(), "extract"), extract)
    if judged:
        was_judged(lake, OTHER)
    finding, page = publish_of(lake, key("report"))
    assert (SAID["quarantine"][2] in str(finding.grounds)) is not judged
    assert ("Run night before landed the data" in page) is judged


@pytest.mark.parametrize("run_key", [f"epic_fhir_etl/{RUN_ID}", OTHER], ids=["an earlier try", "another run"])
def test_what_extract_found_landed_is_counted_from_the_landing_whatever_the_clocks_say(tmp_path, run_key):
    """It waited for the lock of the export, or completed a landing that was planned."""
    lake = landed_before(tmp_path, "quarantine", run_key, key("report"))
    extract = lake.read_json(lake.report(key(), "extract"))
    extract["run"]["start"] = "2026-03-02T04:00:44Z"  # some seconds before the landing
    extract["result"]["landed_before"] = [EXPORT]
    lake.write_json(lake.report(key(), "extract"), extract)
    finding, _ = publish_of(lake, key("report"))
    assert SAID["quarantine"][2] in str(finding.grounds)


def test_an_export_that_landed_meanwhile_is_told_from_one_that_extract_landed_itself():
    reports = good_run()
    reports["extract"]["result"] |= {"export_id": f"{EXPORT},e2", "landed_before": ["e2"]}
    reports["transform"]["result"]["exports"] += ["e2"]
    reports["transform"]["result"]["silver"]["Patient"] |= {"read": 23, "rows_live": 23}
    made = replace(evidence(reports), landings={EXPORT: landing(), "e2": landing("e2", Patient=3) | {"run_key": OTHER}})
    assert set(made.landed_earlier) == {"e2"}
    wrong = [c for c in reconcile(made) if c.state == FAIL and c.name in ("bronze = landing", "bronze = transform")]
    assert wrong == []


def reports_of(lake, key_of):
    return {phase: lake.report(key_of, phase) for phase in ("extract", "transform", "load")}


def test_who_adopts_what_another_run_landed_says_who_counted_it(tmp_path):
    for mends, other in ((None, None), ("r0", "r1")):
        key_of = key("report") if mends is None else replace(key("report"), dag_id="epic_fhir_rerun", run_id=RERUN)
        run_key = "epic_fhir_etl/night before" if mends is None else "epic_fhir_rerun/first"
        lake = landed_before(tmp_path / str(mends), "quarantine", run_key, key_of, other)
        was_judged(lake, run_key, other)
        finding, page = publish_of(lake, key_of, mends)
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
    problem = validate(lake, key(), THRESHOLDS, reports_of(lake, key()))
    assert "The server's manifest promises 21 Patient, but 20 came" in problem


def test_an_acceptance_outlives_a_run_that_adopts_what_another_one_counted(tmp_path):
    nights = Nights(tmp_path)
    later = {"run": {"end": "2026-03-05T04:10:00Z"}, "verdict": "green", "checks": [COMPARED]}
    was_judged(nights.lake, f"epic_fhir_etl/{RUN_ID}", verdict=later)
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


PATIENTS_LOST = {
    "fewer are in the bronze commit than extract counted": lambda counts: counts,
    "fewer were written than came": lambda counts: counts | {"written": 19},
    "fewer came than were promised": lambda counts: counts | {"received": 19, "written": 19},
}


@pytest.mark.parametrize("lose", PATIENTS_LOST.values(), ids=PATIENTS_LOST)
def test_a_run_that_lost_a_patient_stays_red_in_every_rerun_of_its_export_and_its_alert_asks_for_a_new_one(tmp_path, lose):
    lake, made = lake_with(tmp_path, {}), good_run()
    made["extract"]["resources"]["Patient"] = lose(made["extract"]["resources"]["Patient"])
    made["transform"]["result"]["silver"]["Patient"] |= dict.fromkeys(("read", "rows_live", "distinct", "present"), 19)
    made["transform"]["result"]["views"]["patient"] |= dict.fromkeys(("rows", "silver_resources", "let_through", "resources"), 19)
    made["load"]["result"]["tables"]["patient"] |= {"rows": 19, "view_rows": 19}
    told = {"resources": made["extract"]["resources"], "result": {"manifest_counts": dict(ROWS)}}
    lake.write_json(lake.landing(EXPORT), landing(**ROWS | {"Patient": 19}) | {"report": told})

    def judged(key_of, hours, mends=None):
        reports = copy(made)
        if hours:
            reports["extract"] |= {"resources": {}, "result": {"export_id": EXPORT, "state": "landed", "warnings": []}}
        for task, report in reports.items():
            later = {part: report["run"][part].replace("T04:", f"T{4 + hours:02d}:") for part in ("start", "end")}
            report["run"] |= {"dag_id": key_of.dag_id, "run_id": key_of.run_id, **later}
            lake.write_json(lake.report(key_of, task), report)
        left_out, found = {} if mends is None else {"kick_off": None}, []
        exports, tell = [EXPORT] if mends else None, partial(told_to, found)
        problem = publish(lake, key_of, THRESHOLDS, DONE | {"validate": "failed"}, tell, left_out, mends, exports=exports)
        return problem, found[0].step["command"]

    assert "The run is red" in judged(key("report"), 0)[0]
    again = [replace(key("report"), dag_id="epic_fhir_rerun", run_id=f"manual__2026-03-02T{n:02d}:00:00+00:00") for n in (6, 7)]
    for hours, key_of in enumerate((*again, key("report"), key("report")), 2):
        problem, command = judged(key_of, hours, RUN_ID if key_of in again else None)
        assert "The run is red" in problem
        assert "counts of an earlier try" in problem
        assert f'"run": "{RUN_ID}", "begin": "kick_off"' in command


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
