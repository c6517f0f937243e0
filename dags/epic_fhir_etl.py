"""
### Epic FHIR to bronze, silver, views and PostgreSQL

One run brings home what the groups' bulk exports hold, or a crawl finds: all of it at first, then what changed since the last one.

| task | does | starts Spark |
|---|---|---|
| kick_off | asks the server for each group's export, or adopts the one this run already asked for; or begins a crawl | no |
| wait | asks whether it is ready, never earlier than the server allows; holds no worker in between | no |
| extract | downloads the files into bronze, byte for byte | yes |
| transform | applies bronze to silver and brings the view tables up to date | yes |
| load | brings the changed view tables into PostgreSQL, also where transform failed for single types or views | yes |
| validate | lays the counts of all of them side by side; red where one differs, or where one is missing | no |
| report | writes report.html, also of a failed run; red where the run is not green | no |

**Days that were missed** (catch-up), or that a backfill asks for, forwards or backwards, cost the source one export: no server
gives a past day by itself, so the first of the runs asks for all that is missing up to now, and says so; the others ask for
nothing.

**When it is red:** open `<lake>/report.html`. It says what failed and why, and gives the command to run.
Every task may be run again at any time: a run works on its own export only.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, TriggerRule, get_current_context, task

from epic_fhir import sites, tasks
from epic_fhir.defaults import asset, deadline, every_dag
from epic_fhir.export_sensor import ExportReady
from epic_fhir.java_task import PhaseJava
from epic_fhir.submit import LoadSubmit, PhaseSubmit


def chain(site: str) -> None:
    """The tasks of one site's DAG."""
    source, lake = sites.pool("source", site), sites.pool("lake", site)
    kick_off = PhaseJava(
        task_id="kick_off",
        module="extract-job",
        main="io.epicfhir.extract.KickOff",
        execution_timeout=timedelta(minutes=30),
        **source,
    )
    export_id = kick_off.output["export_id"]
    wait = ExportReady(
        task_id="wait",
        module="extract-job",
        main="io.epicfhir.extract.ExportStatus",
        export_id=export_id,
        execution_timeout=timedelta(minutes=30),
        timeout=timedelta(days=15),
        **source,
    )
    extract = PhaseSubmit(
        task_id="extract", module="extract-job", main="io.epicfhir.extract.Extract", export_id=export_id, **source
    )
    transform = PhaseSubmit(task_id="transform", module="transform-job", main="io.epicfhir.transform.Transform", **lake)
    # It also loads what a transform left that failed for a single type or view only.
    load = LoadSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load", trigger_rule=TriggerRule.ALL_DONE, **lake)
    published = {of_what: asset(of_what, site) for of_what in ("bronze", "silver", "views")}

    @task(outlets=list(published.values()), execution_timeout=timedelta(minutes=15))
    def validate(extracted: dict, transformed: dict, loaded: dict) -> dict:
        """Green only where every count is there and fits; publishes the assets then, with their rows."""
        paths = {"extract": extracted["report"], "transform": transformed["report"], "load": loaded["report"]}
        return tasks.validate(get_current_context(), paths, published)

    # Whatever became of the run; the last task, so its end is the run's.
    report = tasks.RunReport(task_id="report", trigger_rule=TriggerRule.ALL_DONE, execution_timeout=timedelta(minutes=15))

    kick_off >> wait >> extract >> transform >> load >> validate(extract.output, transform.output, load.output) >> report


for site in sites.names():
    cron = sites.value("SCHEDULE", site, "0 4 * * *")
    with DAG(
        # "@daily" would give an empty data interval in Airflow 3: this timetable gives a run the day before it.
        schedule=CronDataIntervalTimetable(cron, timezone="UTC") if cron else None,
        doc_md=__doc__,
        deadline=deadline(site),
        **every_dag("etl", site, ["etl"]),
    ):
        chain(site)
