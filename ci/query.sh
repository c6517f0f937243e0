#!/usr/bin/env bash
# Runs a query on the lake or on the database, and prints the rows or writes them to a file.
#   ci/query.sh NAME [--param NAME=VALUE]... [--params FILE|-] [--on lake|postgres] [--out FILE.csv|FILE.parquet] [--conf FILE] [--queries DIR]
# NAME is a file of conf/queries: NAME.sql, or NAME.json, a FHIR Library of type sql-query. Values are bound, never pasted into the
# statement; those that name a patient go into a file of your own (chmod 600) or to standard input, one NAME=VALUE a line. Without --conf the settings are conf/pipeline.conf; --on is lake where it is not given. What it prints is patient data.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

stop() {
  echo "Cannot run the query: $1" >&2
  exit 2
}

on=lake conf="$root/conf/pipeline.conf" queries="$root/conf/queries" arguments=()
while (($#)); do
  case "$1" in
    --on | --conf | --queries | --param | --params | --out)
      [[ $# -ge 2 ]] || stop "$1 needs a value"
      case "$1" in
        --on) on="$2" ;;
        --conf) conf="$2" ;;
        --queries) queries="$2" ;;
        *) arguments+=("$1" "$2") ;;
      esac
      shift 2
      ;;
    *)
      arguments+=("$1")
      shift
      ;;
  esac
done

case "$on" in
  lake) module=transform-job main=io.epicfhir.transform.queries.RunQuery ;;
  postgres) module=load-job main=io.epicfhir.load.RunQuery ;;
  *) stop "--on is lake or postgres" ;;
esac

if [[ -z "${SPARK_HOME:-}" ]]; then
  for found in "$root"/build/venv/lib/python*/site-packages/pyspark; do
    SPARK_HOME="$found"
  done
fi
[[ -d "$SPARK_HOME/jars" ]] || stop "no Spark in $SPARK_HOME; run make setup"
jar=""
for found in "$root/$module"/target/"$module"-*-job.jar; do
  jar="$found"
done
[[ -f "$jar" ]] || stop "$module is not built; run make setup"

opens=()
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util \
  java.util.concurrent java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs \
  sun.security.action sun.util.calendar; do
  opens+=("--add-opens=java.base/$package=ALL-UNNAMED")
done

umask 077 # what it writes holds patient data
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx2g -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto "${opens[@]}" \
  -Dlog4j2.configurationFile="$root/ci/views-log4j2.properties" \
  -cp "$jar:$SPARK_HOME/jars/*" "$main" ${arguments[@]+"${arguments[@]}"} --conf "$conf" --queries "$queries"
