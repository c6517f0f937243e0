"""The pages of runs as a small read-only application, behind Airflow's sign-in: who may see a DAG's runs may see their pages."""

from typing import Any
from urllib.parse import urlencode

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from epic_fhir import serving, sites
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.settings import Settings

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
served = FastAPI(title="Epic FHIR run reports", docs_url=None, redoc_url=None, openapi_url=None)


@served.exception_handler(401)
def sign_in(request: Request, _: Exception) -> Response:
    """A browser without a session goes to Airflow's sign-in and comes back."""
    airflow = str(request.base_url).split(serving.PREFIX)[0].rstrip("/")
    return RedirectResponse(f"{airflow}/api/v2/auth/login?{urlencode({'next': str(request.url)})}")


@served.get("/{folder}/index.html")
def index(folder: str, request: Request, user: GetUserDep) -> Response:
    """All runs of a site."""
    site = _site(folder)
    return _page(site, sites.named("etl", site), request, user, "index.html")


@served.get("/{folder}/{dag_id}/{run_id}/report.html")
def report(folder: str, dag_id: str, run_id: str, request: Request, user: GetUserDep) -> Response:
    """One run's page."""
    site = _site(folder)
    if sites.of(dag_id) != site:
        raise HTTPException(404, "Cannot find this DAG")
    return _page(site, dag_id, request, user, dag_id, run_id, "report.html")


def _page(site: str, dag_id: str, request: Request, user: Any, *path: str) -> Response:
    requires_access_dag("GET", DagAccessEntity.RUN, dag_id)(request, user)
    try:
        found = serving.page(Settings.of(Installation.from_env(site=site)).open_lake(), *path)
    except SettingsError as e:
        raise HTTPException(503, f"Cannot show the page: the web server cannot read the settings. {e}") from e
    if found is None:
        raise HTTPException(404, "Cannot find this page: the run has left no report yet, or it was removed")
    return HTMLResponse(found, headers=_HEADERS)


def _site(folder: str) -> str:
    site = serving.site_of(folder)
    if site is None:
        raise HTTPException(404, "Cannot find this site")
    return site
