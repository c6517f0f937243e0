"""
### Accept a new level

A run report that says *slower since …* says so until the level is back, or until somebody accepts it here with a reason.
The reason, the time and who it was are kept in `<lake>/state/history/<dag_id>.json` beside the runs themselves.

| parameter | |
|---|---|
| dag_id | whose runs |
| figure | as the report names it, for example `transform: ms a resource`; or `all` |
| reason | why this is the new normal |
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, get_current_context, task

from epic_fhir import sites, tasks
from epic_fhir.defaults import every_dag


@task(execution_timeout=timedelta(minutes=5))
def accept() -> dict:
    """Writes down the level, the reason and who accepted it."""
    return tasks.accept(get_current_context())


for site in sites.names():
    etl = sites.named("etl", site)
    with DAG(
        schedule=None,
        doc_md=__doc__,
        params={
            "dag_id": Param(etl, type="string", minLength=1, description="DAG whose level changed"),
            "figure": Param("all", type="string", minLength=1, description="Figure as the report names it, or all"),
            "reason": Param("", type="string", minLength=10, description="Why this is the new normal"),
        },
        **every_dag("baseline", site, ["on-call"]),
    ):
        accept()
