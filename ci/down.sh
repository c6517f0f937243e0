#!/usr/bin/env bash
# Stops what ci/up.sh started; harmless where nothing runs.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! [ -d build/venv ]; then
  for file in build/demo/*.pid build/demo/airflow/*.pid; do
    if [ -s "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null; then
      echo "Cannot stop the demo: build/venv is missing, and the process of $file is running; run make setup, then make down" >&2
      exit 1
    fi
  done
  exit 0
fi
. ci/env.sh
exec python ci/demo.py down
