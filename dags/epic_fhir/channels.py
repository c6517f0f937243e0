"""The ways an alert can go: mail, Slack, a webhook; each by Airflow's own notifier and a connection of Airflow's."""

from __future__ import annotations

import contextvars
import html
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from smtplib import SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any

from epic_fhir import job_settings

if TYPE_CHECKING:
    from epic_fhir.installation import Installation

_TIMEOUT, _SENDS_LAST = 30, 2
"""The timeout of one read in seconds, and the factor that limits a whole request or mail."""
_OPTIONS = frozenset({"verify", "cert", "proxies", "timeout", "stream", "allow_redirects", "max_redirects", "trust_env"})
"""The keys of an HTTP connection's extra that are not headers."""


@dataclass(frozen=True)
class Alerts:
    """Who gets an alert when a run is not green; conf/validation.conf explains each. Nobody by default."""

    mail_to: tuple[str, ...] = ()
    mail_connection: str = "smtp_default"
    slack_connection: str = ""
    webhook_connection: str = ""
    remind_every: int = 3
    remind_warnings_every: int = 7
    first_try: bool = False

    @classmethod
    def of(cls, here: Installation) -> Alerts:
        return cls.from_settings(job_settings.validation(here).alerts)

    @classmethod
    def from_settings(cls, told: job_settings.AlertSettings) -> Alerts:
        return cls(
            mail_to=tuple(told.mail_to),
            mail_connection=told.mail_connection,
            slack_connection=told.slack_connection,
            webhook_connection=told.webhook_connection,
            remind_every=told.remind_red_every,
            remind_warnings_every=told.remind_warnings_every,
            first_try=told.first_try,
        )


@dataclass(frozen=True)
class Message:
    """What all channels say, each in its own form."""

    dag_id: str
    run_id: str
    verdict: str
    subject: str
    lines: list[str]
    command: str | None
    link: str


@dataclass(frozen=True)
class Delivery:
    """
    What became of a message.

    :param note: why it did not go out, or not to everybody
    """

    sent: bool
    note: str | None = None


@dataclass(frozen=True)
class Channel:
    """
    One way that is switched on.

    :param sends: how many requests or mails one message is
    """

    name: str
    connection: str
    send: Callable[[Message, Any], None]
    sends: int = 1

    def deliver(self, message: Message, context: Any) -> Delivery:
        """Sends the message. An exception's own text may hold a secret address: no note quotes it."""
        try:
            _within(_SENDS_LAST * _TIMEOUT * self.sends, lambda: self.send(message, context))
        except _NotInstalledError as e:
            return Delivery(False, f"Cannot send the alert by {self.name}: {e}")
        except _PartlyRefusedError as e:
            return Delivery(True, f"Sent the alert by {self.name}, but not to all recipients: {e}")
        except Exception as e:
            status = getattr(getattr(e, "response", None), "status_code", "")
            what = str(e) if isinstance(e, _TooSlowError) else f"{type(e).__name__} {status}".strip()
            return Delivery(
                False,
                f"Cannot send the alert by {self.name}: {what}; check Airflow's connection {self.connection}. "
                "The next run sends it again.",
            )
        return Delivery(True)


class _NotInstalledError(Exception):
    """A provider of Airflow's is missing."""


class _PartlyRefusedError(Exception):
    """The mail server took the message for some recipients only."""


class _TooSlowError(Exception):
    """The other side neither answered nor hung up."""


def _within(seconds: float, send: Callable[[], None]) -> None:
    """
    Runs it with a time limit. A client's own timeout restarts with each byte, so a slow server would hold the task.

    :raises _TooSlowError: where it has not ended; its thread ends with the process
    """
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def run() -> None:
        try:
            send()
        except BaseException as e:
            ended.put(e)
        else:
            ended.put(None)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    try:
        error = ended.get(timeout=seconds)
    except queue.Empty:
        raise _TooSlowError(f"sending took more than {seconds:g} seconds, so the alert may have arrived") from None
    if error is not None:
        raise error


def channels(alerts: Alerts) -> list[Channel]:
    """The ways that are switched on."""
    given = []
    if alerts.mail_to:
        send = partial(_mail, alerts)
        given.append(Channel("mail", alerts.mail_connection, send, len(alerts.mail_to)))
    if alerts.slack_connection:
        given.append(Channel("Slack", alerts.slack_connection, partial(_slack, alerts)))
    if alerts.webhook_connection:
        given.append(Channel("webhook", alerts.webhook_connection, partial(_webhook, alerts)))
    return given


