"""
Does what README.md says under "Point it at your Epic", word for word, in an Airflow of its own.

The commands are read from the README, so what works here is what stands there. The values of the site (addresses, key, group,
database) stand for those in the README; what set-up has done before (JARs, Python packages) is not done again.
"""

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

from parts import HOME, Part, PartError, free_port

SECTION = re.compile(r"^## Point it at your Epic\n(.*?)^## ", re.MULTILINE | re.DOTALL)
EXPORTED = re.compile(r"(EPIC_FHIR_[A-Z_]+)=('[^']*'|\S+)")
DONE_BEFORE = ("make setup", "pip install")


def blocks(readme: str) -> list[list[str]]:
    """The commands of each step."""
    (section,) = SECTION.findall(readme)
    steps = re.split(r"^\d\. ", section, flags=re.MULTILINE)[1:]
    return [[line.strip() for line in step.splitlines() if line.startswith(" " * 7)] for step in steps]


def with_values(line: str, values: dict[str, str]) -> str:
    """
    A command with the site's values in place of the README's.

    :raises PartError: where the README leaves a value to the site, and this one has none
    """
    told = EXPORTED.sub(lambda told: f"{told[1]}={shlex.quote(values[told[1]])}" if told[1] in values else told[0], line)
    if open_values := [name for name, value in EXPORTED.findall(told) if value == "…"]:
        raise PartError(f"Cannot follow the README: it leaves {', '.join(open_values)} to the site, which gives no value")
    return told


class OwnAirflow:
    """
    :param root: where it lies
    :param values: of the site, by the names of the README's variables
    :param plumbing: what this machine needs beside the README's words
    """

    def __init__(self, root: Path, values: dict[str, str], plumbing: dict[str, str]):
        self.root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        venv = HOME / "build" / "venv"
        self._start, *self._steps = blocks((HOME / "README.md").read_text())
        self._values = values
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("EPIC_FHIR_", "AIRFLOW"))},
            "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(root / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            **plumbing,
        }
        self._services = Part(root, "standalone")

    def follow(self) -> None:
        """Steps 1 to 4; the DAGs are on at its end."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._run(self._start, self.root)
        exported = "printenv -0"
        told, given, switched_on = self._steps
        for line in (shown for step in (told, given) for shown in step):
            if line.startswith(DONE_BEFORE) or line.startswith("#"):
                continue
            kept = self._run([line, exported] if line.startswith("export ") else [line], HOME)
            if line.startswith("export "):
                self._env |= dict(pair.split("=", 1) for pair in kept.split("\0") if "=" in pair)
        self._services.launch(["airflow", "standalone"], self._knows_the_dags, self._env, seconds=240)
        self._run(switched_on, HOME)

    def stop(self) -> None:
        """Stops the services with all that they started."""
        file = self.root / "standalone.pid"
        if not self._services.alive():
            return
        os.killpg(int(file.read_text()), signal.SIGTERM)
        deadline = time.monotonic() + 60
        while self._services.alive() and time.monotonic() < deadline:
            time.sleep(0.2)
        self._services.stop()

    def command(self, *words: str) -> str:
        """What an airflow command prints."""
        return self._run([shlex.join(["airflow", *words])], HOME)

    def _knows_the_dags(self) -> bool:
        time.sleep(2)
        return "epic_fhir_etl" in self.command("dags", "list", "--columns", "dag_id", "-o", "plain")

    def _run(self, lines: list[str], folder: Path) -> str:
        script = "\n".join(["set -euo pipefail", *(with_values(line, self._values) for line in lines)])
        ended = subprocess.run(["bash", "-c", script], cwd=folder, env=self._env, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise PartError(f"Cannot follow the README: {lines}\n{ended.stdout[-1000:]}{ended.stderr[-2000:]}")
        return ended.stdout
