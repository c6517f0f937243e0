"""A task's log begins and ends with sentences of ours."""

from dataclasses import replace

import pytest
from made_up import RUN_ID, good_run, key, report

from epic_fhir import logs


def test_the_first_sentence_says_what_is_asked_and_for_which_run():
    told = logs.opening(key("extract", 2), "/c/pipeline.conf", "e1")
    assert told == f"extract brings the exports into bronze. Run {RUN_ID}, try 2, settings /c/pipeline.conf. Exports: e1."


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ("kick_off", "succeeded after 3.1 s: exports epic_fhir_etl-7f3a; state accepted. Next: wait."),
        ("wait", "succeeded after 1.4 s: exports epic_fhir_etl-7f3a; state complete. Next: extract."),
        ("extract", "succeeded after 38.0 s: 18,146 resources received; 0 in quarantine. Next: transform."),
        ("transform", "succeeded after 74.0 s: 1 exports applied; 7 views up to date. Next: load."),
        ("load", "succeeded after 17.0 s: 7 of 7 tables changed; 27,194 rows in all. Next: the checks."),
    ],
)
def test_the_last_sentence_says_what_came_of_it_and_what_is_next(task, found):
    assert logs.closing(key(task), good_run()[task], f"/lake/{task}.json") == f"{task} {found} Report: /lake/{task}.json"


def test_an_export_that_is_not_ready_is_asked_for_again():
    made = good_run()["wait"]
    made["result"]["state"] = "in-progress"
    told = logs.closing(key("wait"), made, "/lake/wait.json")
    assert (
        told
        == "wait checked after 1.4 s: exports epic_fhir_etl-7f3a; state in-progress. It checks again later. Report: /lake/wait.json"
    )


@pytest.mark.parametrize(
    ("dag", "task", "told"),
    [
        ("care", "care", "care succeeded after 5.0 s. Report: /lake/care.json"),
        ("preflight", "preflight", "preflight succeeded after 5.0 s. Report: /lake/preflight.json"),
        ("erase", "erase", "erase succeeded after 5.0 s. Report: /lake/erase.json"),
        ("erase", "load", "load succeeded after 5.0 s: 0 of 0 tables changed; 0 rows in all. Report: /lake/load.json"),
    ],
)
def test_a_task_of_another_dag_tells_of_no_tables_and_no_checks_that_it_does_not_have(dag, task, told):
    run = replace(key(task), dag_id=f"epic_fhir_{dag}")
    assert logs.closing(run, report(task, 0, 5), f"/lake/{task}.json") == told


def test_a_rerun_of_a_site_says_what_is_next(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SITES", "north")
    run = replace(key("extract"), dag_id="epic_fhir_rerun_north")
    assert " Next: transform. " in logs.closing(run, report("extract", 0, 5), "/lake/extract.json")
