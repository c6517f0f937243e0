#!/usr/bin/env bash
# The tests that take longer than a change should wait for: those of Java with the tag "long", and those under a real scheduler.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
./mvnw -B -ntp test -Dspotless.check.skip=true -Dtests.of.groups=long -Dtests.but.groups=
python -m pytest -q --durations=0 ci/long
