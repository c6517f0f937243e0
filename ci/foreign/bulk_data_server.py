"""
SMART's reference bulk-data-server, which knows exports only: no search, no read, no write but of groups. So its database, one
SQLite table, is filled and changed by hand, in the form that its own importer gives it.

It is in no registry. Its source and that of fhir-filter, which it needs, must lie in build/foreign/sources/ before
(``git archive`` of the version); npm has the rest.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

from fhir_api import Held, exact
from keys import KEY_ID, ClientKey

from parts import HOME, Part, free_port, listens

VERSION = "2.1.1"
SOURCES = HOME / "build" / "foreign" / "sources"
INSTALLED = HOME / "build" / "foreign" / f"bulk-data-server-{VERSION}"
TABLE = """
CREATE TABLE "data"(
    "id" Integer NOT NULL PRIMARY KEY AUTOINCREMENT, "resource_id" Text UNIQUE ON CONFLICT REPLACE, "patient_id" Text,
    "fhir_type" Text, "modified_date" DateTime, "group_id" Text, "expires_at" DateTime, "resource_json" Text)"""


class BulkDataServer:
    name = f"SMART bulk-data-server {VERSION}"
    types = (
        "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Encounter",
        "Immunization", "MedicationRequest", "Observation", "Procedure",
    )  # fmt: skip
    group = "cohort"
    first_look = 1
    hydrates = False  # it answers no read

    def __init__(self, root: Path):
        self.root = root
        self._home = root / "server"
        self._part = Part(root, "bulk-data-server")
        self._key = ClientKey(root / "keys")
        self._port = free_port()
        self._base = f"http://127.0.0.1:{self._port}"
        self._client = ""

    @staticmethod
    def available() -> bool:
        return (INSTALLED / "index.ts").exists() or (SOURCES / "bulk-data-server" / "index.ts").exists()

    @staticmethod
    def install() -> None:
        if (INSTALLED / "installed").exists():
            return
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(SOURCES / "bulk-data-server", INSTALLED)
        npm = shutil.which("npm")
        npm_home = Path(subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=True).stdout.strip()) / "npm"
        options = ["--omit=dev", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        subprocess.run([npm, "install", *options, f"fhir-filter@file:{SOURCES / 'fhir-filter'}"], cwd=INSTALLED, check=True)
        gyp = npm_home / "node_modules" / "node-gyp" / "bin" / "node-gyp.js"
        node = Path(shutil.which("node")).resolve()
        subprocess.run(
            [node, gyp, "rebuild", f"--nodedir={node.parent.parent}"], cwd=INSTALLED / "node_modules" / "sqlite3", check=True
        )
        (INSTALLED / "installed").touch()

    def start(self) -> None:
        self._home.mkdir()  # a tree of its own around the same modules: its database and its jobs lie in it
        for entry in INSTALLED.iterdir():
            if entry.name not in ("jobs", "database.r4.db"):
                (self._home / entry.name).symlink_to(entry) if entry.is_dir() else shutil.copy(entry, self._home)
        (self._home / "jobs").mkdir()
        with self._database() as database:
            database.execute(TABLE)
        node = ["node", "--preserve-symlinks", INSTALLED / "node_modules" / "ts-node" / "dist" / "bin.js", "--transpile-only"]
        env = {"PATH": os.environ["PATH"], "PORT": str(self._port), "BASE_URL": self._base}
        command = ["env", "-C", self._home, *node, self._home / "index.ts"]
        self._part.launch(command, lambda: listens(self._port), env=env)
        registration = urllib.parse.urlencode({"jwks": self._key.jwks_text(), "dur": 15}).encode()
        with urllib.request.urlopen(f"{self._base}/auth/register", data=registration, timeout=60) as answer:
            self._client = answer.read().decode()

    def stop(self) -> None:
        self._part.stop()

    def put(self, resources: list[dict]) -> None:
        """Every patient's records belong to the one group; what belongs to no patient is there for nobody to ask for."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        with self._database() as database:
            for resource in resources:
                patient = resource["id"] if resource["resourceType"] == "Patient" else _patient_of(resource)
                database.execute(
                    'INSERT INTO "data"(resource_id, patient_id, fhir_type, modified_date, group_id, resource_json)'
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (resource["id"], patient, resource["resourceType"], now, self.group if patient else None,
                     json.dumps(resource, default=str)),
                )  # fmt: skip

    def delete(self, kind: str, resource_id: str) -> None:
        with self._database() as database:
            database.execute('DELETE FROM "data" WHERE fhir_type = ? AND resource_id = ?', (kind, resource_id))

    def holds(self, types: tuple[str, ...]) -> Held:
        """What belongs to the group's patients: all else it gives to nobody, as it answers no read and no search."""
        held: Held = {}
        with self._database() as database:
            rows = database.execute('SELECT fhir_type, resource_id, resource_json FROM "data" WHERE patient_id IS NOT NULL')
            for kind, resource_id, text in rows:
                if kind in types:
                    held.setdefault(kind, {})[resource_id] = exact(text)
        return held

    def source(self) -> dict:
        """The settings of the pipeline for this server."""
        return {
            "source.base-url": f"{self._base}/fhir",
            "source.client-id": self._client,
            "source.key-file": str(self._key.private),
            "source.key-id": KEY_ID,
        }

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self._home / "database.r4.db", timeout=30)


def _patient_of(resource: dict) -> str | None:
    reference = (resource.get("subject") or resource.get("patient") or {}).get("reference", "")
    return reference.removeprefix("Patient/") if reference.startswith("Patient/") else None
