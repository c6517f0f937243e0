"""What all DAGs and their tasks have in common."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import Asset, DeadlineAlert, DeadlineReference, SyncCallback

from epic_fhir import sites


def tried_again(context: Any) -> None:
    """Imported when it is called: every DAG file is read often."""
    from epic_fhir.retries import tell

    tell(context)


EVERY_TASK = {
    "owner": "data-engineering",
    "retries": int(os.environ.get("EPIC_FHIR_RETRIES", "3")),
    "retry_delay": timedelta(seconds=int(os.environ.get("EPIC_FHIR_RETRY_SECONDS", "120"))),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=6),
    "on_retry_callback": tried_again,
}


def every_dag(what: str, site: str, tags: list[str]) -> dict[str, Any]:
    """A DAG's arguments but for its schedule and its words."""
    return {
        "dag_id": sites.named(what, site),
        "tags": ["epic", "fhir", *tags, *([site] if site else [])],
        "start_date": datetime.fromisoformat(sites.value("START", site, "2025-01-01")).replace(tzinfo=timezone.utc),
        "catchup": False,
        "max_active_runs": 1,
        "default_args": EVERY_TASK,
    }


def asset(of_what: str, site: str) -> Asset:
    """What a run publishes when it is green, for other teams' DAGs to start on: bronze, silver or views."""
    return Asset(sites.named(of_what, site))


def deadline(site: str) -> DeadlineAlert | None:
    """Tells whom it may concern, once, of a run that has not ended in time; EPIC_FHIR_DEADLINE_HOURS after it was queued."""
    hours = float(sites.value("DEADLINE_HOURS", site) or 0)
    if not hours:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=hours),
        callback=SyncCallback("epic_fhir.lateness.tell", kwargs={"hours": hours}),
    )
