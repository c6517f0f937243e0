"""HAPI's JPA server: its modules from Maven's registry, started by the few lines of hapi/HapiJpaServer.java."""

import subprocess
from pathlib import Path

from fhir_api import ByItsApi, FhirApi

from parts import HOME, Part, free_port

VERSION = "8.8.0"
SOURCES = HOME / "ci" / "foreign" / "hapi"
CLASS_PATH = HOME / "build" / "foreign" / f"hapi-{VERSION}.classpath"


class HapiJpa(ByItsApi):
    name = f"HAPI JPA {VERSION}"
    types = (
        "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Device", "DiagnosticReport", "DocumentReference", "Encounter",
        "Immunization", "MedicationRequest", "Observation", "Procedure",
    )  # fmt: skip
    hydrates = True
    first_look = 20  # after an earlier one it lets a client wait for two minutes

    def __init__(self, root: Path):
        self._part = Part(root, "hapi")
        self._port = free_port()
        self.api = FhirApi(f"http://127.0.0.1:{self._port}/fhir")

    @staticmethod
    def install() -> None:
        if not CLASS_PATH.exists():
            part = CLASS_PATH.with_suffix(".part")
            command = [HOME / "mvnw", "-q", "-B", "-ntp", "-f", SOURCES / "pom.xml", "dependency:build-classpath"]
            subprocess.run([*command, f"-Dmdep.outputFile={part}"], check=True)
            part.rename(CLASS_PATH)

    def start(self) -> None:
        class_path = f"{SOURCES}:{CLASS_PATH.read_text().strip()}"
        jvm = ["-Xmx1500m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", class_path]
        self._part.launch(["java", *jvm, SOURCES / "HapiJpaServer.java", self._port], self.api.answers, seconds=240)

    def source(self) -> dict:
        """The settings of the pipeline for this server."""
        return {"source.base-url": self.api.base, "source.sign-in": "none"}
