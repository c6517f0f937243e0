from dataclasses import replace

import pytest
from made_up import (
    EXPORT,
    ROWS,
    RUN_ID,
    THRESHOLDS,
    VIEWS,
    copy,
    counts,
    failed,
    good_run,
    in_silver,
    key,
    lake_with,
    landing,
    report,
)

from epic_fhir import render
from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS, WARN, Check
from epic_fhir.evidence import Evidence
from epic_fhir.layer_counts import table
from epic_fhir.reconcile import GREEN, RED, UNKNOWN, reconcile, verdict
from epic_fhir.verdict import judge

EARLIER = "counts of an earlier try"
AFTER, BEFORE = "2026-03-02T04:10:00+00:00", "2026-03-02T04:01:00+00:00"


def judged(end, *checks):
    """The verdict of the run that landed the export, whose extract succeeded."""
    found = (("report", "extract", PASS), *checks)
    return {"run": {"end": end}, "checks": [{"name": n, "subject": of, "state": state, "sentence": ""} for n, of, state in found]}


def evidence(reports, landings=None, applied=frozenset({EXPORT}), standing=None, every_landing=dict, then=None):
    """
    :param then: the verdict of the run that landed the exports
    """
    known = {EXPORT: landing()} if landings is None else landings
    return Evidence(reports, known, applied, standing or {}, every_landing, verdict_of=lambda run: then)


def states(checks, name, subject):
    return [c.state for c in checks if (c.name, c.subject) == (name, subject)]


def after(change, **parts):
    """The checks of a good run after one change to its reports."""
    reports = good_run()
    change(reports)
    return reconcile(evidence(reports, **parts))


def test_a_good_run_is_green_and_every_type_and_view_was_checked():
    checks = reconcile(evidence(good_run()))
    assert {c.state for c in checks} == {PASS}
    assert verdict(checks) == GREEN
    for name in ("source = bronze", "bronze = transform", "bronze = silver"):
        assert [c.subject for c in checks if c.name == name] == sorted(ROWS)
    for name in ("silver = view", "view = PostgreSQL"):
        assert [c.subject for c in checks if c.name == name] == sorted(VIEWS)


def test_no_checks_at_all_are_not_green():
    assert verdict([]) == UNKNOWN


def test_a_failed_check_outweighs_one_that_could_not_run():
    could_not, fail = Check("a", "b", COULD_NOT_RUN, ""), Check("a", "b", FAIL, "")
    assert verdict([could_not]) == UNKNOWN
    assert verdict([could_not, fail]) == RED


@pytest.mark.parametrize("phase", ["extract", "transform", "load"])
def test_a_missing_report_could_not_be_checked(phase):
    checks = after(lambda r: r.update({phase: None}))
    assert states(checks, "report", phase) == [COULD_NOT_RUN]
    assert verdict(checks) == UNKNOWN


def test_a_failed_phase_is_red():
    checks = after(lambda r: failed(r["load"], 6, "Cannot reach the database: x; start it"))
    assert states(checks, "report", "load") == [FAIL]


def test_a_line_that_is_neither_in_bronze_nor_in_quarantine_is_red():
    checks = after(lambda r: r["extract"]["resources"]["Patient"].update(received=21))
    assert FAIL in states(checks, "source = bronze", "Patient")
    assert any("1 unaccounted for" in c.sentence for c in checks)


def test_what_extract_did_not_expect_is_a_warning_and_no_reason_for_red():
    checks = after(lambda r: r["extract"]["result"].update(warnings=["The full export is empty.", "No Patient at all."]))
    assert states(checks, "expectations", "extract") == [WARN, WARN]
    assert verdict(checks) == GREEN


def test_what_load_had_to_mend_is_a_warning_and_no_reason_for_red():
    checks = after(lambda r: r["load"]["result"].update(warnings=["Someone else changed fhir.patient."]))
    assert states(checks, "expectations", "load") == [WARN]
    assert verdict(checks) == GREEN


def test_a_table_that_load_could_not_bring_up_to_date_is_red_and_told_once():
    def held(r):
        del r["load"]["result"]["tables"]["patient"]
        r["load"]["result"]["refused_views"] = {"patient": "Cannot put the new fhir.patient in place."}
        failed(r["load"], 6, "Cannot put the new fhir.patient in place.")

    checks = after(held)
    assert states(checks, "view = PostgreSQL", "patient") == [FAIL]
    assert sum("Cannot put the new fhir.patient" in check.sentence for check in checks) == 1
    assert verdict(checks) == RED


