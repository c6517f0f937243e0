"""Alerts that are no verdict: a run that is late, a task that is tried again. They are kept until they are sent, too."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from epic_fhir.alert_memory import Unsent
from epic_fhir.alert_store import AlertStore
from epic_fhir.channels import Alerts, Message, channels
from epic_fhir.installation import SettingsError
from epic_fhir.lake import Lake, instant
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from epic_fhir.installation import Installation

log = logging.getLogger(__name__)


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
        log.warning("Cannot keep this alert if it cannot be sent: %s", e)
        return None
