"""The parts that the pipeline needs, on this machine: patients, the sandbox FHIR server, PostgreSQL, Airflow.

Everything lies under one root folder (build/demo for the demo), listens on 127.0.0.1 at a free port, and is stopped by its
process id. The addresses are in <root>/env as shell KEY=VALUE lines.
"""

import json
import os
import shlex
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

from parts import HOME, JavaPart, PartError, cohort, copied, sandbox_admin, temporary

DAG = "epic_fhir_etl"


def days(count: int, until_days_ago: int = 2) -> list[datetime]:
    """So many days at 4 o'clock, in the past: the logical dates of runs."""
    last = datetime.now(timezone.utc).replace(hour=4, minute=0, second=0, microsecond=0) - timedelta(days=until_days_ago)
    return [last - timedelta(days=n) for n in range(count - 1, -1, -1)]


ANSWER_SECONDS = 120
"""How long Airflow may think about one request: a machine with other work may have it think long."""

AT_EPIC = {"EPIC_FHIR_BULK_MODE": "full", "EPIC_FHIR_BULK_ACCEPTED_ERRORS": "Condition:59204"}
"""What a site sets at Epic: _since is not known there, and Condition always comes with errors of access."""


class Stack:
    """
    :param more: further environment of Airflow, over the pipeline's
    :param profile: of the sandbox server: strict or epic, and further switches, as ci/sandbox/README.md has them
    """

    def __init__(self, root: Path, patients: int, more: dict[str, str] | None = None, profile: str = "strict"):
        self.root = root.resolve()
        self.patients = patients
        self.more = more or {}
        self.profile = profile
        self.data = self.root / "data"
        self.lake = self.root / "lake"
        self.logs = self.root / "logs"

    # ---- life ----

    def wipe(self):
        """Forgets everything of earlier runs but the generated patients."""
        shutil.rmtree(self.root, ignore_errors=True)

    def start(self):
        os.umask(0o077)  # patients, keys, logs
        self.logs.mkdir(parents=True, exist_ok=True)
        self.make_patients()
        JavaPart(self.root, "sandbox").start("ci/sandbox", "io.epicfhir.sandbox.SandboxServer", [
            "--data", self.data, "--group", "all-patients", "--keys-dir", self.root / "keys", "--profile", *self.profile.split(),
        ])  # fmt: skip
        JavaPart(self.root, "postgres").start("load-job", "io.epicfhir.load.testing.EmbeddedDatabase", [
            "--data-dir", self.root / "postgres",
        ])  # fmt: skip
        self._airflow("start")
        self._write_env()

    def stop(self):
        if (self.root / "airflow").exists():
            self._airflow("stop")
        for name in ("sandbox", "postgres"):
            JavaPart(self.root, name).stop()
        shutil.rmtree(self.root / "tmp", ignore_errors=True)

    @contextmanager
    def running(self) -> Iterator["Stack"]:
        """From nothing; the parts end with the block, also those of an earlier one that broke off."""
        self.stop()
        self.wipe()
        try:
            self.start()
            yield self
        finally:
            self.stop()

    # ---- what the parts say of themselves ----

    def part(self, name: str) -> dict[str, str]:
        """A part's own KEY=VALUE lines."""
        return JavaPart(self.root, name).env()

    def env(self) -> dict[str, str]:
        """What <root>/env holds: LAKE, DATA, PSQL_URL, AIRFLOW_URL, SANDBOX_URL, REPORT, and of what the data are."""
        return {
            "LAKE": str(self.lake),
            "DATA": str(self.data),
            "PSQL_URL": self.part("postgres")["PSQL_URL"],
            "AIRFLOW_URL": self.part("airflow")["AIRFLOW_URL"],
            "SANDBOX_URL": self.part("sandbox")["SANDBOX_URL"],
            "REPORT": str(self.lake / "report.html"),
            **self.served(),
        }

    def served(self) -> dict[str, str]:
        """How many patients the server has, and how it behaves: a lake that was filled from another one is of no use."""
        return {"SANDBOX_PATIENTS": str(self.patients), "SANDBOX_PROFILE": self.profile}

    def pipeline_env(self) -> dict[str, str]:
        """The settings that point the pipeline at these parts; nothing else differs from a hospital's installation."""
        sandbox = self.part("sandbox")
        return {
            "EPIC_FHIR_HOME": str(HOME),
            "EPIC_FHIR_LAKE": str(self.lake),
            "EPIC_FHIR_BASE_URL": sandbox["SANDBOX_URL"],
            "EPIC_FHIR_CLIENT_ID": sandbox["SANDBOX_CLIENT_ID"],
            "EPIC_FHIR_KEY_FILE": sandbox["SANDBOX_RS384_KEY"],
            "EPIC_FHIR_KEY_ID": sandbox["SANDBOX_RS384_KEY_ID"],
            "EPIC_FHIR_ALGORITHM": "RS384",
            "EPIC_FHIR_GROUP": sandbox["SANDBOX_GROUP"],
            "EPIC_FHIR_JDBC_URL": self.part("postgres")["JDBC_URL"],
            "EPIC_FHIR_SCHEDULE": "",
            "EPIC_FHIR_CARE_SCHEDULE": "",
            "TMPDIR": str(temporary(self.root)),
            "SPARK_LOCAL_DIRS": str(temporary(self.root)),
            "EPIC_FHIR_RETRIES": "0",
            **(AT_EPIC if self.profile.startswith("epic") else {}),
        }

    # ---- the DAG ----

    def run_dag(self, run_id: str, dag: str = DAG, conf: dict | None = None, seconds: int = 900) -> str:
        """Triggers a DAG and waits for its end; returns the run's state."""
        self.trigger(run_id, dag, conf)
        return self.ended(run_id, dag, seconds)

    def trigger(self, run_id: str, dag: str = DAG, conf: dict | None = None):
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf or {}}
        for tries_left in reversed(range(3)):
            try:
                self.api("POST", f"/api/v2/dags/{dag}/dagRuns", body)
                return
            except PartError as e:
                # Airflow's database of the demo, SQLite, takes one writer at a time; the run's id makes a second try harmless.
                if "answered 409" in str(e):
                    return
                if "answered 500" not in str(e) or not tries_left:
                    raise
                time.sleep(2)

    def ended(self, run_id: str, dag: str = DAG, seconds: float = 900, meanwhile: Callable[[], None] = lambda: None) -> str:
        """
        Waits for a run's end.

        :param meanwhile: is called about once a second
        :return: its state
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            meanwhile()
            state = self.api("GET", f"/api/v2/dags/{dag}/dagRuns/{quote(run_id)}")["state"]
            if state in ("success", "failed"):
                return state
            time.sleep(1)
        raise PartError(f"Cannot see the end of run {run_id} of {dag} within {seconds} s; look at {self.logs}")

    def tasks(self, run_id: str, dag: str = DAG) -> list[dict]:
        """The run's task instances as Airflow's API lists them."""
        return self.api("GET", f"/api/v2/dags/{dag}/dagRuns/{quote(run_id)}/taskInstances")["task_instances"]

    def backfill(self, dag: str, days: list[datetime], *, backwards: bool = False, most: int = 2, again: str = "none"):
        """Asks for the runs of these days, as Airflow's button does."""
        body = {"dag_id": dag, "from_date": days[0].isoformat(), "to_date": days[-1].isoformat(), "run_backwards": backwards,
                "max_active_runs": most, "reprocess_behavior": again}  # fmt: skip
        self.api("POST", "/api/v2/backfills", body)

    def runs(self, dag: str) -> list[dict]:
        return self.api("GET", f"/api/v2/dags/{dag}/dagRuns?limit=100")["dag_runs"]

    def airflow(self, *arguments: str) -> str:
        """What ci/airflow.sh, or an airflow command by it, prints."""
        command = [str(HOME / "ci" / "airflow.sh"), *arguments]
        ended = subprocess.run(command, env=self._environment(), stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode:
            raise PartError(f"Cannot run airflow {' '.join(arguments)}: exit code {ended.returncode}\n{ended.stdout[-2000:]}")
        return ended.stdout

    def reload_data(self):
        """Has the sandbox read its folder again: what differs becomes changes and deletions."""
        sandbox_admin(JavaPart(self.root, "sandbox"), "reload", "POST")

    def make_patients(self):
        """The server's data, unless they are there."""
        if not self.data.exists():
            copied(cohort(self.patients, self.logs / "patients.log"), self.data)

    # ---- inside ----

    def _airflow(self, verb: str):
        env = self._environment(pipeline=verb == "start")
        code = subprocess.run([HOME / "ci" / "airflow.sh", verb], env=env, check=False).returncode
        if code:
            raise PartError(f"Cannot {verb} Airflow; look at {self.root / 'airflow' / 'logs'}")

    def _environment(self, *, pipeline: bool = True) -> dict[str, str]:
        own = {"AIRFLOW_HOME": str(self.root / "airflow"), "VENV": str(HOME / "build" / "venv")}
        if pipeline:
            own |= {"AIRFLOW_STATE_FILE": str(self.root / "airflow.env")} | self.pipeline_env() | self.more
        return os.environ | own

    def api(self, method: str, path: str, body: dict | None = None) -> dict:
        """
        One request to Airflow's API.

        :raises PartError: where Airflow refuses it, cannot be reached, or does not answer in time, however busy the machine is
        """
        url = self.part("airflow")["AIRFLOW_URL"]
        token = _answer(urllib.request.Request(url + "/auth/token"), "/auth/token")["access_token"]
        request = urllib.request.Request(
            url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"},
        )
        return _answer(request, path)

    def _write_env(self):
        text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in self.env().items())
        part = self.root / "env.part"
        part.write_text(text)
        part.rename(self.root / "env")


def _answer(request: urllib.request.Request, path: str) -> dict:
    """What Airflow answers; what only looks is asked again where no answer comes."""
    method = request.get_method()
    for tries_left in reversed(range(3 if method == "GET" else 1)):
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            raise PartError(f"Cannot {method} {path}: Airflow answered {e.code} {e.read(400)!r}") from e
        except OSError as e:  # also a URLError, and a time-out of either kind
            if not tries_left:
                raise PartError(f"Cannot {method} {path}: Airflow does not answer: {getattr(e, 'reason', e)}") from e
    raise AssertionError("each try ends above")
