"""A patient's name and id through runs that fail in every phase, under a real scheduler, and then wherever they must not be."""

import itertools
import json
import shutil
import sys
import threading
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI.parent / "dags" / "tests")]

from servers import Hook, running

from parts import HOME, JavaPart, sandbox_admin
from stack import Stack

CANARY = "CANARY"
TYPES = ("Patient", "Condition", "Encounter")
WHERE_PATIENTS_ARE = (
    "data",
    "postgres",
    "logs",
    "lake/bronze",
    "lake/silver",
    "lake/views",
    "lake/quarantine",
    "lake/state/exports",
)
BAD_VIEWS = {
    "single": {"name": "several", "path": "identifier.value"},
    "dated": {"name": "born", "path": "name.first().family", "tag": [{"name": "ansi/type", "value": "DATE"}]},
}


class Site(Stack):
    """Every patient's id and family name begin with the canary; all that runs is watched."""

    def __init__(self, root: Path, phone: str):
        self.views = root / "views"
        self.command_lines: set[str] = set()
        self._over = threading.Event()
        super().__init__(root, 3, {
            "EPIC_FHIR_SCHEDULE": "0 4 * * *",
            "EPIC_FHIR_START": "2100-01-01",
            "EPIC_FHIR_TYPES": ",".join(TYPES),
            "EPIC_FHIR_VIEWS": str(self.views),
            "EPIC_FHIR_JOINED": "",  # these, and the shipped checks, stand on views that are not here
            "EPIC_FHIR_QUALITY": "false",
            "EPIC_FHIR_PROMETHEUS_FOLDER": str(root / "prometheus"),
            "EPIC_FHIR_ALERT_WEBHOOK_CONN_ID": "phone",
            "AIRFLOW_CONN_PHONE": json.dumps({"conn_type": "http", "host": phone}),
            "AIRFLOW_UMASK": "000",
            "SPARK_LOCAL_DIRS": str(root / "scratch"),
            "TMPDIR": str(root / "tmp"),
        })  # fmt: skip

    def start(self):
        for folder in ("prometheus", "scratch", "tmp"):
            (self.root / folder).mkdir(parents=True)
        shutil.copytree(
            HOME / "conf" / "views", self.views, ignore=lambda _, names: set(names) - {"patient.json", "condition.json"}
        )
        self._over.clear()
        threading.Thread(target=self._watch, daemon=True).start()
        super().start()

    def stop(self):
        self._over.set()
        super().stop()

    def _patients(self):
        super()._patients()
        patients = [json.loads(line) for line in (self.data / "Patient.ndjson").read_text().splitlines()]
        for file in self.data.glob("*.ndjson"):
            text = file.read_text()
            for patient in patients:
                text = text.replace(patient["id"], f"{CANARY}-{patient['id'][:20]}")
                text = text.replace(f'"{patient["name"][0]["family"]}"', f'"{CANARY}"')
            file.write_text(text)

    def _watch(self):
        while not self._over.wait(0.2):
            for process in psutil.process_iter(["cmdline"]):
                line = " ".join(process.info["cmdline"] or [])
                if str(self.root) in line and "pytest" not in line:
                    self.command_lines.add(line)

    def fault(self, kind: str, fault: str, *parameters):
        order = {"kind": kind, "fault": fault, "parameters": list(parameters), "times": "always"}
        sandbox_admin(JavaPart(self.root, "sandbox"), "faults", "POST", order)

    def no_faults(self):
        sandbox_admin(JavaPart(self.root, "sandbox"), "faults", "DELETE")

    def something_changes(self):
        patients = self.data / "Patient.ndjson"
        first, *others = patients.read_text().splitlines()
        changed = json.loads(first) | {"birthDate": f"19{int(time.time()) % 90 + 10}-02-03"}
        patients.write_text("\n".join([json.dumps(changed), *others, ""]))
        self.reload_data()


@pytest.fixture(scope="module")
def phone():
    with running(Hook()) as hook:
        yield hook


@pytest.fixture(scope="module")
def site(phone):
    with Site(HOME / "build" / "canaries", phone.url).running() as site:
        yield site


