"""The views by Pathling, in a process of its own: NDJSON to a folder of Parquet each. One line of JSON a round."""

import json
import sys
import time
from pathlib import Path

from pathling import PathlingContext
from pyspark.sql import SparkSession

ndjson, views, out, jar, rounds = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", jar)
    .config("spark.driver.memory", "4g")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .getOrCreate()
)
context = PathlingContext.create(spark)
definitions = [json.loads(file.read_text()) for file in sorted(views.glob("*.json"))]
for _ in range(rounds):
    seconds, failed = {}, {}
    for view in definitions:
        begin = time.monotonic()
        try:
            rows = context.read.ndjson(str(ndjson)).view(view["resource"], json=json.dumps(view))
            try:
                rows.write.mode("overwrite").parquet(str(out / view["name"]))
            except Exception as e:
                # The work without the file, so that the time is there to compare with.
                failed[view["name"]] = str(e).splitlines()[0][:200]
                rows.write.format("noop").mode("overwrite").save()
        except Exception as e:
            failed[view["name"]] = str(e).splitlines()[0][:200]
        seconds[view["name"]] = time.monotonic() - begin
    print(json.dumps({"seconds": seconds, "failed": failed}), flush=True)
spark.stop()
