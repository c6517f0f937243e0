#!/usr/bin/env bash
# The tests under a real scheduler that take longer than a change should wait for.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
python -m pytest -q --durations=0 ci/long
