#!/usr/bin/env bash
# Format and static analysis of both languages. Error-prone and javac's warnings run inside every compile, as errors; the DAG
# policy and the rules between the modules are tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

./mvnw -q -B spotless:check
ruff format --check dags ci
ruff check dags ci
(cd dags && python -m pytest -q tests/test_policy.py)
