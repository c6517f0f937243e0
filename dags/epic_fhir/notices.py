"""Alerts that are no verdict: a run that is late, a task that is tried again. They are kept until they are sent, too."""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from epic_fhir import acceptance, alerts, job_settings, refusals, rejudged, remedy
from epic_fhir.alert_memory import Unsent
from epic_fhir.alert_store import AlertStore
from epic_fhir.channels import Alerts, Message, channels
from epic_fhir.checks import FAIL
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.lake import Lake, RunKey, instant
from epic_fhir.reports import SETTINGS

log = logging.getLogger(__name__)
_LINES, _OF_A_CHECK = 10, 4
"""The maximum number of settings problems to name, and of those in one check."""

_WAYS = ("MAIL_TO", "MAIL_CONN_ID", "SLACK_CONN_ID", "WEBHOOK_CONN_ID", "FIRST_TRY")


def send(lake: Lake | None, told: Alerts, message: Message, context: Any) -> None:
    """
    Sends it by every way that is set; what cannot be sent goes out with the alerts of the next run.

    :param lake: None where its settings cannot be read: then the message is sent once, or not
    """
    ways = channels(told)
    store = AlertStore(lake, message.dag_id, [channel.name for channel in ways])
    sender = f"{message.dag_id} {message.run_id} {message.verdict}"
    made = Unsent(message, at=instant(datetime.now(timezone.utc).replace(microsecond=0))).sent_by(sender)
    for channel in ways:
        store.change(channel.name, lambda before: before.with_unsent(made))
        try:
            delivery = channel.deliver(message, context)
            if delivery.note:
                log.warning(delivery.note)
            if delivery.sent:
                store.change(channel.name, lambda before: before.without(made))
        finally:
            store.change(channel.name, lambda before: before.released(sender))


def lake_of(dag_id: str) -> Lake | None:
    """Where alerts are stored, also while the settings are invalid. None where nobody knows, which is no reason to be silent."""
    lake = rejudged.known_lake(dag_id)
    if lake is None:
        log.warning("Cannot store this alert, so it is lost if it cannot be sent now.")
    return lake


def whom(dag_id: str) -> Alerts:
    """Who gets the alert. If the settings are invalid: the channels of the last valid settings, or else of the environment."""
    try:
        here = Installation.of(dag_id)
    except SettingsError:
        return _of_environment()
    try:
        return Alerts.of(here)
    except SettingsError:
        before = job_settings.validation_before(here)
        alerts_of = Alerts.from_settings(before.alerts) if before else Alerts()
        return alerts_of if channels(alerts_of) else _of_environment()


def _of_environment() -> Alerts:
    """By the variables that validation.conf names: the ways alone, at the default pace."""
    said = {name: os.environ.get(f"EPIC_FHIR_ALERT_{name}", "").strip() for name in _WAYS}
    return Alerts(
        mail_to=tuple(address.strip() for address in said["MAIL_TO"].split(",") if address.strip()),
        mail_connection=said["MAIL_CONN_ID"] or Alerts.mail_connection,
        slack_connection=said["SLACK_CONN_ID"],
        webhook_connection=said["WEBHOOK_CONN_ID"],
        first_try=said["FIRST_TRY"] == "true",
    )


def settings_do_not_hold(
    key: RunKey, problem: str, context: Any, paused: Callable[[str], bool] = lambda _: False, mends: str | None = None
) -> None:
    """
    A run that ends before it could be judged: the settings that stop it are no reason to be silent. It is a problem as any other:
    it lasts until a run is green.

    :param problem: a sentence for people
    :param paused: whether a DAG is switched off in Airflow
    :param mends: of a rerun, the run that it mends
    """
    alerts_of = whom(key.dag_id)
    if not channels(alerts_of):
        log.error("The settings are invalid, and no alert could be sent: no alert channel is configured")
        return
    lines = problem.splitlines()[:_LINES]
    parts = ["\n".join(lines[at : at + _OF_A_CHECK]) for at in range(0, len(lines), _OF_A_CHECK)]
    command = refusals.clear(key, only_failed=False)
    advice, cause = "Fix them first, then run the command.", acceptance.words(problem)
    step = {"task": key.task_id, "exit_code": SETTINGS, "cause": cause, "advice": advice, "command": command}
    grounds = [{"name": "settings", "subject": "all", "state": FAIL, "sentence": part} for part in parts]
    finding = alerts.Finding("red", rejudged.INVALID, grounds, remedy.switched_on(step, paused))
    alerts.tell(lake_of(key.dag_id), key, alerts_of, "", context, finding, mends)


def not_planned(key: RunKey, why: str, asked: dict[str, Any], context: Any, paused: Callable[[str], bool]) -> None:
    """
    A rerun that was to be done at once and could not be planned, so that it has no page.

    :param why: a sentence for people
    :param asked: its parameters, which the command has once more
    :param paused: whether a DAG is switched off in Airflow
    """
    headline = "Red: nothing was done, because the rerun could not be planned."
    asked = asked | ({"reason": ""} if asked.get("reason") else {})  # what a person wrote is for the run's report alone
    command = f"airflow dags trigger {key.dag_id} --conf {shlex.quote(json.dumps(asked))}"
    advice = 'Change the command as the message says, then run it. With "go": false and "ask": false it only shows the plan.'
    advice += " Write the reason into it once more." if "reason" in asked else ""
    step = remedy.switched_on({"advice": advice, "command": command}, paused)
    lines = [headline, f"{key.dag_id}, run {key.run_id}.", f"{why.rstrip('.')}.", *step["advice"].splitlines()]
    made = Message(key.dag_id, key.run_id, "red", f"{key.dag_id}: {headline}", lines, step["command"], "")
    send(lake_of(key.dag_id), whom(key.dag_id), made, context)
