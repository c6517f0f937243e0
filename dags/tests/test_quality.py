import pytest

from epic_fhir.checks import COULD_NOT_RUN, FAIL, NO_COUNT, PASS, WARN
from epic_fhir.load_checks import quality
from epic_fhir.reconcile import GREEN, RED, UNKNOWN, verdict

FOUND = {
    "title": "Patients without an MRN",
    "severity": "amber",
    "state": "exceeded",
    "rows": 30,
    "allowed": 10,
    "of": "patient",
    "of_rows": 1000,
    "query": "SELECT * FROM fhir_quality.patient_without_mrn",
}


def of(**changes):
    (check,) = quality({"quality": {"patient_without_mrn": {**FOUND, **changes}}})
    return check


def test_too_many_bad_rows_are_a_warning_with_title_count_threshold_and_query():
    check = of()
    assert (check.state, check.amount) == (WARN, 30)
    assert check.sentence == (
        "Patients without an MRN: 30 rows (3.0% of patient), at most 10 are allowed. "
        "See them: SELECT * FROM fhir_quality.patient_without_mrn"
    )


@pytest.mark.parametrize(
    ("changes", "state", "colour"),
    [
        ({}, WARN, GREEN),
        ({"severity": "red"}, FAIL, RED),
        ({"state": "passed", "rows": 10}, PASS, GREEN),
        ({"state": "off"}, NO_COUNT, GREEN),
        ({"state": "could_not_run", "reason": "there is no table patient"}, COULD_NOT_RUN, UNKNOWN),
        ({"state": "passed", "rows": 11}, WARN, GREEN),
        ({"state": "passed", "rows": None}, COULD_NOT_RUN, UNKNOWN),
        ({"state": None}, COULD_NOT_RUN, UNKNOWN),
    ],
)
def test_each_state_has_its_colour(changes, state, colour):
    check = of(**changes)
    assert check.state == state
    assert verdict([check]) == colour


def test_without_checks_nothing_is_said():
    assert quality({}) == []
