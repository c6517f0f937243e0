"""Where the installation lies and the few settings that Python needs; read when a task runs, never at import."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from epic_fhir import baseline, drift, known_keys, sites
from epic_fhir.archives import ClassArchive, OpenToOthers
from epic_fhir.hocon import SettingsError, duration, hocon, number, optional, text
from epic_fhir.lake import Lake
from epic_fhir.modes import MODES


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
                "Cannot find the installation: EPIC_FHIR_HOME is not set; set it to the folder that holds conf/ and the jobs"
            )
        home = Path(env["EPIC_FHIR_HOME"]).absolute()
        conf = Path(env.get("EPIC_FHIR_CONF") or home / "conf" / "pipeline.conf").absolute()
        conf = conf.with_name(f"{site}.conf") if site else conf
        chosen = (site and env.get(f"EPIC_FHIR_SPARK_PROFILE_{site.upper()}")) or env.get("EPIC_FHIR_SPARK_PROFILE") or "local"
        folders = ("EPIC_FHIR_JARS", "EPIC_FHIR_CLASS_ARCHIVES", "EPIC_FHIR_EXTRA_JARS")
        jars, archives, extra = (Path(env[name]).absolute() if env.get(name) else None for name in folders)
        if not conf.is_file():
            told = (
                'write it for the site, beginning with include "pipeline.conf"'
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
                f"Cannot tell which JAR to run: {folder}/{module}-*-job.jar matches {names}; build the jobs, or leave one there"
            )
        return found[0]

    def extra_jars(self) -> list[str]:
        """What the jobs do not bring along, for example for a lake on s3a:; every JAR of the folder."""
        if self.extra is None:
            return []
        found = sorted(str(jar) for jar in self.extra.glob("*.jar"))
        if not found:
            raise SettingsError(f"Cannot find any JAR in {self.extra}; put them there, or unset EPIC_FHIR_EXTRA_JARS")
        return found

    def properties(self) -> str:
        """The Spark profile, as spark-submit takes it."""
        if not self.profile.is_file():
            raise SettingsError(f"Cannot read the Spark profile: {self.profile}; set EPIC_FHIR_SPARK_PROFILE to one that is there")
        return str(self.profile)

    def spark_submit(self) -> str:
        return str(self.spark_home / "bin" / "spark-submit")

    def environment(self) -> dict[str, str]:
        """What a child process needs beside what it inherits; an administrator's own value wins."""
        wanted = {"SPARK_HOME": str(self.spark_home), "SPARK_CONF_DIR": str(self.profile.parent)}
        return {name: os.environ.get(name) or value for name, value in wanted.items()}

    def spark_archive(self, module: str) -> ClassArchive | None:
        """The archive of a job that is submitted, or None where there shall be, or can be, none."""
        return self._archive(f"{module}-spark", [*self._own(module), f"{self.spark_home}/jars/*"])

    def spark_start(self, module: str, archive: ClassArchive) -> tuple[dict[str, str], dict[str, str]]:
        """What spark-submit is given so that its JVM can use an archive: Spark's properties, and the environment."""
        empty = archive.file.parent / "empty"  # no archive fits a class path with a folder in it that holds something
        empty.mkdir(exist_ok=True)
        options = [*archive.options(), self._logging(), os.environ.get("SPARK_SUBMIT_OPTS", "")]
        return (
            {"spark.driver.extraClassPath": os.pathsep.join(self._own(module))},
            {"SPARK_CONF_DIR": str(empty), "SPARK_SUBMIT_OPTS": " ".join(option for option in options if option)},
        )

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
        """log4j finds its file on the class path, where the profile's folder is; else it must be told."""
        return f"-Dlog4j2.configurationFile={self.profile.parent / 'log4j2.properties'}"


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
        raise SettingsError("Cannot find Spark: SPARK_HOME is not set and pyspark is not installed; do one of both")
    return Path(next(iter(spec.submodule_search_locations))).absolute()


@dataclass(frozen=True)
class Settings:
    """What Python reads from pipeline.conf; everything else is the jobs' business."""

    lake: str
    poll_interval: timedelta
    readers: str = "owner"

    @classmethod
    def load(cls, conf: Path) -> Settings:
        tree = hocon(conf, "epic-fhir")
        readers = optional(tree, "files.readers") or "owner"
        if readers not in MODES:
            raise SettingsError(f"Cannot use the settings: files.readers = {readers} in {conf}; expected owner or group")
        return cls(
            readers=readers,
            lake=_lake(text(tree, "lake", conf), conf.parent),
            poll_interval=duration(tree, "bulk.poll-interval", conf),
        )

    def open_lake(self) -> Lake:
        """The lake's small files, written for whom the settings say."""
        return Lake(self.lake, self.readers)


@dataclass(frozen=True)
class Thresholds:
    """When validate raises its voice; conf/validation.conf explains each."""

    skew_ratio: float
    skew_min_duration: timedelta
    skew_min_tasks: int
    skew_data_ratio: float = 2.0
    speed: baseline.Rules = field(default_factory=baseline.Rules)
    data: drift.Rules = field(default_factory=drift.Rules)

    @classmethod
    def load(cls, conf: Path) -> Thresholds:
        tree = hocon(conf, "epic-fhir-validation")
        if strange := known_keys.unknown(tree):
            raise SettingsError(f"Cannot use the settings in {conf}: {'; '.join(strange)}")
        return cls(
            skew_ratio=number(tree, "skew.ratio", conf, least=1.0),
            skew_min_duration=duration(tree, "skew.min-duration", conf),
            skew_min_tasks=int(number(tree, "skew.min-tasks", conf, least=2)),
            skew_data_ratio=number(tree, "skew.data-ratio", conf, least=1.0),
            speed=baseline.Rules(
                least_runs=int(number(tree, "speed.least-runs", conf, least=5)),
                most_runs=int(number(tree, "speed.most-runs", conf, least=10)),
                false_alarms=number(tree, "speed.false-alarms", conf, least=1e-6),
                slower_at_once=number(tree, "speed.slower-at-once", conf, least=0.01),
                part_slower_at_once=number(tree, "speed.part-slower-at-once", conf, least=0.01),
                slower_since=number(tree, "speed.slower-since", conf, least=0.01),
                noise_floor=number(tree, "speed.noise-floor", conf, least=0.001),
                least_ms=duration(tree, "speed.least-duration", conf).total_seconds() * 1000,
            ),
            data=drift.Rules(
                least_runs=int(number(tree, "data.least-runs", conf, least=1)),
                rows_lost=number(tree, "data.rows-lost", conf, least=0.0),
                nulls_more=number(tree, "data.nulls-more", conf, least=0.0),
                deleted=number(tree, "data.deleted", conf, least=0.0),
                patients_unknown=number(tree, "data.patients-unknown", conf, least=0.0),
                max_age=duration(tree, "data.max-age", conf),
            ),
        )

    @classmethod
    def beside(cls, installation: Installation) -> Thresholds:
        return cls.load(installation.validation())


def _lake(value: str, folder: Path) -> str:
    """The same rule as the jobs': a scheme is kept, a path is one beside the settings file."""
    if re.fullmatch(r"[a-z][a-z0-9]+:.*", value):
        return value.rstrip("/") if len(value) > 1 else value
    return os.path.normpath(folder / value)
