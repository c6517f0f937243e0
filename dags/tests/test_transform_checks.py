"""What transform reports of single types and views becomes checks: each fires, passes, or could not run."""

import json
from pathlib import Path

import pytest
from made_up import THRESHOLDS, good_run, key, lake_with, of_view, report
from test_reconcile import evidence
from test_render import GOOD, page
from test_verdict import told

from epic_fhir import alerts, transform_checks, verdict
from epic_fhir.checks import COULD_NOT_RUN, FAIL, NO_COUNT, PASS, WARN
from epic_fhir.reconcile import GREEN, reconcile
from epic_fhir.reconcile import verdict as of
from epic_fhir.remedy import next_step

STOPPED = (
    "View patient keeps its last good rows: 1 Patient resources do not fit it. Cannot evaluate view patient, column family: "
    "several values (1 resources). Their list is in /lake/quarantine/view=patient. Correct the view, or add it to leave-out"
)


def view(name="patient", **changes):
    (check,) = transform_checks.views({"views": {name: of_view(name, **changes)}})
    return check


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PASS),
        ({"resources": 19}, PASS),  # transform itself refuses a view of which every resource must give a row
        ({"let_through": 3, "resources": 3}, PASS),
        ({"resources": 0, "let_through": 0, "silver_resources": 0}, PASS),
        ({"resources": 21}, FAIL),
        ({"resources": 4, "let_through": 3}, FAIL),
        ({"resources": 18, "left_out": 3}, FAIL),
        ({"let_through": 21}, FAIL),
        ({"let_through": None}, NO_COUNT),
        ({"let_through": None, "resources": 21}, FAIL),
        ({"resources": 18, "left_out": 2}, WARN),
        ({"resources": 18, "left_out": 2, "let_through": None}, WARN),
        ({"resources": None}, COULD_NOT_RUN),
        ({"left_out": None}, COULD_NOT_RUN),
        ({"silver_resources": None}, COULD_NOT_RUN),
    ],
    ids=str,
)
def test_a_view_has_no_more_resources_than_silver_gives_it(changes, state):
    assert view(**changes).state == state


def test_a_view_without_a_count_of_what_its_where_lets_through_could_not_be_checked():
    counts = of_view("patient")
    del counts["let_through"]
    (check,) = transform_checks.views({"views": {"patient": counts}})
    assert check.state == COULD_NOT_RUN
    assert "let_through of patient" in check.sentence


def test_the_sentences_name_view_type_and_numbers():
    assert view("vital_signs").sentence == (
        "vital_signs has rows of 1,630 of the 14,308 Observation that match it; the other 12,678 give no row."
    )
    assert view(resources=18, let_through=18, withheld=2).sentence == (
        "patient has rows of 18 of the 18 Patient that match it; 2 more are left out for their security labels."
    )
    assert view(resources=21).sentence == (
        "patient accounts for 21 resources, but silver has 20 Patient and 20 of them match the view's where. "
        "Rebuild the view from silver."
    )
    assert "Nothing counts how many match its where" in view(let_through=None).sentence
    left_out = view(resources=18, left_out=2).sentence
    assert "patient leaves out 2 Patient that do not fit it (transform.leave-out); 18 have rows." in left_out
    assert "python -m epic_fhir.quarantine /lake/quarantine/view=patient)" in left_out


def test_a_transform_that_names_no_view_could_not_be_checked():
    assert [c.state for c in transform_checks.views({})] == [COULD_NOT_RUN]


def test_no_independent_count_is_no_reason_for_a_red_run_and_never_passes():
    reports = good_run()
    reports["transform"]["result"]["views"]["patient"]["let_through"] = None
    checks = [c for c in reconcile_of(reports) if (c.name, c.subject) == ("silver = view", "patient")]
    assert [c.state for c in checks] == [NO_COUNT]


def reconcile_of(reports):
    return reconcile(evidence(reports))


