#!/usr/bin/env bash
# Every test that a change waits for: Java with Maven, Python with pytest, the end-to-end tests last. The runners' own counts are the last
# lines. The tests of whole nights and weeks are ci/nights.sh's.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

# Set-up has packaged the jobs already.
./mvnw -B -ntp test -Dspotless.check.skip=true

# Those with an Airflow of their own wait more than they work: side by side, beside the tests of the DAGs' code.
mkdir -p build/tests
declare -A running
start() { # NAME COMMAND...
  local name=$1
  shift
  "$@" >"build/tests/$name.log" 2>&1 &
  running[$name]=$!
}
start cluster python -m pytest -q --durations=3 ci/tests/test_cluster.py
start dags env -C dags python -m pytest -q tests
status=0
python -m pytest -q --durations=3 --ignore=ci/tests/test_cluster.py ci/tests || status=$?
for name in dags cluster; do
  wait "${running[$name]}" || status=$?
  cat "build/tests/$name.log"
done
exit "$status"