def test_a_line_in_quarantine_is_accounted_for():
    def quarantine(r):
        r["extract"]["resources"]["Patient"].update(received=22, rejected=2)
        r["extract"]["result"]["manifest_counts"]["Patient"] = 22

    assert verdict(after(quarantine)) == GREEN


@pytest.mark.parametrize("figure", ["received", "written", "rejected"])
def test_a_missing_figure_of_extract_could_not_be_checked(figure):
    checks = after(lambda r: r["extract"]["resources"]["Patient"].update({figure: None}))
    assert states(checks, "source = bronze", "Patient") == [COULD_NOT_RUN]


def test_fewer_lines_than_the_manifest_promises_are_red():
    checks = after(lambda r: r["extract"]["result"]["manifest_counts"].update(Patient=25))
    assert states(checks, "manifest = source", "Patient") == [FAIL]


def test_what_came_by_reference_is_not_in_the_manifest():
    def hydrated(r):
        counts = r["extract"]["resources"]["Patient"]
        counts.update(received=counts["received"] + 7)
        r["extract"]["result"].update(by_reference={"Patient": 7}, unchanged={"Patient": 7})

    checks = after(hydrated)
    assert states(checks, "manifest = source", "Patient") == []
    assert states(checks, "source = bronze", "Patient") == [PASS]
    assert verdict(checks) == GREEN


def test_what_came_by_reference_does_not_make_up_for_lines_that_the_manifest_promises():
    def short(r):
        r["extract"]["result"].update(by_reference={"Patient": 7})
        r["extract"]["result"]["manifest_counts"]["Patient"] = r["extract"]["resources"]["Patient"]["received"]

    assert states(after(short), "manifest = source", "Patient") == [FAIL]


def test_a_type_that_only_came_by_reference_is_served_as_received():
    reports = good_run()
    received = reports["extract"]["resources"]["Patient"]["received"]
    reports["extract"]["result"]["by_reference"] = {"Patient": received}
    del reports["extract"]["result"]["manifest_counts"]["Patient"]
    assert verdict(reconcile(evidence(reports))) == GREEN
    assert [row["served"] for row in table(evidence(reports)) if row["type"] == "Patient"] == [received]


def test_a_type_that_the_manifest_promises_and_that_did_not_come_is_red():
    checks = after(lambda r: r["extract"]["result"]["manifest_counts"].update(Goal=3))
    assert states(checks, "manifest = source", "Goal") == [FAIL]


def test_what_a_failed_extract_did_not_fetch_is_no_fault_of_the_servers():
    def change(reports):
        reports["extract"]["result"]["manifest_counts"].update(Goal=3)
        reports["extract"]["run"] |= {"status": "failed", "exit_code": 4, "error": "Cannot download file Goal-1.ndjson"}

    checks = after(change)
    assert states(checks, "manifest = source", "Goal") == [COULD_NOT_RUN]
    assert states(checks, "report", "extract") == [FAIL]


def test_a_manifest_without_counts_is_no_failure():
    assert verdict(after(lambda r: r["extract"]["result"].pop("manifest_counts"))) == GREEN


def test_rows_that_transform_did_not_read_are_red():
    checks = after(lambda r: r["transform"]["result"]["silver"]["Patient"].update(read=19))
    assert states(checks, "bronze = transform", "Patient") == [FAIL]


def test_a_type_of_which_transform_does_not_report_what_it_read_could_not_be_checked():
    checks = after(lambda r: r["transform"]["result"]["silver"]["Patient"].pop("read"))
    assert states(checks, "bronze = transform", "Patient") == [COULD_NOT_RUN]
    assert verdict(checks) == UNKNOWN


def test_what_transform_read_is_held_against_what_extract_wrote_and_not_against_the_landing():
    """The landing lost a row and transform trusts it: both numbers agree, and a row is gone all the same."""
    lost = ROWS | {"Patient": 19}
    checks = after(
        lambda r: r["transform"]["result"]["silver"]["Patient"].update(read=19),
        landings={EXPORT: landing(**lost)},
    )
    assert states(checks, "bronze = transform", "Patient") == [FAIL]
    assert any("extract wrote 20 Patient, and transform read 19" in c.sentence for c in checks)