def refused(**result):
    """A good run but for what transform refused; load did not run."""
    reports = good_run()
    reports["transform"]["run"] |= {"status": "failed", "exit_code": 5, "error": f"Nothing was deleted: …\n{STOPPED}"}
    reports["transform"]["result"] |= result
    reports["load"] = None
    return reports


FAILED = GOOD | {"transform": "failed", "load": "upstream_failed"}
ALL = {"held_deletions": {"Observation": 1104, "Patient": 4}, "refused_views": {"patient": STOPPED}}


def test_held_deletions_and_stopped_views_are_failed_checks_each():
    checks = reconcile_of(refused(**ALL))
    assert [(c.name, c.subject, c.state) for c in checks[:3]] == [
        ("held deletions", "Observation", FAIL),
        ("held deletions", "Patient", FAIL),
        ("silver = view", "patient", FAIL),
    ]
    assert checks[0].sentence.startswith("The source no longer holds 1,104 Observation that silver has.")
    assert checks[2].sentence == STOPPED
    (failed,) = [c for c in checks if (c.name, c.subject) == ("report", "transform")]
    assert failed.sentence == "transform failed: Nothing was deleted: …"  # what has a check of its own is not said twice
    assert len([c for c in checks if (c.name, c.subject) == ("silver = view", "patient")]) == 1


def test_a_run_without_them_has_no_such_check():
    assert transform_checks.problems(good_run()["transform"]["result"]) == []


def test_the_page_shows_type_and_number_view_and_message_and_the_command(tmp_path):
    html, problem = page(tmp_path, refused(**ALL), FAILED, validated="upstream_failed")
    html = html.replace("&#34;", '"').replace("&#39;", "'")
    assert "<h1>Red: transform failed.</h1>" in html
    assert "The source no longer holds 1,104 Observation that silver has." in html
    assert STOPPED in html
    assert '"begin": "transform", "accept_deletions": "Observation:1104,Patient:4", "reason": "", "go": true' in html
    assert problem.startswith("The run is red: held deletions (Observation)")


def test_the_alert_names_types_numbers_view_and_column(tmp_path):
    lake, findings = lake_with(tmp_path, refused(**ALL) | {"validate": None}), []
    verdict.publish(lake, key("report"), THRESHOLDS, FAILED, lambda finding: findings.append(finding) or [])
    text = "\n".join(alerts.message(key(), "link", findings[0], None).lines)
    assert "held deletions, Observation: The source no longer holds 1,104 Observation" in text
    assert "silver = view, patient: View patient keeps its last good rows" in text
    assert "column family" in text
    assert '"accept_deletions": "Observation:1104,Patient:4"' in findings[0].step["command"]


def test_entries_of_deleted_files_in_quarantine_are_a_warning_that_is_told(tmp_path):
    reports = good_run()
    folder = "/lake/quarantine/extraction_date=2026-03-02/export_id=e1-deleted-entries"
    reports["transform"]["result"] |= {"quarantined_deletions": 3, "quarantine": folder}
    finding = told(tmp_path, reports, {"runs": [], "accepted": []})
    assert finding.headline == "Complete, but: quarantine of deletions."
    assert (
        "3 entries in the manifest's deleted files do not identify a resource, so they deleted nothing."
        in finding.grounds[0]["sentence"]
    )
    assert f"python -m epic_fhir.quarantine {folder})" in finding.grounds[0]["sentence"]


def test_what_belongs_to_an_erased_patient_by_now_is_a_warning_that_names_the_erasure(tmp_path):
    reports = good_run()
    reports["transform"]["result"]["kept_out_known"] = {"Observation": 2}
    finding = told(tmp_path, reports, {"runs": [], "accepted": []})
    assert (finding.verdict, finding.headline) == ("green", "Complete, but: opt-outs of Observation.")
    assert "Run epic_fhir_erase again with the same list of patients" in finding.grounds[0]["sentence"]


def test_a_view_that_leaves_resources_out_is_green_and_told_every_night(tmp_path):
    reports = good_run()
    reports["transform"]["result"]["views"]["patient"].update(resources=18, left_out=2)
    assert of(reconcile_of(reports)) == GREEN
    finding = told(tmp_path, reports, {"runs": [], "accepted": []})
    assert (finding.verdict, finding.headline) == ("green", "Complete, but: silver = view of patient.")
    assert finding.fingerprint()


