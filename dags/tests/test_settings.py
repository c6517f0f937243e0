import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from epic_fhir import known_keys
from epic_fhir.hocon import SettingsError, duration, hocon
from epic_fhir.settings import Installation, Settings, Thresholds

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = REPOSITORY / "conf" / "pipeline.conf"


def test_the_shipped_settings_give_a_lake_beside_them_and_a_poll_interval():
    settings = Settings.load(PIPELINE)
    assert settings.lake == str(REPOSITORY / "build" / "lake")
    assert settings.poll_interval == timedelta(seconds=30)


def test_an_environment_variable_overrides_the_key_that_stands_twice(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_LAKE", "s3a://bucket/lake/")
    assert Settings.load(PIPELINE).lake == "s3a://bucket/lake"


def test_an_empty_override_is_refused_and_not_taken_for_a_lake(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_LAKE", "")
    with pytest.raises(SettingsError, match=r"Cannot use the settings: lake is missing or empty in .*; give it a value"):
        Settings.load(PIPELINE)


def test_settings_that_are_not_hocon_are_named(tmp_path):
    file = tmp_path / "broken.conf"
    file.write_text("epic-fhir { lake = [ ")
    with pytest.raises(SettingsError, match=r"Cannot read the settings: .*broken.conf is not HOCON"):
        Settings.load(file)


def test_a_file_without_the_block_is_refused(tmp_path):
    file = tmp_path / "other.conf"
    file.write_text("a = 1")
    with pytest.raises(SettingsError, match='has no block "epic-fhir"'):
        Settings.load(file)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30 seconds", timedelta(seconds=30)),
        ("20 hours", timedelta(hours=20)),
        ("500ms", timedelta(milliseconds=500)),
        ("1.5 minutes", timedelta(seconds=90)),
        (1500, timedelta(seconds=1.5)),
    ],
)
def test_durations_are_read_as_the_jobs_read_them(written, meant):
    assert duration({"k": written}, "k", Path("x.conf")) == meant


def test_a_duration_that_is_none_is_refused():
    with pytest.raises(SettingsError, match=r'k = soon in x.conf; expected a duration, for example "30 seconds"'):
        duration({"k": "soon"}, "k", Path("x.conf"))


def test_every_threshold_has_its_default_and_its_override(monkeypatch):
    file = REPOSITORY / "conf" / "validation.conf"
    assert Thresholds.load(file) == Thresholds(4.0, timedelta(seconds=5), 4)
    monkeypatch.setenv("EPIC_FHIR_SKEW_RATIO", "2.5")
    monkeypatch.setenv("EPIC_FHIR_SKEW_MIN_DURATION", "1 minute")
    assert Thresholds.load(file) == Thresholds(2.5, timedelta(minutes=1), 4)


def test_a_key_that_nobody_reads_is_refused_and_the_one_that_was_meant_is_named(tmp_path):
    shipped = (REPOSITORY / "conf" / "validation.conf").read_text()
    file = tmp_path / "validation.conf"
    file.write_text(shipped + '\nepic-fhir-validation { data.max-aeg = "1 day", colour = red }\n')
    with pytest.raises(SettingsError, match=r"colour is no setting; data.max-aeg is no setting; did you mean data.max-age\?"):
        Thresholds.load(file)


def test_every_key_of_the_shipped_file_is_known_and_no_other():
    assert set(known_keys.keys(hocon(REPOSITORY / "conf" / "validation.conf", "epic-fhir-validation"))) == known_keys.KNOWN


def test_a_skew_ratio_below_one_is_refused(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SKEW_RATIO", "0.5")
    with pytest.raises(SettingsError, match=r"skew.ratio = 0.5 in .*; expected a number of 1 or more"):
        Thresholds.load(REPOSITORY / "conf" / "validation.conf")


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
    with pytest.raises(SettingsError, match=r"Cannot read the Spark profile: .*moon.conf"):
        here.properties()


def test_the_one_job_jar_is_found_and_none_or_two_are_refused(tmp_path):
    here = Installation.from_env({"EPIC_FHIR_HOME": str(REPOSITORY), "EPIC_FHIR_JARS": str(tmp_path)})
    with pytest.raises(SettingsError, match=r"load-job-\*-job.jar matches none; build the jobs"):
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
    assert Settings.load(PIPELINE).open_lake().readers == "owner"
    monkeypatch.setenv("EPIC_FHIR_FILE_READERS", "group")
    assert Settings.load(PIPELINE).open_lake().readers == "group"
    monkeypatch.setenv("EPIC_FHIR_FILE_READERS", "everybody")
    with pytest.raises(SettingsError, match=r"files.readers = everybody in .*; expected owner or group"):
        Settings.load(PIPELINE)


def test_a_site_includes_the_shared_settings_behind_any_number_of_comments_and_blank_lines_at_once(tmp_path):
    (tmp_path / "pipeline.conf").write_text(PIPELINE.read_text())
    file = tmp_path / "north.conf"
    file.write_text("# comment\n\n \n// another\n" * 100 + 'include "pipeline.conf"\nepic-fhir.lake = "/north"\n')
    begun = time.monotonic()
    assert Settings.load(file).lake == "/north"
    file.write_text("\n \n" * 100 + 'epic-fhir { lake = /own, bulk.poll-interval = "1 second" }\n')
    assert Settings.load(file).lake == "/own"
    assert time.monotonic() - begun < 120  # an expression that tries every split takes years


@pytest.mark.parametrize("profile", ["yarn", "kubernetes", "standalone"])
def test_on_a_cluster_driver_and_executors_know_each_other_and_nobody_listens_in(profile):
    lines = (PIPELINE.parent / "spark" / f"{profile}.conf").read_text().splitlines()
    properties = dict(line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    assert properties["spark.authenticate"].strip() == "true"
    assert properties["spark.network.crypto.enabled"].strip() == "true"
    assert properties["spark.eventLog.enabled"].strip() == "false"
    assert "spark.authenticate.secret" not in properties, "it is in a file of its own"
