"""Alerts that are no verdict: a run that is late, a task that is tried again. They are kept until they are sent, too."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

from epic_fhir import job_settings, remedy
from epic_fhir.alert_memory import Unsent
from epic_fhir.alert_store import AlertStore
from epic_fhir.channels import Alerts, Message, channels
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.lake import Lake, RunKey, instant
from epic_fhir.settings import Settings

log = logging.getLogger(__name__)
_LINES = 10
"""So many problems of the settings are named."""


def send(lake: Lake | None, alerts: Alerts, message: Message, context: Any) -> None:
    """
    Sends it by every way that is set; what cannot be sent goes out with the alerts of the next run.

    :param lake: None where its settings cannot be read: then the message is sent once, or not
    """
    ways = channels(alerts)
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


def lake_of(here: Installation) -> Lake | None:
    """None where the settings cannot be read, which is no reason to be silent."""
    try:
        return Settings.of(here).open_lake()
    except SettingsError as e:
        log.warning("Cannot store this alert, so it is lost if it cannot be sent now: %s", e)
        return None


def settings_do_not_hold(key: RunKey, problem: str, context: Any) -> None:
    """
    A run that ends before it could be judged: the settings that stop it are no reason to be silent. Whom to tell stands in the
    settings, too; where those do not hold, it is who was to be told before.

    :param problem: a sentence for people
    """
    try:
        here = Installation.of(key.dag_id)
        alerts = _whom(here)
    except SettingsError as e:
        log.error("Cannot send an alert about the invalid settings: %s", e)
        return
    headline = "Red: the settings are invalid, so nothing was checked."
    command = f"airflow dags clear {key.dag_id} {remedy.run_option(key)} --yes"
    lines = (headline, f"{key.dag_id}, run {key.run_id}.", *problem.splitlines()[:_LINES], "Fix them first, then run the command.")
    made = Message(key.dag_id, key.run_id, "red", f"{key.dag_id}: {headline}", lines, command, "")
    send(lake_of(here), alerts, made, context)


def _whom(here: Installation) -> Alerts:
    """
    :raises SettingsError: where the settings do not hold, and did not before either
    """
    try:
        return Alerts.of(here)
    except SettingsError:
        before = job_settings.validation_before(here)
        if before is None:
            raise
        return Alerts.from_settings(before.alerts)
