from pathlib import Path

import pytest
import structlog
from made_up import RUN_ID

from epic_fhir.installation import Installation, SettingsError
from epic_fhir.lake import Lake
from epic_fhir.links import ReportLink, page_url, report_url

REPOSITORY = Path(__file__).resolve().parents[2]
QUOTED = "scheduled__2026-03-02T04%3A00%3A00%2B00%3A00"


class Ended:
    dag_id, run_id, task_id, map_index = "epic_fhir_etl", RUN_ID, "report", -1


@pytest.fixture(scope="module")
def dag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(REPOSITORY / "dags" / "epic_fhir_etl.py")).dags["epic_fhir_etl"]


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("EPIC_FHIR_HOME", str(REPOSITORY))
    monkeypatch.setenv("EPIC_FHIR_LAKE", str(tmp_path))
    return tmp_path


def test_the_web_server_knows_the_reports_link_without_a_plugin_and_finds_it_where_the_task_leaves_it(dag):
    """The server sees the serialized DAG only, and asks XCom for what the task's process has put there."""
    from airflow.serialization.serialized_objects import DagSerialization

    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    shown = stored.get_task("report")
    assert shown.extra_links == ["Run report"]
    (left,) = dag.get_task("report").operator_extra_links
    assert shown.operator_extra_link_dict["Run report"].xcom_key == left.xcom_key
    assert {link for task in stored.tasks if task.task_id != "report" for link in task.extra_links} == set()


def test_the_link_leads_to_the_hospitals_web_server_where_one_is_set(home, dag, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_REPORT_URL", "https://reports.example/fhir/")
    url = ReportLink().get_link(dag.get_task("report"), ti_key=Ended())
    assert url == f"https://reports.example/fhir/epic_fhir_etl/{QUOTED}/report.html"


def test_without_one_it_leads_to_the_page_that_airflow_shows_itself(home, dag, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/")
    url = ReportLink().get_link(dag.get_task("report"), ti_key=Ended())
    assert url == f"https://airflow.example/epic-fhir/reports/epic_fhir_etl/{QUOTED}/report.html"


def test_a_site_has_pages_of_its_own(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SITES", "north,south")
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "")
    url = page_url(Lake("s3a://b/north"), "", "epic_fhir_etl_north", "r")
    assert url == "/epic-fhir/reports-north/epic_fhir_etl_north/r/report.html"


def test_a_task_that_cannot_read_its_settings_has_no_link(dag, monkeypatch):
    monkeypatch.delenv("EPIC_FHIR_HOME", raising=False)
    assert ReportLink().get_link(dag.get_task("report"), ti_key=Ended()) == ""


@pytest.mark.parametrize(
    ("lake", "served_at", "run", "url"),
    [
        ("s3a://b/l", "https://x.example", "a b", "https://x.example/d/a%20b/report.html"),
        ("hdfs://n/l", "https://x.example", "04:00", "https://x.example/d/04_00/report.html"),
        ("file:///lake", "https://x.example", "r", "https://x.example/d/r/report.html"),
    ],
)
def test_the_address_fits_the_lake(lake, served_at, run, url):
    assert page_url(Lake(lake), served_at, "d", run) == url


def test_an_address_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_REPORT_URL", "reports")
    with pytest.raises(SettingsError, match=r"report-url = reports: expected a URL that starts with https:// or http://"):
        report_url(Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY)}))


@pytest.mark.parametrize("state", ["success", "failed"])
def test_the_link_is_left_whatever_became_of_the_task(home, dag, monkeypatch, state):
    from airflow.sdk.execution_time import task_runner

    left = {}
    monkeypatch.setattr(task_runner, "_xcom_push_to_db", lambda _, key, value: left.update({key: value}))
    monkeypatch.setenv("EPIC_FHIR_REPORT_URL", "https://reports.example")
    ended = Ended()
    ended.task, ended.start_date, ended.end_date = dag.get_task("report"), None, None
    task_runner.finalize(ended, state, {}, structlog.get_logger())
    assert left == {"_link_ReportLink": f"https://reports.example/epic_fhir_etl/{QUOTED}/report.html"}
