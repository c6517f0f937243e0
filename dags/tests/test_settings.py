import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from epic_fhir import job_settings
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.settings import Settings, Thresholds

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = REPOSITORY / "conf" / "pipeline.conf"


def installed(conf: Path = PIPELINE, **env: str) -> Installation:
    """This tree, with a settings file and variables of its own."""
    return Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY), "EPIC_FHIR_CONF": str(conf), **env})


@pytest.fixture
def asked(monkeypatch):
    """The programs that were started to read settings; nothing is known before."""
    commands = []
    run = subprocess.run
    monkeypatch.setattr(job_settings, "_answers", {})
    monkeypatch.setattr(job_settings.subprocess, "run", lambda command, **more: commands.append(command) or run(command, **more))
    return commands


def test_the_shipped_settings_give_a_lake_beside_them_and_a_poll_interval():
    settings = Settings.of(installed())
    assert settings.lake == str(REPOSITORY / "build" / "lake")
    assert settings.poll_interval == timedelta(seconds=30)


def test_an_environment_variable_overrides_the_key_that_stands_twice(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_LAKE", "s3a://bucket/lake/")
    assert Settings.of(installed()).lake == "s3a://bucket/lake"


def test_an_empty_override_is_refused_and_not_taken_for_a_lake(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_LAKE", "")
    with pytest.raises(SettingsError, match=r'lake = "": expected a string that is not empty'):
        Settings.of(installed())


def test_settings_that_are_not_hocon_are_named(tmp_path):
    file = tmp_path / "broken.conf"
    file.write_text("epic-fhir { lake = [ ")
    with pytest.raises(SettingsError, match=r"Cannot read the settings: .*broken.conf: 1"):
        Settings.of(installed(file))


def test_a_file_without_the_block_is_refused(tmp_path):
    file = tmp_path / "other.conf"
    file.write_text("a = 1")
    with pytest.raises(SettingsError, match=r'has no block "epic-fhir"; start from conf/pipeline.conf'):
        Settings.of(installed(file))


def test_an_answer_serves_until_a_file_or_a_variable_that_it_names_changes(tmp_path, monkeypatch, asked):
    (tmp_path / "base.conf").write_text('epic-fhir { bulk.poll-interval = 1 second, lake = "/a", lake = ${?A_LAKE} }')
    file = tmp_path / "own.conf"
    file.write_text('include "base.conf"')
    here = installed(file)
    assert [Settings.of(here).lake for _ in range(3)] == ["/a"] * 3
    assert len(asked) == 1
    monkeypatch.setenv("A_LAKE", "/b")
    assert [Settings.of(here).lake for _ in range(2)] == ["/b"] * 2
    assert len(asked) == 2
    monkeypatch.setenv("NOT_NAMED", "x")
    assert Settings.of(here).lake == "/b"
    assert len(asked) == 2
    (tmp_path / "base.conf").write_text('epic-fhir { bulk.poll-interval = 1 second, lake = "/c" }')
    assert Settings.of(here).lake == "/c"
    assert len(asked) == 3


def test_the_next_process_finds_the_answer_beside_the_class_archives(tmp_path, asked):
    archives = tmp_path / "archives"
    here = installed(EPIC_FHIR_CLASS_ARCHIVES=str(archives))
    first = Settings.of(here)
    job_settings._answers.clear()
    assert Settings.of(here) == first
    assert len(asked) == 1
    [kept] = archives.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("{")
    job_settings._answers.clear()
    assert Settings.of(here) == first
    assert len(asked) == 2
    archives.chmod(0o777)
    job_settings._answers.clear()
    assert Settings.of(here) == first
    assert len(asked) == 3, "others can write there"


def test_without_a_job_or_java_the_settings_are_not_guessed(tmp_path, monkeypatch, asked):
    with pytest.raises(SettingsError, match=r"Cannot choose the JAR to run"):
        Settings.of(installed(EPIC_FHIR_JARS=str(tmp_path)))
    (tmp_path / "extract-job-1-job.jar").touch()
    with pytest.raises(SettingsError, match=r"DagSettings ended with exit code 1: (?s:.*) Install job JARs and DAGs of the same"):
        Settings.of(installed(EPIC_FHIR_JARS=str(tmp_path)))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match=r"Cannot find java"):
        Settings.of(installed())


def test_every_threshold_has_its_default_and_its_override(monkeypatch):
    assert Thresholds.of(installed()) == Thresholds(4.0, timedelta(seconds=5), 4)
    monkeypatch.setenv("EPIC_FHIR_SKEW_RATIO", "2.5")
    monkeypatch.setenv("EPIC_FHIR_SKEW_MIN_DURATION", "1 minute")
    assert Thresholds.of(installed()) == Thresholds(2.5, timedelta(minutes=1), 4)


def test_all_that_is_to_be_mended_comes_at_once_with_its_line_and_the_key_that_was_meant(tmp_path, monkeypatch):
    shipped = (REPOSITORY / "conf" / "validation.conf").read_text()
    (tmp_path / "pipeline.conf").touch()
    (tmp_path / "validation.conf").write_text(shipped + '\nepic-fhir-validation.data { max-aeg = "1 day", colour = red }\n')
    monkeypatch.setenv("EPIC_FHIR_SKEW_RATIO", "0.5")
    with pytest.raises(SettingsError) as problem:
        Thresholds.of(installed(tmp_path / "pipeline.conf"))
    told = str(problem.value)
    assert "Cannot use the settings. Problems: 3\n" in told
    assert "skew.ratio = 0.5: expected a number of 1.0 or more (env variables)" in told
    assert f"validation.conf: {shipped.count(chr(10)) + 2}): did you mean data.max-age?" in told
    assert "data.colour is not a setting" in told
    assert "see conf/validation.conf for the list of keys" in told


def test_an_installation_needs_its_home():
    with pytest.raises(SettingsError, match="EPIC_FHIR_HOME is not set"):
        Installation.from_env({})


def test_an_installation_finds_its_parts_and_spark_without_being_told():
    here = Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY)})
    assert here.conf == PIPELINE
    assert here.properties() == str(REPOSITORY / "conf" / "spark" / "local.conf")
    assert Path(here.spark_submit()).is_file()


