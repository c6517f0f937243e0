import pytest
from made_up import THRESHOLDS, good_run, heavy, report, stage

from epic_fhir.checks import COULD_NOT_RUN, PASS, WARN
from epic_fhir.skew import lost_seconds, skew


def only(**parts):
    return skew({"transform": report("transform", 0, 60, stages=[stage(7, "views", **parts)])}, THRESHOLDS)


def test_a_stage_that_waited_for_one_task_is_a_warning_that_names_it():
    (check,) = only(p50=1200, longest=19400)
    assert check.state == WARN
    assert "Stage 7 of transform (views)" in check.sentence
    assert "the longest of 8 tasks took 19.4 s, the median 1.2 s (16.2 times); about 18 s lost" in check.sentence


@pytest.mark.parametrize(
    "parts",
    [{"p50": 5000, "longest": 19000}, {"p50": 100, "longest": 4900}, {"p50": 1200, "longest": 19400, "tasks": 3}],
    ids=["below the ratio", "too short to matter", "too few tasks"],
)
def test_a_stage_under_any_threshold_is_not_skewed(parts):
    assert [check.state for check in only(**parts)] == [PASS]


def test_a_phase_without_stages_in_its_report_could_not_be_checked():
    assert [c.state for c in skew({"load": None}, THRESHOLDS)] == [COULD_NOT_RUN]
    assert [c.state for c in skew({"load": {"stages": None}}, THRESHOLDS)] == [COULD_NOT_RUN]


def test_a_phase_that_needed_no_stage_is_fine():
    assert [c.state for c in skew({"load": report("load", 0, 1)}, THRESHOLDS)] == [PASS]


def test_every_phase_of_a_good_run_passes():
    reports = {phase: good_run()[phase] for phase in ("extract", "transform", "load")}
    assert [c.state for c in skew(reports, THRESHOLDS)] == [PASS] * 3


def test_what_was_lost_is_the_longest_beyond_the_median():
    assert lost_seconds(stage(1, "x", p50=1000, longest=3500)) == 2.5


def test_a_heavy_partition_is_named_with_what_it_read_and_what_to_do():
    (check,) = skew({"transform": report("transform", 0, 60, stages=[heavy(310, p50=6_000, longest=17_000)])}, THRESHOLDS)
    assert (check.name, check.state) == ("skew", WARN)
    assert "Partition 5 is skewed: it read 3.1 times the median's records" in check.sentence
    assert "Run the DAG epic_fhir_care" in check.sentence


@pytest.mark.parametrize(
    ("group", "advice"),
    [
        ("silver", "raise spark.sql.shuffle.partitions"),
        ("load overview", "One part of the view"),
        ("extract", "smaller export files"),
    ],
)
def test_the_advice_is_that_of_the_stages_job_group(group, advice):
    uneven = {**heavy(310, p50=6_000, longest=17_000), "job_group": group}
    (check,) = skew({"transform": report("transform", 0, 60, stages=[uneven])}, THRESHOLDS)
    assert advice in check.sentence


def test_the_slowest_task_is_judged_by_its_own_figures():
    """Of two tasks that read much more, the one that read most was fast: the slow one still had no even data (walk 11)."""
    made = heavy(1230, p50=2_000, longest=17_000)
    made["heaviest"] = {**made["heaviest"], "partition": 2, "records": 3000, "duration_ms": 2_100}
    (check,) = skew({"transform": report("transform", 0, 60, stages=[made])}, THRESHOLDS)
    assert check.name == "skew"
    assert "Partition 5 is skewed: it read 12.3 times the median's records" in check.sentence
    assert "even" not in check.sentence


def test_a_slow_host_is_not_called_skew():
    (check,) = skew({"transform": report("transform", 0, 60, stages=[heavy(104, p50=1_200, longest=19_400)])}, THRESHOLDS)
    assert (check.name, check.state) == ("slow task", WARN)
    assert (
        "The data is not skewed: the task read 1.0 times the median. Check the disk and the load of host worker-3" in check.sentence
    )


def test_an_uneven_stage_that_cost_nobody_time_passes():
    (check,) = skew({"transform": report("transform", 0, 60, stages=[heavy(310, p50=5_000, longest=6_000)])}, THRESHOLDS)
    assert check.state == PASS


def test_a_heavy_partition_is_named_also_where_another_task_was_the_slowest():
    uneven = heavy(310, p50=6_000, longest=17_000)
    uneven["slowest"] = {**uneven["slowest"], "partition": 2, "records": 100}
    uneven["heaviest"] = {**uneven["heaviest"], "duration_ms": 16_000}
    (check,) = skew({"transform": report("transform", 0, 60, stages=[uneven])}, THRESHOLDS)
    assert (
        "Partition 5 is skewed: it read 3.1 times the median's records and 1.0 times the median's bytes in 16.0 s" in check.sentence
    )