def test_a_type_that_was_rebuilt_was_read_from_all_of_bronze():
    every = {EXPORT: landing(), "before": landing("before", Patient=31), "long before": landing("long before", Patient=4)}

    def rebuild(r):
        r["transform"]["result"]["silver"]["Patient"].update(read=55)

    assert verdict(after(rebuild, every_landing=lambda: every)) == GREEN
    del every["long before"]
    assert states(after(rebuild, every_landing=lambda: every), "bronze = transform", "Patient") == [FAIL]
    every["long before"] = None  # there, and nobody can read it
    checks = after(rebuild, every_landing=lambda: every)
    assert states(checks, "bronze = transform", "Patient") == [COULD_NOT_RUN]
    assert any("the landing of long before cannot be read" in c.sentence for c in checks)
    assert not any("run transform again" in c.sentence for c in checks)


def test_a_transform_that_failed_after_it_had_read_does_not_vouch_for_its_counts():
    """It names only the exports that it finished; what it read of the others is in its counts, too."""

    def held(r):
        failed(r["transform"], 5, "Nothing was deleted: …")
        r["transform"]["result"]["silver"]["Patient"].update(read=24)

    assert states(after(held), "bronze = transform", "Patient") == [COULD_NOT_RUN]
    unfinished = after(lambda r: [held(r), r["transform"]["result"].update(exports=[])], applied=frozenset())
    assert any(c.sentence == f"transform did not apply export {EXPORT}; see why transform failed." for c in unfinished)


def test_rows_that_transform_read_from_nowhere_are_red():
    checks = after(lambda r: r["transform"]["result"]["silver"].update(Goal=in_silver(4)))
    assert states(checks, "bronze = transform", "Goal") == [FAIL]


def test_an_earlier_export_that_transform_caught_up_on_counts_in():
    def catch_up(r):
        r["transform"]["result"]["silver"]["Patient"]["read"] += 5
        r["transform"]["result"]["exports"].append("earlier")

    both = {EXPORT: landing(), "earlier": landing("earlier", Patient=5)}
    assert verdict(after(catch_up, landings=both)) == GREEN
    checks = after(catch_up, landings={EXPORT: landing()})
    assert states(checks, "bronze = transform", "all") == [COULD_NOT_RUN]


def test_a_landing_that_lists_other_rows_than_extract_wrote_is_red():
    rows = dict(ROWS, Patient=19)
    checks = after(lambda r: None, landings={EXPORT: landing(**rows)})
    assert states(checks, "bronze = landing", "Patient") == [FAIL]


def test_an_export_that_was_not_applied_is_red_and_one_applied_earlier_is_not():
    def nothing_to_do(r):
        r["transform"]["result"]["exports"] = []
        r["transform"]["resources"] = {}

    assert states(after(nothing_to_do, applied=frozenset()), "bronze = transform", "all") == [FAIL]
    assert verdict(after(nothing_to_do)) == GREEN


@pytest.mark.parametrize(("phase", "name"), [("extract", "export_id"), ("transform", "exports")])
def test_exports_that_are_not_named_could_not_be_checked(phase, name):
    checks = after(lambda r: r[phase]["result"].pop(name))
    assert states(checks, "bronze = transform", "all") == [COULD_NOT_RUN]


def test_bundles_of_deletions_are_no_resources():
    with_deletions = landing()
    with_deletions["files"].append({"resource_type": "Bundle", "path": "b", "rows": 2, "bytes": 9, "kind": "DELETIONS"})
    assert verdict(after(lambda r: None, landings={EXPORT: with_deletions})) == GREEN
    checks = after(lambda r: r["extract"]["resources"].update(counts(Bundle=3)), landings={EXPORT: with_deletions})
    assert states(checks, "bronze = landing", "Bundle") == [FAIL]


def test_ids_of_bronze_that_are_not_in_silver_are_red():
    checks = after(lambda r: r["transform"]["result"]["silver"]["Patient"].update(present=19))
    assert states(checks, "bronze = silver", "Patient") == [FAIL]


def test_an_empty_silver_table_after_rows_came_is_red():
    bare = {"delta_version": 3, "rows_live": 0, "tombstones": 0, "distinct": 3, "present": 3}
    checks = after(lambda r: r["transform"]["result"]["silver"].update(Patient=bare))
    assert states(checks, "bronze = silver", "Patient") == [FAIL]


