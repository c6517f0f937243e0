"""A run of two groups whose counts differ: a rerun from kick_off withdraws the export that they differ for, and no other."""

import pytest
from made_up import EXPORT, ROWS, RUN_ID, THRESHOLDS, copy, counts, good_run, key, lake_with, landing
from test_source_checks import DONE, was_judged

from epic_fhir import rejudged, rerun
from epic_fhir.rerun import Asked
from epic_fhir.verdict import publish

DAG, SECOND = "epic_fhir_etl", "epic_fhir_etl-9c01"
OWN, ANOTHER = f"{DAG}/{RUN_ID}", f"{DAG}/night before"
DIFFERENCES = {
    "source = bronze": {"written": 9},
    "manifest = source": {"promised": 11},
    "bronze = landing": {"landed": 8},
}


def commit(export, received, written, promised, landed, run_key=OWN):
    """A bronze commit that keeps what extract said of it."""
    resources = counts(**received)
    for kind, n in written.items():
        resources[kind]["written"] = n
    told = {"resources": resources, "result": {"manifest_counts": promised}}
    return landing(export, **landed) | {"run_key": run_key, "report": told}


def second_try(root, run_key=OWN, before=(EXPORT,), promised_first=0, **difference):
    """
    The first group's export had landed before this try of extract, the second group's lands in it; both have Observation.

    :param run_key: the run that landed the first one
    :param before: the exports that extract found landed
    :param promised_first: how many more Observation the first one's manifest promised than came
    :param difference: of 10 Observation of the second one, how many were written, promised, or are in its bronze commit
    """
    written = difference.get("written", 10)
    promised = {"Observation": difference.get("promised", 10)}
    landed = {"Observation": difference.get("landed", written)}
    first = commit(EXPORT, ROWS, {}, ROWS | {"Observation": ROWS["Observation"] + promised_first}, ROWS, run_key)
    second = commit(SECOND, {"Observation": 10}, {"Observation": written}, promised, landed)
    made = good_run()
    for task in ("kick_off", "wait", "extract"):
        made[task]["result"]["export_id"] = f"{EXPORT},{SECOND}"
    extract = made["extract"]
    extract["resources"] = copy(second["report"]["resources"])
    extract["result"] |= {"landed_before": [*before], "manifest_counts": promised}
    if not before:
        extract["resources"] = counts(**ROWS | {"Observation": ROWS["Observation"] + 10})
        extract["resources"]["Observation"]["written"] -= 10 - written
        extract["result"]["manifest_counts"] = ROWS | {"Observation": ROWS["Observation"] + promised["Observation"]}
    made["transform"]["result"]["exports"].append(SECOND)
    lake = lake_with(root, made)
    lake.write_json(lake.landing(EXPORT), first)
    lake.write_json(lake.landing(SECOND), second)
    if run_key != OWN:
        was_judged(lake, run_key)
    return lake


def judged(lake):
    """The checks that failed, as the report task leaves them."""
    publish(lake, key("report"), THRESHOLDS, DONE | {"validate": "failed"})
    checks = lake.read_json(lake.metrics(DAG, RUN_ID, "verdict.json"))["checks"]
    return {(check["name"], check["subject"]) for check in checks if check["state"] == "FAIL"}


def taken_back(lake):
    return rerun.plan(lake, DAG, Asked(run=RUN_ID, begin="kick_off")).takes_back


@pytest.mark.parametrize("run_key", [OWN, ANOTHER], ids=["landed by an earlier try", "landed by another run"])
@pytest.mark.parametrize("name", DIFFERENCES)
def test_an_export_that_an_earlier_try_compared_and_found_right_stays(tmp_path, name, run_key):
    lake = second_try(tmp_path, run_key, **DIFFERENCES[name])
    assert (name, "Observation") in judged(lake)
    assert taken_back(lake) == [SECOND]


@pytest.mark.parametrize("name", DIFFERENCES)
def test_it_stays_too_where_the_run_could_not_be_judged_again(tmp_path, name):
    """What is kept of the verdict then are the checks that failed, of types."""
    lake = second_try(tmp_path, **DIFFERENCES[name])
    judged(lake)
    rejudged.begin(lake, key("validate"))
    assert "verdict" not in lake.read_json(lake.metrics(DAG, RUN_ID, "verdict.json"))
    assert taken_back(lake) == [SECOND]


def test_an_export_whose_own_counts_differ_goes_with_the_other(tmp_path):
    lake = second_try(tmp_path, promised_first=1, **DIFFERENCES["source = bronze"])
    assert ("counts of an earlier try", EXPORT) in judged(lake)
    assert taken_back(lake) == [EXPORT, SECOND]


def test_of_two_that_landed_in_the_same_try_nobody_can_tell_which_one_lacks_data(tmp_path):
    lake = second_try(tmp_path, before=(), **DIFFERENCES["source = bronze"])
    assert ("source = bronze", "Observation") in judged(lake)
    assert taken_back(lake) == [EXPORT, SECOND]


def test_a_verdict_of_an_earlier_version_names_none_that_is_right(tmp_path):
    lake = second_try(tmp_path, **DIFFERENCES["source = bronze"])
    judged(lake)
    path = lake.metrics(DAG, RUN_ID, "verdict.json")
    verdict = lake.read_json(path)
    for check in verdict["checks"]:
        check.pop("names", None)
    lake.write_json(path, verdict)
    assert taken_back(lake) == [EXPORT, SECOND]
