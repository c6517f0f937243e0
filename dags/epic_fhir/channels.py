"""The ways an alert can go: mail, Slack, a webhook; each by Airflow's own notifier and a connection of Airflow's."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from epic_fhir import job_settings

if TYPE_CHECKING:
    from epic_fhir.installation import Installation

_TIMEOUT = 30
_OPTIONS = frozenset({"verify", "cert", "proxies", "timeout", "stream", "allow_redirects", "max_redirects", "trust_env"})
"""What an HTTP connection's extra may hold beside headers."""


@dataclass(frozen=True)
class Alerts:
    """Who is told when a run is not green; conf/validation.conf explains each. Nobody is by default."""

    mail_to: tuple[str, ...] = ()
    mail_connection: str = "smtp_default"
    slack_connection: str = ""
    webhook_connection: str = ""
    remind_every: int = 3
    remind_warnings_every: int = 7
    first_try: bool = False

    @classmethod
    def of(cls, here: Installation) -> Alerts:
        told = job_settings.validation(here).alerts
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
    lines: tuple[str, ...]
    command: str | None
    link: str


@dataclass(frozen=True)
class Channel:
    """One way that is switched on."""

    name: str
    connection: str
    send: Callable[[Message, Any], None]

    def deliver(self, message: Message, context: Any) -> str | None:
        """Why the message did not go out; None when it did. An exception's own text may hold a secret address: it is not told."""
        try:
            self.send(message, context)
        except _NotInstalledError as e:
            return f"Cannot send the alert by {self.name}: {e}"
        except Exception as e:
            status = getattr(getattr(e, "response", None), "status_code", "")
            what = f"{type(e).__name__} {status}".strip()
            return (
                f"Cannot send the alert by {self.name}: {what}; check Airflow's connection {self.connection}. "
                "It is tried again at the next run."
            )
        return None


class _NotInstalledError(Exception):
    """A provider of Airflow's is missing."""


def channels(alerts: Alerts) -> list[Channel]:
    """The ways that are switched on."""
    given = []
    if alerts.mail_to:
        given.append(Channel("mail", alerts.mail_connection, lambda message, context: _mail(alerts, message, context)))
    if alerts.slack_connection:
        given.append(Channel("Slack", alerts.slack_connection, lambda message, context: _slack(alerts, message, context)))
    if alerts.webhook_connection:
        given.append(Channel("webhook", alerts.webhook_connection, lambda message, context: _webhook(alerts, message, context)))
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
    notifier(smtp_conn_id=alerts.mail_connection, to=list(alerts.mail_to), subject=message.subject, html_content=content).notify(
        context
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