@pytest.mark.parametrize("missing", ["rows_live", "tombstones", "distinct", "present"])
def test_a_silver_table_without_figures_could_not_be_checked(missing):
    checks = after(lambda r: r["transform"]["result"]["silver"]["Patient"].pop(missing))
    assert states(checks, "bronze = silver", "Patient") == [COULD_NOT_RUN]


def test_a_row_that_postgresql_lacks_is_red():
    checks = after(lambda r: r["load"]["result"]["tables"]["patient"].update(rows=19))
    assert states(checks, "view = PostgreSQL", "patient") == [FAIL]


@pytest.mark.parametrize(
    ("standing", "postgres", "state"),
    [
        (4, 18, PASS),  # another run's transform has left version 4, which load found
        (5, 18, PASS),  # and a third one's went on meanwhile
        (4, 17, FAIL),  # load lost one of it
        (3, 18, FAIL),  # nobody's transform made version 4: somebody else took rows out of the view
        (None, 18, FAIL),
    ],
)
def test_a_view_that_another_run_changed_before_the_load_is_held_against_what_was_loaded(standing, postgres, state):
    def overlap(r):
        r["transform"]["result"]["views"]["patient"].update(delta_version=3, rows=20)
        r["load"]["result"]["tables"]["patient"].update(delta_version=4, view_rows=18, rows=postgres)

    checks = after(overlap, standing={} if standing is None else {"patient": standing})
    assert states(checks, "view = PostgreSQL", "patient") == [state]


@pytest.mark.parametrize(("phase", "name"), [("transform", "views"), ("load", "tables")])
def test_a_view_that_one_side_does_not_name_could_not_be_checked(phase, name):
    def forget(r):
        del r[phase]["result"][name]["patient"]
        r["load"]["result"]["tables"].get("patient", {}).pop("view_rows", None)

    assert states(after(forget), "view = PostgreSQL", "patient") == [COULD_NOT_RUN]
    assert states(after(lambda r: r[phase]["result"].pop(name)), "view = PostgreSQL", "all") == [COULD_NOT_RUN]


def test_a_view_whose_definition_is_gone_is_compared_by_what_load_saw():
    assert verdict(after(lambda r: r["transform"]["result"]["views"].pop("patient"))) == GREEN


def test_a_run_with_nothing_new_is_green():
    def idle(r):
        for phase in ("extract", "transform"):
            r[phase]["resources"] = {}
        for state in r["transform"]["result"]["silver"].values():
            for name in ("read", "distinct", "present", "released"):
                del state[name]
        r["extract"]["result"]["manifest_counts"] = {}

    assert verdict(after(idle, landings={EXPORT: {"files": []}})) == GREEN


def test_the_table_has_a_row_for_each_type_with_both_sides_of_its_views():
    rows = {row["type"]: row for row in table(evidence(good_run()))}
    assert list(rows) == sorted(ROWS)
    assert rows["Observation"]["views"] == [
        {"view": "observation", "matches": 14308, "rows": 14308, "postgres": 14308},
        {"view": "vital_signs", "matches": 14308, "rows": 1630, "postgres": 1630},
    ]
    assert (rows["Patient"]["served"], rows["Patient"]["bronze"], rows["Patient"]["silver"]) == (20, 20, 20)


def test_the_table_of_a_run_without_reports_is_empty():
    assert table(Evidence({})) == []
    assert table(evidence(copy({"extract": report("extract", 0, 1)}))) == []


def rerun(r):
    """What extract reports of an export that an earlier try has landed."""
    r["extract"] = report("extract", 900, 4, result={"export_id": EXPORT, "partitions": []})


def test_a_rerun_that_finds_its_export_landed_is_green_and_its_table_holds_what_landed():
    def nothing_left(r):
        rerun(r)
        r["transform"]["result"]["exports"] = []
        r["transform"]["resources"] = {}

    assert verdict(after(nothing_left, then=judged(AFTER))) == GREEN
    reports = good_run()
    nothing_left(reports)
    rows = {row["type"]: row for row in table(evidence(reports))}
    assert {kind: row["bronze"] for kind, row in rows.items()} == ROWS
    assert rows["Patient"]["served"] is None


