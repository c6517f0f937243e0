"""Airflow's plugin of the reports: their pages under Airflow's own address and sign-in, and a link to them in its menu."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

BESIDE = Path(__file__).resolve().parent.parent
"""The folder of the DAGs; a copy of this file in another plugins folder finds them by EPIC_FHIR_HOME."""
sys.path.append(str(BESIDE if (BESIDE / "epic_fhir").is_dir() else Path(os.environ["EPIC_FHIR_HOME"], "dags")))

from epic_fhir import serving, sites  # noqa: E402 - its folder is on the path only now


class EpicFhirReports(AirflowPlugin):
    name = "epic_fhir_reports"
    fastapi_apps: ClassVar[list[Any]] = [{"app": serving.app, "url_prefix": serving.PREFIX, "name": "Epic FHIR run reports"}]
    external_views: ClassVar[list[Any]] = [
        {"name": f"FHIR runs {site}".strip(), "href": serving.address(site, "index.html"), "destination": "nav"}
        for site in sites.names()
    ]
