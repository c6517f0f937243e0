"""The settings' reference page."""

import sys
from pathlib import Path

import pytest
from pyhocon import ConfigFactory, ConfigTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import settings_reference
from parts import HOME


def leaves(tree: ConfigTree, path: str = ""):
    for key, value in tree.items():
        if isinstance(value, ConfigTree) and value:
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}".replace('"', "")


@pytest.mark.parametrize("name", ["pipeline.conf", "validation.conf"])
def test_every_key_of_the_settings_files_is_there_with_a_meaning_nearby(name):
    text = (HOME / "conf" / name).read_text()
    [outermost] = ConfigFactory.parse_string(text, resolve=True).values()
    listed = {one.key.replace('"', ""): one for _, inside in settings_reference.settings(text) for one in inside}
    missing = [key for key in leaves(outermost) if not any(key == one or key.startswith(one + ".") for one in listed)]
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
