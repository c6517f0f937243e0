"""What the demo keeps of an earlier one, without starting any part of it."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import demo
from stack import DAG, Stack


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A green demo of 20 patients, at rest."""
    address = dict.fromkeys(("PSQL_URL", "AIRFLOW_URL", "SANDBOX_URL"), "http://127.0.0.1:1/?a=b&c")
    monkeypatch.setattr(Stack, "part", lambda self, name: address)
    stack = Stack(tmp_path, 20, profile="epic --without group-unreadable")
    stack._write_env()
    verdict = stack.lake / "metrics" / DAG / demo.RUN / "verdict.json"
    verdict.parent.mkdir(parents=True)
    verdict.write_text(json.dumps({"verdict": "green"}))
    return tmp_path


@pytest.mark.parametrize(
    ("patients", "profile", "kept"),
    [(20, "epic --without group-unreadable", True), (100, "epic --without group-unreadable", False), (20, "strict", False)],
)
def test_a_green_demo_is_kept_where_it_has_these_patients_and_this_profile(root, patients, profile, kept):
    assert demo.is_green(Stack(root, patients, profile=profile)) is kept


def test_one_that_does_not_tell_is_not_kept(root):
    (root / "env").unlink()
    assert not demo.is_green(Stack(root, 20, profile="epic --without group-unreadable"))


def test_a_red_one_is_not_kept(root):
    (root / "lake" / "metrics" / DAG / demo.RUN / "verdict.json").write_text(json.dumps({"verdict": "red"}))
    assert not demo.is_green(Stack(root, 20, profile="epic --without group-unreadable"))
