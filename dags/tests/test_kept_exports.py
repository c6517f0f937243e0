"""One group of a run lacks its export: whatever requests it again, the other groups keep theirs."""

import json
import shlex
from dataclasses import replace

import pytest
from made_up import key, landing

from epic_fhir import java_task, remedy, rerun, rerun_exports
from epic_fhir.checks import COULD_NOT_RUN, FAIL
from epic_fhir.lake import Lake
from epic_fhir.rerun import Asked

DAG, RED = "epic_fhir_etl", "scheduled__2026-03-03T04:00:00+00:00"
RUN, AGAIN = (DAG, RED), ("epic_fhir_rerun", "manual__2026-03-04T08:00:00+00:00")
WENT_ON = {"wait": "success", "extract": "failed", "transform": "success", "load": "success"}


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def is_now(lake, export, fate):
    """What the lake knows of an export: lost, open (at the server), refused, or landed."""
    state = f"{lake.root}/state/exports/{export}"
    if fate in ("open", "refused"):
        lake.write_json(f"{state}/kick-off.json", {})
    if fate in ("lost", "refused"):
        lake.write_json(f"{state}/{'given-up' if fate == 'lost' else 'refused'}.json", {})
    if fate == "landed":
        lake.write_json(lake.landing(export), landing(export))


def tried(lake, name, begin, code, checks=(), **exports):
    """
    A run of several groups, or a rerun of it, that failed in extract.

    :param exports: what became of each
    """
    landed = [export for export, fate in exports.items() if fate == "landed"]
    refused = [export for export, fate in exports.items() if fate == "refused" and code == 5][:1]
    failed = {
        "export_id": ",".join(landed or [*exports][-1:]),
        "given_up": [export for export, fate in exports.items() if fate == "lost"],
        **({"refused_export": refused[0]} if refused else {}),
    }
    for task in ("kick_off", "wait") if begin == "kick_off" else ("wait",):
        told = {"run": {"status": "success", "exit_code": 0}, "result": {"export_id": ",".join(exports)}}
        lake.write_json(lake.metrics(*name, f"{task}.json"), told)
    lake.write_json(
        lake.metrics(*name, "extract.json"), {"run": {"status": "failed", "exit_code": code, "error": "…"}, "result": failed}
    )
    lake.write_json(lake.metrics(*name, "report.json"), {"result": {"verdict": "red", "mends": RED if name == AGAIN else None}})
    found = [{"name": check, "subject": subject, "state": state, "sentence": ""} for check, subject, state in checks]
    judged = {"verdict": "red", "run": {"run_id": name[1], "end": "2026-03-09T00:00:00Z"}, "checks": found}
    lake.write_json(lake.metrics(*name, "verdict.json"), judged)
    for export, fate in exports.items():
        is_now(lake, export, fate)


def command_of(lake, name):
    """What the alert's command asks for, and its advice."""
    reports = rerun_exports.reports_of(lake, *name)
    kick_off = "success" if reports["kick_off"] else "skipped"
    run = replace(key(), dag_id=name[0], run_id=name[1])
    step = remedy.next_step(run, reports, {"kick_off": kick_off, **WENT_ON}, [], RED if name == AGAIN else None)
    assert " trigger epic_fhir_rerun " in step["command"]
    conf = json.loads(shlex.split(step["command"])[-1])
    return Asked(**{part: tuple(value) if isinstance(value, list) else value for part, value in conf.items()}), step["advice"]


def begun(lake, how, fate):
    """A run whose group north lost its export, in itself or in a rerun of it; returns the export of the group south."""
    if how == "kick_off":
        tried(lake, RUN, "kick_off", 3, n1="lost", s1="landed")
        tried(lake, AGAIN, "kick_off", 3, n2="lost", s2=fate)
        return "s2"
    tried(lake, RUN, "kick_off", 4 if how == "extract" else 3, n1="lost", s1=fate)
    if how == "extract":
        tried(lake, AGAIN, "extract", 3, n1="lost", s1=fate)
    return "s1"


FATES = [("open", True, False), ("landed", True, False), ("refused", False, True), ("lost", False, False)]


@pytest.mark.parametrize("how", ["the run itself", "extract", "kick_off"])
@pytest.mark.parametrize(("fate", "keeps", "gives_up"), FATES, ids=[fate for fate, *_ in FATES])
def test_a_rerun_from_where_it_stopped_keeps_the_other_groups_export(lake, how, fate, keeps, gives_up):
    south = begun(lake, how, fate)
    made = rerun.plan(lake, DAG, Asked())
    assert (made.run, made.begin, made.exports) == (RED, "kick_off", [])
    assert made.keeps == ([south] if keeps else [])
    assert made.gives_up == ([south] if gives_up else [])
    assert made.takes_back == []
    kept = [sentence for sentence in made.sentences if sentence.endswith("is kept: no new export of its group is requested.")]
    assert [south in sentence for sentence in kept] == ([True] if keeps else [])


@pytest.mark.parametrize("how", ["extract", "kick_off"])
@pytest.mark.parametrize("fate", ["open", "landed"])
def test_the_command_of_a_rerun_that_lost_an_export_does_what_its_sentence_says(lake, how, fate):
    south = begun(lake, how, fate)
    asked, advice = command_of(lake, AGAIN)
    assert "requests the group's export again, and keeps the exports of the other groups" in advice
    made = rerun.plan(lake, DAG, asked)
    assert (made.go, made.begin, made.keeps, made.gives_up, made.takes_back) == (True, "kick_off", [south], [], [])


