"""
### Care of the lake's tables

Once a week small files of the silver and view tables become large ones (OPTIMIZE), and files that only old versions need are
deleted when their time is over (VACUUM). No row changes. Rows of bronze that no table stands on any more go when they are older
than `bronze-retention`, quarantined lines when they are older than `quarantine-retention`; by itself both is never. What counts as
small, and how long old files stay, stands in `transform.care` of the settings.

**When it is red:** the tables are as they were; nothing waits for this DAG. Exit 6: storage, or a run that writes the tables holds
the lock for longer than `transform.lock-patience`; clear the task when it is done. The run report says what each table was given.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from epic_fhir import sites
from epic_fhir.defaults import every_dag
from epic_fhir.submit import PhaseSubmit

for site in sites.names():
    cron = sites.value("CARE_SCHEDULE", site, "0 12 * * 0")
    with DAG(
        # Switched on, it waits for its day: without a start date and with nothing to make up for, the last one is not run.
        schedule=CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(0)) if cron else None,
        doc_md=__doc__,
        **every_dag("care", site, ["care"]),
    ):
        PhaseSubmit(task_id="care", module="transform-job", main="io.epicfhir.transform.Care", **sites.pool("lake", site))
