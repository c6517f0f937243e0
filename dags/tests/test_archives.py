"""Class data archives with a real JVM."""

import os
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest

from epic_fhir.archives import ClassArchive, OpenToOthers
from epic_fhir.installation import Installation, SettingsError

JAVA, JAVAC, JAR = (shutil.which(tool) for tool in ("java", "javac", "jar"))


@pytest.fixture
def jar(tmp_path):
    """A program in a JAR that says where its class came from."""
    source = tmp_path / "Hello.java"
    source.write_text("public class Hello { public static void main(String[] a) { System.exit(a.length); } }")
    subprocess.run([JAVAC, "-d", tmp_path / "classes", source], check=True)
    subprocess.run([JAR, "cf", tmp_path / "hello.jar", "-C", tmp_path / "classes", "."], check=True)
    return tmp_path / "hello.jar"


def run(archive, jar, *args):
    command = [JAVA, *archive.options(), "-Xlog:class+load", "-cp", str(jar), "Hello", *args]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    archive.keep(ended.returncode)
    return ended


def of(tmp_path, jar):
    return ClassArchive.of(tmp_path / "archives", "hello-java", [str(jar)], Path(JAVA))


def test_the_first_run_leaves_the_archive_that_the_second_begins_with(tmp_path, jar):
    first = of(tmp_path, jar)
    assert "shared objects file (top)" not in run(first, jar).stdout
    assert first.file.is_file()
    assert (tmp_path / "archives").stat().st_mode & 0o077 == 0
    second = of(tmp_path, jar)
    assert second.part is None
    assert "Hello source: shared objects file (top)" in run(second, jar).stdout


def test_a_run_that_failed_leaves_none(tmp_path, jar):
    assert run(of(tmp_path, jar), jar, "one").returncode == 1
    assert list((tmp_path / "archives").iterdir()) == []


def test_another_jar_gets_another_archive_and_the_old_one_goes(tmp_path, jar):
    run(of(tmp_path, jar), jar)
    os.utime(jar, ns=(1, 1))
    again = of(tmp_path, jar)
    assert again.part is not None
    run(again, jar)
    assert [file.name for file in (tmp_path / "archives").iterdir()] == [again.file.name]


def test_an_archive_that_is_broken_hinders_nothing(tmp_path, jar):
    first = of(tmp_path, jar)
    run(first, jar)
    first.file.write_bytes(b"no archive")
    assert run(of(tmp_path, jar), jar).returncode == 0


def test_without_room_or_right_none_is_begun(tmp_path, jar, monkeypatch):
    monkeypatch.setattr("epic_fhir.archives.NEEDED_BYTES", 1 << 60)
    assert of(tmp_path, jar).options() == []
    monkeypatch.undo()
    Path(tmp_path / "file").touch()
    assert ClassArchive.of(tmp_path / "file" / "archives", "hello-java", [str(jar)], Path(JAVA)).options() == []


@pytest.fixture
def started(tmp_path, monkeypatch):
    """A function that says which folder spark-submit takes its settings from beside an archive."""
    archives = tmp_path / "archives"
    archives.mkdir(mode=0o755)
    here = Installation(tmp_path, tmp_path / "c", tmp_path / "conf/spark/local.conf", tmp_path, tmp_path, archives)
    monkeypatch.setattr(Installation, "_own", lambda *_: ["x.jar"])
    before = os.umask(0)
    yield lambda: Path(here.spark_start("load-job", ClassArchive(archives / "a.jsa", None), [])[1]["SPARK_CONF_DIR"])
    os.umask(before)


def test_the_folder_that_spark_takes_its_settings_from_is_its_owners_alone_whatever_the_umask_is(started):
    assert stat.S_IMODE(started().stat().st_mode) == 0o700


def test_such_a_folder_that_an_earlier_version_left_open_is_closed(started):
    started().chmod(0o777)
    assert stat.S_IMODE(started().stat().st_mode) == 0o700


@pytest.mark.parametrize("plant", ["spark-defaults.conf", "a link", "a file"])
def test_such_a_folder_that_holds_something_or_is_none_is_refused(started, tmp_path, plant):
    folder = started()
    if plant == "spark-defaults.conf":
        (folder / plant).touch()
    else:
        folder.rmdir()
        folder.symlink_to(tmp_path) if plant == "a link" else folder.touch()
    with pytest.raises(SettingsError, match=r"Cannot use the class archives: .*/empty must be an empty folder that you own"):
        started()


def test_a_folder_that_others_can_write_in_is_refused_for_what_lies_there_is_run(tmp_path, jar):
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives").chmod(0o777)
    with pytest.raises(OpenToOthers, match="users other than its owner can write in"):
        of(tmp_path, jar)


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path):
    for name, age in (("load-spark-1.77.part", 25), ("load-spark-1.78.part", 1), ("load-spark-1.jsa", 50)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, times=(time.time() - age * 3600,) * 2)
    ClassArchive.of(tmp_path, "transform-spark", [], Path(JAVA))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["load-spark-1.78.part", "load-spark-1.jsa"]
