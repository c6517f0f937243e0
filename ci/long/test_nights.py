"""Backfills forwards and backwards, a night of kills, and reruns: three sites under a real scheduler, and one truth in all three.

The tests build on each other: backfills, then changes with runs that overlap, then reruns from each phase, then red runs that are
mended as the runbook says: by the command of the alert.
"""

import hashlib
import json
import re
import shlex
import sys
import time
from pathlib import Path

import psycopg
import pytest
from deltalake import DeltaTable

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI.parent / "dags" / "tests")]

from servers import Hook, running

import oracle
from nights import TYPES, Nights
from parts import HOME
from stack import days

SITES = ("forwards", "backwards", "killed")
UNEVEN = ("Observation", "Location", "Device", "Organization", "Practitioner", "CarePlan", "CareTeam", "Immunization")
FIVE = days(5)


def etl(site: str) -> str:
    return f"epic_fhir_etl_{site}"


@pytest.fixture(scope="module")
def phone():
    """What the person on call hears."""
    with running(Hook()) as hook:
        yield hook


@pytest.fixture(scope="module")
def night(phone):
    settings = {
        # The schedule begins in the future: whatever runs was asked for.
        "EPIC_FHIR_SCHEDULE": "0 4 * * *",
        "EPIC_FHIR_START": "2100-01-01",
        "EPIC_FHIR_DEADLINE_HOURS_KILLED": "0.002",
        "EPIC_FHIR_ALERT_WEBHOOK_CONN_ID": "phone",
        "AIRFLOW_CONN_PHONE": json.dumps({"conn_type": "http", "host": phone.url}),
    }
    with Nights(HOME / "build" / "nights", 3, {**dict.fromkeys(SITES, TYPES), "uneven": UNEVEN}, settings).running() as night:
        yield night


def truth(night: Nights) -> dict:
    return {kind: rows for kind, rows in oracle.served(night.data).items() if kind in TYPES}


