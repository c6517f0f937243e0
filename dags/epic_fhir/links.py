"""From Airflow to a run's page in one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

from epic_fhir import job_settings, serving, sites
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from epic_fhir.lake import Lake


class ReportLink(BaseOperatorLink):
    """Worked out where the task ran, when it has ended; Airflow's web server only shows it."""

    name = "Run report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Empty where the settings cannot be read: the task itself says why."""
        try:
            here = Installation.of(ti_key.dag_id)
            return page_url(Settings.of(here).open_lake(), report_url(here), ti_key.dag_id, ti_key.run_id)
        except SettingsError:
            return ""


def page_url(lake: Lake, served_at: str, dag_id: str, run_id: str) -> str:
    """
    Where a browser finds the page of a run.

    :param served_at: where a web server shows the lake's folder metrics; empty where only Airflow does, by the plugin of
        dags/plugins. An Airflow that does not know its own address (base_url of its section api) gives a path
    """
    path = lake.metrics(dag_id, run_id, "report.html").split("/")[-3:]
    if served_at:
        return "/".join((served_at, *(quote(part, safe="") for part in path)))
    return (conf.get("api", "base_url", fallback="") or "").rstrip("/") + serving.address(sites.of(dag_id), *path)


def report_url(here: Installation) -> str:
    """The setting report-url of validation.conf, without a slash at its end."""
    return job_settings.validation(here).report_url
