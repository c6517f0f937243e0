"""A patient's name where it may lie in the lake, and everything that validate and report write and tell."""

import pytest
from made_up import THRESHOLDS, failed, good_run, key, lake_with

from epic_fhir.verdict import publish, validate

CANARY = "CANARY"
ENDED = dict.fromkeys(("kick_off", "wait", "extract", "transform", "load", "validate"), "success")


@pytest.mark.parametrize("task", ["extract", "transform", "load"])
@pytest.mark.parametrize("exit_code", [1, 5])
def test_what_lies_in_quarantine_and_traces_is_on_no_page_and_in_no_alert(tmp_path, task, exit_code):
    reports = good_run()
    failed(reports[task], exit_code, "java.lang.IllegalStateException")
    lake = lake_with(tmp_path, reports)
    places = (
        "quarantine/extraction_date=2026-03-02/export_id=e1",
        "quarantine/view=patient",
        "traces/epic_fhir_etl/r1",
        "state/exports/e1",
    )
    for place in places:
        for name in (f"{CANARY}.ndjson", "file.json", f"{task}-1.txt"):
            lake.write_text(f"{tmp_path}/{place}/{name}", f'{{"name": "{CANARY}"}}\n{CANARY}: at io.epicfhir\n')
    told = []

    problem = validate(lake, key(), THRESHOLDS, {p: lake.report(key(), p) for p in ("extract", "transform", "load")})
    publish(lake, key("report"), THRESHOLDS, ENDED | {task: "failed"}, lambda finding: told.append(repr(finding)) or [])

    assert problem
    assert len(told) == 1
    written = [tmp_path / "report.html", *(file for file in (tmp_path / "metrics").rglob("*") if file.is_file())]
    assert len(written) > 5
    assert CANARY not in problem + told[0] + "".join(file.read_text() for file in written)
