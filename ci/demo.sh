#!/usr/bin/env bash
# The whole pipeline on synthetic patients: see ci/demo.py.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
umask 077
exec python ci/demo.py demo --patients "${PATIENTS:-20}" --profile "${SANDBOX_PROFILE:-epic}"
