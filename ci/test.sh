#!/usr/bin/env bash
# Every test that a change waits for: Java with Maven, Python with pytest, the end-to-end tests last. The runners' own counts are the last
# lines. The tests of whole nights and weeks are ci/nights.sh's.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

# Those with an Airflow of their own wait more than they work, and Java's wait for each other's processes: side by side.
mkdir -p build/tests
declare -A running
start() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >"build/tests/$name.log" 2>&1 &
  running[$name]=$!
}
status=0
finish() { # NAME...
  local name
  for name in "$@"; do
    wait "${running[$name]}" || status=$?
    cat "build/tests/$name.log"
  done
}

# Set-up has packaged the jobs already.
start dags env -C dags python -m pytest -q tests
./mvnw -B -ntp test -Dspotless.check.skip=true || status=$?

start cluster python -m pytest -q --durations=3 ci/tests/test_cluster.py
python -m pytest -q --durations=3 --ignore=ci/tests/test_cluster.py ci/tests || status=$?
finish dags cluster
exit "$status"
