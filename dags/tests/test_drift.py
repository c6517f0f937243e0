import pytest
from made_up import BEGIN, EXPORT, good_run, landing

from epic_fhir import drift as rules
from epic_fhir import history
from epic_fhir.checks import COULD_NOT_RUN, NO_BASELINE, PASS, WARN
from epic_fhir.drift import drift

RULES = rules.Rules()


def past(runs=4, **changes):
    views = {**history.views(good_run()), **changes}
    return {"runs": [{"run_id": f"r{i}", "verdict": "green", "views": views} for i in range(runs)], "accepted": []}


def checks(reports, before, landings=None):
    return drift(reports, before, "now", {EXPORT: landing()} if landings is None else landings, RULES)


def of(found, name, subject):
    return next(c for c in found if (c.name, c.subject) == (name, subject))


def test_tables_as_they_were_pass():
    assert {c.state for c in checks(good_run(), past())} == {PASS}


def test_a_view_that_lost_rows_is_told():
    reports = good_run()
    reports["load"]["result"]["tables"]["observation"] |= {"rows": 12_000, "view_rows": 12_000}
    check = of(checks(reports, past()), "drift", "observation")
    assert check.state == WARN
    assert "observation has 12,000 rows; it had 14,308 before" in check.sentence


@pytest.mark.parametrize(("share", "state"), [(0.14, PASS), (0.4, WARN)])
def test_a_column_that_became_null_is_told(share, state):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["null_share"] = {"mrn": share}
    before = past(patient={"rows": 20, "null_share": {"mrn": 0.05}})
    check = of(checks(reports, before), "drift", "patient")
    assert check.state == state
    assert state == PASS or "patient.mrn is null in 40% of the rows; before it was 5%" in check.sentence


@pytest.mark.parametrize(("known", "state"), [(1630, PASS), (1500, WARN)])
def test_rows_of_unknown_patients_are_told(known, state):
    reports = good_run()
    reports["load"]["result"]["tables"]["vital_signs"]["patients"] = {"rows": 1630, "known": known}
    check = of(checks(reports, past()), "patients", "vital_signs")
    assert check.state == state
    assert f"{known:,} of 1,630 rows" in check.sentence


@pytest.mark.parametrize("counts", [{"rows": 3}, {"known": 3}, {"rows": 3, "known": 4}])
def test_counts_of_patients_that_cannot_be_could_not_be_checked(counts):
    reports = good_run()
    reports["load"]["result"]["tables"]["vital_signs"]["patients"] = counts
    assert of(checks(reports, past()), "patients", "vital_signs").state == COULD_NOT_RUN


@pytest.mark.parametrize("shares", [{}, {"mrn": float("nan")}, {"mrn": None}, {"mrn": 7}], ids=str)
def test_shares_that_are_gone_or_none_could_not_be_checked(shares):
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"]["null_share"] = shares
    before = past(patient={"rows": 20, "null_share": {"mrn": 0.05}})
    assert of(checks(reports, before), "drift", "patient").state == COULD_NOT_RUN


def told(**shares):
    """A good run whose load tells the null shares of these tables only."""
    reports = good_run()
    for view, share in shares.items():
        reports["load"]["result"]["tables"][view]["null_share"] = share
    return reports


KNEW = {"patient": {"rows": 20, "null_share": {"mrn": 0.05}}, "condition": {"rows": 812, "null_share": {"code": 0.1}}}


def test_a_table_that_load_could_not_look_at_could_not_be_checked():
    """An analyst's session holds it, or the loader may not read a column: of all others load tells the shares."""
    found = checks(told(condition={"code": 0.1}), past(**KNEW))
    assert of(found, "drift", "condition").state == PASS
    patient = of(found, "drift", "patient")
    assert patient.state == COULD_NOT_RUN
    assert "how often the columns of patient are null" in patient.sentence


def test_a_joined_table_that_load_could_not_look_at_could_not_be_checked():
    reports = told(patient={"mrn": 0.05})
    reports["load"]["result"]["joined"] = {"note": {"rows": 3, "view_rows": 3}}
    found = checks(reports, past(note={"rows": 3, "null_share": {"text": 0.0}}))
    assert of(found, "drift", "note").state == COULD_NOT_RUN


def test_nulls_that_nobody_compared_are_not_said_to_be_as_before():
    sentence = of(checks(told(patient={"mrn": 0.05}), past(**KNEW)), "drift", "patient").sentence
    assert sentence == "patient has its rows and its nulls as in 4 runs before."
    for reports, before in ((good_run(), past(**KNEW)), (told(patient={"mrn": 0.05}), past())):
        assert of(checks(reports, before), "drift", "patient").sentence == "patient has its rows as in 4 runs before."


def test_another_target_that_tells_of_no_shares_is_fine():
    before = past(patient={"rows": 20, "null_share": {"mrn": 0.05}})
    assert of(checks(good_run(), before), "drift", "patient").state == PASS


def test_an_old_export_is_told():
    old = landing() | {"transaction_time": (BEGIN.replace(day=1, month=2)).isoformat()}
    check = of(checks(good_run(), past(), {EXPORT: old}), "freshness", "all")
    assert check.state == WARN
    assert "36 h is the limit" in check.sentence


def test_without_earlier_runs_there_is_nothing_to_compare_with():
    assert of(checks(good_run(), past(runs=2)), "drift", "patient").state == NO_BASELINE


@pytest.mark.parametrize("landings", [{}, {EXPORT: None}, {EXPORT: {"transaction_time": "yesterday"}}])
def test_an_export_without_a_time_could_not_be_checked(landings):
    assert of(checks(good_run(), past(), landings), "freshness", "all").state == COULD_NOT_RUN


def test_a_load_that_names_no_tables_could_not_be_checked():
    reports = good_run()
    reports["load"]["result"] = {}
    assert of(checks(reports, past()), "drift", "all").state == COULD_NOT_RUN