# The notifiers' notify is called, not the notifiers: a call would take braces in a sentence for a template.


def _mail(alerts: Alerts, message: Message, context: Any) -> None:
    notifier = _notifier("airflow.providers.smtp.notifications.smtp", "SmtpNotifier", "apache-airflow-providers-smtp")
    parts = [f"<p>{html.escape(line)}</p>" for line in message.lines]
    if message.command:
        parts.append(f"<p>Then run:</p><pre>{html.escape(message.command)}</pre>")
    if message.link:
        parts.append(f'<p><a href="{html.escape(message.link)}">{html.escape(message.link)}</a></p>')
    content = "\n".join(parts)
    refused: dict[int, SMTPRecipientsRefused] = {}
    # One mail for each: of a mail to several, Airflow's hook drops what the server says of the recipients that it refuses.
    for number, address in enumerate(alerts.mail_to, start=1):
        made = notifier(smtp_conn_id=alerts.mail_connection, to=[address], subject=message.subject, html_content=content)
        try:
            made.notify(context)
        except SMTPRecipientsRefused as e:
            refused[number] = e
    if len(refused) == len(alerts.mail_to):
        raise refused[1]
    if refused:
        raise _PartlyRefusedError(_refusals(refused, len(alerts.mail_to)))


def _refusals(refused: dict[int, SMTPRecipientsRefused], count: int) -> str:
    """Which recipients the server refused, by their place in the setting: notes go to more people than addresses should."""
    told = [f"number {number} ({', '.join(str(code) for code, _ in e.recipients.values())})" for number, e in refused.items()]
    return (
        f"the server refused {len(refused)} of {count} recipients, {', '.join(told)} of alerts.mail.to. "
        "Correct EPIC_FHIR_ALERT_MAIL_TO, or ask the mail server's administrator."
    )


def _slack(alerts: Alerts, message: Message, context: Any) -> None:
    notifier = _notifier(
        "airflow.providers.slack.notifications.slack_webhook", "SlackWebhookNotifier", "apache-airflow-providers-slack"
    )
    text = html.escape("\n".join((f"*{message.subject}*", *message.lines[1:])), quote=False)
    if message.command:
        text += f"\n```{html.escape(message.command, quote=False)}```"
    text += f"\n{message.link}" if message.link else ""
    notifier(slack_webhook_conn_id=alerts.slack_connection, text=text, timeout=_TIMEOUT).notify(context)


def webhook_body(message: Message) -> dict[str, Any]:
    """What a webhook gets: common/contracts/alert.schema.json."""
    return {
        "dag_id": message.dag_id,
        "run_id": message.run_id,
        "verdict": message.verdict,
        "subject": message.subject,
        "text": "\n".join(part for part in (*message.lines, message.command, message.link) if part),
        "command": message.command,
        "link": message.link,
    }


def _webhook(alerts: Alerts, message: Message, context: Any) -> None:
    body = webhook_body(message)
    try:
        notifier = _notifier("airflow.providers.http.notifications.http", "HttpNotifier", "apache-airflow-providers-http")
    except _NotInstalledError:
        _post(alerts.webhook_connection, body)
    else:
        notifier(http_conn_id=alerts.webhook_connection, json=body, extra_options={"timeout": _TIMEOUT}).notify(context)


def _post(connection_id: str, body: dict[str, Any]) -> None:
    """The same request as the HTTP provider's, by what Airflow itself brings along."""
    import httpx
    from airflow.sdk import BaseHook

    connection = BaseHook.get_connection(connection_id)
    host, extra = connection.host or "", connection.extra_dejson
    url = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    url += f":{connection.port}" if connection.port else ""
    headers = {key: str(value) for key, value in extra.items() if key not in _OPTIONS}
    login = (connection.login, connection.password or "") if connection.login else None
    verify = extra.get("verify", True)
    httpx.post(url, json=body, headers=headers, auth=login, timeout=_TIMEOUT, verify=verify).raise_for_status()


def _notifier(module: str, name: str, package: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except ImportError as e:
        raise _NotInstalledError(f"{e}; install {package} with pip where the tasks run") from e
