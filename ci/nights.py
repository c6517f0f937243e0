"""Several sites under one Airflow with its metadata in PostgreSQL, and what goes wrong at night: killed workers, schedulers."""

import itertools
import json
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from parts import HOME, JavaPart, PartError, sandbox_admin
from stack import Stack

TYPES = ("Patient", "Condition", "Encounter")
VIEWS = ("patient", "condition")
PATIENCE = 420


class Nights(Stack):
    """
    The parts, with a lake, tables and DAGs a site.

    :param sites: the resource types of each, by its name
    :param settings: further environment of Airflow
    """

    def __init__(self, root: Path, patients: int, sites: dict[str, tuple[str, ...]], settings: dict[str, str] | None = None):
        conf = root.resolve() / "conf"
        super().__init__(
            root,
            patients,
            {
                "EPIC_FHIR_CONF": str(conf / "pipeline.conf"),
                "EPIC_FHIR_SITES": ",".join(sites),
                "EPIC_FHIR_RETRIES": "2",
                "EPIC_FHIR_RETRY_SECONDS": "5",
                # What a dead worker or scheduler is known by, in seconds instead of minutes.
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
                "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
                **(settings or {}),
            },
        )
        self.sites = sites
        self.conf = conf
        self.metadata = JavaPart(self.root, "metadata")
        self.killed: list[int] = []

    def start(self):
        self._settings_files()
        self._start_metadata()
        url = self.metadata.env()["PSQL_URL"]
        self.more["AIRFLOW_DB"] = url.replace("postgresql:", "postgresql+psycopg:")
        self.more["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = url.replace("postgresql:", "postgresql+psycopg_async:")
        super().start()
        for site in self.sites:
            for of_what in ("source", "lake"):
                self.airflow("run", "pools", "set", f"epic_fhir_{of_what}_{site}", "1", "one at a time")

    def stop(self):
        for scheduler in self.killed:  # its idle workers have lost their parent; its pid is their process group
            with suppress(ProcessLookupError):
                os.killpg(scheduler, signal.SIGKILL)
        super().stop()
        self.metadata.stop()

    def lake_of(self, site: str) -> Path:
        return self.root / "lakes" / site

    # ---- runs ----

    def wait_for(self, dag: str) -> dict[str, str]:
        """Waits until every run has ended; {run: state}."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.keep_services()
            with suppress(OSError, PartError):  # the API server's database may be away
                states = {run["dag_run_id"]: run["state"] for run in self.runs(dag)}
                if set(states.values()) <= {"success", "failed"}:
                    return states
            time.sleep(1)
        raise PartError(f"Cannot see the end of all runs of {dag} within {PATIENCE} s; look at {self.root / 'airflow' / 'logs'}")

    # ---- what goes wrong ----

    def job(self, dag: str, task: str) -> psutil.Process:
        """Waits for the JVM of a task."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for process in psutil.process_iter(["cmdline"]):
                words = process.info["cmdline"] or []
                if words and words[0].endswith("java") and {dag, task} <= set(words):
                    return process
            time.sleep(0.2)
        raise PartError(f"Cannot find the job of {dag} {task} within {PATIENCE} s")

    def kill_worker(self, job: psutil.Process) -> list[int]:
        """Kills what stands between the scheduler and a job, and leaves the job alone."""
        scheduler = int((self.root / "airflow" / "scheduler.pid").read_text())
        above = list(itertools.takewhile(lambda p: p.pid != scheduler, job.parents()))
        for process in reversed(above):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        return [p.pid for p in above]

    def kill_scheduler(self):
        """Kills the scheduler as it stands, and starts another one."""
        file = self.root / "airflow" / "scheduler.pid"
        self.killed.append(int(file.read_text()))
        os.kill(self.killed[-1], signal.SIGKILL)
        self.airflow("again", "scheduler")

    def fault(self, order: dict):
        """Plans a fault of the server."""
        sandbox_admin(JavaPart(self.root, "sandbox"), "faults", "POST", order)

    def no_faults(self):
        sandbox_admin(JavaPart(self.root, "sandbox"), "faults", "DELETE")

    def restart_metadata(self):
        """Airflow's database goes away and comes back at the same address."""
        port = self.metadata.env()["PSQL_URL"].rsplit(":", 1)[1].split("/")[0]
        self.metadata.stop()
        time.sleep(5)
        self._start_metadata(port)

    def keep_services(self):
        """What a service manager does: scheduler and DAG processor end without their database, and are started again."""
        for name in ("scheduler", "dag-processor"):
            if not self._runs(name):
                self.killed.append(int((self.root / "airflow" / f"{name}.pid").read_text()))
                self.airflow("again", name)

    # ---- inside ----

    def _runs(self, name: str) -> bool:
        pid = int((self.root / "airflow" / f"{name}.pid").read_text())
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        return False

    def _start_metadata(self, port: str = "0"):
        args = ["--data-dir", self.root / "metadata", "--port", port]
        self.metadata.start("load-job", "io.epicfhir.load.testing.EmbeddedDatabase", args)

    def _settings_files(self):
        (self.conf / "views").mkdir(parents=True, exist_ok=True)
        for file in ("pipeline.conf", "validation.conf"):
            shutil.copy(HOME / "conf" / file, self.conf)
        for view in VIEWS:
            shutil.copy(HOME / "conf" / "views" / f"{view}.json", self.conf / "views")
        for site, types in self.sites.items():
            text = f"""include "pipeline.conf"
epic-fhir {{
  lake = {json.dumps(str(self.lake_of(site)))}
  bulk.types = {json.dumps(types)}
  source.first-pause = 200 milliseconds, source.max-tries = 2
  transform.joined {{ sql = "", lookups = "" }}
  load {{ schema = {site}, state-schema = {site}_state, quality.enabled = false }}
}}
"""
            (self.conf / f"{site}.conf").write_text(text)
