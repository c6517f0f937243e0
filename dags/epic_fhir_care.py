"""
### Maintain the lake's tables

Once a week this DAG compacts small files of the silver and view tables (OPTIMIZE) and deletes files that only old table versions
need, after the retention period (VACUUM). No row changes. Bronze rows that no table needs any more are deleted when they are older
than `bronze-retention`, quarantined lines when they are older than `quarantine-retention`; by default neither is ever deleted.
What counts as small, and how long old files are kept, is set in `transform.care`.

**When it is red:** the tables are unchanged, and nothing waits for this DAG. Exit 5: one table could not be maintained, and all
others were; the message names it and says what rebuilds it. Exit 6: storage failed, or a run that writes the
tables held the lock for longer than `transform.lock-patience`; clear the task when that run has ended. The run report says what
was done to each table.
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
