"""The pages that Airflow's web server shows: which files they may be, and that nobody sees them without a sign-in."""

import pytest
from fastapi.testclient import TestClient

from epic_fhir import serving
from epic_fhir.lake import Lake


@pytest.fixture
def lake(tmp_path):
    lake = Lake(str(tmp_path))
    lake.write_text(lake.metrics("epic_fhir_etl", "manual__2026-03-02T04:00:00+00:00", "report.html"), "the page")
    lake.write_text(lake.metrics("epic_fhir_etl", "manual__2026-03-02T04:00:00+00:00", "extract.json"), "a report")
    lake.write_text(f"{tmp_path}/metrics/index.html", "all runs")
    lake.write_text(f"{tmp_path}/report.html", "beside the folder")
    return lake


def test_a_runs_page_and_the_index_are_shown(lake):
    assert serving.page(lake, "epic_fhir_etl", "manual__2026-03-02T04:00:00+00:00", "report.html") == "the page"
    assert serving.page(lake, "index.html") == "all runs"


@pytest.mark.parametrize(
    "path",
    [
        ("epic_fhir_etl", "manual__2026-03-02T04:00:00+00:00", "extract.json"),
        ("..", "report.html"),
        ("epic_fhir_etl", "..", "..", "report.html"),
        ("epic_fhir_etl/../..", "report.html"),
        ("epic_fhir_etl", ".hidden", "report.html"),
        ("epic_fhir_etl", "a\\b", "report.html"),
        ("epic_fhir_etl", "", "report.html"),
        ("epic_fhir_etl", "no-such-run", "report.html"),
    ],
)
def test_nothing_else_is(lake, path):
    assert serving.page(lake, *path) is None


def test_a_browser_without_a_session_is_sent_to_airflows_sign_in_and_back():
    from epic_fhir.report_server import served

    browser = TestClient(served, base_url="https://airflow.example", root_path="/epic-fhir", follow_redirects=False)
    answer = browser.get("/epic-fhir/reports/epic_fhir_etl/r/report.html")
    assert answer.status_code == 307
    back = "https%3A%2F%2Fairflow.example%2Fepic-fhir%2Freports%2Fepic_fhir_etl%2Fr%2Freport.html"
    assert answer.headers["location"] == f"https://airflow.example/api/v2/auth/login?next={back}"
