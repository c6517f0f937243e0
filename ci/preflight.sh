#!/usr/bin/env bash
# Looks at the site of the settings file: what works, what does not, and which settings fit. Reads only; see epic_fhir_preflight.
#   ci/preflight.sh [PIPELINE.CONF]
set -euo pipefail
conf=$(realpath "${1:-$(dirname "$0")/../conf/pipeline.conf}")
cd "$(dirname "$0")/.."
. ci/env.sh
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -cp "$(ls extract-job/target/extract-job-*-job.jar):conf/spark:$SPARK_HOME/jars/*" io.epicfhir.extract.Preflight \
    --conf "$conf" --dag preflight --run "by-hand-$now" --task preflight --interval-end "$now"
