"""What transform read against what extract wrote, where an erasure or the retention of bronze has taken rows out."""

from datetime import timedelta

import pytest
from made_up import BEGIN, EXPORT, ROWS, good_run, landing
from test_reconcile import AFTER, evidence, judged, rerun, states

from epic_fhir.checks import COULD_NOT_RUN, FAIL, PASS
from epic_fhir.reconcile import GREEN, UNKNOWN, reconcile, verdict

READ = "bronze = transform"
BEFORE_TRANSFORM, SINCE = ((BEGIN + timedelta(seconds=s)).isoformat() for s in (84, 4000))


def reduced(commit, at, kind="RESOURCES", **rows):
    """A bronze commit after rows of these types were taken out of its files."""
    for file in commit["files"]:
        file["rows"] -= rows.get(file["resource_type"], 0)
    commit["files"] = [file for file in commit["files"] if file["rows"]]
    commit["removed"] = [{"resource_type": name, "rows": n, "kind": kind, "at": at} for name, n in rows.items()]
    return commit


def found(commits, reads=None, exports=(), change=lambda r: None, **parts):
    """The checks of a good run whose transform read so many rows, and applied other exports, too."""
    reports = good_run()
    silver = reports["transform"]["result"]["silver"]
    for kind, rows in (reads or {}).items():
        silver[kind].update(read=rows, distinct=min(rows, 17), present=min(rows, 17), rows_live=17)
    reports["transform"]["result"]["exports"] += exports
    change(reports)
    return reconcile(evidence(reports, commits, **parts))


@pytest.mark.parametrize(
    ("at", "good"),
    [(BEFORE_TRANSFORM, {17}), (SINCE, {17, 18, 20}), (None, {17, 18, 20}), ("noon", {17, 18, 20})],
    ids=["before transform", "since", "unknown", "no time"],
)
@pytest.mark.parametrize("read", [16, 17, 18, 20, 21])
def test_transform_has_read_what_was_left_when_it_ran(at, good, read):
    checks = found({EXPORT: reduced(landing(), at, Patient=3)}, {"Patient": read})
    assert states(checks, READ, "Patient") == [PASS if read in good else FAIL]
    assert (verdict(checks) == GREEN) == (read in good)
    assert {state for kind in ROWS if kind != "Patient" for state in states(checks, READ, kind)} == {PASS}


def test_the_sentences_say_that_rows_were_removed():
    commits = {EXPORT: reduced(landing(), BEFORE_TRANSFORM, Patient=3)}
    told = [check.sentence for read in (17, 16) for check in found(commits, {"Patient": read}) if check.name == READ]
    wrote = "extract wrote 20 Patient (3 of them were removed from bronze later)"
    assert f"{wrote}, and transform read all 17 that were left." in told
    assert f"{wrote}, and transform read 16; run transform again." in told


def test_rows_that_a_commit_lost_without_a_removal_are_red():
    lost = landing()
    next(file for file in lost["files"] if file["resource_type"] == "Patient")["rows"] -= 1
    checks = found({EXPORT: reduced(lost, BEFORE_TRANSFORM, Patient=3)}, {"Patient": 16})
    assert states(checks, "bronze = landing", "Patient") == [FAIL]
    assert states(checks, READ, "Patient") == [FAIL]


@pytest.mark.parametrize("told", [{"rows_live": 9, "tombstones": 0}, None], ids=["silver has older ones", "silver has none"])
def test_a_type_of_which_nothing_is_left_has_nothing_to_read(told):
    def nothing(reports, kind="AllergyIntolerance"):
        silver = reports["transform"]["result"]["silver"]
        del silver[kind]
        silver.update({kind: told} if told else {})

    checks = found({EXPORT: reduced(landing(), BEFORE_TRANSFORM, AllergyIntolerance=14)}, change=nothing)
    assert verdict(checks) == GREEN
    left = found({EXPORT: reduced(landing(), BEFORE_TRANSFORM, AllergyIntolerance=13)}, change=nothing)
    assert states(left, READ, "AllergyIntolerance") == [COULD_NOT_RUN]
    assert states(left, "bronze = silver", "AllergyIntolerance") == [COULD_NOT_RUN]
    assert verdict(left) == UNKNOWN


def test_removed_deletions_are_no_resources():
    commit = reduced(landing(), BEFORE_TRANSFORM, kind="DELETIONS", Bundle=2)
    assert verdict(found({EXPORT: commit}, {"Patient": 20})) == GREEN


@pytest.mark.parametrize(("at", "read"), [(SINCE, 25), (SINCE, 24), (BEFORE_TRANSFORM, 24)])
def test_an_export_of_an_earlier_run_that_transform_caught_up_on(at, read):
    commits = {EXPORT: landing(), "earlier": reduced(landing("earlier", Patient=5), at, Patient=1)}
    assert states(found(commits, {"Patient": read}, ["earlier"]), READ, "Patient") == [PASS]
    for wrong in (23, 26):
        assert states(found(commits, {"Patient": wrong}, ["earlier"]), READ, "Patient") == [FAIL]


def two_groups(reports):
    """Patient came with a second group's export, too, which extract counted together with the first one's."""
    reports["extract"]["result"].update(export_id=f"{EXPORT},other")
    reports["extract"]["resources"]["Patient"].update(received=25, written=25)
    reports["extract"]["result"]["manifest_counts"]["Patient"] = 25


@pytest.mark.parametrize(("read", "state"), [(21, FAIL), (22, PASS), (25, PASS), (26, FAIL)])
def test_transform_itself_takes_out_what_the_other_group_said_is_an_erased_patients(read, state):
    commits = {EXPORT: reduced(landing(), SINCE, Patient=3), "other": landing("other", Patient=5)}
    checks = found(commits, {"Patient": read}, ["other"], two_groups)
    assert states(checks, READ, "Patient") == [state]
    assert states(checks, "bronze = landing", "Patient") == []


@pytest.mark.parametrize(("at", "good"), [(BEFORE_TRANSFORM, {47}), (SINCE, {47, 52})], ids=["before transform", "since"])
@pytest.mark.parametrize("read", [46, 47, 52, 53])
def test_a_rebuild_reads_all_that_bronze_had(at, good, read):
    """The run's own export lost three patients to an erasure, and an old one five to the retention."""
    own = reduced(landing(), BEFORE_TRANSFORM, Patient=3)
    every = {EXPORT: own, "old": reduced(landing("old", Patient=35), at, Patient=5)}
    checks = found({EXPORT: own}, {"Patient": read}, every_landing=lambda: every)
    assert states(checks, READ, "Patient") == [PASS if read in good else FAIL]


def test_an_export_that_an_earlier_try_landed():
    def cleared(reports):
        rerun(reports)
        reports["transform"]["result"]["silver"]["Patient"].update(read=17)

    checks = found({EXPORT: reduced(landing(), BEFORE_TRANSFORM, Patient=3)}, change=cleared, then=judged(AFTER))
    assert states(checks, READ, "Patient") == [PASS]
    since = found({EXPORT: reduced(landing(), SINCE, Patient=3)}, change=rerun, then=judged(AFTER))
    assert states(since, READ, "Patient") == [PASS]