def test_no_independent_count_is_visible_on_the_page(tmp_path):
    reports = good_run()
    reports["transform"]["result"]["views"]["patient"]["let_through"] = None
    html, problem = page(tmp_path, reports, GOOD)
    assert problem is None
    assert "1 without an independent count" in html
    assert '<td class="text warn">no independent count</td>' in html


def test_what_a_person_accepted_is_kept_in_the_report_and_shown(tmp_path):
    lake = lake_with(tmp_path, good_run() | {"validate": report("validate", 180, 1)})
    note = "Accepted deletions: Patient:4. Reason: The group was split."
    verdict.publish(lake, key("report"), THRESHOLDS, GOOD, notes=(note,))
    assert lake.read_json(lake.report(key("report")))["notes"] == [note]
    assert note in (tmp_path / "report.html").read_text()


def test_a_run_whose_load_went_on_after_a_view_stopped_shows_what_is_in_postgresql(tmp_path):
    reports = refused(refused_views={"patient": STOPPED})
    reports["load"] = good_run()["load"]
    html, problem = page(tmp_path, reports, GOOD | {"transform": "failed"}, validated="upstream_failed")
    assert "<h1>Red: transform failed.</h1>" in html
    assert "observation has 14,308 rows in the lake and in PostgreSQL." in html
    assert "load did not run" not in html
    assert problem.startswith("The run is red: silver = view (patient)")


def test_a_load_that_found_nothing_to_load_did_not_run(tmp_path):
    reports = good_run()
    reports["transform"]["run"] |= {"status": "failed", "exit_code": 6, "error": "The lake is away"}
    reports["load"] = None
    html, _ = page(tmp_path, reports, GOOD | {"transform": "failed", "load": "failed"}, validated="upstream_failed")
    assert "load did not run (its state is upstream_failed)." in html
    assert "load failed: it left no report" not in html


def golden(name):
    """A report that transform wrote."""
    return json.loads((Path(__file__).parent / "golden" / f"{name}.json").read_text())


def test_a_real_report_of_held_deletions_and_stopped_views_is_understood():
    made = golden("transform-refused")
    checks = reconcile_of({"extract": None, "transform": made, "load": None})
    assert [(c.name, c.subject) for c in checks if c.state == FAIL] == [
        ("held deletions", "AllergyIntolerance"),
        ("held deletions", "CarePlan"),
        ("silver = view", "twice"),
        ("silver = view", "typo"),
        ("report", "transform"),
    ]
    assert "column names, path meta.tag.code: the path has more than one value" in checks[2].sentence
    assert checks[3].sentence.startswith("typo.json:1: Cannot compile view typo, column x, path genderr")
    (report_check,) = [c for c in checks if (c.name, c.subject) == ("report", "transform")]
    assert report_check.sentence.startswith("transform failed: Nothing was deleted: the source no longer holds 20 of 20")
    assert "View twice" not in report_check.sentence
    kept = {c.subject: c.state for c in checks if c.name == "silver = view" and c.state != FAIL}
    assert kept == {"table_000": PASS, "table_001": PASS, "tagged": PASS}
    step = next_step(key(), {"transform": made}, {"transform": "failed"}, [])
    assert '"accept_deletions": "AllergyIntolerance:20,CarePlan:26"' in step["command"]


def test_a_real_report_after_the_deletions_were_accepted_holds_none_back():
    result = golden("transform-accepted")["result"]
    assert [(c.name, c.subject) for c in transform_checks.problems(result)] == [("silver = view", "typo")]
    states = {c.subject: c.state for c in transform_checks.views(result)}
    # tagged gives a resource no row where its where fails or it has no tag: after a change nobody knows how many match the where.
    assert states == {"table_000": PASS, "table_001": PASS, "tagged": NO_COUNT, "twice": PASS}
