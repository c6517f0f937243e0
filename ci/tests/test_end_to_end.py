"""The demo's path on 3 patients: the real DAG under a real scheduler, three runs, and what lies where after each.

The runs build on each other: everything, nothing new, then one patient changed and one deleted, then days of the past.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

CI = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CI), str(CI.parent / "dags")]

from epic_fhir import logs

import oracle
from stack import DAG, HOME, Stack, days


@pytest.fixture(scope="module")
def stack():
    # The schedule begins in the future: whatever runs was asked for.
    # Under a umask that takes nothing away, the lake is private by the pipeline's own doing.
    more = {"EPIC_FHIR_SCHEDULE": "0 4 * * *", "EPIC_FHIR_START": "2100-01-01", "AIRFLOW_UMASK": "000"}
    with Stack(HOME / "build" / "end-to-end", 3, more).running() as stack:
        yield stack


def verdict(stack: Stack, run_id: str) -> dict:
    return json.loads((stack.lake / "metrics" / "epic_fhir_etl" / run_id / "verdict.json").read_text())


def assert_tables_are_what_is_served(stack: Stack):
    live, _ = oracle.silver(stack.lake)
    assert live == oracle.served(stack.data)
    views = {**oracle.view_rows(stack.lake), **oracle.joined_rows(stack.lake)}
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    differing = [name for name in views if not oracle.same_rows(views[name], tables[name])]
    assert differing == []


def column_comments(stack: Stack, table: str) -> dict[str, str]:
    with psycopg.connect(stack.env()["PSQL_URL"]) as connection:
        query = """SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
                   WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""
        return dict(connection.execute(query, [f"fhir.{table}"]).fetchall())


def landings(stack: Stack) -> set[str]:
    return {file.name for file in (stack.lake / "state" / "landings").glob("*.json")}


def table_files(stack: Stack) -> dict[str, str]:
    """Which file on PostgreSQL's disk holds each table: another file means that the table was written anew."""
    with psycopg.connect(stack.env()["PSQL_URL"]) as connection:
        query = """SELECT relname, pg_relation_filepath(oid) || ' ' || age(relfrozenxid)::text AS file,
                   (SELECT n_tup_ins + n_tup_del + n_tup_upd FROM pg_stat_all_tables s WHERE s.relid = c.oid) AS writes
                   FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'fhir'::regnamespace"""
        return {name: (file.split(" ")[0], writes) for name, file, writes in connection.execute(query)}


def test_the_first_run_brings_every_resource_into_every_table(stack):
    assert stack.run_dag("first") == "success"
    served = oracle.served(stack.data)
    assert len(served["Patient"]) == 3
    bronze = oracle.bronze_rows(stack.lake)
    assert {kind: set(rows) for kind, rows in bronze.items()} == {k: set(v.items()) for k, v in served.items()}
    assert all(count == 1 for rows in bronze.values() for count in rows.values())
    assert_tables_are_what_is_served(stack)
    views = oracle.view_rows(stack.lake)
    assert {f.stem for f in (HOME / "conf" / "views").glob("*.json")} == set(views)
    assert len(views["patient"]) == 3
    comments = column_comments(stack, "patient")
    assert comments["active"] == "Whether the record is active\nFHIR active: boolean"
    assert comments["gender"].endswith("\nFHIR gender: code")
    assert len(views["observation"]) > 100
    joined = oracle.joined_rows(stack.lake)
    assert {f.stem for kind in ("joined", "lookups") for f in (HOME / "conf" / kind).glob("*.[sc][qs][lv]")} == set(joined)
    for table, view in {
        "medication_order": "medication_request",
        "lab_result": "laboratory_result",
        "patient_summary": "patient",
    }.items():
        assert len(joined[table]) == len(views[view]) > 0
    assert column_comments(stack, "patient_summary")["mrn"].startswith("Medical record number")
    told = verdict(stack, "first")
    assert told["verdict"] == "green"
    assert {c["state"] for c in told["checks"] if c["name"] in ("speed", "drift")} == {"NO_BASELINE"}
    assert {c["state"] for c in told["checks"] if c["name"] in ("patients", "freshness")} == {"PASS"}
    assert (stack.lake / "report.html").stat().st_size > 5000
    told = {event["name"]: event["extra"] for event in stack.api("GET", "/api/v2/assets/events")["asset_events"]}
    assert set(told) == {"epic_fhir_bronze", "epic_fhir_silver", "epic_fhir_views"}
    assert told["epic_fhir_silver"]["rows"] == {kind: len(rows) for kind, rows in served.items()}
    assert told["epic_fhir_views"]["rows"]["patient"] == 3