def digest(night: Nights, site: str) -> str:
    """One number for all that a site's silver, views and PostgreSQL tables hold."""
    live, dead = oracle.silver(night.lake_of(site))
    views = oracle.view_rows(night.lake_of(site))
    tables = oracle.postgres_rows(night.env()["PSQL_URL"], list(views), site)
    assert [name for name in views if not oracle.same_rows(views[name], tables[name])] == []
    rows = {name: sorted(json.dumps(row, default=str) for row in rows) for name, rows in views.items()}
    told = json.dumps([live, {kind: sorted(ids) for kind, ids in dead.items()}, rows], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def exports_asked_for(night: Nights, site: str) -> int:
    return len(list((night.lake_of(site) / "state" / "landings").glob("*.json")))


def test_five_days_forwards_backwards_and_with_kills_end_in_the_same_tables(night):
    night.backfill(etl("killed"), FIVE)
    job = night.job(etl("killed"), "transform")
    assert night.kill_worker(job), "there was a worker to kill"
    assert job.is_running(), "the job of the killed worker goes on"
    first, last = FIVE[0].isoformat(), FIVE[-1].isoformat()
    command = ["backfill", "create", "--dag-id", etl("forwards"), "--from-date", first, "--to-date", last, "--max-active-runs", "2"]
    night.airflow("run", *command)
    night.job(etl("killed"), "load")
    night.kill_scheduler()
    night.backfill(etl("backwards"), FIVE, backwards=True)
    night.job(etl("backwards"), "extract")
    night.restart_metadata()

    for site in SITES:
        states = night.wait_for(etl(site))
        assert list(states.values()) == ["success"] * 5, f"{site}: {states}"
    live, _ = oracle.silver(night.lake_of("forwards"))
    assert live == truth(night)
    assert len({digest(night, site) for site in SITES}) == 1
    assert {site: exports_asked_for(night, site) for site in SITES} == dict.fromkeys(SITES, 1)
    retried = [t for r in night.runs(etl("killed")) for t in night.tasks(r["dag_run_id"], etl("killed")) if t["try_number"] > 1]
    assert retried, "the killed worker's task was tried again"


def test_runs_that_overlap_a_backfill_lose_nothing(night):
    patients, conditions = night.data / "Patient.ndjson", night.data / "Condition.ndjson"
    changed, *others = patients.read_bytes().splitlines()
    before = json.loads(changed)["birthDate"].encode()
    patients.write_bytes(b"\n".join([changed.replace(before, b"1901-02-03"), *others, b""]))
    deleted, *kept = conditions.read_bytes().splitlines()
    conditions.write_bytes(b"\n".join([*kept, b""]))
    night.reload_data()

    night.backfill(etl("forwards"), FIVE, most=3, again="completed")
    night.trigger("new", etl("forwards"))
    for site in ("backwards", "killed"):
        night.trigger("new", etl(site))
    for site in SITES:
        states = night.wait_for(etl(site))
        assert set(states.values()) == {"success"}, f"{site}: {states}"

    live, dead = oracle.silver(night.lake_of("forwards"))
    assert live == truth(night)
    assert dead == {"Condition": {json.loads(deleted)["id"]}}
    assert len({digest(night, site) for site in SITES}) == 1


@pytest.mark.parametrize("begin", ["kick_off", "extract", "transform", "load"])
def test_a_rerun_from_any_phase_is_green_and_changes_nothing_that_was_right(night, begin):
    dag, before, asked = "epic_fhir_rerun_backwards", digest(night, "backwards"), exports_asked_for(night, "backwards")
    conf = {"run": "new", "begin": begin, "views": ["patient"] if begin == "load" else [], "go": True}
    assert night.run_dag(f"from-{begin}", dag, conf) == "success"
    states = {t["task_id"]: t["state"] for t in night.tasks(f"from-{begin}", dag)}
    order = ["kick_off", "wait", "extract", "transform", "load"]
    first = order.index({"extract": "wait", "load": "transform"}.get(begin, begin))
    assert states == {t: "skipped" if t in order[:first] else "success" for t in (*order, "plan", "approve", "validate", "report")}
    assert digest(night, "backwards") == before
    assert exports_asked_for(night, "backwards") == asked + (begin == "kick_off")


def test_a_rerun_that_is_only_shown_does_nothing(night):
    assert night.run_dag("shown", "epic_fhir_rerun_backwards", {"run": "new", "begin": "transform", "ask": False}) == "success"
    states = {t["task_id"]: t["state"] for t in night.tasks("shown", "epic_fhir_rerun_backwards")}
    assert (states.pop("plan"), states.pop("approve")) == ("success", "success")
    assert set(states.values()) == {"skipped"}


def test_the_care_of_the_tables_changes_no_row(night):
    before = digest(night, "forwards")
    assert night.run_dag("care", "epic_fhir_care_forwards") == "success"
    assert digest(night, "forwards") == before


def heard(phone: Hook, run_id: str, verdict: str) -> dict:
    """The alert of a run, once it is there."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        for body in phone.bodies:
            if (body["run_id"], body["verdict"]) == (run_id, verdict):
                return body
        time.sleep(0.5)
    raise AssertionError(f"nothing was heard of {run_id}; heard were {[(b['run_id'], b['verdict']) for b in phone.bodies]}")


def typed(night: Nights, command: str) -> None:
    """Types in what the alert says, as it stands there."""
    for part in command.split(" && "):
        program, *words = shlex.split(part)
        assert program == "airflow"
        night.airflow("run", *words)


def test_a_run_that_is_late_is_told_of_once(night, phone):
    late = [body["run_id"] for body in phone.bodies if body["verdict"] == "late"]
    assert len(late) == len(set(late)) > 0
    assert {body["dag_id"] for body in phone.bodies if body["verdict"] == "late"} == {etl("killed")}


def test_a_server_that_does_not_answer_then_the_alerts_command(night, phone):
    night.fault({"kind": "TOKEN", "fault": "transientError", "parameters": [503], "times": "always"})
    assert night.run_dag("broken", etl("forwards")) == "failed"
    alert = heard(phone, "broken", "red")
    assert "Red: kick_off failed." in alert["text"]
    assert "Rerun when it is back" in alert["text"]
    night.no_faults()
    typed(night, alert["command"])
    assert night.ended("broken", etl("forwards")) == "success"
    assert "Green again." in heard(phone, "broken", "green")["text"]


def test_a_file_of_bronze_that_is_gone_then_the_alerts_command(night, phone):
    lake, dag, before = night.lake_of("backwards"), "epic_fhir_rerun_backwards", digest(night, "backwards")
    bronze = sorted(lake.glob("bronze/resource_type=Condition/*/*.parquet"))[0]
    bronze.unlink()
    assert night.run_dag("lost", dag, {"run": "new", "begin": "transform", "types": ["Condition"], "go": True}) == "failed"
    alert = heard(phone, "lost", "red")
    assert f"Cannot read bronze file {bronze.relative_to(lake)}" in alert["text"]
    assert digest(night, "backwards") == before, "what stands stays"
    known = {run["dag_run_id"] for run in night.runs(dag)}
    typed(night, alert["command"])
    (mended,) = {run["dag_run_id"] for run in night.runs(dag)} - known
    assert night.ended(mended, dag) == "success"
    assert night.run_dag("again", dag, {"run": "new", "begin": "transform", "types": ["Condition"], "go": True}) == "success"
    assert digest(night, "backwards") == before


def test_rows_that_somebody_took_out_of_silver_then_the_alerts_command(night, phone):
    lake, before = night.lake_of("backwards"), digest(night, "backwards")
    DeltaTable(str(lake / "silver")).delete("resource_type = 'Condition'")
    assert night.run_dag("stolen", etl("backwards")) == "failed"
    alert = heard(phone, "stolen", "red")
    assert "Someone else changed silver Condition" in alert["text"]
    assert "(DELETE) was written by someone else" in alert["text"]
    known = {run["dag_run_id"] for run in night.runs("epic_fhir_rerun_backwards")}
    typed(night, alert["command"])
    (mended,) = {run["dag_run_id"] for run in night.runs("epic_fhir_rerun_backwards")} - known
    assert night.ended(mended, "epic_fhir_rerun_backwards") == "success"
    assert night.run_dag("given-back", etl("backwards")) == "success"
    assert "Green again." in heard(phone, "given-back", "green")["text"]
    assert digest(night, "backwards") == before


def test_a_heavy_partition_is_told_of_and_nothing_is_to_be_rerun(night, phone):
    file = night.data / "Observation.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    with file.open("ab") as out:
        for copy in range(30):
            out.writelines(line.replace(b'"id":"', b'"id":"%02d' % copy, 1) for line in lines)
    night.reload_data()
    rules = night.conf / "validation.conf"
    rules.write_text(rules.read_text().replace('"5 seconds"', '"500 milliseconds"'))  # the stage is short: nobody would wait for it
    assert night.run_dag("heavy", etl("uneven")) == "success"
    alert = heard(phone, "heavy", "green")
    assert "Complete, but: skew of extract." in alert["text"]
    assert re.search(r"Stage \d+ of extract .* Partition \d+ is skewed: it read [0-9.,]+ times the median's records", alert["text"])
    assert "There is nothing to rerun. The page says what to look at." in alert["text"]
    assert len(oracle.silver(night.lake_of("uneven"))[0]["Observation"]) == 31 * len(lines)


def test_rows_that_somebody_took_out_of_a_table_are_brought_back_and_told(night):
    with psycopg.connect(night.env()["PSQL_URL"]) as connection:
        connection.execute("DELETE FROM forwards.condition")
    assert night.run_dag("taken", etl("forwards")) == "success"
    assert oracle.silver(night.lake_of("forwards"))[0] == truth(night)
    digest(night, "forwards")
    report = night.lake_of("forwards") / "metrics" / etl("forwards") / "taken" / "load.json"
    told = " ".join(json.loads(report.read_text())["notes"])
    assert "Someone else changed forwards.condition" in told and "It was reloaded in full." in told