def test_it_keeps_those_of_the_run_too_where_the_rerun_worked_on_a_single_export(lake):
    tried(lake, RUN, "kick_off", 4, n1="lost", s1="open", w1="landed")
    tried(lake, AGAIN, "extract", 3, n1="lost")
    made = rerun.plan(lake, DAG, command_of(lake, AGAIN)[0])
    assert (made.begin, made.keeps, made.gives_up) == ("kick_off", ["s1", "w1"], [])


def test_an_export_that_a_later_kick_off_replaced_is_cancelled(lake):
    tried(lake, RUN, "kick_off", 4, n1="lost", s1="open")
    tried(lake, AGAIN, "kick_off", 3, n2="lost", s2="landed")
    made = rerun.plan(lake, DAG, Asked())
    assert (made.keeps, made.gives_up) == (["s2"], ["s1"])


def test_a_kick_off_that_failed_for_one_group_keeps_the_others(lake):
    tried(lake, RUN, "kick_off", 4, n1="never requested", s1="open")
    lake.delete(lake.metrics(*RUN, "wait.json"))
    lake.delete(lake.metrics(*RUN, "extract.json"))
    path = lake.metrics(*RUN, "kick_off.json")
    lake.write_json(path, lake.read_json(path) | {"run": {"status": "failed", "exit_code": 4, "error": "502"}})
    made = rerun.plan(lake, DAG, Asked())
    assert (made.begin, made.keeps, made.gives_up) == ("kick_off", ["s1"], [])


@pytest.mark.parametrize("state", [FAIL, COULD_NOT_RUN])
def test_an_export_whose_counts_do_not_fit_is_withdrawn_and_not_kept(lake, state):
    tried(lake, RUN, "kick_off", 3, [("counts of an earlier try", "s1", state)], n1="lost", s1="landed", w1="landed")
    for asked in (Asked(), Asked(begin="kick_off", exports=("s1", "w1"))):
        made = rerun.plan(lake, DAG, asked)
        assert (made.takes_back, made.keeps) == (["s1"], ["w1"])


@pytest.mark.parametrize("name", [RUN, AGAIN], ids=["run", "rerun"])
def test_the_command_for_a_refused_export_keeps_those_of_the_other_groups(lake, name):
    begin = "kick_off" if name == RUN else "extract"
    for each in dict.fromkeys((RUN, name)):
        tried(lake, each, "kick_off" if each == RUN else begin, 5, n1="refused", s1="open", w1="landed", x1="lost")
    asked, advice = command_of(lake, name)
    assert "it requests a new export and keeps the exports of the other groups." in advice
    assert (asked.begin, asked.exports) == ("kick_off", ("s1", "w1"))
    made = rerun.plan(lake, DAG, asked)
    assert (made.keeps, made.gives_up, made.takes_back) == (["s1", "w1"], ["n1"], [])
    is_now(lake, "s1", "refused")  # before somebody types the command in
    made = rerun.plan(lake, DAG, asked)
    assert (made.keeps, made.gives_up) == (["w1"], ["n1", "s1"])


def test_the_only_export_of_a_run_that_was_refused_is_replaced(lake):
    tried(lake, RUN, "kick_off", 5, n1="refused")
    asked, advice = command_of(lake, RUN)
    assert (asked.begin, asked.exports) == ("kick_off", ())
    assert "it requests a new export.\n" in advice
    assert rerun.plan(lake, DAG, asked).gives_up == ["n1"]


def test_a_person_who_asks_for_kick_off_gets_new_exports_but_for_those_that_are_named(lake):
    tried(lake, RUN, "kick_off", 3, n1="lost", s1="open", w1="landed")
    made = rerun.plan(lake, DAG, Asked(begin="kick_off"))
    assert (made.keeps, made.gives_up) == ([], ["s1"])
    made = rerun.plan(lake, DAG, Asked(begin="kick_off", exports=("w1", "n1", "unknown")))
    assert (made.keeps, made.gives_up) == (["w1"], ["s1"])


def test_kick_off_is_told_which_exports_are_kept(lake, monkeypatch):
    calls = []

    class Call:
        def __init__(self, operator):
            pass

        def run(self, module, main, key, export_id=None, options=None):
            calls.append((main.rpartition(".")[2], export_id))
            return "path", {"run": {}, "result": {}}

    monkeypatch.setattr(java_task, "JavaCall", Call)
    monkeypatch.setattr(java_task.RunKey, "of", lambda context: key("kick_off"))
    monkeypatch.setattr(java_task, "run_by", lambda context: {})
    monkeypatch.setattr(java_task.logs, "closing", lambda *_: "")
    monkeypatch.setattr(java_task, "answer", lambda *_: {})
    tried(lake, RUN, "kick_off", 3, n1="lost", s1="open", w1="landed", x1="refused")
    plan = rerun.plan(lake, DAG, Asked(go=True)).as_dict()
    java_task.PhaseJava(task_id="kick_off", module="extract-job", main="x.KickOff", plan=plan).execute({})
    assert calls == [("Cancel", "x1"), ("KickOff", "s1,w1")]
