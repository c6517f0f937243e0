"""What is accepted is one warning: others of its check and subject, and the same one once it is over, are told."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from made_up import good_run, key
from test_alerts import LINK
from test_contracts import wrong
from test_nights import Nights, states

from epic_fhir import acceptance, alerts, history
from epic_fhir.acceptance import Wanted
from epic_fhir.alert_memory import Told
from epic_fhir.checks import ACCEPTED, WARN, Check

NO_DELETIONS = 'Group "{}": no export has had a list of deletions yet, so what the server deletes may stay in the tables.'
JOINED = 'Group "{}": {} patients joined it, and this export has only what changed lately of them.'


@pytest.fixture
def nights(tmp_path):
    made = Nights(tmp_path)
    for day in (3, 4, 5):
        made.run(day, good_run())
    return made


def warns(phase, *sentences):
    made = good_run()
    made[phase]["result"]["warnings"] = list(sentences)
    return made


def found(verdict, name, subject):
    """The states of that check by the beginning of its sentence's last part."""
    return {c["sentence"][:40]: c["state"] for c in verdict["checks"] if (c["name"], c["subject"]) == (name, subject)}


@pytest.mark.parametrize("phase", ["extract", "load"])
@pytest.mark.parametrize(("other", "again"), [("north", "south"), ("g1", "g2")], ids=["words", "names with digits"])
def test_a_warning_that_was_over_is_told_though_another_of_its_subject_lasted(nights, phase, other, again):
    lasts, was_over = NO_DELETIONS.format(other), NO_DELETIONS.format(again)
    finding, _ = nights.run(6, warns(phase, lasts, was_over))
    nights.type_in(finding)
    _, verdict = nights.run(7, warns(phase, lasts))
    assert states(verdict, "expectations", phase) == {ACCEPTED}
    finding, verdict = nights.run(8, warns(phase, lasts, was_over))
    assert found(verdict, "expectations", phase) == {lasts[:40]: ACCEPTED, was_over[:40]: WARN}
    assert [check["sentence"] for check in finding.grounds] == [was_over]


def test_other_patients_who_join_ten_nights_later_are_told(nights):
    """A server that never lists deletions warns every night, and somebody accepted both warnings of the first one."""
    every_night, joined = NO_DELETIONS.format("g"), JOINED.format("g", 3)
    nights.type_in(nights.run(6, warns("extract", every_night, joined))[0])
    for day in range(7, 15):
        assert nights.run(day, warns("extract", every_night))[0].grounds == []
    finding, _ = nights.run(15, warns("extract", every_night, joined))
    assert [check["sentence"] for check in finding.grounds] == [joined]


def test_what_lasts_stays_accepted_while_its_number_moves_a_little(nights):
    nights.type_in(nights.run(6, warns("extract", JOINED.format("g", 30)))[0])
    for day, count in ((7, 31), (8, 29), (9, 30)):
        assert nights.run(day, warns("extract", JOINED.format("g", count)))[0].grounds == []
    assert nights.run(10, warns("extract", JOINED.format("g", 50)))[0].grounds


def test_a_record_of_before_words_were_kept_counts_by_its_subject():
    past = {
        "accepted": [
            {"check": "c", "subject": "s", "at": "2026-03-01", "words": "w", "by": "ann", "accepted_at": "x", "reason": "r"}
        ]
    }
    past["runs"] = [{"run_id": "r", "at": "2026-03-02", "verdict": "green", "warned": [{"check": "c", "subject": "s"}]}]
    (check,) = acceptance.applied([Check("c", "s", WARN, "w")], past, "now")
    assert check.state == ACCEPTED


def source(**kinds):
    made = good_run()
    made["extract"]["result"] |= {kind: {"Observation": count} for kind, count in kinds.items()}
    return made


@pytest.mark.parametrize(
    ("accepted", "next_night"),
    [
        ({"kept": 800}, {"kept": 780, "unconfirmed": 300}),
        ({"kept": 800}, {"unconfirmed": 300}),
        ({"unconfirmed": 60}, {"unreadable": 40}),
        ({"unconfirmed": 60}, {"unconfirmed": 61}),
    ],
)
def test_what_the_source_keeps_back_is_accepted_by_its_kind_and_number(nights, accepted, next_night):
    nights.type_in(nights.run(6, source(**accepted))[0])
    finding, verdict = nights.run(7, source(**next_night))
    assert len(finding.grounds) == 1
    assert ("kept" in next_night) == (states(verdict, "source", "Observation (not listed)") == {ACCEPTED})


def test_less_of_what_was_accepted_is_no_news(nights):
    nights.type_in(nights.run(6, source(kept=900, unconfirmed=60))[0])
    nights.type_in(nights.run(7, source(kept=900, unconfirmed=60))[0])
    assert nights.run(8, source(kept=850, unconfirmed=1))[0].grounds == []


def without_file(kind, *names):
    """Tables that load has and transform does not know."""
    made = good_run()
    if kind == "views":
        for name in names:
            made["load"]["result"]["tables"][name] = {"rows": 5, "view_rows": 5, "delta_version": 3}
    else:
        made["transform"]["result"][kind] = {"there": {"rows": 1, "version": 3}}
        row = {"rows": 1, "view_rows": 1, "delta_version": 3}
        made["load"]["result"][kind] = {name: dict(row) for name in ("there", *names)}
    return made


