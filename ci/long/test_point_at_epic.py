"""An engineer with an Airflow of their own follows the README word by word, and the first run is green."""

import json
import sys
import time
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI)]

import oracle
from parts import HOME, JavaPart, PartError
from point_at_epic import OwnAirflow, blocks, with_values
from stack import AT_EPIC, Stack

ROOT = HOME / "build" / "own-airflow"


class Epic(Stack):
    """A site: server and database, without an Airflow."""

    def _airflow(self, verb: str):
        pass

    def _write_env(self):
        pass


@pytest.fixture(scope="module")
def epic():
    with Epic(ROOT, 3, profile="epic").running() as epic:
        yield epic


@pytest.fixture(scope="module")
def own(epic):
    password = ROOT / "password"
    password.write_text("not asked for")
    password.chmod(0o600)
    values = {
        **{name: value for name, value in epic.pipeline_env().items() if name.startswith("EPIC_FHIR_")},
        "EPIC_FHIR_DB_USER": "postgres",
        "EPIC_FHIR_DB_PASSWORD_FILE": str(password),
    }
    own = OwnAirflow(ROOT / "own", values, AT_EPIC)
    try:
        own.follow()
        yield own
    finally:
        own.stop()


def test_the_first_run_starts_by_itself_and_is_green(epic, own):
    deadline = time.monotonic() + 600
    states = {"queued"}
    while states & {"queued", "running"} and time.monotonic() < deadline:
        time.sleep(5)
        told = own.command("dags", "list-runs", "epic_fhir_etl", "-o", "json")
        runs = json.loads(told.splitlines()[-1])  # after what Airflow warns of
        states = {run["state"] for run in runs} or {"queued"}
    assert states == {"success"}
    assert oracle.differences(oracle.silver(epic.lake)[0], oracle.reachable(JavaPart(ROOT, "sandbox"))) == {}
    views = oracle.view_rows(epic.lake)
    tables = oracle.postgres_rows(epic.part("postgres")["PSQL_URL"], list(views))
    assert [name for name in views if not oracle.same_rows(views[name], tables[name])] == []


def test_the_commands_are_those_of_the_readme():
    steps = blocks((HOME / "README.md").read_text())
    assert [step[-1].split()[0] for step in steps] == ["openssl", "export", "airflow", "airflow"]
    with pytest.raises(PartError, match="leaves EPIC_FHIR_NEW to the site, which gives no value"):
        with_values("export EPIC_FHIR_GROUP=… EPIC_FHIR_NEW=…", {"EPIC_FHIR_GROUP": "g"})
    line = "export EPIC_FHIR_JDBC_URL='jdbc:postgresql://db/x?sslmode=verify-full' EPIC_FHIR_GROUP=…   # a comment"
    assert with_values(line, {"EPIC_FHIR_GROUP": "a b"}) == line.replace("…", "'a b'")
