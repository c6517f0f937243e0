#!/usr/bin/env bash
# Every test: Java with Maven, Python with pytest, the end-to-end test last. The runners' own counts are the last lines.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

./mvnw -B -ntp verify -Dspotless.check.skip=true
(cd dags && python -m pytest -q tests)
# Both wait more than they work, each for an Airflow of its own: side by side.
python -m pytest -q --durations=3 ci/tests/test_cluster.py >build/test-cluster.log 2>&1 &
cluster=$!
status=0
python -m pytest -q --durations=3 --ignore=ci/tests/test_cluster.py ci/tests || status=$?
wait "$cluster" || status=$?
cat build/test-cluster.log
exit "$status"
