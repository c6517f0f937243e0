"""The command line of a job as the DAG makes it, with the class data archive that it would use."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from jobs import PROFILE, Ended, Runner, profile_options
from parts import HOME

sys.path.insert(0, str(HOME / "dags"))
from epic_fhir import effort
from epic_fhir.archives import ClassArchive
from epic_fhir.installation import Installation


@dataclass(frozen=True)
class DagCommand:
    """
    How a task's process is started.

    :param archive: what its JVM begins with, or leaves for the next one
    """

    words: list[str]
    env: dict[str, str]
    archive: ClassArchive | None

    @classmethod
    def java(cls, here: Installation, main: str, args: list[str], jvm: tuple[str, ...]) -> "DagCommand":
        """A job without a Spark session."""
        words, archive = here.java("extract-job", main, args)
        return cls([words[0], *jvm, *words[1:]], {}, archive)

    @classmethod
    def spark(
        cls,
        here: Installation,
        main: str,
        args: list[str],
        jvm: tuple[str, ...],
        module: str = "extract-job",
        input_bytes: int | None = None,
    ) -> "DagCommand":
        """
        A job that spark-submit runs, on two cores.

        :param input_bytes: what the task before would have reported
        """
        archive = here.spark_archive(module)
        quick = [] if input_bytes is None else effort.options_for(input_bytes)
        properties, env = here.spark_start(module, archive, quick)
        options = " ".join((*profile_options(), *jvm))
        words = [here.spark_submit(), "--master", "local[2]", "--properties-file", str(PROFILE), "--driver-java-options", options]
        for name, value in properties.items():
            words += ["--conf", f"{name}={value}"]
        return cls([*words, "--class", main, str(here.jar(module)), *args], env, archive)

    def run(self, runner: Runner, report: Path, log: Path, kill_after: float | None = None) -> Ended:
        """Runs it, and keeps the archive that it leaves."""
        ended = runner.run(self.words, report, log, kill_after, self.env)
        if self.archive is not None:
            self.archive.keep(ended.code)
        return ended


def installation(conf: Path, archives: Path) -> Installation:
    """This tree as an installation, with a settings file and a folder for archives."""
    env = {"HOME": HOME, "CONF": conf, "CLASS_ARCHIVES": archives, "SPARK_PROFILE": "local"}
    return Installation.from_env({f"EPIC_FHIR_{k}": str(v) for k, v in env.items()} | {"SPARK_HOME": os.environ["SPARK_HOME"]})
