"""What the tasks of all DAGs have in common."""

from __future__ import annotations

import os
from datetime import timedelta

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
