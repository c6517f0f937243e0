"""The installation: its folders, its settings files, and the programs that it runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from epic_fhir import sites
from epic_fhir.archives import ClassArchive, OpenToOthers, require_own
from epic_fhir.modes import make_folders


class SettingsError(Exception):
    """The installation or its settings are wrong; a retry does not help."""


@dataclass(frozen=True)
class Installation:
    """The folders and files of an installed pipeline."""

    home: Path
    conf: Path
    profile: Path
    spark_home: Path
    jars: Path | None
    archives: Path | None = None
    extra: Path | None = None

    @classmethod
    def of(cls, dag_id: str) -> Installation:
        """What a DAG of some site works with."""
        return cls.from_env(site=sites.of(dag_id))

    @classmethod
    def from_env(cls, env: dict[str, str] | None = None, site: str = sites.ALONE) -> Installation:
        env = dict(os.environ) if env is None else env
        if not env.get("EPIC_FHIR_HOME"):
            raise SettingsError(
                "Cannot find the installation: EPIC_FHIR_HOME is not set; set it to the installation folder, which contains "
                "conf/ and the job JARs"
            )
        home = Path(env["EPIC_FHIR_HOME"]).absolute()
        conf = Path(env.get("EPIC_FHIR_CONF") or home / "conf" / "pipeline.conf").absolute()
        conf = conf.with_name(f"{site}.conf") if site else conf
        chosen = (site and env.get(f"EPIC_FHIR_SPARK_PROFILE_{site.upper()}")) or env.get("EPIC_FHIR_SPARK_PROFILE") or "local"
        folders = ("EPIC_FHIR_JARS", "EPIC_FHIR_CLASS_ARCHIVES", "EPIC_FHIR_EXTRA_JARS")
        jars, archives, extra = (Path(env[name]).absolute() if env.get(name) else None for name in folders)
        if not conf.is_file():
            told = (
                'create this file for the site; its first line must be: include "pipeline.conf"'
                if site
                else "set EPIC_FHIR_CONF to a file that exists"
            )
            raise SettingsError(f"Cannot read the settings: {conf}; {told}")
        return cls(home, conf, home / "conf" / "spark" / f"{chosen}.conf", _spark_home(env), jars, archives, extra)

    def validation(self) -> Path:
        """The thresholds and alerts: beside pipeline.conf, or else those that came with the installation."""
        own = self.conf.parent / "validation.conf"
        return own if own.is_file() else self.home / "conf" / "validation.conf"

    def jar(self, module: str) -> Path:
        """The one JAR of a job that spark-submit and java run."""
        packed = self.home / "jars"
        folder = self.jars or (packed if packed.is_dir() else self.home / module / "target")
        found = sorted(folder.glob(f"{module}-*-job.jar"))
        if len(found) != 1:
            names = ", ".join(jar.name for jar in found) or "none"
            raise SettingsError(
                f"Cannot choose the JAR to run: {folder}/{module}-*-job.jar matches {names}; "
                "build the jobs, or delete all but one JAR"
            )
        return found[0]

    def extra_jars(self) -> list[str]:
        """JARs that the jobs do not include, such as those for s3a; all JARs of the folder."""
        if self.extra is None:
            return []
        found = sorted(str(jar) for jar in self.extra.glob("*.jar"))
        if not found:
            raise SettingsError(f"Cannot find any JAR in {self.extra}; put them there, or unset EPIC_FHIR_EXTRA_JARS")
        return found

    def properties(self) -> str:
        """The Spark profile, as spark-submit takes it."""
        if not self.profile.is_file():
            raise SettingsError(
                f"Cannot read the Spark profile: {self.profile}; "
                "set EPIC_FHIR_SPARK_PROFILE to the name of a file in conf/spark, without .conf"
            )
        return str(self.profile)

    def spark_submit(self) -> str:
        return str(self.spark_home / "bin" / "spark-submit")

    def environment(self) -> dict[str, str]:
        """What a child process needs beside what it inherits; an administrator's own value wins."""
        wanted = {"SPARK_HOME": str(self.spark_home), "SPARK_CONF_DIR": str(self.profile.parent)}
        return {name: os.environ.get(name) or value for name, value in wanted.items()}

    def spark_archive(self, module: str) -> ClassArchive | None:
        """The class archive of a submitted job, or None if archives are off or cannot be used."""
        return self._archive(f"{module}-spark", [*self._own(module), f"{self.spark_home}/jars/*"])

    def spark_start(self, module: str, archive: ClassArchive | None, jvm: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        """
        What spark-submit is given so that its JVM can use an archive, and has these options.

        :return: Spark's properties, and the environment
        """
        options = [*jvm, os.environ.get("SPARK_SUBMIT_OPTS", "")]
        properties, environment = {}, {}
        if archive is not None:
            empty = archive.file.parent / "empty"  # no archive fits a class path with a folder in it that holds something
            _make_empty(empty)
            options = [*archive.options(), self._logging(), *options]
            properties["spark.driver.extraClassPath"] = os.pathsep.join(self._own(module))
            environment["SPARK_CONF_DIR"] = str(empty)
        if any(options):
            environment["SPARK_SUBMIT_OPTS"] = " ".join(option for option in options if option)
        return properties, environment

    def java(self, module: str, main: str, arguments: list[str]) -> tuple[list[str], ClassArchive | None]:
        """The command line of a job that needs no Spark session, a small JVM that starts fast; and its archive."""
        classes = [*self._own(module), f"{self.spark_home}/jars/*"]
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Depicfhir.spark-profile={self.properties()}"]
        archive = self._archive(f"{module}-java", classes)
        if archive is None:
            classes.insert(1, str(self.profile.parent))
        else:
            options += [*archive.options(), self._logging()]
        return [_java(), *options, "-cp", os.pathsep.join(classes), main, *arguments], archive

    def small_java(self, main: str, arguments: list[str]) -> list[str]:
        """The command line of a program that only the shared code of the jobs needs: it starts in a quarter of a second."""
        options = ["-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [_java(), *options, "-cp", str(self.jar("extract-job")), main, *arguments]

    def _own(self, module: str) -> list[str]:
        """What goes before Spark's own JARs on a class path."""
        return [str(self.jar(module)), *self.extra_jars()]

    def _archive(self, job: str, classes: list[str]) -> ClassArchive | None:
        """None also where the profile's folder must be on the class path: for Hadoop's own files, or an administrator's."""
        needed = any(self.profile.parent.glob("*.xml")) or any(os.environ.get(n) for n in ("SPARK_CONF_DIR", "HADOOP_CONF_DIR"))
        if self.archives is None or needed:
            return None
        try:
            return ClassArchive.of(self.archives, job, classes, Path(_java()))
        except OpenToOthers as e:
            raise SettingsError(f"Cannot use the class archives: {e}; run: chmod 700 {self.archives}") from e

    def _logging(self) -> str:
        """Where log4j finds its file if the profile's folder is not on the class path."""
        return f"-Dlog4j2.configurationFile={self.profile.parent / 'log4j2.properties'}"


def _make_empty(folder: Path) -> None:
    """
    A folder of the owner's alone: spark-submit takes its settings from there, so what somebody puts into it is run.

    :raises SettingsError: where something lies in it, or it is somebody else's
    """
    try:
        if not folder.is_symlink():
            make_folders(folder, 0o700)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(0o700)  # an earlier version took the umask's
            require_own(folder)
            if not any(folder.iterdir()):
                return
    except (OpenToOthers, FileExistsError, NotADirectoryError):
        pass  # the sentence below says what to do
    raise SettingsError(
        f"Cannot use the class archives: {folder} must be an empty folder that you own; look at its content, then delete the folder"
    )


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise SettingsError("Cannot find java: neither JAVA_HOME nor PATH has it; install a JDK 17 or later")
    return java


def _spark_home(env: dict[str, str]) -> Path:
    if env.get("SPARK_HOME"):
        return Path(env["SPARK_HOME"]).absolute()
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(
            "Cannot find Spark: SPARK_HOME is not set and pyspark is not installed; set SPARK_HOME, or install pyspark"
        )
    return Path(next(iter(spec.submodule_search_locations))).absolute()
