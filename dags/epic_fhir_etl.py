"""
### Epic FHIR to bronze, silver, views and PostgreSQL

One run loads what the groups' bulk exports contain, or what a crawl finds: everything in the first run, then the changes since
the last one.

| task | does | starts Spark |
|---|---|---|
| kick_off | requests each group's export, or adopts the one that this run has already requested; or starts a crawl | no |
| wait | checks whether the exports are ready, never earlier than the server allows; occupies no worker in between | no |
| extract | downloads the files into bronze, byte for byte; red if one group's export did not land | yes |
| transform | applies bronze to silver and brings the view tables up to date, even if extract failed for some groups | yes |
| load | brings the changed view tables into PostgreSQL, even if transform failed for some types or views | yes |
| validate | compares the counts of all phases; red if one differs or is missing | no |
| report | writes report.html, also for a failed run; red if the run is not green | no |

**Missed days** (catch-up) and backfills, forwards or backwards, cost the source one export: no server can export a single past
day. So the first of these runs requests everything that is missing up to now, and says so; the others request nothing.

**When it is red:** open `<lake>/report.html`. It says what failed and why, and gives the command to run.
You can run any task again at any time: a run works only on its own export.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, TriggerRule, get_current_context, task

from epic_fhir import sites, tasks
from epic_fhir.defaults import asset, deadline, every_dag
from epic_fhir.export_sensor import ExportReady
from epic_fhir.java_task import PhaseJava
from epic_fhir.submit import LoadSubmit, PhaseSubmit, TransformSubmit


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
    # Each goes on with what the one before it left, also where that failed for a single group, type or view only.
    anyhow = lake | {"trigger_rule": TriggerRule.ALL_DONE}
    transform = TransformSubmit(task_id="transform", module="transform-job", main="io.epicfhir.transform.Transform", **anyhow)
    load = LoadSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load", **anyhow)
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
