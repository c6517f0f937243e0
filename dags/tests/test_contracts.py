"""The contracts of common/contracts, from Python's side: the same golden files that the Java tests read."""

import dataclasses
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from made_up import EXPORT, THRESHOLDS, good_run, key, lake_with, landing

from epic_fhir import documents, job_settings
from epic_fhir.channels import Message, webhook_body
from epic_fhir.contracts import ContractError, read
from epic_fhir.documents import BronzeCommit, History, RunReport
from epic_fhir.job_settings import PipelineSettings, ValidationSettings
from epic_fhir.verdict import judge

CONTRACTS = Path(__file__).parents[2] / "common" / "contracts"
GOLDEN = sorted((CONTRACTS / "golden").glob("*.json"))
MODELS = {
    "run-report": RunReport,
    "bronze-commit": BronzeCommit,
    "history": History,
    "pipeline-settings": PipelineSettings,
    "validation-settings": ValidationSettings,
}


def schema(name):
    return json.loads((CONTRACTS / f"{name}.schema.json").read_text(encoding="utf-8"))


def content(file):
    return json.loads(file.read_text(encoding="utf-8"))


def golden(name):
    return content(CONTRACTS / "golden" / f"{name}.json")


def wrong(name, document):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in Draft202012Validator(schema(name)).iter_errors(document)]


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_a_golden_file_is_what_its_schema_says(file):
    name = file.name.split(".")[0]
    documents = content(file).values() if name == "column-metadata" else [content(file)]
    assert [problem for document in documents for problem in wrong(name, document)] == []


@pytest.mark.parametrize("file", [f for f in GOLDEN if f.name.split(".")[0] in MODELS], ids=lambda file: file.stem)
def test_a_golden_file_is_read_whole(file):
    document = content(file)
    assert dataclasses.asdict(read(MODELS[file.name.split(".")[0]], document, file.name)) == document


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_keys_of_its_schema(name):
    told = schema(name)
    models = {
        "": MODELS[name],
        **{
            model.__name__: model
            for model in vars(job_settings if name.endswith("settings") else documents).values()
            if dataclasses.is_dataclass(model)
        },
    }
    renamed = {"Task": "SparkTask", "File": "BronzeFile"} | (
        {"Run": "HistoryRun", "View": "HistoryView", "Silver": "HistorySilver"} if name == "history" else {}
    )
    for part, definition in {"": told, **told.get("$defs", {})}.items():
        fields = {field.name for field in dataclasses.fields(models[renamed.get(part, part)])}
        assert fields == set(definition["properties"]), part or name


def test_a_bronze_commit_of_before_versions_is_read():
    old = content(CONTRACTS / "golden" / "without-version" / "bronze-commit.json")
    assert "schema_version" not in old
    assert read(BronzeCommit, old, "x").export_id == old["export_id"]


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda d: d.pop("stages"), "stages is missing"),
        (lambda d: d["run"].pop("exit_code"), "run.exit_code is missing"),
        (lambda d: d["run"].update(colour="red"), "run.colour is unknown"),
        (lambda d: d["run"].update(exit_code="0"), "run.exit_code is a string, expected a whole number"),
        (lambda d: d["run"].update(exit_code=True), "run.exit_code is true or false, expected a whole number"),
        (lambda d: d["run"].update(status=None), "run.status is null, expected a string"),
        (lambda d: d["stages"][0]["duration_ms"].pop("p95"), "stages[0].duration_ms.p95 is missing"),
        (lambda d: d.update(inputs={}), "inputs is an object, expected a list"),
        (lambda d: d.update(schema_version=2), "it has version 2, and this code knows 1; a newer version"),
        (lambda d: d.update(schema_version=0), "it has version 0, and this code knows 1; an older version"),
    ],
)
def test_what_is_not_as_agreed_is_a_sentence(change, sentence):
    document = golden("run-report.transform")
    change(document)
    with pytest.raises(ContractError, match=r"Cannot read transform\.json: ") as raised:
        read(RunReport, document, "transform.json")
    assert sentence in str(raised.value)


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_what_is_no_object_is_a_sentence(document):
    with pytest.raises(ContractError, match="expected an object"):
        read(RunReport, document, "x")


def test_the_made_up_run_of_these_tests_is_as_agreed():
    for task, report in good_run().items():
        assert wrong("run-report", report) == [], task
    assert wrong("bronze-commit", landing()) == []


def test_an_alert_has_the_agreed_body():
    body = webhook_body(Message("d", "r", "red", "d: It is red.", ("It is red.", "Look."), "airflow x", "http://page"))
    assert wrong("alert", body) == []
    assert body["text"] == "It is red.\nLook.\nairflow x\nhttp://page"


@pytest.mark.parametrize("phase", ["extract", "transform", "load"])
def test_a_run_report_that_is_not_as_agreed_is_never_green(tmp_path, phase):
    reports = good_run()
    reports[phase]["run"]["colour"] = "blue"
    judged = judge(lake_with(tmp_path, reports), key(), reports, THRESHOLDS)
    told = [check for check in judged.checks if check["name"] == "contract"]
    assert judged.verdict == "unknown"
    assert [(check["subject"], check["state"]) for check in told] == [(phase, "COULD_NOT_RUN")]
    assert f"the run report of {phase}: run.colour is unknown." in told[0]["sentence"]


def test_a_bronze_commit_of_a_newer_version_is_never_green(tmp_path):
    reports = good_run()
    lake = lake_with(tmp_path, reports)
    lake.write_json(lake.landing(EXPORT), landing() | {"schema_version": 2})
    told = [check for check in judge(lake, key(), reports, THRESHOLDS).checks if check["name"] == "contract"]
    assert [check["subject"] for check in told] == [EXPORT]
    assert "it has version 2, and this code knows 1" in told[0]["sentence"]
