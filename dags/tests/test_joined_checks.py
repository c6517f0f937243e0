"""Joined tables and lookups in the reconciliation, on the page, and in the command that mends a red run."""

import pytest
from made_up import EXPORT, RUN_ID, failed, good_run, key, lake_with, landing
from test_render import GOOD as STATES
from test_render import page

from epic_fhir import joined_checks, rerun
from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, WARN
from epic_fhir.evidence import Evidence
from epic_fhir.reconcile import GREEN, RED, UNKNOWN, reconcile, verdict
from epic_fhir.remedy import next_step

STOPPED = "Joined table order keeps its last good rows: conf/joined/order.sql, line 3: no table drug"


def run(**changes):
    """The reports of a run with a joined table of 5 rows and a lookup of 2; changes by a path such as load__joined__order__rows."""
    reports = good_run()
    reports["transform"]["result"] |= {
        "joined": {"order": {"rows": 5, "built": "keys", "touched": 2, "version": 3, "seconds": 0.1}},
        "lookups": {"drug": {"rows": 2, "rebuilt": False, "version": 0}},
    }
    reports["load"]["result"] |= {
        "joined": {"order": {"rows": 5, "view_rows": 5, "delta_version": 3}},
        "lookups": {"drug": {"rows": 2, "view_rows": 2, "delta_version": 0}},
    }
    for path, value in changes.items():
        phase, *keys, last = path.split("__")
        at = reports[phase]["result"]
        for part in keys:
            at = at[part]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return reports


def checks(reports, **evidence):
    return reconcile(Evidence(reports, {EXPORT: landing()}, **evidence))


def states(found, name):
    return {check.subject: check.state for check in found if check.name == name}


def test_each_has_the_same_rows_in_the_lake_and_in_postgres():
    found = checks(run())
    assert states(found, "joined = PostgreSQL") == {"order": PASS, "drug": PASS}
    assert verdict(found) == GREEN


@pytest.mark.parametrize("table", ["joined__order", "lookups__drug"])
def test_a_table_that_is_older_than_in_the_lake_is_red_although_it_has_as_many_rows(table):
    kind, name = table.split("__")
    reports = run(**{f"transform__{table}__version": 7})
    assert states(checks(reports), "joined = PostgreSQL")[name] == PASS, "load came after it"
    reports["transform"]["run"] |= {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:05:00Z"}
    assert states(checks(reports), "older in PostgreSQL") == {name: FAIL}
    assert name not in states(checks(reports), "joined = PostgreSQL"), "nothing was compared"
    step = next_step(key(), {}, {"validate": "failed"}, [c.as_dict() for c in checks(reports)])
    assert f'"begin": "load", "views": ["{name}"]' in step["command"], kind


def test_a_site_without_any_is_not_asked():
    found = checks(run(transform__joined={}, transform__lookups={}, load__joined={}, load__lookups={}))
    assert states(found, "joined = PostgreSQL") == {}
    assert states(checks(good_run()), "joined = PostgreSQL") == {}
    assert verdict(found) == GREEN


@pytest.mark.parametrize(
    ("changes", "subject", "state", "ends"),
    [
        ({"load__joined__order__rows": 4}, "order", FAIL, RED),
        ({"transform__lookups__drug__rows": 3}, "drug", FAIL, RED),
        ({"load__joined__order": None}, "order", COULD_NOT_RUN, UNKNOWN),
        ({"transform__joined__order__rows": None}, "order", COULD_NOT_RUN, UNKNOWN),
        ({"transform__joined": None}, "joined", COULD_NOT_RUN, UNKNOWN),
        ({"load__lookups": None}, "lookups", COULD_NOT_RUN, UNKNOWN),
        ({"load__refused_joined": {"order": "Cannot load joined table order: held"}}, "order", FAIL, RED),
        ({"load__lookups__drug": None, "load__refused_lookups": {"drug": "Cannot load"}}, "drug", FAIL, RED),
    ],
)
def test_what_differs_or_cannot_be_compared_is_never_green(changes, subject, state, ends):
    found = checks(run(**changes))
    assert states(found, "joined = PostgreSQL")[subject] == state
    assert verdict(found) == ends


@pytest.mark.parametrize(("standing", "postgres", "state"), [(4, 7, PASS), (4, 6, FAIL), (3, 7, FAIL), (None, 7, FAIL)])
def test_one_that_another_run_changed_before_the_load_is_held_against_what_was_loaded(standing, postgres, state):
    reports = run(load__joined__order={"rows": postgres, "view_rows": 7, "delta_version": 4})
    found = checks(reports, standing_joined={} if standing is None else {"order": standing})
    assert states(found, "joined = PostgreSQL")["order"] == state


@pytest.mark.parametrize("kind", ["joined", "lookups"])
def test_one_that_stopped_is_red_told_once_and_comes_with_the_command(kind):
    reports = run(**{f"transform__refused_{kind}": {"new": STOPPED}})
    failed(reports["transform"], 5, STOPPED)
    found = checks(reports)
    assert states(found, "views = joined") == {"new": FAIL}
    assert sum(STOPPED in check.sentence for check in found) == 1
    assert verdict(found) == RED
    step = next_step(key(), reports, {**STATES, "transform": "failed"}, [check.as_dict() for check in found])
    assert "These joined tables and lookups were not updated and keep their last good rows: new." in step["advice"]
    assert step["command"].startswith("airflow dags trigger epic_fhir_rerun --conf ")
    assert '"begin": "transform", "go": true' in step["command"]


def test_one_that_stopped_and_was_loaded_before_is_compared_by_what_load_saw():
    found = checks(run(transform__refused_joined={"order": STOPPED}, transform__joined={}))
    assert states(found, "joined = PostgreSQL")["order"] == PASS
    assert states(found, "expectations").get("joined") is None


def test_one_whose_file_is_gone_is_a_warning():
    found = checks(run(transform__joined={}))
    assert states(found, "expectations")["joined"] == WARN
    assert verdict(found) == GREEN


def test_a_table_that_differs_in_postgres_is_loaded_again_by_the_command():
    reports = run(load__joined__order__rows=4)
    found = [check.as_dict() for check in checks(reports)]
    step = next_step(key(), reports, {**STATES, "validate": "failed"}, found)
    assert '"begin": "load", "views": ["order"]' in step["command"]


def test_a_rerun_rebuilds_joined_tables_as_views_and_loads_lookups_again(tmp_path):
    lake = lake_with(tmp_path, run())
    asked = rerun.Asked(RUN_ID, "transform", views=("order", "drug", "patient"))
    plan = rerun.plan(lake, "epic_fhir_etl", asked)
    assert plan.selection("transform") == {"views": ["order", "patient"], "export": plan.exports}
    assert plan.selection("load") == {"views": ["order", "patient", "drug"]}
    assert "joined/order and its PostgreSQL table (5 rows now) are replaced." in plan.sentences
    assert "The PostgreSQL table of drug (2 rows now) is replaced." in plan.sentences


def test_the_page_shows_them(tmp_path):
    html, _ = page(tmp_path, run(load__joined__order__rows=4), STATES)
    assert "<h2>Joined tables and lookups</h2>" in html
    assert '<td data-of="keys">2</td><td data-of="rows">5</td>' in html
    assert '<td data-of="PostgreSQL" class="bad">4</td>' in html
    assert joined_checks.counts({}, {}) == []
    plain, _ = page(tmp_path, good_run(), STATES)
    assert "Joined tables" not in plain