@pytest.mark.parametrize("kind", ["views", "joined", "lookups"])
@pytest.mark.parametrize(
    ("later", "state"),
    [(["a", "b"], ACCEPTED), (["b"], ACCEPTED), (["c"], WARN), (["a", "c"], WARN)],
    ids=["the same", "fewer", "another", "one of them and another"],
)
def test_tables_without_a_file_are_accepted_by_their_names(nights, kind, later, state):
    nights.type_in(nights.run(6, without_file(kind, "a", "b"))[0])
    _, verdict = nights.run(7, without_file(kind, *later))
    assert states(verdict, "expectations", kind) == {state}


def test_a_table_that_loses_its_file_a_second_time_is_told(nights):
    nights.type_in(nights.run(6, without_file("views", "a", "b"))[0])
    nights.run(7, without_file("views", "b"))
    _, verdict = nights.run(8, without_file("views", "a", "b"))
    assert states(verdict, "expectations", "views") == {WARN}


def test_what_was_accepted_before_names_were_kept_covers_the_same_tables(nights):
    _, verdict = nights.run(6, without_file("views", "a"))
    (check,) = (c for c in verdict["checks"] if (c["name"], c["subject"]) == ("expectations", "views"))
    old = {
        "check": "expectations",
        "subject": "views",
        "amount": 1,
        "words": acceptance.words(check["sentence"]),
        "told": check["sentence"],
    }
    entry = old | {"at": "2026-03-06T04:00:00+00:00", "reason": "r", "by": "ann", "accepted_at": "2026-03-06T09:00:00+00:00"}
    past = {"accepted": [entry], "runs": [{"run_id": "r", "at": "2026-03-06T04:00:00+00:00", "verdict": "green", "warned": [old]}]}
    for name, state in (("a", ACCEPTED), ("b", WARN)):
        given = Check("expectations", "views", WARN, check["sentence"].replace(": a.", f": {name}."), names=(name,))
        assert [c.state for c in acceptance.applied([given], past, "now")] == [state]


def test_a_verdict_with_warnings_is_as_agreed(nights):
    made = without_file("views", "a")
    made["extract"]["result"]["unconfirmed"] = {"Condition": 3}
    assert wrong("verdict", nights.run(6, made)[1]) == []


def test_a_column_that_is_null_is_another_problem_than_rows_that_are_gone():
    """Both are drift of one view, and the second one is not silent because somebody heard of the first."""

    def finding(*sentences):
        grounds = [{"name": "drift", "subject": "patient", "state": WARN, "sentence": told} for told in sentences]
        return alerts.Finding("green", "Complete, but.", grounds, {"task": "validate", "advice": "", "command": ""})

    first = finding("patient.mrn is null in 40% of the rows, in 5% before.")
    assert first.fingerprint() == finding("patient.mrn is null in 45% of the rows, in 5% before.").fingerprint()
    second = finding(
        "patient.mrn is null in 40% of the rows, in 5% before.", "patient.birth_date is null in 90% of the rows, in 0% before."
    )
    assert first.fingerprint() != second.fingerprint()


def test_what_ends_a_warning_says_that_it_may_have_been_accepted():
    green = alerts.Finding("green", "Green.", [], None)
    (told,) = (line for line in alerts.message(key(), LINK, green, [Told("f", "night 1", "", "green")]).lines if "night 1" in line)
    assert told == "The problem that run night 1 warned about is over, or was accepted."


def test_three_people_who_accept_at_once_lose_no_acceptance(nights, monkeypatch):
    nights.run(6, source(kept=900, unconfirmed=60, unreadable=4))
    load = history.load

    def slow(lake, dag_id):
        past = load(lake, dag_id)
        time.sleep(0.1)
        return past

    def accept(kind):
        wanted = Wanted("", f"source, Observation (not {kind})", "", "as agreed", "ann")
        return acceptance.accept(nights.lake, "epic_fhir_etl", wanted)

    with monkeypatch.context() as patch, ThreadPoolExecutor(3) as people:
        patch.setattr(history, "load", slow)
        assert len(list(people.map(accept, ("listed", "confirmed", "readable")))) == 3
    assert nights.run(7, source(kept=900, unconfirmed=60, unreadable=4))[0].grounds == []


def test_a_run_that_ends_while_somebody_accepts_keeps_the_acceptance(nights, monkeypatch):
    nights.run(6, source(unconfirmed=60))
    add, wanted = history.add, Wanted("", "source, Observation (not confirmed)", "", "as agreed", "ann")
    people = ThreadPoolExecutor(1)

    def while_somebody_accepts(past, run):
        accepted = people.submit(acceptance.accept, nights.lake, "epic_fhir_etl", wanted)
        time.sleep(0.3)
        waits.append(accepted)
        return add(past, run)

    waits = []
    with monkeypatch.context() as patch:
        patch.setattr(history, "add", while_somebody_accepts)
        nights.run(7, source(unconfirmed=60))
    people.shutdown()
    assert [accepted.result() for accepted in waits] == [["source, Observation (not confirmed)"]] * len(waits)
    assert nights.run(8, source(unconfirmed=60))[0].grounds == []
