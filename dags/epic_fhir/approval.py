"""The human step of a rerun: the plan is shown in Airflow's page of required actions, and a person approves or rejects it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator

from epic_fhir import rerun

if TYPE_CHECKING:
    from airflow.sdk import Context

APPROVE, REJECT = "Approve", "Reject"
PATIENCE = timedelta(hours=1)
"""A plan that nobody approves by then is rejected: tables change meanwhile, and a waiting rerun keeps the next one waiting."""


class Approval(HITLOperator):
    """
    Returns the plan with ``go`` set as the person said. A plan that goes already, or is only to be shown, asks nobody.

    :param plan: of the rerun
    """

    template_fields = (*HITLOperator.template_fields, "plan")

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(
            subject="Approve the rerun of {{ params.run }}?",
            options=[APPROVE, REJECT],
            defaults=REJECT,
            response_timeout=PATIENCE,
            **kwargs,
        )
        self.plan = plan

    def execute(self, context: Context) -> dict[str, Any]:
        made = rerun.Plan.of_dict(self.plan)
        if made.go or not made.ask:
            self.log.info(
                "No approval needed: the rerun %s.",
                "was triggered with go = true" if made.go else "only shows its plan (ask = false)",
            )
            return self.plan
        self.subject = f"Approve the rerun of {made.run}?"
        self.body = "\n".join(f"- {sentence}" for sentence in made.sentences)
        self.log.info("approve waits for a person: open Required Actions of this run in Airflow and choose Approve or Reject")
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        answer = super().execute_complete(context, event)
        approved = answer["chosen_options"] == [APPROVE]
        by = (answer.get("responded_by_user") or {}).get("name")
        self.log.info("%s by %s", "Approved" if approved else "Rejected", by or f"timeout: no answer within {PATIENCE}")
        return {**self.plan, "go": approved}
