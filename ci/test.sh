#!/usr/bin/env bash
# Every test: Java with Maven, Python with pytest, the end-to-end test last. The runners' own counts are the last lines.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

./mvnw -B -ntp verify -Dspotless.check.skip=true
(cd dags && python -m pytest -q tests)
python -m pytest -q ci/tests
