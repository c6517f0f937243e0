"""A newcomer's first hour: make up on a fresh tree, a look around as it says, make up again after a failed demo, make down."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI)]

from demo import QUESTIONS, RUN
from parts import HOME
from stack import DAG, Stack

ROOT = HOME / "build" / "first-hour"


def demo(verb: str) -> subprocess.CompletedProcess:
    command = [sys.executable, CI / "demo.py", verb, "--patients", "3", "--root", ROOT, "--profile", "epic"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def stack():
    stack = Stack(ROOT, 3, profile="epic")
    stack.stop()
    stack.wipe()
    yield stack
    stack.stop()


def test_make_up_on_a_fresh_tree_ends_green_and_says_what_to_look_at(stack):
    ended = demo("up")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for task in ("kick_off", "extract", "transform", "load", "report"):
        assert re.search(rf"^  {task} +success +[0-9.]+ s$", ended.stdout, re.MULTILINE), task
    assert "all equal" in ended.stdout
    told = ended.stdout.partition("Look at next:")[2]
    (page,) = re.findall(r"http\S+report\.html", told)
    with httpx.Client(follow_redirects=True) as browser:
        assert re.search("<h1>(Green|Complete, with)", browser.get(page).text)
    asked = re.findall(r'psql "([^"]+)" -c "([^"]+)"', told)
    assert [question for _, question in asked] == list(QUESTIONS)
    for url, question in asked:
        with psycopg.connect(url) as connection:
            assert connection.execute(question).fetchall(), question


def test_nothing_runs_but_what_was_asked_for(stack):
    dags = {dag["dag_id"] for dag in stack.api("GET", "/api/v2/dags")["dags"]}
    assert {dag: [run["dag_run_id"] for run in stack.runs(dag)] for dag in dags if stack.runs(dag)} == {DAG: [RUN]}


def test_make_up_after_a_demo_that_failed_and_left_its_parts_ends_green(stack):
    verdict = stack.lake / "metrics" / DAG / RUN / "verdict.json"
    verdict.write_text(json.dumps({**json.loads(verdict.read_text()), "verdict": "red"}))
    ended = demo("up")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "all equal" in ended.stdout


def test_make_down_leaves_no_process_and_no_temporary_file(stack):
    assert (ROOT / "tmp" / "embedded-pg").exists(), "what PostgreSQL unpacks lies with the demo"
    assert demo("down").returncode == 0
    assert not (ROOT / "tmp").exists()
    assert [pid for pid in Path("/proc").glob("[0-9]*") if str(ROOT) in words(pid)] == []


def words(pid: Path) -> str:
    try:
        return (pid / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
