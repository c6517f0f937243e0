"""The tasks of an erasure that are other than those of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epic_fhir.submit import LoadSubmit

if TYPE_CHECKING:
    from airflow.sdk import Context

    from epic_fhir.lake import RunKey


def counted(plan: str) -> str:
    """The template of a sentence with what a plan has counted."""
    return f"Counts, without ids: {{{{ ti.xcom_pull(task_ids='{plan}', key='return_value') }}}}."


def approved(plan: str) -> dict[str, str]:
    """The option by which a job does only what was counted: the digest of the list, and of the records, that the plan has read."""
    return {"approved": f"{{{{ (ti.xcom_pull(task_ids='{plan}', key='return_value') or {{}}).get('list', '') }}}}"}


class LoadErased(LoadSubmit):
    """The load job after an erasure, which no transform comes before."""

    def _transform_must_have_reached_its_end(self, context: Context, key: RunKey) -> None:
        self.log.debug("%s loads what %s has left", key.task_id, context["dag_run"].run_id)