def test_a_green_run(site):
    assert site.run_dag("good") == "success"


@pytest.mark.parametrize(
    ("run", "fault"),
    [
        ("refused", ("KICK_OFF", "fatal", 403, CANARY, f"{CANARY} {CANARY}")),
        ("page", ("KICK_OFF", "answer", 500, "text/html", f"<h1>{CANARY}</h1>")),
        ("status", ("STATUS", "answer", 200, "application/json", f'{{"{CANARY}": "{CANARY}", "output": "{CANARY}"}}')),
        ("redirect", ("FILE", "redirect", f"https://elsewhere.example.org/{CANARY}")),
        ("line", ("FILE", "extraLine", f'{{"resourceType": "{CANARY}", "id": "{CANARY}')),
        ("error", ("FILE", "errorFile", "error", CANARY, CANARY)),
    ],
)
def test_a_run_that_the_server_spoils(site, run, fault):
    site.something_changes()
    site.fault(*fault)
    try:
        # A line that is no resource is quarantined, and the rest goes on.
        assert site.run_dag(run) == ("success" if run == "line" else "failed")
    finally:
        site.no_faults()


def test_a_run_whose_views_and_tables_refuse_values(site):
    for name, column in BAD_VIEWS.items():
        view = {"resourceType": "ViewDefinition", "name": name, "status": "active", "resource": "Patient"}
        (site.views / f"{name}.json").write_text(json.dumps(view | {"select": [{"column": [column]}]}))
    site.something_changes()
    assert site.run_dag("values") == "failed"
    states = {task["task_id"]: task["state"] for task in site.tasks("values")}
    assert (states["transform"], states["load"]) == ("failed", "failed")


def test_a_run_that_ends_in_a_defect(site):
    for name in BAD_VIEWS:
        (site.views / f"{name}.json").unlink()
    site.something_changes()
    marks = site.lake / "state" / "views" / "patient.json"
    marks.write_text(f'{{"view": "{CANARY}", {CANARY}')
    assert site.run_dag("defect") == "failed"
    marks.unlink()


def test_the_name_is_nowhere_but_where_patients_are(site, phone):
    allowed = [site.root / place for place in WHERE_PATIENTS_ARE]
    files = [file for file in site.root.rglob("*") if file.is_file() and not file.is_symlink()]
    searched = [file for file in files if "_delta_log" in file.parts or not any(file.is_relative_to(place) for place in allowed)]
    assert len(searched) > 150
    assert [file for file in searched if CANARY.encode() in file.read_bytes()] == []
    assert [file for file in searched if CANARY in str(file.relative_to(site.root))] == []
    assert len(phone.bodies) >= 3
    assert CANARY not in json.dumps(phone.bodies)
    assert len(site.command_lines) > 20
    assert [line for line in site.command_lines if CANARY in line] == []
    assert (site.root / "airflow" / "airflow.db").stat().st_size > 0
    assert list((site.root / "prometheus").iterdir())


def test_no_footer_tells_what_a_file_holds(site):
    footers = {file: pq.ParquetFile(file).metadata for file in site.lake.rglob("*.parquet") if "_delta_log" not in file.parts}
    assert len(footers) > 5
    for file, footer in footers.items():
        assert CANARY not in str(footer.metadata), file
        columns = itertools.product(range(footer.num_row_groups), range(footer.num_columns))
        told = [footer.row_group(group).column(column).statistics for group, column in columns]
        assert [s for s in told if s is not None and s.has_min_max] == [], file


def test_nothing_is_open_to_others_whatever_the_umask_and_nothing_is_left_of_sparks_files(site):
    made = [path for part in ("lake", "scratch", "tmp", "data", "keys") for path in (site.root / part).rglob("*")]
    # The test's own PostgreSQL unpacks its programs there.
    made = [path for path in made if "embedded-pg" not in path.parts and not path.is_symlink()]
    assert [path for path in made if path.stat().st_mode & 0o077] == []
    assert [file for file in (site.root / "scratch").rglob("*") if file.is_file() and file.suffix != ".lock"] == []
    assert list((site.root / "scratch").iterdir()), "it was used"
