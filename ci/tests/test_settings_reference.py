"""The settings' reference page."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import settings_reference
from parts import HOME


def keys(file: Path) -> list[str]:
    [jar] = (HOME / "extract-job" / "target").glob("extract-job-*-job.jar")
    command = ["java", "-cp", str(jar), str(Path(__file__).with_name("SettingsKeys.java")), str(file)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("name", ["pipeline.conf", "validation.conf"])
def test_every_key_of_the_settings_files_is_there_with_a_meaning_nearby(name):
    text = (HOME / "conf" / name).read_text()
    known = keys(HOME / "conf" / name)
    assert len(known) > 20
    listed = {one.key.replace('"', ""): one for _, inside in settings_reference.settings(text) for one in inside}
    missing = [key for key in known if not any(key == one or key.startswith(one + ".") for one in listed)]
    assert not missing
    for _, inside in settings_reference.settings(text):
        assert inside[0].about


def test_a_setting_has_its_comment_its_default_and_its_variable():
    text = """
    outer {
      # Where it lies.
      place = "a|b"
      place = ${?PLACE}
      # The block.
      block {
        # Which ones.
        types = [
          One, # first
          Two
        ]
        types = ${?TYPES}
        few { "*" = 3 }
      }
    }
    """
    blocks = dict(settings_reference.settings(text))
    [place] = blocks[""]
    assert (place.key, place.default, place.about, place.environment) == ("place", '"a|b"', "Where it lies.", ["PLACE"])
    types, few = blocks["block"]
    assert (types.default, types.about, types.environment) == ("[ One, Two ]", "The block. Which ones.", ["TYPES"])
    assert few.default == '{ "*" = 3 }'
