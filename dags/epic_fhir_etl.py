"""
### Epic FHIR to bronze, silver, views and PostgreSQL

One run brings home what the groups' bulk exports hold, or a crawl finds: all of it at first, then what changed since the last one.

| task | does | starts Spark |
|---|---|---|
| kick_off | asks the server for each group's export, or adopts the one this run already asked for; or begins a crawl | no |
| wait | asks whether it is ready, never earlier than the server allows; holds no worker in between | no |
| extract | downloads the files into bronze, byte for byte | yes |
| transform | applies bronze to the silver tables and the view tables | yes |
| load | brings the changed view tables into PostgreSQL | yes |
| validate | lays the counts of all of them side by side; red where one differs, or where one is missing | no |
| report | writes report.html, also of a failed run; red where the run is not green | no |

**When it is red:** open `<lake>/report.html`. It says what failed and why, and gives the command to run.
Every task may be run again at any time: a run works on its own export only.
"""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, TriggerRule, dag, get_current_context, task

from epic_fhir import tasks
from epic_fhir.defaults import DAG, LAKE
from epic_fhir.submit import ExportReady, LoadSubmit, PhaseJava, PhaseSubmit

SOURCE = {"pool": "epic_fhir_source"}
BRONZE, VIEWS = Asset("epic_fhir_bronze"), Asset("epic_fhir_views")
CRON = os.environ.get("EPIC_FHIR_SCHEDULE", "0 4 * * *")


@dag(
    dag_id="epic_fhir_etl",
    # "@daily" would give an empty data interval in Airflow 3: this timetable gives a run the day before it.
    schedule=CronDataIntervalTimetable(CRON, timezone="UTC") if CRON else None,
    doc_md=__doc__,
    tags=["epic", "fhir", "etl"],
    **DAG,
)
def epic_fhir_etl() -> None:
    kick_off = PhaseJava(
        task_id="kick_off",
        module="extract-job",
        main="io.epicfhir.extract.KickOff",
        execution_timeout=timedelta(minutes=30),
        **SOURCE,
    )
    export_id = kick_off.output["export_id"]
    wait = ExportReady(
        task_id="wait",
        module="extract-job",
        main="io.epicfhir.extract.ExportStatus",
        export_id=export_id,
        execution_timeout=timedelta(minutes=30),
        timeout=timedelta(days=7),
        **SOURCE,
    )
    extract = PhaseSubmit(
        task_id="extract", module="extract-job", main="io.epicfhir.extract.Extract", export_id=export_id, **SOURCE
    )
    transform = PhaseSubmit(task_id="transform", module="transform-job", main="io.epicfhir.transform.Transform", **LAKE)
    load = LoadSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load", **LAKE)

    @task(outlets=[BRONZE, VIEWS], execution_timeout=timedelta(minutes=15))
    def validate(extracted: dict, transformed: dict, loaded: dict) -> dict:
        """Green only where every count is there and fits; publishes the assets then."""
        paths = {"extract": extracted["report"], "transform": transformed["report"], "load": loaded["report"]}
        return tasks.validate(get_current_context(), paths)

    # Whatever became of the run; the last task, so its end is the run's.
    report = tasks.RunReport(task_id="report", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=15))

    kick_off >> wait >> extract >> transform >> load >> validate(extract.output, transform.output, load.output) >> report


epic_fhir_etl()
