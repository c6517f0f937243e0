"""The person on call at a site under a real scheduler: hears alerts, mends causes, and types in the commands as they stand."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

import oracle
from nights import PATIENCE, TYPES, Nights
from parts import HOME, JavaPart, PartError

sys.path.append(str(HOME / "dags" / "tests"))

from servers import Hook

SITE = "ward"
ETL, RERUN = f"epic_fhir_etl_{SITE}", f"epic_fhir_rerun_{SITE}"
SCHEDULERS_TURN = 5
"""Seconds in which the scheduler notices that a task's process has ended."""
COMMAND = re.compile(r"airflow dags [a-z]+ .*")


class Ward(Nights):
    """
    One site whose alerts go to a phone.

    :param phone: what the person on call hears
    """

    def __init__(self, root: Path, patients: int, phone: Hook):
        settings = {
            "EPIC_FHIR_RETRIES": "0",
            # The schedule begins in the future: whatever runs was asked for.
            "EPIC_FHIR_SCHEDULE": "0 4 * * *",
            "EPIC_FHIR_START": "2100-01-01",
            "EPIC_FHIR_ALERT_WEBHOOK_CONN_ID": "phone",
            "AIRFLOW_CONN_PHONE": json.dumps({"conn_type": "http", "host": phone.url}),
        }
        super().__init__(root, patients, {SITE: TYPES}, settings)
        self.phone = phone
        self.here = self.lake_of(SITE)
        self.settings = self.conf / f"{SITE}.conf"

    # ---- the phone and the keyboard ----

    def alert(self, run_id: str, verdict: str) -> dict:
        """The alert of a run that has ended."""
        heard = [body for body in self.phone.bodies if (body["run_id"], body["verdict"]) == (run_id, verdict)]
        if len(heard) != 1:
            others = [(body["run_id"], body["verdict"]) for body in self.phone.bodies[-3:]]
            raise PartError(f"{len(heard)} alerts of {run_id}, {verdict}; the last heard were {others}")
        return heard[0]

    def types_in(self, command: str) -> tuple[str, str]:
        """
        Has a shell run what an alert says, as it stands there, and waits for the end of the run that it started or cleared.

        :return: that run's id, and its state
        """
        words = command.rsplit(" && ", maxsplit=1)[-1].split()
        dag, known = words[3], {run["dag_run_id"] for run in self.runs(words[3])}
        ended = subprocess.run(["bash", "-c", command], env=self._shell(), capture_output=True, text=True, check=False)
        if ended.returncode:
            raise PartError(f"Cannot run {command}: exit code {ended.returncode}\n{ended.stderr[-2000:]}")
        started = {run["dag_run_id"] for run in self.runs(dag)} - known
        run_id = started.pop() if started else words[words.index("--run-id") + 1].strip("'")
        return run_id, self.ended(run_id, dag)

    def required_actions(self, dag: str, run_id: str) -> dict | None:
        """What Airflow asks a person about a run; None where it asks nothing yet."""
        asked = self.api("GET", f"/api/v2/dags/{dag}/dagRuns/{run_id}/hitlDetails")["hitl_details"]
        return asked[0] if asked else None

    def answer(self, dag: str, run_id: str, option: str):
        """
        A person chooses, as by the button of Airflow's page. Nobody is so quick as a program: an answer that comes before the
        scheduler has noticed that the asking process ended fails the task (Airflow 3.3).
        """
        time.sleep(2 * SCHEDULERS_TURN)
        path = f"/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
        self.api("PATCH", path, {"chosen_options": [option], "params_input": {}})

    def until(self, seen):
        """Waits for something to be there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := seen():
                return found
            time.sleep(1)
        raise PartError(f"Cannot see it within {PATIENCE} s; look at {self.root / 'airflow' / 'logs'}")

    def _shell(self) -> dict[str, str]:
        program = self.root / "bin" / "airflow"
        if not program.exists():
            program.parent.mkdir(exist_ok=True)
            program.write_text(f'#!/bin/sh\nexec {HOME}/ci/airflow.sh run "$@"\n')
            program.chmod(0o700)
        return self._environment() | {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    # ---- what goes wrong, and is mended ----

    @contextmanager
    def failing(self, kind: str, fault: str, *parameters, of_type: str | None = None):
        """The server has a fault."""
        order = {"kind": kind, "fault": fault, "parameters": list(parameters), "times": "always"}
        self.fault(order | ({"type": of_type} if of_type else {}))
        yield
        self.no_faults()

    @contextmanager
    def other_text(self, file: Path, change):
        """A file reads otherwise for a time."""
        text = file.read_text()
        file.write_text(change(text))
        yield
        file.write_text(text)

    @contextmanager
    def database_down(self):
        """PostgreSQL is away, and comes back with its tables at the same address."""
        database = JavaPart(self.root, "postgres")
        port = database.env()["PSQL_URL"].rsplit(":", 1)[1].split("/")[0]
        database.stop()
        yield
        args = ["--data-dir", self.root / "postgres", "--port", port]
        database.start("load-job", "io.epicfhir.load.testing.EmbeddedDatabase", args)

    def sql(self, *statements: str):
        with psycopg.connect(self.env()["PSQL_URL"]) as connection:
            for statement in statements:
                connection.execute(statement)

    def data_of(self, kind: str, change):
        """The server has other resources of a type: change gets the list of them as it is served."""
        file = self.data / f"{kind}.ndjson"
        lines = change([json.loads(line) for line in file.read_bytes().splitlines()])
        file.write_text("".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines))
        self.reload_data()

    def set(self, line: str):
        """A person changes the site's settings."""
        with self.settings.open("a") as out:
            out.write(f"epic-fhir.{line}\n")

    # ---- the truth ----

    def wrong(self) -> dict[str, object]:
        """What the tables have otherwise than the server; nothing where all is right."""
        served = {kind: rows for kind, rows in oracle.served(self.data).items() if kind in TYPES}
        found: dict[str, object] = dict(oracle.differences(oracle.silver(self.here)[0], served))
        views = oracle.view_rows(self.here)
        tables = oracle.postgres_rows(self.env()["PSQL_URL"], list(views), SITE)
        for name, rows in views.items():
            if not oracle.same_rows(rows, tables[name]):
                found[name] = "not as in PostgreSQL"
        if len(tables["patient"]) != len(served["Patient"]):
            found["patient"] = "another number of rows than patients"
        return found

    def rows(self, view: str) -> list[dict]:
        """A table of PostgreSQL."""
        return oracle.postgres_rows(self.env()["PSQL_URL"], [view], SITE)[view]

    def ids(self) -> list[str]:
        """All ids that no alert may hold."""
        return [key for kind, rows in oracle.served(self.data).items() if kind in TYPES for key in rows]
