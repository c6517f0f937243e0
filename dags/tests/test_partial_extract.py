"""A run of two groups of which one did not land: what the others brought goes on, and nothing about the run is green."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_up import EXPORT, ROWS, RUN_ID, THRESHOLDS, copy, counts, failed, good_run, key, lake_with, landing

from epic_fhir import history, remedy
from epic_fhir.reports import JOBS
from epic_fhir.verdict import publish, validate

OTHER = "epic_fhir_etl-9c01"
REFUSED = 'Cannot request the export of group "south": the server refused it (403); ask its operator'
WENT_ON = dict.fromkeys(JOBS, "success") | {"extract": "failed", "validate": "upstream_failed"}
STOPPED = WENT_ON | {"transform": "failed", "load": "failed"}
WHOLE = f"airflow dags clear epic_fhir_etl --run-id {RUN_ID} --yes"
ONLY_FAILED = WHOLE.replace(" --yes", " --only-failed --yes")


def partly(root, *, landed=True, report=True, beyond=None, **result):
    """
    A run whose second group failed in extract.

    :param landed: whether the first group's export landed
    :param report: whether extract left a report; a killed one leaves none
    :param beyond: what came of the second group, by type, before it failed
    """
    made = good_run()
    own = {"resources": copy(made["extract"]["resources"]), "result": {"manifest_counts": dict(ROWS)}}
    for task in ("kick_off", "wait"):
        made[task]["result"]["export_id"] = f"{EXPORT},{OTHER}"
    extract = failed(made["extract"], 3, REFUSED)
    extract["result"] |= {"export_id": EXPORT if landed else OTHER, "given_up": [OTHER], **result}
    for kind, n in (beyond or {}).items():
        extract["resources"][kind] = counts(**{kind: (ROWS.get(kind, 0)) + n})[kind]
        extract["result"]["manifest_counts"][kind] = ROWS.get(kind, 0) + 10 * n
    if not report:
        made["extract"] = None
    if not landed:
        made |= {"transform": None, "load": None}
    lake = lake_with(root, made)
    commit = lake.landing(EXPORT)
    lake.write_json(commit, landing() | {"report": own})
    if not landed:
        lake.delete(commit)
    return lake


def published(lake, states, mends=None, exports=None):
    found = []
    problem = publish(lake, key("report"), THRESHOLDS, states, lambda f: found.append(f) or [], mends=mends, exports=exports)
    judged = lake.read_json(lake.metrics(key().dag_id, RUN_ID, "verdict.json"))
    page = Path(lake.metrics(key().dag_id, RUN_ID, "report.html")).read_text()
    return problem, found[0], judged, page


def bad(judged, state="FAIL"):
    return [(c["name"], c["subject"]) for c in judged["checks"] if c["state"] == state]


def test_the_run_is_red_by_the_refused_group_and_says_what_is_not_in_the_tables(tmp_path):
    problem, finding, judged, page = published(partly(tmp_path), WENT_ON)
    assert problem.startswith("The run is red: report (extract)")
    assert bad(judged) == [("report", "extract"), ("requested = landed", "all")]
    assert bad(judged, "COULD_NOT_RUN") == [("task", "validate")]
    assert finding.headline == "Red: extract failed."
    said = [check["sentence"] for check in finding.grounds]
    assert said[0] == f"extract failed: {REFUSED}"
    assert said[1].startswith(f"extract did not land 1 of the 2 exports that the run requested: {OTHER}. What they hold is not in")
    assert "Green" not in page
    assert "group &#34;south&#34;" in page


def test_what_landed_is_compared_to_its_end(tmp_path):
    _, _, judged, _ = published(partly(tmp_path), WENT_ON)
    passed = [(c["name"], c["subject"]) for c in judged["checks"] if c["state"] == "PASS"]
    for name in ("source = bronze", "bronze = transform", "bronze = silver"):
        assert [subject for check, subject in passed if check == name] == sorted(ROWS), name
    row = next(row for row in judged["table"] if row["type"] == "Patient")
    assert (row["served"], row["bronze"], row["silver"]) == (20, 20, 20)


@pytest.mark.parametrize("beyond", [{"Patient": 3}, {"Goal": 4}, {"Patient": 3, "Goal": 4}], ids=str)
def test_what_came_of_the_group_that_failed_is_not_taken_for_bronze(tmp_path, beyond):
    """Extract counts downloads also where nothing lands of them, and the manifest promised more."""
    _, _, judged, page = published(partly(tmp_path, beyond=beyond), WENT_ON)
    assert bad(judged) == [("report", "extract"), ("requested = landed", "all")]
    assert bad(judged, "COULD_NOT_RUN") == [("task", "validate")]
    assert {row["type"]: row["bronze"] for row in judged["table"]} == ROWS
    assert "Nothing in quarantine." in page


def test_rows_of_what_landed_that_transform_did_not_read_are_red(tmp_path):
    lake = partly(tmp_path, beyond={"Patient": 3})
    transform = lake.read_json(lake.report(key(), "transform"))
    transform["result"]["silver"]["Patient"]["read"] = 19
    lake.write_json(lake.report(key(), "transform"), transform)
    assert ("bronze = transform", "Patient") in bad(published(lake, WENT_ON)[2])


def test_the_refused_groups_lines_in_quarantine_are_counted(tmp_path):
    folder = f"{tmp_path}/quarantine/{OTHER}"
    lake = partly(tmp_path, quarantine=folder, quarantine_reasons={"not-a-json-object": 7})
    page = published(lake, WENT_ON)[3]
    assert "7 in quarantine." in page
    assert folder in page


def test_a_bronze_commit_without_its_counts_leaves_extracts_own(tmp_path):
    lake = partly(tmp_path)
    lake.write_json(lake.landing(EXPORT), landing())
    assert bad(published(lake, WENT_ON)[2]) == [("report", "extract"), ("requested = landed", "all")]


def test_an_extract_that_was_killed_does_not_hide_what_is_missing(tmp_path):
    problem, finding, judged, _ = published(partly(tmp_path, report=False), WENT_ON)
    assert bad(judged) == [("task", "extract"), ("requested = landed", "all")]
    assert problem is not None
    assert finding.step["command"] == WHOLE


def test_validate_alone_is_not_green_either(tmp_path):
    """As in a rerun that somebody changed to go on."""
    lake = partly(tmp_path)
    paths = {phase: lake.report(key(), phase) for phase in ("extract", "transform", "load")}
    assert validate(lake, key(), THRESHOLDS, paths).startswith("The run is red: report (extract)")


def test_it_is_no_good_run_for_later_ones(tmp_path):
    lake = partly(tmp_path)
    published(lake, WENT_ON)
    [run] = history.load(lake, "epic_fhir_etl")["runs"]
    assert run["verdict"] == "red"
    assert "extract: ms a resource" not in run["figures"]


def test_where_nothing_landed_transform_and_load_did_not_run(tmp_path):
    _, finding, judged, _ = published(partly(tmp_path, landed=False), STOPPED)
    told = {c["subject"]: c["sentence"] for c in judged["checks"] if c["name"] == "task"}
    for task in ("transform", "load"):
        assert told[task] == f"{task} did not run (its state is upstream_failed)."
    assert ("requested = landed", "all") not in bad(judged)
    assert finding.step["task"] == "extract"


@pytest.mark.parametrize(
    ("code", "result", "states", "command"),
    [
        (4, {}, WENT_ON, WHOLE),  # else transform would not take what this brings
        (None, {}, WENT_ON, WHOLE),
        (3, {}, WENT_ON | {"transform": "failed"}, WHOLE),  # transform stopped a view, and load ran
        (4, {}, STOPPED | {"transform": "upstream_failed", "load": "upstream_failed"}, ONLY_FAILED),
        (6, {}, WENT_ON | {"transform": "failed", "load": "upstream_failed"}, ONLY_FAILED),
        (4, {}, {"extract": "failed", "transform": "skipped"}, ONLY_FAILED),
    ],
)
def test_the_command_has_everything_go_again_that_went_on_without_the_group(code, result, states, command):
    reports = {"extract": {"run": {"exit_code": code, "error": "…"}, "result": result}}
    assert remedy.next_step(key(), reports, states, [])["command"] == command


def test_an_export_that_is_accepted_as_it_is_comes_to_the_tables_by_the_other_command():
    reports = {"extract": {"run": {"exit_code": 5, "error": "…"}, "result": {"refused_export": OTHER}}}
    for states, other in ((WENT_ON, WHOLE), (STOPPED | {"transform": "upstream_failed", "load": "upstream_failed"}, ONLY_FAILED)):
        step = remedy.next_step(key(), reports, states, [])
        assert '"begin": "kick_off"' in step["command"]
        assert step["advice"].endswith(f"then run: {other}")


def test_the_run_is_green_once_the_other_group_has_landed(tmp_path):
    """The whole run goes again: the first group's export is not downloaded again, transform applies the second one's."""
    lake = partly(tmp_path)
    published(lake, WENT_ON)
    made = good_run()
    later = {"start": "2026-03-02T05:00:00Z", "end": "2026-03-02T05:01:00Z"}
    for report in made.values():
        report["run"] |= {**later, "try_number": 2}
    for task in ("kick_off", "wait"):
        made[task]["result"]["export_id"] = f"{EXPORT},{OTHER}"
    made["extract"] |= {"resources": counts(Patient=3)}
    made["extract"]["result"] = {"export_id": f"{EXPORT},{OTHER}", "state": "landed", "manifest_counts": {"Patient": 3}}
    made["transform"]["result"]["exports"] = [OTHER]
    told = made["transform"]["result"]["silver"]
    told |= {kind: state | {"read": 0, "distinct": 0, "present": 0} for kind, state in told.items()}
    told["Patient"] |= {"read": 3, "distinct": 3, "present": 3, "rows_live": 23}
    made["transform"]["result"]["views"]["patient"] |= dict.fromkeys(("rows", "silver_resources", "let_through", "resources"), 23)
    made["load"]["result"]["tables"]["patient"] |= {"rows": 23, "view_rows": 23}
    made["load"]["run"] |= {"start": "2026-03-02T05:02:00Z", "end": "2026-03-02T05:03:00Z"}
    for task, report in made.items():
        lake.write_json(lake.report(key(), task), report)
    commit = landing(OTHER, Patient=3) | {"landed_at": "2026-03-02T05:00:30Z"}
    lake.write_json(lake.landing(OTHER), commit)
    lake.write_json(f"{lake.root}/state/applied/{OTHER}.json", {"applied_at": "2026-03-02T05:00:59Z"})
    found = []
    states = dict.fromkeys((*JOBS, "validate"), "success")
    again = replace(key("report"), try_number=2)
    assert publish(lake, again, THRESHOLDS, states, lambda f: found.append(f) or []) is None
