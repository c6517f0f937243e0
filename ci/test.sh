#!/usr/bin/env bash
# Every test that a change waits for: Java with Maven, Python with pytest, the end-to-end tests last. The runners' own counts are the last
# lines. The tests of whole nights and weeks are ci/nights.sh's.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

# Side by side, because the tests with an Airflow of their own wait more than they work. Set-up has packaged the jobs already.
mkdir -p build/tests
python_tests() {
  local failed=0
  env -C dags python -m pytest -q tests || failed=$?
  python -m pytest -q --durations=3 ci/tests/test_cluster.py >build/tests/cluster.log 2>&1 &
  local cluster=$!
  python -m pytest -q --durations=3 --ignore=ci/tests/test_cluster.py ci/tests || failed=$?
  wait "$cluster" || failed=$?
  cat build/tests/cluster.log
  return "$failed"
}
set -m # a group of its own, which an interrupt reaches
python_tests >build/tests/python.log 2>&1 &
python=$!
set +m
trap 'kill -INT -- "-$python" 2>/dev/null || true' EXIT
status=0
./mvnw -B -ntp test -Dspotless.check.skip=true 2>&1 | tee build/tests/java.log || status=$?
wait "$python" || status=$?
cat build/tests/python.log
grep -E '^\[.*Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+$' build/tests/java.log || true
exit "$status"
