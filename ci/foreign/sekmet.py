"""sekmet-fhir of the Python registry: a hospital simulator with a FHIR server, Backend Services and $export."""

import json
import os
import subprocess
import sys
from pathlib import Path

from fhir_api import ByItsApi, FhirApi
from keys import KEY_ID, ClientKey

from parts import HOME, Part, free_port

VERSION = "0.1.1"
INSTALLED = HOME / "build" / "foreign" / f"sekmet-{VERSION}"
TOOL = ("oracle", "only-for-this-test")


class Sekmet(ByItsApi):
    name = f"sekmet-fhir {VERSION}"
    # The clinical types that it can search by patient; for others it ignores the parameter, says so, and answers with all.
    types = (
        "AllergyIntolerance", "CarePlan", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Encounter",
        "Immunization", "MedicationRequest", "Observation", "Procedure",
    )  # fmt: skip
    hydrates = True
    first_look = 1

    def __init__(self, root: Path):
        self.root = root
        self._part = Part(root, "sekmet")
        self._key = ClientKey(root / "keys")
        port = free_port()
        self.api = FhirApi(f"http://127.0.0.1:{port}/fhir", TOOL)
        settings = {
            "base_url": self.api.base, "host": "127.0.0.1", "port": port, "data_dir": str(root / "data"),
            "simulator": {"enabled": False},
            "server_auth": {
                "types": ["smart", "basic"], "users": dict([TOOL]),
                "smart_clients": [{"client_id": "pipeline", "jwks": self._key.jwks, "scopes": "system/*.read"}],
            },
        }  # fmt: skip
        self._settings = root / "settings.yaml"
        self._settings.write_text(json.dumps(settings))  # JSON is YAML

    @staticmethod
    def install() -> None:
        if not (INSTALLED / "bin" / "sekmet").exists():
            subprocess.run([sys.executable, "-m", "venv", INSTALLED], check=True)
            subprocess.run([INSTALLED / "bin" / "pip", "install", "-q", f"sekmet-fhir=={VERSION}"], check=True)

    def start(self) -> None:
        command = [INSTALLED / "bin" / "sekmet", "serve", "--config", self._settings]
        self._part.launch(command, self.api.answers, env={"PATH": os.environ["PATH"], "HOME": str(self.root)})

    def source(self) -> dict:
        """The settings of the pipeline for this server."""
        return {
            "source.base-url": self.api.base,
            "source.client-id": "pipeline",
            "source.key-file": str(self._key.private),
            "source.key-id": KEY_ID,
        }
