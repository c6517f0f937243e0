#!/usr/bin/env bash
# The tests that take longer than a change should wait for: those of Java with the tag "long", documents odd at every place, and those under a real scheduler.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
./mvnw -B -ntp test -Dspotless.check.skip=true -Dtests.of.groups=long -Dtests.but.groups=
(cd dags && TESTS_OF_NIGHTS=1 python -m pytest -q tests/test_odd_documents.py)
python -m pytest -q --durations=0 ci/long
