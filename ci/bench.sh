#!/usr/bin/env bash
# One benchmark, or all: see ci/bench.py. Leaves build/bench/<name>.json.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
exec python ci/bench.py "$@"
