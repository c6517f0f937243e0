"""The views by pysof, in a process of its own: NDJSON to a Parquet file each. One line of JSON a round."""

import json
import sys
import time
from pathlib import Path

import pysof

ndjson, views, out, rounds = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
definitions = [json.loads(file.read_text()) for file in sorted(views.glob("*.json"))]
out.mkdir(parents=True, exist_ok=True)


def bundle(kind: str) -> bytes:
    """It writes Parquet of a Bundle only: its stream of NDJSON ends in CSV or JSON."""
    lines = (ndjson / f"{kind}.ndjson").read_bytes().splitlines()
    return b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":' + b'},{"resource":'.join(lines) + b"}]}"


for _ in range(rounds):
    seconds, failed = {}, {}
    for view in definitions:
        begin = time.monotonic()
        try:
            rows = pysof.run_view_definition(json.dumps(view), bundle(view["resource"]), "parquet", fhir_version="R4")
            (out / f"{view['name']}.parquet").write_bytes(rows)
        except pysof.SofError as e:
            failed[view["name"]] = str(e).splitlines()[0][:200]
        seconds[view["name"]] = time.monotonic() - begin
    print(json.dumps({"seconds": seconds, "failed": failed}), flush=True)
