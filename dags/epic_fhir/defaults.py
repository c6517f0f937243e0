"""What all DAGs and their tasks have in common."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.sdk import Asset, DeadlineAlert, DeadlineReference, SyncCallback

from epic_fhir import sites
from epic_fhir.installation import SettingsError


def tried_again(context: Any) -> None:
    """Imported when it is called: every DAG file is read often."""
    from epic_fhir.retries import tell

    tell(context)


def _said(name: str, site: str = sites.ALONE) -> tuple[str, str]:
    """The variable that counts for a site, and its value; empty where it is not set."""
    own = f"EPIC_FHIR_{name}_{site.upper()}"
    return (own if site and own in os.environ else f"EPIC_FHIR_{name}"), sites.value(name, site).strip()


def _wrong(variable: str, value: str, expected: str) -> SettingsError:
    """Airflow shows it as the import error of each DAG file, in place of a traceback that names no variable."""
    return SettingsError(
        f"Cannot use {variable}={value}: expected {expected}. Correct it in the environment of Airflow's processes."
    )


def _whole(name: str, default: int, expected: str) -> int:
    variable, value = _said(name)
    if value and not re.fullmatch(r"[0-9]{1,6}", value):
        raise _wrong(variable, value, expected)
    return int(value or default)


def _start(site: str) -> datetime:
    variable, value = _said("START", site)
    try:
        told = datetime.fromisoformat(value or "2025-01-01")
        return told.replace(tzinfo=timezone.utc) if told.tzinfo is None else told.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise _wrong(variable, value, "a day, such as 2025-01-01") from None


EVERY_TASK = {
    "owner": "data-engineering",
    "retries": _whole("RETRIES", 3, "a whole number of retries, such as 3; 0 for none"),
    "retry_delay": timedelta(seconds=_whole("RETRY_SECONDS", 120, "a whole number of seconds, such as 120")),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=6),
    "on_retry_callback": tried_again,
}


def every_dag(what: str, site: str, tags: list[str]) -> dict[str, Any]:
    """
    A DAG's arguments but for its schedule and its words.

    Only the schedule of ``etl`` begins on a day. Airflow leaves out the tasks of a run with an earlier logical date: on-call DAGs
    would be green and do nothing until the site goes live.
    """
    start = _start(site)
    return {
        "dag_id": sites.named(what, site),
        "tags": ["epic", "fhir", *tags, *([site] if site else [])],
        "start_date": start if what == "etl" else None,
        "catchup": False,
        "max_active_runs": 1,
        "default_args": EVERY_TASK,
    }


def asset(of_what: str, site: str) -> Asset:
    """What a run publishes when it is green, for other teams' DAGs to start on: bronze, silver or views."""
    return Asset(sites.named(of_what, site))


def deadline(site: str) -> DeadlineAlert | None:
    """One alert about a run that has not ended in time: EPIC_FHIR_DEADLINE_HOURS after it was queued."""
    variable, value = _said("DEADLINE_HOURS", site)
    if value and not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", value):
        raise _wrong(variable, value, "a number of hours, such as 6 or 1.5; 0 or empty turns the alert off")
    hours = float(value or 0)
    if not hours:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=hours),
        callback=SyncCallback("epic_fhir.lateness.tell", kwargs={"hours": hours}),
    )