def test_airflows_link_leads_to_the_page(stack):
    """This Airflow lets everybody in; that others ask for a sign-in is a test of the plugin's own."""
    link = stack.api("GET", f"/api/v2/dags/{DAG}/dagRuns/first/taskInstances/report/links")["extra_links"]["Run report"]
    assert link == f"{stack.env()['AIRFLOW_URL']}/epic-fhir/reports/{DAG}/first/report.html"
    shown = httpx.get(link)
    assert shown.text == (stack.lake / "metrics" / DAG / "first" / "report.html").read_text()
    assert shown.headers["content-type"].startswith("text/html")
    assert httpx.get(link.replace("report.html", "extract.json")).status_code == 404
    assert f"{DAG}/first/report.html" in httpx.get(f"{stack.env()['AIRFLOW_URL']}/epic-fhir/reports/index.html").text


@pytest.mark.parametrize("task", ["kick_off", "wait", "extract", "transform", "load"])
def test_a_tasks_log_begins_and_ends_with_our_sentences_and_warns_of_nothing(stack, task):
    (file,) = (stack.root / "airflow" / "logs" / f"dag_id={DAG}" / "run_id=first" / f"task_id={task}").glob("*.log")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    told = [line["event"] for line in lines if line.get("logger") != "task" and "DagBag" not in line.get("logger", "")]
    own = [line for line in told if "DAG bundles loaded" not in line]
    assert own[0].startswith(f"{task} {logs.DOES[task]}. Run first, try 1")
    assert own[-1].startswith(f"{task} succeeded after ")
    assert [
        line
        for line in own
        if re.search(r"\bWARN\b|\[gc|Exception|\b(io\.epicfhir|org\.apache)\.", line) and "Spark-Submit cmd" not in line
    ] == []


def test_a_run_with_nothing_new_changes_no_table_and_stays_green(stack):
    delta, postgres = oracle.view_versions(stack.lake), table_files(stack)
    assert stack.run_dag("nothing-new") == "success"
    assert verdict(stack, "nothing-new")["verdict"] == "green"
    past = json.loads((stack.lake / "state" / "history" / "epic_fhir_etl.json").read_text())
    assert [run["run_id"] for run in past["runs"]] == ["first", "nothing-new"]
    assert "whole run: ms a resource" in past["runs"][0]["figures"]
    assert past["runs"][0]["views"]["patient"]["null_share"]["id"] == 0
    assert "nothing-new" in (stack.lake / "metrics" / "index.html").read_text()
    first = (stack.lake / "metrics" / DAG / "first" / "report.html").read_text()
    assert '<a href="../nothing-new/report.html">Next run</a>' in first
    assert oracle.view_versions(stack.lake) == delta
    assert table_files(stack) == postgres


def orders(stack: Stack) -> tuple[dict[str, dict], dict[str, dict]]:
    """The rows of medication_order by id, in Delta and in PostgreSQL."""
    delta = oracle.joined_rows(stack.lake)["medication_order"]
    postgres = oracle.postgres_rows(stack.env()["PSQL_URL"], ["medication_order"])["medication_order"]
    return {row["id"]: row for row in delta}, {row["id"]: row for row in postgres}


def change_one_medication(stack: Stack) -> set[str]:
    """Gives the drug that the first order refers to another code; returns the orders that refer to it."""
    requests = [json.loads(line) for line in (stack.data / "MedicationRequest.ndjson").read_text().splitlines()]
    refers = {
        request["id"]: request["medicationReference"]["reference"] for request in requests if "medicationReference" in request
    }
    drug = next(iter(refers.values()))
    file = stack.data / "Medication.ndjson"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if f"Medication/{line['id']}" == drug:
            line["code"]["coding"][0]["code"] = "0000001"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {request for request, reference in refers.items() if reference == drug}


