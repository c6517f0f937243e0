"""Waits for the server to have an export ready, without holding a worker."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.exceptions import (
    AirflowRescheduleException,
    AirflowSensorTimeout,
)

from epic_fhir import logs
from epic_fhir.installation import Installation
from epic_fhir.java_task import JavaCall
from epic_fhir.lake import Lake, RunKey
from epic_fhir.phase import planned, schedulers_turn, settings_must_hold
from epic_fhir.reports import answer, parse_instant
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


def _rescheduled(again: datetime) -> AirflowRescheduleException:
    """
    A task that is due again before the scheduler has noticed that its process ended is taken for one that somebody else changed,
    and fails. So it comes a little later, never earlier.
    """
    return AirflowRescheduleException(max(again, datetime.now(timezone.utc) + schedulers_turn()))


class ExportReady(BaseSensorOperator):
    """
    Waits for the server's export without holding a worker: each look is one short Java call.

    The server says when to ask again; this sensor never asks earlier, also not after a retry or a restart: the time stands in
    the last look's report. How long an export may take is the job's business (bulk.deadline); ``timeout`` is only a last stop.
    """

    template_fields = ("export_id", "plan")

    def __init__(self, *, module: str, main: str, export_id: str, plan: Any = None, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", **kwargs)
        self.module = module
        self.main = main
        self.export_id = export_id
        self.plan = plan
        self._call: JavaCall | None = None
        self._closing = ""

    def execute(self, context: Context) -> Any:
        made = super().execute(context)
        self.log.info(self._closing)
        return made

    def poke(self, context: Context) -> PokeReturnValue:
        key = RunKey.of(context)
        self.export_id = planned(self, key.task_id, self.export_id)["export_id"]
        with settings_must_hold():
            settings = Settings.of(Installation.of(key.dag_id))
        self._not_before(settings.open_lake(), key)
        self._call = JavaCall(self)
        path, report = self._call.run(self.module, self.main, key, self.export_id)
        status = report.get("result") or {}
        self._closing = logs.closing(key, report, path)
        if status.get("state") in logs.READY:
            return PokeReturnValue(is_done=True, xcom_value=answer(path, report))
        now = datetime.now(timezone.utc)
        self._within_timeout(context, now)
        again = parse_instant(status.get("not_before")) or now + settings.poll_interval
        self.log.info("Export %s is %s (%s)", self.export_id, status.get("state"), status.get("progress") or "no progress reported")
        self.log.info("%s Next check: %s", self._closing, again.isoformat())
        raise _rescheduled(again)

    def _not_before(self, lake: Lake, key: RunKey) -> None:
        last = lake.read_json(lake.report(key)) or {}
        result = last.get("result") or {}
        again = parse_instant(result.get("not_before"))
        mine = result.get("export_id") == self.export_id and result.get("state") not in logs.READY
        if mine and again and datetime.now(timezone.utc) < again:
            self.log.info("Too early for the next status request; next check: %s", again.isoformat())
            raise _rescheduled(again)

    def _within_timeout(self, context: Context, now: datetime) -> None:
        first = context["ti"].get_first_reschedule_date(context)
        if first is not None and (now - first).total_seconds() > self.timeout:
            raise AirflowSensorTimeout(
                f"Cannot wait any longer for export {self.export_id}: the task's timeout ({self.timeout / 3600:g} hours) has "
                "passed. The run report of wait has the export's last state; rerun from kick_off to request a new one"
            )

    def on_kill(self) -> None:
        if self._call is not None:
            self._call.kill()