def test_a_profile_that_is_not_there_is_refused():
    here = Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY), "EPIC_FHIR_SPARK_PROFILE": "moon"})
    with pytest.raises(SettingsError) as problem:
        here.properties()
    assert str(problem.value).startswith("Cannot read the Spark profile: ")
    assert str(problem.value).endswith("moon.conf; set EPIC_FHIR_SPARK_PROFILE to the name of a file in conf/spark, without .conf")


def test_the_one_job_jar_is_found_and_none_or_two_are_refused(tmp_path):
    here = Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY), "EPIC_FHIR_JARS": str(tmp_path)})
    with pytest.raises(SettingsError, match=r"load-job-\*-job.jar matches none; build the jobs, or delete all but one JAR"):
        here.jar("load-job")
    for version in ("1", "2"):
        (tmp_path / f"load-job-{version}-job.jar").touch()
        (tmp_path / f"original-load-job-{version}.jar").touch()
        if version == "1":
            assert here.jar("load-job").name == "load-job-1-job.jar"
    with pytest.raises(SettingsError, match=r"matches load-job-1-job.jar, load-job-2-job.jar"):
        here.jar("load-job")


def test_an_administrators_spark_folder_wins(monkeypatch):
    here = Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY)})
    monkeypatch.setenv("SPARK_CONF_DIR", "/etc/spark")
    assert here.environment()["SPARK_CONF_DIR"] == "/etc/spark"
    monkeypatch.delenv("SPARK_CONF_DIR")
    assert here.environment()["SPARK_CONF_DIR"] == str(REPOSITORY / "conf" / "spark")
    assert "PATH" in os.environ


@pytest.mark.parametrize("profile", ["local", "standalone", "yarn", "kubernetes"])
def test_profiles_hold_no_key_that_spark_does_not_know_or_that_stops_a_jvm(profile):
    text = (REPOSITORY / "conf" / "spark" / f"{profile}.conf").read_text()
    keys = [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert "spark.memory.overhead" not in keys
    assert "G1SummarizeConcMark" not in text
    assert len(keys) == len(set(keys))
    needed = {"spark.driver.memory", "spark.sql.shuffle.partitions", "spark.rdd.compress", "spark.serializer"}
    assert needed | {"spark.sql.autoBroadcastJoinThreshold", "spark.dynamicAllocation.enabled"} <= set(keys)
    assert "-XX:+UseG1GC -Xlog:gc*" in text


def test_files_are_their_owners_or_their_groups_and_nothing_else(monkeypatch):
    assert Settings.of(installed()).open_lake().readers == "owner"
    monkeypatch.setenv("EPIC_FHIR_FILE_READERS", "group")
    assert Settings.of(installed()).open_lake().readers == "group"
    monkeypatch.setenv("EPIC_FHIR_FILE_READERS", "everybody")
    with pytest.raises(SettingsError, match=r"files.readers = everybody: expected one of owner, group"):
        Settings.of(installed())


@pytest.mark.parametrize("profile", ["yarn", "kubernetes", "standalone"])
def test_on_a_cluster_driver_and_executors_know_each_other_and_nobody_listens_in(profile):
    lines = (PIPELINE.parent / "spark" / f"{profile}.conf").read_text().splitlines()
    properties = dict(line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    assert properties["spark.authenticate"].strip() == "true"
    assert properties["spark.network.crypto.enabled"].strip() == "true"
    assert properties["spark.eventLog.enabled"].strip() == "false"
    assert "spark.authenticate.secret" not in properties, "it is in a file of its own"