def test_a_changed_and_a_deleted_patient_and_a_changed_drug_arrive_as_such(stack):
    file = stack.data / "Patient.ndjson"
    changed, deleted, kept = file.read_bytes().splitlines()
    changed_id, deleted_id = (json.loads(line)["id"] for line in (changed, deleted))
    before = json.loads(changed)["birthDate"].encode()
    file.write_bytes(changed.replace(before, b"1901-02-03") + b"\n" + kept + b"\n")
    dependent, before_orders = change_one_medication(stack), orders(stack)
    stack.reload_data()
    versions = oracle.view_versions(stack.lake)

    assert stack.run_dag("changed") == "success"

    assert verdict(stack, "changed")["verdict"] == "green"
    assert_tables_are_what_is_served(stack)
    _, tombstones = oracle.silver(stack.lake)
    assert tombstones == {"Patient": {deleted_id}}
    rows = {row["id"]: row for row in oracle.postgres_rows(stack.env()["PSQL_URL"], ["patient"])["patient"]}
    assert set(rows) == {changed_id, json.loads(kept)["id"]}
    assert rows[changed_id]["birth_date"].isoformat() == "1901-02-03"
    moved = {table for table, version in oracle.view_versions(stack.lake).items() if versions[table] != version}
    repeated = {f"views/patient_{table}" for table in ("identifier", "name", "address", "telecom", "race", "ethnicity")}
    drugs = {"views/medication", "views/medication_code", "joined/medication_order", "joined/patient_timeline"}
    assert moved == {"silver", "views/patient", "joined/patient_summary", "joined/problem_list"} | repeated | drugs
    for then, now in zip(before_orders, orders(stack), strict=True):
        assert {order for order, row in now.items() if row != then[order]} == dependent != set(now)
        assert {now[order]["rxnorm_code"] for order in dependent} == {"0000001"}
    report = json.loads((stack.lake / "metrics" / "epic_fhir_etl" / "changed" / "transform.json").read_text())
    told = report["result"]["joined"]["medication_order"]
    assert (told["built"], told["touched"], told["changed"]) == ("keys", len(dependent), len(dependent))


def test_a_backfill_of_the_past_asks_the_server_for_nothing_and_changes_no_table(stack):
    delta, postgres, landed = oracle.view_versions(stack.lake), table_files(stack), landings(stack)
    stack.backfill(DAG, days(2), backwards=True)
    runs = [run["dag_run_id"] for run in stack.runs(DAG) if run["dag_run_id"].startswith("backfill")]
    assert len(runs) == 2
    for run in runs:
        assert stack.ended(run) == "success"
        assert verdict(stack, run)["verdict"] == "green"
    assert (oracle.view_versions(stack.lake), table_files(stack), landings(stack)) == (delta, postgres, landed)


def test_the_report_names_no_patient(stack):
    page = (stack.lake / "report.html").read_text()
    for line in (stack.data / "Patient.ndjson").read_text().splitlines():
        patient = json.loads(line)
        assert patient["id"] not in page
        assert patient["name"][0]["family"] not in page


def test_no_patient_is_named_outside_the_tables_and_no_file_is_open_to_others(stack):
    patients = [json.loads(line) for line in (stack.data / "Patient.ndjson").read_text().splitlines()]
    names = [name.encode() for patient in patients for name in (patient["id"], patient["name"][0]["family"])]
    files = [file for file in stack.lake.rglob("*") if not file.is_symlink()]
    tables = [stack.lake / folder for folder in ("bronze", "silver", "views", "joined", "lookups", "quarantine", "state")]
    logs = [file for file in files if "_delta_log" in file.parts or not any(table in file.parents for table in tables)]
    searched = [file for file in [*logs, *(stack.root / "airflow").rglob("*")] if file.is_file() and not file.is_symlink()]
    assert len(searched) > 50
    assert [file for file in searched if any(name in file.read_bytes() for name in names)] == []
    assert [file for file in files if file.stat().st_mode & 0o077] == []


def test_each_task_left_a_record_in_the_audit_log_and_the_chain_is_whole(stack):
    records = [json.loads(file.read_text()) for file in sorted((stack.lake / "audit").glob("*.json"))]
    first = [record for record in records if record["run_id"] == "first"]
    tasks = ["kick_off", "extract", "transform", "load"]
    assert [(r["task_id"], r["status"]) for r in first] == [(t, s) for t in tasks for s in ("started", "success")]
    assert {record["triggered_by"] for record in first} != {"unknown"}
    command = [sys.executable, "-m", "epic_fhir.audit", stack.lake, "--database", stack.env()["PSQL_URL"]]
    assert subprocess.run(command, cwd=HOME / "dags", capture_output=True, check=False).returncode == 0


def test_nothing_is_left_running_after_the_parts_are_stopped(stack):
    stack.stop()
    running = [
        command
        for process in Path("/proc").glob("[0-9]*/cmdline")
        if str(stack.root) in (command := process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        and "pytest" not in command
    ]
    assert running == []
