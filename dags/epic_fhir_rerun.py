"""
### Repair a run

For the person on call. `plan` works out what the rerun will do and replace. `approve` shows the plan under Required Actions of
this run and waits up to an hour for Approve or Reject. After a Reject, or after an hour, nothing changes.

From the command line: with `ask` off, the log of `plan` shows the plan and nothing changes; with `go` on, the rerun starts at once.

| field | |
|---|---|
| run | the run to repair: its id, or `the last red run` |
| begin | the first phase: kick_off requests new exports, extract uses the run's own, transform and load send no requests |
| exports | exports to use instead of the run's own, or to keep with kick_off: ids, or dates of bronze partitions (2026-03-02) |
| types | resource types to rebuild in silver from all of bronze, with their views |
| views | views whose Delta and PostgreSQL tables are replaced, or `all`. Empty, with begin `load`: each is compared with its view |
| accept_deletions | held deletions that transform may carry out now: `Observation:104,Patient:4` |
| reason | why those resources are really gone; needed with accept_deletions, kept in the run's report |
| go | run at once, without an approval |
| ask | ask for approval; off: only show the plan |

If the cause has passed (a server or a disk is back), you need no rerun: clear the failed tasks.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, TriggerRule, get_current_context, task

from epic_fhir import rerun, sites, tasks
from epic_fhir.approval import Approval
from epic_fhir.defaults import asset, every_dag
from epic_fhir.export_sensor import ExportReady
from epic_fhir.java_task import PhaseJava
from epic_fhir.submit import LoadSubmit, PhaseSubmit, TransformSubmit

NAMES = {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
DELETIONS = "^([A-Z][A-Za-z]+:[0-9]{1,12}(,[A-Z][A-Za-z]+:[0-9]{1,12})*)?$"
ANYHOW = {"trigger_rule": TriggerRule.ALL_DONE}
GOES_ON = {"trigger_rule": TriggerRule.NONE_FAILED}


@task(execution_timeout=timedelta(minutes=5))
def plan() -> dict:
    """Works out and says what will be done; fails where it cannot be done."""
    return tasks.plan(get_current_context())


def chain(site: str) -> None:
    """The tasks of one site's DAG: those of the DAG that is repaired, each of which the plan may leave out."""
    shown = plan()
    approve = Approval(task_id="approve", plan=shown)
    made = approve.output
    source, lake = sites.pool("source", site) | GOES_ON, sites.pool("lake", site) | ANYHOW | {"plan": made}
    asked = "{{ ti.xcom_pull(task_ids='kick_off', key='export_id') or '' }}"
    job = {"module": "extract-job", "plan": made}
    kick_off = PhaseJava(task_id="kick_off", main="io.epicfhir.extract.KickOff", **job, **source)
    wait = ExportReady(
        task_id="wait", main="io.epicfhir.extract.ExportStatus", export_id=asked, timeout=timedelta(days=15), **job, **source
    )
    extract = PhaseSubmit(task_id="extract", main="io.epicfhir.extract.Extract", export_id=asked, **job, **source)
    transform = TransformSubmit(task_id="transform", module="transform-job", main="io.epicfhir.transform.Transform", **lake)
    load = LoadSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load", **lake)
    published = {of_what: asset(of_what, site) for of_what in ("bronze", "silver", "views")}

    @task(outlets=list(published.values()), execution_timeout=timedelta(minutes=15), trigger_rule=TriggerRule.NONE_FAILED)
    def validate(made: dict) -> dict:
        """As in the DAG that is mended, with the reports of the phases that did not run again; publishes the same assets."""
        return tasks.validate_rerun(get_current_context(), made, published)

    report = tasks.RunReport(task_id="report", plan=made, execution_timeout=timedelta(minutes=15), **ANYHOW)
    shown >> approve >> kick_off >> wait >> extract >> transform >> load
    [extract, transform, load] >> validate(made) >> report


for site in sites.names():
    with DAG(
        schedule=None,
        doc_md=__doc__,
        params={
            "run": Param(rerun.NEWEST_RED, type="string", minLength=1, description="The run to repair: an id, or the last red run"),
            "begin": Param(rerun.STOPPED, type="string", enum=list(rerun.BEGINNINGS), description="The phase to begin with"),
            "exports": Param([], **NAMES, description="Exports to use, or to keep with kick_off: ids, or dates such as 2026-03-02"),
            "types": Param([], **NAMES, description="Resource types to rebuild in silver from bronze, with their views"),
            "views": Param([], **NAMES, description="Views whose Delta and PostgreSQL tables are replaced; or all"),
            "accept_deletions": Param(
                None,
                type=["string", "null"],
                pattern=DELETIONS,
                description="Deletions to accept, such as Observation:104,Patient:4",
            ),
            "reason": Param(None, type=["string", "null"], maxLength=500, description="Why those resources are really gone"),
            "go": Param(False, type="boolean", description="Run at once, without an approval"),
            "ask": Param(True, type="boolean", description="Wait for an approval in Airflow; off: only show the plan"),
        },
        **every_dag("rerun", site, ["on-call"]),
    ):
        chain(site)
