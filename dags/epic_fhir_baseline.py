"""
### Accept a warning

Every run report repeats a warning, or *slower since …*, until its cause is gone or someone accepts it here with a reason. The
reason, the time and the person are kept in `<lake>/state/history/<dag_id>.json`, next to the runs.

| parameter | |
|---|---|
| dag_id | whose runs |
| figure | a level of speed as the report names it, for example `transform: ms a resource`; or `all` |
| warning | a warning as the alert names it, for example `drift, patient`; or `all` |
| deletions | held deletions, for example `Observation:104`; `epic_fhir_rerun` makes them for the newest run that held them back |
| reason | why this is the new normal; no patient's name or id |
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, get_current_context, task

from epic_fhir import sites, tasks
from epic_fhir.defaults import every_dag

DELETIONS = r"^([A-Z][A-Za-z]+:[0-9]{1,12}(,[A-Z][A-Za-z]+:[0-9]{1,12})*)?$"
DAG_ID = r"^epic_fhir_[A-Za-z0-9_-]{1,200}$(?!\n)"
"""A DAG of this product: the id is part of the path of its history."""
NAME = ["string", "null"]


@task(execution_timeout=timedelta(minutes=5))
def accept() -> dict:
    """Writes down what is accepted, the reason and who accepted it."""
    return tasks.accept(get_current_context())


@task.short_circuit(execution_timeout=timedelta(minutes=5))
def has_deletions() -> bool:
    """Only deletions need a rerun, and it must not be paused."""
    return tasks.has_deletions(get_current_context())


for site in sites.names():
    etl = sites.named("etl", site)
    with DAG(
        schedule=None,
        doc_md=__doc__,
        params={
            "dag_id": Param(etl, type="string", pattern=DAG_ID, description="The DAG whose warnings are accepted"),
            "figure": Param(None, type=NAME, description="The metric whose new level is accepted, as the report names it; or all"),
            "warning": Param(None, type=NAME, description="Warning as the alert names it: check, subject; or all"),
            "deletions": Param(None, type=NAME, pattern=DELETIONS, description="Deletions to accept, such as Observation:104"),
            "reason": Param("", type="string", minLength=10, maxLength=500, description="Why this is the new normal"),
        },
        **every_dag("baseline", site, ["on-call"]),
    ):
        delete = TriggerDagRunOperator(
            task_id="delete",
            trigger_dag_id=sites.named("rerun", site),
            conf={
                "run": "{{ ti.xcom_pull(task_ids='accept', key='return_value')['mends'] }}",
                "begin": "transform",
                "accept_deletions": "{{ params.deletions }}",
                "reason": "{{ params.reason }}",
                "go": True,
            },
            execution_timeout=timedelta(minutes=5),
        )
        accept() >> has_deletions() >> delete
