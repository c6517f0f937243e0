#!/usr/bin/env bash
# Stops what ci/up.sh started; harmless where nothing runs.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -d build/venv ] || exit 0
. ci/env.sh
exec python ci/demo.py down 
