"""The human step of a rerun: who is asked, and what the answer does to the plan."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from airflow.sdk.exceptions import TaskAwaitingInput

from epic_fhir import approval
from epic_fhir.approval import APPROVE, REJECT, Approval
from epic_fhir.rerun import Plan

PLAN = Plan("r1", "transform", ["e1"], [], [], ["Run r1: transform failed.", "It begins with transform."])


class Asked:
    id = "ti"


@pytest.fixture
def request_of(monkeypatch):
    """What Airflow is given to show."""
    seen = {}
    monkeypatch.setattr("airflow.providers.standard.operators.hitl.upsert_hitl_detail", lambda **told: seen.update(told))
    return seen


def step(plan):
    return Approval(task_id="approve", plan=plan.as_dict())


@pytest.mark.parametrize("plan", [replace(PLAN, go=True), replace(PLAN, go=True, ask=False), replace(PLAN, ask=False)])
def test_a_plan_that_goes_or_is_only_shown_asks_nobody(request_of, plan):
    assert step(plan).execute({"task_instance": Asked()}) == plan.as_dict()
    assert request_of == {}


def test_a_person_sees_the_plan_and_has_an_hour(request_of):
    with pytest.raises(TaskAwaitingInput) as waiting:
        step(PLAN).execute({"task_instance": Asked()})
    assert waiting.value.timeout == approval.PATIENCE
    assert request_of["subject"] == "Approve the rerun of r1?"
    assert request_of["body"] == "- Run r1: transform failed.\n- It begins with transform."
    assert request_of["options"] == [APPROVE, REJECT]
    assert request_of["defaults"] == [REJECT], "nobody's answer changes nothing"


@pytest.mark.parametrize(("answer", "goes"), [(APPROVE, True), (REJECT, False)])
def test_the_answer_decides_whether_the_plan_goes(answer, goes):
    event = {"chosen_options": [answer], "params_input": {}, "responded_at": datetime.now(timezone.utc)}
    told = step(PLAN).execute_complete({}, event | {"responded_by_user": {"id": "1", "name": "ann"}})
    assert Plan.of_dict(told) == replace(PLAN, go=goes)
