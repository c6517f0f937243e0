"""The views by fhir4ds, in a process of its own: NDJSON to a Parquet file each. One line of JSON a round."""

import json
import sys
import time
from pathlib import Path

import duckdb
import fhir4ds

ndjson, views, out, rounds = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
URL = "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition"  # the only resourceType that it takes
definitions = [json.loads(file.read_text()) | {"resourceType": URL} for file in sorted(views.glob("*.json"))]
out.mkdir(parents=True, exist_ok=True)

for _ in range(rounds):
    seconds, failed = {}, {}
    connection = fhir4ds.create_connection(threads=2)
    for view in definitions:
        begin = time.monotonic()
        try:
            # Its own loader parses every line in Python; DuckDB's reader does the same work faster.
            file = ndjson / f"{view['resource']}.ndjson"
            connection.execute(
                "CREATE OR REPLACE TABLE resources AS SELECT json->>'id' AS id, json->>'resourceType' AS \"resourceType\","
                f" json AS resource FROM read_ndjson_objects('{file}')"
            )
            query = fhir4ds.generate_view_sql(view)
            connection.execute(f"COPY ({query}) TO '{out}/{view['name']}.parquet' (FORMAT parquet)")
        except (duckdb.Error, ValueError) as e:
            failed[view["name"]] = str(e).splitlines()[0][:200]
        seconds[view["name"]] = time.monotonic() - begin
    connection.close()
    print(json.dumps({"seconds": seconds, "failed": failed}), flush=True)
