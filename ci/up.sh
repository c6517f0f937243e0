#!/usr/bin/env bash
# Starts the demo's parts and leaves them running.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
umask 077
exec python ci/demo.py up --patients "${PATIENTS:-20}" --profile "${SANDBOX_PROFILE:-epic}"
