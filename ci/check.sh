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

# Nobody misses the tests of a file that was cut short.
without=$(git ls-files -- '*/src/test/*Test.java' | xargs -d '\n' grep -LE '@(Test|ParameterizedTest|ArchTest|TestFactory|RepeatedTest)|abstract class| extends ' || true)
if [ -n "$without" ]; then
  printf 'These test files have no test:\n%s\n' "$without" >&2
  exit 1
fi
