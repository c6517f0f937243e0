"""
### Care of the lake's tables

Once a week small files of the silver and view tables become large ones (OPTIMIZE), and files that only old versions need are
deleted when their time is over (VACUUM). No row changes. What counts as small, and how long old files stay, stands in
`transform.care` of the settings.

**When it is red:** the tables are as they were; nothing waits for this DAG. Exit 6: storage, or a run that writes the tables holds
the lock for longer than `transform.lock-patience`; clear the task when it is done. The run report says what each table was given.
"""

from __future__ import annotations

import os

from airflow.sdk import CronTriggerTimetable, dag

from epic_fhir.defaults import DAG, LAKE
from epic_fhir.submit import PhaseSubmit

CRON = os.environ.get("EPIC_FHIR_CARE_SCHEDULE", "0 12 * * 0")


@dag(
    dag_id="epic_fhir_care",
    schedule=CronTriggerTimetable(CRON, timezone="UTC") if CRON else None,
    doc_md=__doc__,
    tags=["epic", "fhir", "care"],
    **DAG,
)
def epic_fhir_care() -> None:
    PhaseSubmit(task_id="care", module="transform-job", main="io.epicfhir.transform.Care", **LAKE)


epic_fhir_care()
