"""What all DAGs and their tasks have in common."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

LAKE = {"pool": "epic_fhir_lake"}
"""For tasks that write the lake's tables: one at a time."""

TASKS = {
    "owner": "data-engineering",
    "retries": int(os.environ.get("EPIC_FHIR_RETRIES", "3")),
    "retry_delay": timedelta(minutes=2),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=6),
}

DAG = {
    "start_date": datetime(2025, 1, 1, tzinfo=timezone.utc),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": TASKS,
}
