#!/usr/bin/env bash
# Runs ViewDefinitions over NDJSON files.
#   ci/views.sh --cases DIR --out DIR
#     Each DIR/<case>/ holds view.json and resources.ndjson; OUT/<case>/ gets rows.ndjson and
#     columns.json, or error.json where the view is refused. All cases run in one JVM.
#   ci/views.sh --ndjson DIR --views DIR --out DIR [--rounds N]
#     All views of a folder over all NDJSON files of another; OUT/<view>/ gets Parquet files.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

stop() {
  echo "Cannot run views: $1; run make setup" >&2
  exit 2
}

if [[ -z "${SPARK_HOME:-}" ]]; then
  for found in "$root"/build/venv/lib/python*/site-packages/pyspark; do
    SPARK_HOME="$found"
  done
fi
[[ -d "$SPARK_HOME/jars" ]] || stop "no Spark in $SPARK_HOME"

jar=""
for found in "$root"/transform-job/target/transform-job-*-job.jar; do
  jar="$found"
done
[[ -f "$jar" ]] || stop "transform-job is not built"

java="${JAVA_HOME:+$JAVA_HOME/bin/}java"

# What Spark's own launcher gives a JVM of 17 and later; plain java starts seconds sooner than
# spark-submit. Cases are short runs: a small collector and the first compiler only.
opens=()
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util \
  java.util.concurrent java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs \
  sun.security.action sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done

main=views.RunViews jvm=(-Xmx2g -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
if [[ " $* " == *" --ndjson "* ]]; then # amounts of data that the second compiler is worth its start for
  main=NdjsonViews jvm=(-Xmx4g -XX:+UseParallelGC)
fi

umask 077 # what it writes holds patient data
exec "$java" "${jvm[@]}" -Xshare:auto "${opens[@]}" \
  -Djdk.reflect.useDirectMethodHandle=false \
  -Dlog4j2.configurationFile="$root/ci/views-log4j2.properties" \
  -cp "$jar:$SPARK_HOME/jars/*" "io.epicfhir.transform.$main" "$@"
