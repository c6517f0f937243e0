"""
Which pages Airflow's own web server shows, and under which addresses: the pure half of the plugin of ``dags/plugins``.

It reads nothing but ``<lake>/metrics/index.html`` and ``<lake>/metrics/<dag>/<run>/report.html``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from epic_fhir import sites

if TYPE_CHECKING:
    from epic_fhir.lake import Lake

PREFIX = "/epic-fhir"
_NAME = re.compile(r"(?!\.)[^/\\\x00-\x1f]{1,250}")
"""A DAG or a run, and no way out of the folder."""


def folder(site: str) -> str:
    """A site's part of the address: each has its own lake."""
    return f"reports-{site}" if site else "reports"


def address(site: str, *path: str) -> str:
    """Where Airflow's web server shows a file of a site's folder metrics, below its own address."""
    return "/".join((PREFIX, folder(site), *(quote(part, safe="") for part in path)))


def site_of(called: str) -> str | None:
    """The site of a folder of the address; None where there is none."""
    return {folder(site): site for site in sites.names()}.get(called)


def page(lake: Lake, *path: str) -> str | None:
    """
    A page as text; None where there is none.

    :param path: ``index.html``, or DAG, run and ``report.html``
    """
    if not all(_NAME.fullmatch(part) for part in path) or path[-1] not in ("index.html", "report.html"):
        return None
    return lake.read_text("/".join((lake.root, "metrics", *path)))


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The application. Its parts are imported at its first request: Airflow loads plugins in every process, also in tasks."""
    from epic_fhir.report_server import served

    await served(scope, receive, send)
