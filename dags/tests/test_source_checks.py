"""What the source keeps back is told as a warning: the run stays green, and the alert names the type."""

from made_up import good_run
from test_reconcile import evidence

from epic_fhir import findings, source_checks
from epic_fhir.checks import WARN
from epic_fhir.reconcile import GREEN, reconcile
from epic_fhir.reconcile import verdict as of


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
    assert "No search or export returns 3 Condition any more" in told["Condition (not confirmed)"].sentence
    assert of(checks) == GREEN
    assert source_checks.SOURCE in findings.TOLD_WARNINGS


def test_a_source_that_keeps_nothing_back_is_not_mentioned():
    assert source_checks.problems({}, {}) == []
    assert source_checks.problems({"unreadable": {}, "unconfirmed": {}, "kept": {}}, {}) == []


def test_a_night_on_which_searches_find_little_is_told_and_single_moves_are_not():
    resources = {"Observation": {"received": 100}, "Condition": {"received": 60}}
    (check,) = source_checks.problems({"kept": {"Observation": 5, "Condition": 60}}, resources)
    assert (check.subject, check.state) == ("Condition (not listed)", WARN)
    assert "No search or export returns 60 of 60 Condition" in check.sentence
