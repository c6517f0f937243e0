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

from airflow.sdk import Param, dag, get_current_context, task

from epic_fhir import tasks
from epic_fhir.defaults import DAG


@dag(
    dag_id="epic_fhir_baseline",
    schedule=None,
    doc_md=__doc__,
    tags=["epic", "fhir", "on-call"],
    params={
        "dag_id": Param("epic_fhir_etl", type="string", minLength=1, description="DAG whose level changed"),
        "figure": Param("all", type="string", minLength=1, description="Figure as the report names it, or all"),
        "reason": Param("", type="string", minLength=10, description="Why this is the new normal"),
    },
    **DAG,
)
def epic_fhir_baseline() -> None:
    @task(execution_timeout=timedelta(minutes=5))
    def accept() -> dict:
        """Writes down the level, the reason and who accepted it."""
        return tasks.accept(get_current_context())

    accept()


epic_fhir_baseline()
