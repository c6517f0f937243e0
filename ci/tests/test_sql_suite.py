"""The cases of ci/sql-suite: well formed, and passed by the pipeline's own engine."""

import base64
import re
import sys
from pathlib import Path

CI = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CI), str(CI / "sql-suite")]

import suite
from suite import Answer, Case, passes


def test_the_cases_can_be_read_by_others():
    every = suite.cases()
    assert len({case.name for case in every}) == len(every) > 100
    keys = (suite.HERE / "README.md").read_text().partition("| key of a test |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"^\| `(\w+)` \|", keys, re.MULTILINE))
    for case in every:
        assert len({"expect", "expectByDialect", "expectError"} & set(case.test)) == 1, case.name
        assert case.test["run"] in {library["url"] for library in case.file["libraries"]}, case.name
        assert set(case.test) <= documented, case.name
        for library in case.file["libraries"]:
            for content in library["content"]:
                assert base64.b64decode(content["data"]).decode() == content["extension"][0]["valueString"]


def test_an_answer_is_held_against_what_is_expected():
    expected = Case("g", 0, {"title": "t", "expect": [{"a": 1.5}, {"a": None}], "columns": ["a"]}, {})
    assert passes(expected, Answer(["a"], [{"a": None}, {"a": suite.read("1.50")}]), "spark")
    assert not passes(expected, Answer(["a"], [{"a": None}, {"a": "1.5"}]), "spark"), "a text is no number"
    assert not passes(expected, Answer(["a"], [{"a": None}]), "spark")
    assert not passes(expected, Answer(["A"], [{"a": None}, {"a": 1.5}]), "spark")
    assert not passes(expected, Answer(error="no"), "spark")
    refused = Case("g", 0, {"title": "t", "expectError": True}, {})
    assert passes(refused, Answer(error="no"), "spark")
    assert not passes(refused, Answer(defect="a crash"), "spark")
    assert not passes(refused, Answer([], []), "spark")


def test_the_pipelines_engine_passes_every_case(tmp_path):
    every = suite.cases()
    suite.tables(every, tmp_path)
    answers = suite.spark(every, tmp_path)
    failed = {case.name: answers[case.name] for case in every if not passes(case, answers[case.name], "spark")}
    assert failed == {}
