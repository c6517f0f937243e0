"""What OpenLineage is told, through Airflow's own provider."""

import json

import pytest
from made_up import RUN_ID, report

from epic_fhir.lineage import dataset
from epic_fhir.submit import PhaseSubmit

DATABASE = ("postgres://db:5432", "warehouse")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/srv/lake/silver", ("file", "/srv/lake/silver")),
        ("file:/srv/lake/views/patient", ("file", "/srv/lake/views/patient")),
        ("file:///srv/lake/views/patient", ("file", "/srv/lake/views/patient")),
        ("s3a://hospital/lake/views/patient", ("s3://hospital", "lake/views/patient")),
        ("hdfs://nn:8020/lake/views/patient", ("hdfs://nn:8020", "lake/views/patient")),
        ("bronze/resource_type=Patient/x", ("file", "/srv/lake/bronze/resource_type=Patient/x")),
        ("fhir.patient", ("postgres://db:5432", "warehouse.fhir.patient")),
    ],
)
def test_a_dataset_has_the_name_that_the_naming_rules_give_it(path, told):
    assert dataset(path, "/srv/lake", DATABASE) == told


def test_the_provider_gets_what_a_task_read_and_wrote(tmp_path, monkeypatch):
    pytest.importorskip("airflow.providers.openlineage", reason="OpenLineage's provider is not installed")
    (tmp_path / "conf").mkdir()
    database = 'load.jdbc-url = "jdbc:postgresql://db/warehouse?sslmode=require"'
    conf = f'epic-fhir {{ lake = "../lake", bulk.poll-interval = "1 s", {database} }}'
    (tmp_path / "conf" / "pipeline.conf").write_text(conf)
    monkeypatch.setenv("EPIC_FHIR_HOME", str(tmp_path))
    made = report("load", 0, 1)
    made["inputs"] = [{"name": "patient", "path": "/srv/lake/views/patient", "rows": 20, "bytes": 900}]
    made["outputs"] = [{"name": "fhir.patient", "path": "fhir.patient", "rows": 20, "bytes": 1200}]
    folder = tmp_path / "lake" / "metrics" / "epic_fhir_etl" / RUN_ID
    folder.mkdir(parents=True)
    (folder / "load.json").write_text(json.dumps(made))

    class Task:
        dag_id, run_id, task_id = "epic_fhir_etl", RUN_ID, "load"

    load = PhaseSubmit(task_id="load", module="load-job", main="io.epicfhir.load.Load")
    told = load.get_openlineage_facets_on_complete(Task())
    assert [(d.namespace, d.name) for d in told.inputs] == [("file", "/srv/lake/views/patient")]
    (table,) = told.outputs
    assert (table.namespace, table.name) == ("postgres://db:5432", "warehouse.fhir.patient")
    assert table.outputFacets["outputStatistics"].rowCount == 20