def test_a_rerun_is_still_checked_from_bronze_on():
    assert verdict(after(rerun, then=judged(AFTER))) == GREEN
    lost = after(lambda r: [rerun(r), r["transform"]["result"]["silver"]["Patient"].update(read=19)])
    assert states(lost, "bronze = transform", "Patient") == [FAIL]
    unplaced = after(lambda r: [rerun(r), r["transform"]["result"]["silver"].pop("Patient")])
    assert states(unplaced, "bronze = silver", "Patient") == [COULD_NOT_RUN]


def test_an_extract_that_counts_nothing_while_its_own_landing_lists_rows_is_red():
    checks = after(lambda r: r["extract"].update(resources={}))
    assert states(checks, "bronze = landing", "Patient") == [FAIL]


@pytest.mark.parametrize(
    ("verdict_then", "failed"),
    [
        (judged(AFTER, ("source = bronze", "Observation", FAIL)), "source = bronze of Observation"),
        (judged(AFTER, ("manifest = source", "Patient", FAIL)), "manifest = source of Patient"),
        (judged(AFTER, ("bronze = landing", "Patient", FAIL)), "bronze = landing of Patient"),
        (judged(AFTER, (EARLIER, EXPORT, FAIL)), f"{EARLIER} of {EXPORT}"),
        (judged(AFTER, ("source = bronze", "Patient", PASS), ("view = PostgreSQL", "patient", FAIL)), None),
        (judged(AFTER, (EARLIER, "another export", FAIL)), None),
    ],
)
def test_an_export_that_is_not_downloaded_again_is_as_good_as_the_try_that_counted_it(verdict_then, failed):
    reports = good_run()
    rerun(reports)
    asked = []
    found = reconcile(replace(evidence(reports), verdict_of=lambda run: asked.append(run) or verdict_then))
    assert set(asked) == {f"epic_fhir_etl/{RUN_ID}"}
    assert states(found, EARLIER, EXPORT) == ([FAIL] if failed else [])
    assert states(found, "source = bronze", "all") == ([] if failed else [PASS])
    assert not failed or any(f"and the counts of that try did not match: {failed}." in c.sentence for c in found)


@pytest.mark.parametrize("name", ["source = bronze", "manifest = source", "bronze = landing"])
@pytest.mark.parametrize("fits", [EXPORT, "another export"])
def test_a_check_of_a_type_that_failed_is_not_about_an_export_that_the_same_run_found_right(name, fits):
    then = judged(AFTER, (name, "Patient", FAIL))
    then["checks"].append({"name": "source = bronze", "subject": "all", "state": PASS, "sentence": "", "names": [fits]})
    reports = good_run()
    rerun(reports)
    assert states(reconcile(evidence(reports, then=then)), EARLIER, EXPORT) == ([] if fits == EXPORT else [FAIL])


STOPPED = {"name": "settings", "subject": "all", "state": FAIL, "sentence": "x"}


@pytest.mark.parametrize(
    "verdict_then",
    [
        judged(BEFORE, ("source = bronze", "Patient", FAIL)),  # the export landed once more since
        None,
        "x",
        {"run": {"end": AFTER}, "checks": ["x", {}]},
        {"run": {"end": None}, "checks": [STOPPED]},
        {"run": {"end": AFTER}, "checks": [STOPPED]},
        {"run": {"end": AFTER}, "checks": [{"name": "report", "subject": "extract", "state": COULD_NOT_RUN, "sentence": "x"}]},
    ],
)
def test_an_export_whose_counts_nobody_compared_and_nobody_can_is_not_green(verdict_then):
    reports = good_run()
    rerun(reports)
    found = reconcile(evidence(reports, then=verdict_then))
    assert states(found, EARLIER, EXPORT) == [COULD_NOT_RUN]
    assert states(found, "source = bronze", "all") == []
    assert verdict(found) == UNKNOWN


def keeps(report, **rows):
    """The bronze commit with what it keeps of extract's report, and with other rows than those."""
    made = landing()
    for file in made["files"]:
        file["rows"] = rows.get(file["resource_type"], file["rows"])
    return made | {"report": {"resources": report["resources"], "result": report["result"]}}


def again(commit, verdict_then=None):
    """The checks of a try that finds its export landed, with the counts that the bronze commit keeps."""
    first, reports = good_run()["extract"], good_run()
    rerun(reports)
    reports["transform"]["result"]["exports"] = []
    whole = {**reports["extract"], "resources": commit["report"]["resources"], "result": {**first["result"], "export_id": EXPORT}}
    made = evidence(reports, {EXPORT: commit}, then=verdict_then)
    return reconcile(replace(made, whole=whole, counted=frozenset({EXPORT})))


