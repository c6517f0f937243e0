"""What the demo keeps of an earlier one, without starting any part of it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import demo
from parts import HOME
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


@pytest.mark.parametrize("file", ["sandbox.pid", "airflow/scheduler.pid"])
def test_down_without_its_python_says_so_while_something_runs(tmp_path, file):
    script = tmp_path / "ci" / "down.sh"
    script.parent.mkdir()
    shutil.copy(HOME / "ci" / "down.sh", script)
    pid = tmp_path / "build" / "demo" / file
    pid.parent.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as part:
        pid.write_text(str(part.pid))
        told = subprocess.run([script], capture_output=True, text=True, check=False)
        part.terminate()
    assert (told.returncode, told.stdout) == (1, "")
    assert f"the process of build/demo/{file} is running; run make setup, then make down" in told.stderr
    assert subprocess.run([script], capture_output=True, check=False).returncode == 0, "nothing runs any more"


VIEWS = [json.loads(file.read_text()) for file in sorted((HOME / "conf" / "views").glob("*.json"))]
JOINED = [file.stem for file in sorted((HOME / "conf" / "joined").glob("*.sql"))]


@pytest.fixture
def lies(monkeypatch):
    """What lies where: one Patient in every place, and each table with a row in the lake and in PostgreSQL."""
    views, joined = ({name: [{"id": "a"}] for name in names} for names in ([view["name"] for view in VIEWS], JOINED))
    found = {"served": {"Patient": {"a": "1"}}, "bronze": {"Patient": {("a", "1"): 1}}, "silver": {"Patient": {"a": "1"}}}
    found |= {"views": views, "joined": joined, "postgres": {**views, **joined}}
    monkeypatch.setattr(demo.oracle, "served", lambda data: found["served"])
    monkeypatch.setattr(demo.oracle, "bronze_rows", lambda lake: found["bronze"])
    monkeypatch.setattr(demo.oracle, "silver", lambda lake: (found["silver"], {}))
    monkeypatch.setattr(demo.oracle, "view_rows", lambda lake: found["views"])
    monkeypatch.setattr(demo.oracle, "joined_rows", lambda lake: found["joined"])
    monkeypatch.setattr(demo.oracle, "postgres_rows", lambda url, names: {name: found["postgres"][name] for name in names})
    return found


def without(found, part, name):
    found[part] = {other: rows for other, rows in found[part].items() if other != name}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: None, None),
        (lambda found: found.update(served={}, bronze={}, silver={}), "!the server has no resources"),
        (lambda found: without(found, "views", "patient"), "!patient is not in the lake"),
        (lambda found: without(found, "views", VIEWS[0]["name"]), f"!{VIEWS[0]['name']} is not in the lake"),
        (lambda found: found.update(joined={}), f"!{JOINED[0]} is not in the lake"),
        (lambda found: without(found, "joined", "note"), "!note is not in the lake"),
        (lambda found: found["postgres"].update(note=[]), "!note"),
        (lambda found: found["postgres"].update(task=[]), "!Task "),  # nobody serves a Task, and its table differs
        (lambda found: found.update(silver={}), "!Patient "),
    ],
    ids=["equal", "nothing", "patients", "a view", "nothing joined", "a joined table", "joined rows", "rows of a view", "silver"],
)
def test_what_is_missing_or_was_not_compared_is_not_equal(root, lies, capsys, change, said):
    lies["joined"]["note"] = lies["postgres"]["note"] = [{"text": "x", "problem": None}]
    change(lies)
    assert demo.reconcile(Stack(root, 20)) is (said is None)
    out = capsys.readouterr().out
    assert out.rstrip().splitlines()[-1] == ("all equal" if said is None else "NOT EQUAL: the lines marked ! differ")
    assert said is None or any(line.startswith(said) for line in out.splitlines())
