"""What is expected from outside the run: each fires, each passes, each says when it could not be asked (field cases E and G4)."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from made_up import BEGIN, ROWS, THRESHOLDS, copy, good_run, key, lake_with

from epic_fhir import acceptance, history, tasks
from epic_fhir.acceptance import Wanted
from epic_fhir.checks import ACCEPTED, COULD_NOT_RUN, NO_BASELINE, NO_COUNT, PASS, WARN
from epic_fhir.verdict import judge


def past(reports=None, runs=4):
    """Earlier green runs, the newest just before the one that is judged."""
    made = {**history.record("r", "green", reports or good_run(), 2000.0), "figures": {}}
    return {"runs": [{**made, "run_id": f"r{n}", "at": f"2026-02-{20 + n}T04:03:00+00:00"} for n in range(runs)], "accepted": []}


def judged(tmp_path, reports, before=None, dag_id="epic_fhir_etl"):
    lake = lake_with(tmp_path, reports)
    history.save(lake, "epic_fhir_etl", past() if before is None else before)
    made = key()
    return judge(lake, type(made)(dag_id, *[getattr(made, n) for n in list(made.__dataclass_fields__)[1:]]), reports, THRESHOLDS)


def state(found, name, subject):
    return next(c["state"] for c in found.checks if (c["name"], c["subject"]) == (name, subject))


def silver(reports):
    return reports["transform"]["result"]["silver"]


def no_patient(reports):
    silver(reports)["Patient"] |= {"rows_live": 0, "tombstones": 20}
    return "expectations", "number of patients"


def nothing_at_all(reports):
    reports["transform"]["result"]["silver"] = {}
    return "expectations", "number of patients"


def type_without_rows(reports):
    silver(reports)["Condition"] |= {"rows_live": 0}
    return "expectations", "Condition"


def type_gone(reports):
    del silver(reports)["Encounter"]
    return "expectations", "Encounter"


def mass_deletion(reports):
    silver(reports)["Observation"] |= {"rows_live": 14308, "tombstones": 1500}  # as many new ones hide it from the number of rows
    return "expectations", "Observation"


def view_without_file(reports):
    del reports["transform"]["result"]["views"]["encounter"]
    return "expectations", "views"


def line_in_quarantine(reports):
    reports["extract"]["resources"]["Patient"] |= {"received": 21, "rejected": 1}
    reports["extract"]["result"]["manifest_counts"]["Patient"] = 21
    reports["extract"]["result"]["quarantine"] = "/lake/quarantine/x"
    return "quarantine", "Patient"


FIRES = [no_patient, nothing_at_all, type_without_rows, type_gone, mass_deletion, view_without_file, line_in_quarantine]


@pytest.mark.parametrize("change", FIRES, ids=lambda change: change.__name__)
def test_what_is_not_as_expected_is_a_warning_and_never_plain_green(tmp_path, change):
    reports = good_run()
    assert state(judged(tmp_path / "good", reports), "expectations", "number of patients") == PASS
    name, subject = change(reports)
    assert state(judged(tmp_path, reports), name, subject) == WARN


def test_a_good_run_expects_nothing_else(tmp_path):
    found = judged(tmp_path, good_run())
    assert {c["state"] for c in found.checks if c["name"] == "expectations"} == {PASS}
    assert found.verdict == "green"


@pytest.mark.parametrize("missing", ["silver", "tombstones", "views"])
def test_what_could_not_be_asked_is_never_green(tmp_path, missing):
    reports = good_run()
    result = reports["transform"]["result"]
    if missing == "tombstones":
        del result["silver"]["Patient"]["tombstones"]
    else:
        del result[missing]
    found = judged(tmp_path, reports)
    assert state(found, "expectations", "views" if missing == "views" else "all") == COULD_NOT_RUN
    assert found.verdict != "green"


def test_the_first_run_has_no_baseline(tmp_path):
    assert state(judged(tmp_path, good_run(), past(runs=0)), "expectations", "Patient") == NO_BASELINE


@pytest.mark.parametrize("counted", [{}, {k: n for k, n in ROWS.items() if k != "Condition"}], ids=["a crawl", "one type"])
def test_a_type_that_nobody_counted_is_visible_and_no_reason_for_red(tmp_path, counted):
    reports = good_run()
    reports["extract"]["result"]["manifest_counts"] = counted
    found = judged(tmp_path, reports)
    assert state(found, "manifest = source", "no count") == NO_COUNT
    assert found.verdict == "green"
    reports["extract"]["result"]["by_reference"] = dict(ROWS)  # asked for one by one, so they are counted already
    assert not [c for c in judged(tmp_path, reports).checks if c["subject"] == "no count"]


def test_a_rerun_is_held_against_the_tables_of_the_dag_that_it_mends(tmp_path):
    reports = good_run()
    name, subject = mass_deletion(reports)
    assert state(judged(tmp_path, reports, dag_id="epic_fhir_rerun"), name, subject) == WARN


def nights(before, reports, count):
    """The history after so many more green runs that warned."""
    for n in range(count):
        found = acceptance.warned(
            [{"name": c[0], "subject": c[1], "state": WARN, "sentence": c[2], "amount": c[3]} for c in reports["warned"]]
        )
        made = history.record(f"w{n}", "green", reports["reports"], 2000.0, warned=found)
        before = history.add(before, {**made, "figures": {}, "at": f"2026-03-01T{n:02d}:00:00+00:00"})
    return before


def test_rows_that_are_gone_are_told_for_as_long_as_they_are_gone(tmp_path):
    """Twelve nights later the loss is as much news as in the first."""
    reports = good_run()
    reports["load"]["result"]["tables"]["patient"] |= {"rows": 0, "view_rows": 0}
    reports["transform"]["result"]["views"]["patient"] |= {"rows": 0}
    warned = [("drift", "patient", "patient has 0 rows, 20 before.", None)]
    before = nights(past(), {"reports": reports, "warned": warned}, 12)
    assert state(judged(tmp_path, reports, before), "drift", "patient") == WARN
    none_left = {**before, "runs": before["runs"][4:]}
    assert state(judged(tmp_path / "later", reports, none_left), "drift", "patient") == WARN
    assert state(judged(tmp_path / "back", good_run(), before), "drift", "patient") == PASS


def accepted(tmp_path, before, **wanted):
    lake = lake_with(tmp_path, {})
    history.save(lake, "epic_fhir_etl", before)
    names = acceptance.accept(
        lake,
        "epic_fhir_etl",
        Wanted(**{"figure": "", "warning": "", "deletions": "", "reason": "Group split, 4711", "by": "ann"} | wanted),
    )
    return names, history.load(lake, "epic_fhir_etl")


def test_an_accepted_loss_is_the_new_level_and_the_next_loss_is_told(tmp_path):
    reports = good_run()
    silver(reports)["Observation"] |= {"rows_live": 9000}
    before = nights(past(), {"reports": reports, "warned": [("expectations", "Observation", "5,308 of …", None)]}, 3)
    assert state(judged(tmp_path / "before", reports, before), "expectations", "Observation") == WARN
    names, after = accepted(tmp_path, before, warning="expectations, Observation")
    assert names == ["expectations, Observation"]
    assert state(judged(tmp_path / "after", reports, after), "expectations", "Observation") == PASS
    silver(reports)["Observation"] |= {"rows_live": 5000}
    assert state(judged(tmp_path / "again", reports, after), "expectations", "Observation") == WARN


@pytest.mark.parametrize(("rejected", "expected"), [(3, ACCEPTED), (2, ACCEPTED), (4, WARN)])
def test_an_accepted_warning_is_not_told_again_until_it_grows(tmp_path, rejected, expected):
    before = nights(past(), {"reports": good_run(), "warned": [("quarantine", "Patient", "3 Patient are …", 3)]}, 2)
    _, after = accepted(tmp_path, before, warning="all")
    reports = good_run()
    line_in_quarantine(reports)
    reports["extract"]["resources"]["Patient"] |= {"received": 20 + rejected, "rejected": rejected}
    reports["extract"]["result"]["manifest_counts"]["Patient"] = 20 + rejected
    found = judged(tmp_path / "next", reports, after)
    assert state(found, "quarantine", "Patient") == expected
    assert expected == WARN or "Accepted by ann at " in next(c["sentence"] for c in found.checks if c["state"] == ACCEPTED)


def test_an_acceptance_ends_with_its_warning_and_covers_no_other_of_the_same_name(tmp_path):
    warning = 'Group "g": the full export holds 80 Condition, less than 90 % of the last one\'s 812.'
    before = nights(past(), {"reports": good_run(), "warned": [("expectations", "extract", warning, None)]}, 1)
    _, after = accepted(tmp_path, before, warning="expectations, extract")
    reports = good_run()
    reports["extract"]["result"]["warnings"] = [warning.replace("80", "79"), 'Group "g": the full export is empty.']
    found = judged(tmp_path / "next", reports, after)
    assert [c["state"] for c in found.checks if c["subject"] == "extract" and c["name"] == "expectations"] == [ACCEPTED, WARN]
    between = copy(after)
    between["runs"].append({**before["runs"][0], "run_id": "over", "at": "2026-03-01T20:00:00+00:00", "warned": []})
    found = judged(tmp_path / "over", reports, between)
    assert {c["state"] for c in found.checks if c["subject"] == "extract" and c["name"] == "expectations"} == {WARN}


@pytest.mark.parametrize(
    "wanted", [{}, {"warning": "drift, patient"}, {"figure": "load: ms a row"}], ids=["nothing", "warning", "level"]
)
def test_what_the_newest_run_does_not_have_cannot_be_accepted(tmp_path, wanted):
    with pytest.raises(LookupError, match="Cannot accept"):
        accepted(tmp_path, past(), **wanted)


def test_deletions_that_a_rerun_made_with_a_reason_are_no_news_to_the_next_run(tmp_path):
    reports = good_run()
    name, subject = mass_deletion(reports)
    before = nights(past(), {"reports": reports, "warned": [(name, subject, "1,500 of …", None)]}, 1)
    lake = lake_with(tmp_path, reports)
    history.save(lake, "epic_fhir_etl", before)
    acceptance.deleted(lake, "epic_fhir_etl", "w0", [subject], "Group split, 4711")
    assert state(judged(tmp_path / "next", reports, history.load(lake, "epic_fhir_etl")), name, subject) == PASS


class Airflow:
    """What the tasks of epic_fhir_baseline are given."""

    def __init__(self, paused=False, **params):
        self.dag_id, self.run_id, self.task_id, self.try_number = "epic_fhir_baseline", "by hand", "accept", 1
        self.paused, self.params = paused, {"dag_id": "epic_fhir_etl", "reason": "Group split, 4711"} | params

    def get_dag(self, dag_id):
        assert dag_id == "epic_fhir_rerun"
        return SimpleNamespace(is_paused=self.paused)

    def context(self):
        kind = {"run_type": "manual", "data_interval_start": None, "data_interval_end": None}
        run = SimpleNamespace(**kind, run_after=BEGIN, triggering_user_name="ann")
        none = dict.fromkeys(("figure", "warning", "deletions"))
        return {"ti": self, "dag_run": run, "params": none | self.params}


def test_the_form_accepts_a_warning_and_says_what(tmp_path, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_HOME", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path))
    lake = lake_with(tmp_path, {})
    history.save(
        lake, "epic_fhir_etl", nights(past(), {"reports": good_run(), "warned": [("freshness", "all", "Too old.", None)]}, 1)
    )
    told = tasks.accept(Airflow(warning="freshness, all").context())
    assert told == {"run": "by hand", "accepted": ["freshness, all"]}
    (entry,) = history.load(lake, "epic_fhir_etl")["accepted"]
    assert (entry["by"], entry["reason"], entry["check"]) == ("ann", "Group split, 4711", "freshness")
    with pytest.raises(AirflowFailException, match="the newest run has no such warning; its warnings: freshness, all"):
        tasks.accept(Airflow(warning="drift, patient").context())


def test_the_form_starts_a_rerun_for_deletions_alone_and_says_where_that_is_paused():
    assert tasks.has_deletions(Airflow().context()) is False
    assert tasks.has_deletions(Airflow(deletions="Observation:104").context()) is True
    with pytest.raises(AirflowFailException, match="Run: airflow dags unpause epic_fhir_rerun"):
        tasks.has_deletions(Airflow(deletions="Observation:104", paused=True).context())
