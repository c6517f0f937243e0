#!/usr/bin/env bash
# Takes the golden files of common/contracts from a real run: contracts.sh [lake]; by itself the lake that `make demo` left.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
python ci/contracts.py "${1:-build/demo/lake}" common/contracts/golden
