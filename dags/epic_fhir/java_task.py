"""Jobs that need no Spark: plain Java with a class archive."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from epic_fhir import logs, rerun
from epic_fhir.installation import Installation
from epic_fhir.lake import RunKey
from epic_fhir.lineage import TellsLineage
from epic_fhir.phase import begun, listed, planned, settings_must_hold, settle
from epic_fhir.processes import private, run_by, without_secrets
from epic_fhir.reports import answer, fresh, judge
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context


class JavaCall:
    """A job as a plain Java process of this task; its output goes to the task's log."""

    def __init__(self, operator: BaseOperator) -> None:
        self._log = operator.log
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, module: str, main: str, key: RunKey, export_id: str | None = None, options: dict[str, str] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """The report's path and the report, or the failure that the exit code asks for."""
        with settings_must_hold():
            here = Installation.of(key.dag_id)
            lake = Settings.of(here).open_lake()
            # Before anything else that can end the task: what an earlier try reported is not to speak for this one.
            path, before = lake.report(key), begun(lake, key)
            command, archive = here.java(module, main, key.arguments(here.conf, export_id, **listed(options or {})))
        self._log.info(logs.opening(key, here.conf, export_id))
        self._log.debug("Running %s", " ".join(command))
        with private(lake):
            status = self._wait(command, without_secrets() | here.environment())
        if archive is not None:
            archive.keep(status)
        return path, settle(judge(key, fresh(lake.read_json(path), key, before), status))

    def _wait(self, command: list[str], env: dict[str, str]) -> int:
        self._process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        try:
            for line in self._process.stdout or ():
                self._log.info("%s", line.rstrip())
            return self._process.wait()
        finally:
            self.kill()

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class PhaseJava(TellsLineage, BaseOperator):
    """Runs a job that needs no Spark session and returns its report's path and answers, each under its own key, too."""

    template_fields = ("plan", "options")

    def __init__(self, *, module: str, main: str, plan: Any = None, options: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(multiple_outputs=True, **kwargs)
        self.module = module
        self.main = main
        self.plan = plan
        self.options = options or {}
        self._call: JavaCall | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        planned(self, self.task_id, None)
        os.environ.update(run_by(context))
        self._call = JavaCall(self)
        plan = rerun.Plan.of_dict(self.plan) if self.plan else None
        for exports, options in ((plan.gives_up, {}), (plan.takes_back, {"mode": "take-back"})) if plan else ():
            if exports:
                self._call.run(self.module, "io.epicfhir.extract.Cancel", RunKey.of(context), ",".join(exports), options)
        kept = ",".join(plan.keeps) if plan else None
        path, made = self._call.run(self.module, self.main, RunKey.of(context), kept or None, self.options)
        self.log.info(logs.closing(RunKey.of(context), made, path))
        return answer(path, made)

    def on_kill(self) -> None:
        if self._call is not None:
            self._call.kill()