@pytest.mark.parametrize(
    "then",
    [None, judged(AFTER, ("bronze = landing", "Patient", FAIL)), judged(AFTER, (EARLIER, EXPORT, FAIL)), judged(BEFORE)],
    ids=["never judged", "red", "red twice", "another landing"],
)
@pytest.mark.parametrize("rows", [{"Patient": 19}, {"Patient": 21}])
def test_rows_that_extract_counted_and_the_bronze_commit_lacks_are_red_in_a_later_try_too(then, rows):
    found = again(keeps(good_run()["extract"], **rows), then)
    assert states(found, EARLIER, EXPORT) == [FAIL]
    assert any("the counts of that try did not match: bronze = landing of Patient." in check.sentence for check in found)
    assert verdict(found) == RED


def test_rows_that_were_erased_after_they_had_been_compared_are_no_loss():
    assert verdict(again(keeps(good_run()["extract"], Patient=19), judged(AFTER))) == GREEN
    reports = good_run()
    other = {EXPORT: keeps(good_run()["extract"], Patient=19)}
    assert states(reconcile(evidence(reports, other, then=judged(AFTER))), "bronze = landing", "Patient") == []
    never = reconcile(evidence(reports, other))
    assert states(never, "bronze = landing", "Patient") == [FAIL]


@pytest.mark.parametrize("then", [None, judged(BEFORE), judged(AFTER), judged(AFTER, (EARLIER, EXPORT, FAIL))])
def test_rows_that_an_erasure_took_out_count_with_those_that_are_left_also_where_nobody_had_compared_them(then):
    removed = {"removed": [{"resource_type": "Patient", "rows": 1, "kind": "RESOURCES"}]}
    erased = keeps(good_run()["extract"], Patient=19) | removed
    assert states(again(erased, then), EARLIER, EXPORT) == []
    assert states(reconcile(evidence(good_run(), {EXPORT: erased}, then=then)), "bronze = landing", "Patient") == []
    lost = keeps(good_run()["extract"], Patient=18) | removed
    assert states(reconcile(evidence(good_run(), {EXPORT: lost})), "bronze = landing", "Patient") == [FAIL]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda r: r["resources"]["Patient"].update(received=21), FAIL),
        (lambda r: r["result"]["manifest_counts"].update(Patient=21), FAIL),
        (lambda r: r["result"]["manifest_counts"].update(Device=1), FAIL),
        (lambda r: r["resources"]["Patient"].update(rejected=None), COULD_NOT_RUN),
        (lambda r: r["result"].update(manifest_counts={}), None),
    ],
    ids=["lost", "fewer than promised", "none of a type", "not counted", "nothing promised"],
)
def test_counts_of_an_export_that_landed_earlier_are_compared_one_by_one(change, state):
    first = good_run()["extract"]
    change(first)
    found = again(keeps(first), judged(AFTER))
    assert states(found, EARLIER, EXPORT) == ([state] if state else [])


def test_what_the_bronze_commit_lacks_is_red_although_transform_failed():
    reports = good_run()
    failed(reports["transform"], 1, "A bug.")
    reports["transform"]["result"] = {}
    found = reconcile(evidence(reports, {EXPORT: keeps(reports["extract"], Patient=19)}))
    assert states(found, "bronze = landing", "Patient") == [FAIL]


def test_what_a_crawl_read_again_is_accounted_for():
    def read_again(reports):
        reports["extract"]["resources"]["Patient"].update(received=ROWS["Patient"] + 7)
        reports["extract"]["result"].update(unchanged={"Patient": 5}, duplicates={"Patient": 2})

    checks = after(read_again)
    assert states(checks, "source = bronze", "Patient") == [PASS]
    assert any("5 unchanged, 2 duplicates" in c.sentence for c in checks)


def test_what_a_crawl_read_again_does_not_hide_a_loss():
    def lose(reports):
        reports["extract"]["resources"]["Patient"].update(received=ROWS["Patient"] + 8)
        reports["extract"]["result"].update(unchanged={"Patient": 7})

    checks = after(lose)
    assert FAIL in states(checks, "source = bronze", "Patient")
    assert any("1 unaccounted for" in c.sentence for c in checks)


