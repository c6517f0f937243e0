#!/usr/bin/env bash
# The pipeline against servers of others. They are installed into build/foreign from the package registries at the first run.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
python -m pytest -q -rs --durations=0 ci/foreign
