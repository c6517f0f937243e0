"""The views as SQL by DuckDB, in a process of its own: NDJSON to a Parquet file each. One line of JSON a round."""

import json
import sys
import time
from pathlib import Path

import duckdb

ndjson, out, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
CODING = "STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)"
CONCEPT = f"STRUCT(coding {CODING}[])"
REFERENCE = "STRUCT(reference VARCHAR)"
QUANTITY = 'STRUCT("value" VARCHAR, unit VARCHAR)'
COLUMNS = {
    "Patient": {
        "id": "VARCHAR", "gender": "VARCHAR", "birthDate": "VARCHAR", "deceasedDateTime": "VARCHAR",
        "name": "STRUCT(use VARCHAR, family VARCHAR, given VARCHAR[])[]",
        "address": "STRUCT(city VARCHAR, state VARCHAR, postalCode VARCHAR)[]",
    },
    "Condition": {
        "id": "VARCHAR", "subject": REFERENCE, "encounter": REFERENCE, "clinicalStatus": CONCEPT, "code": CONCEPT,
        "onsetDateTime": "VARCHAR", "abatementDateTime": "VARCHAR", "recordedDate": "VARCHAR",
    },
    "Encounter": {
        "id": "VARCHAR", "subject": REFERENCE, "status": "VARCHAR", "class": CODING, "type": f"{CONCEPT}[]",
        "period": 'STRUCT(start VARCHAR, "end" VARCHAR)',
    },
    "Observation": {
        "id": "VARCHAR", "subject": REFERENCE, "encounter": REFERENCE, "status": "VARCHAR", "issued": "VARCHAR",
        "effectiveDateTime": "VARCHAR", "code": CONCEPT, "valueQuantity": QUANTITY, "valueCodeableConcept": CONCEPT,
    },
    "Components": {
        "id": "VARCHAR", "subject": REFERENCE, "effectiveDateTime": "VARCHAR", "code": CONCEPT,
        "component": f"STRUCT(code {CONCEPT}, valueQuantity {QUANTITY})[]",
    },
}  # fmt: skip
KEY = "split_part({}.reference, '/', -1)"
PATIENT, ENCOUNTER = KEY.format("subject"), KEY.format("encounter")


def source(resource: str, columns: str) -> str:
    wanted = ", ".join(f"\"{name}\": '{kind}'" for name, kind in COLUMNS[columns].items())
    return f"read_json('{ndjson}/{resource}.ndjson', format = 'newline_delimited', columns = {{{wanted}}})"


def component(code: str) -> str:
    met = f"len(list_filter(c.code.coding, x -> x.system = 'http://loinc.org' AND x.code = '{code}')) > 0"
    return f"list_filter(component, c -> {met})[1]"


VIEWS = {
    "patient": f"""
        SELECT id, gender, "birthDate", official.family, official.given[1] AS given, "deceasedDateTime",
               address[1].city, address[1].state, address[1]."postalCode"
        FROM (SELECT *, list_filter(name, n -> n.use = 'official')[1] AS official FROM {source("Patient", "Patient")})""",
    "condition": f"""
        SELECT id, {PATIENT} AS patient_id, {ENCOUNTER} AS encounter_id, "clinicalStatus".coding[1].code AS clinical_status,
               "onsetDateTime", "abatementDateTime", "recordedDate", c.system, c.code, c.display
        FROM (SELECT *, unnest(code.coding) AS c FROM {source("Condition", "Condition")})""",
    "encounter": f"""
        SELECT e.id, {KEY.format("e.subject")} AS patient_id, e.status, e."class".code AS class, e.period.start, e.period."end",
               t.c.code AS type_code, t.c.display AS type_display
        FROM {source("Encounter", "Encounter")} e
        LEFT JOIN LATERAL (SELECT unnest(flatten(list_transform(e."type", t -> t.coding))) AS c) t ON true""",
    "observation_by_coding": f"""
        SELECT id, {PATIENT} AS patient_id, {ENCOUNTER} AS encounter_id, status, "effectiveDateTime", issued,
               "valueQuantity"."value" AS value, "valueQuantity".unit, "valueCodeableConcept".coding[1].code AS value_code,
               c.system, c.code, c.display
        FROM (SELECT *, unnest(code.coding) AS c FROM {source("Observation", "Observation")})""",
    "blood_pressure": f"""
        SELECT id, {PATIENT} AS patient_id, "effectiveDateTime", s."valueQuantity"."value" AS systolic,
               s."valueQuantity".unit AS systolic_unit, d."valueQuantity"."value" AS diastolic,
               d."valueQuantity".unit AS diastolic_unit
        FROM (SELECT *, {component("8480-6")} AS s, {component("8462-4")} AS d FROM {source("Observation", "Components")}
              WHERE len(list_filter(code.coding, x -> x.system = 'http://loinc.org' AND x.code = '85354-9')) > 0)
        WHERE s IS NOT NULL AND d IS NOT NULL""",
}

out.mkdir(parents=True, exist_ok=True)
for _ in range(rounds):
    seconds = {}
    connection = duckdb.connect(config={"threads": 2})
    for name, query in VIEWS.items():
        begin = time.monotonic()
        connection.execute(f"COPY ({query}) TO '{out}/{name}.parquet' (FORMAT parquet)")
        seconds[name] = time.monotonic() - begin
    connection.close()
    print(json.dumps({"seconds": seconds, "failed": {}}), flush=True)