def two_exports(reports):
    """A second group, whose export an earlier try had landed."""
    reports["extract"]["result"].update(export_id=f"{EXPORT},other")
    reports["transform"]["result"]["exports"].append("other")
    reports["transform"]["result"]["silver"]["Patient"]["read"] += 3
    reports["transform"]["result"]["silver"]["Patient"]["rows_live"] += 3


def test_two_groups_are_weighed_together_also_where_one_had_landed_before():
    landings = {EXPORT: landing(), "other": {**landing("other", Patient=3), "landed_at": "2000-01-01T00:00:00Z"}}
    checks = after(two_exports, landings=landings, applied=frozenset({EXPORT, "other"}), then=judged(AFTER))
    assert {c.state for c in checks} == {PASS}
    assert any("other: landed and checked by an earlier try" in c.sentence for c in checks)


def test_a_group_that_transform_left_out_is_red():
    def left_out(reports):
        two_exports(reports)
        reports["transform"]["result"]["exports"].remove("other")

    landings = {EXPORT: landing(), "other": landing("other", Patient=3)}
    checks = after(left_out, landings=landings)
    assert any(c.state == FAIL and "did not apply export other" in c.sentence for c in checks)


def transform_again(reports, start, **versions):
    """Somebody cleared transform after load had run; these views have a new version, with as many rows."""
    reports["transform"]["run"] |= {"start": start, "end": "2026-03-02T09:05:00Z"}
    for view, version in versions.items():
        reports["transform"]["result"]["views"][view]["delta_version"] = version


@pytest.mark.parametrize("version", [4, 0, None], ids=["changed", "built anew", "not told"])
def test_a_table_that_is_older_than_its_view_is_red_although_it_has_as_many_rows(version):
    checks = after(lambda r: transform_again(r, "2026-03-02T09:00:00Z", patient=version), standing={"patient": version or 0})
    assert states(checks, "older in PostgreSQL", "patient") == [FAIL]
    assert states(checks, "view = PostgreSQL", "patient") == [], "nothing was compared"
    assert states(checks, "view = PostgreSQL", "condition") == [PASS]
    assert render.headline("red", {}, [c.as_dict() for c in checks]) == "Red: a check failed: older in PostgreSQL."
    assert any("patient in PostgreSQL is older than in the lake: transform ran again after load" in c.sentence for c in checks)


@pytest.mark.parametrize(
    ("after_hours", "version", "rows", "state"),
    [(8, 4, 20, PASS), (8, 4, 19, FAIL), (8, 5, 20, None), (-24, 4, 20, None)],
    ids=["loaded", "other rows", "another version", "before this load"],
)
def test_a_table_that_another_run_has_loaded_since_is_compared_with_what_that_one_left(tmp_path, after_hours, version, rows, state):
    """Its transform made the version, its load brought it; then transform of this run was cleared, and had nothing to do."""
    reports = good_run()
    transform_again(reports, "2026-03-02T18:00:00Z", patient=4)
    lake = lake_with(tmp_path, reports)
    other = report(
        "load",
        162 + 3600 * after_hours,
        5,
        result={"tables": {"patient": {"rows": rows, "view_rows": rows, "delta_version": version}}},
    )
    lake.write_json(lake.metrics("epic_fhir_etl", "scheduled__2026-03-03T04:00:00+00:00", "load.json"), other)
    checks = judge(lake, key(), reports, THRESHOLDS).checks
    told = {(c["name"], c["state"]) for c in checks if c["subject"] == "patient" and "PostgreSQL" in c["name"]}
    assert told == ({("view = PostgreSQL", state)} if state else {("older in PostgreSQL", FAIL)})


def test_a_transform_that_had_nothing_left_to_do_after_load_is_good():
    assert verdict(after(lambda r: transform_again(r, "2026-03-02T09:00:00Z"))) == GREEN


def test_a_load_after_transform_may_have_a_version_that_holds_the_same_rows():
    assert verdict(after(lambda r: r["load"]["result"]["tables"]["patient"].update(delta_version=4))) == GREEN


def test_a_view_that_load_does_not_name_is_unknown_whatever_ran_first():
    def never_loaded(reports):
        transform_again(reports, "2026-03-02T09:00:00Z", patient=0)
        del reports["load"]["result"]["tables"]["patient"]

    assert states(after(never_loaded), "view = PostgreSQL", "patient") == [COULD_NOT_RUN]
