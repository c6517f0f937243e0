#!/usr/bin/env bash
# Brings a fresh machine (git, JDK 17+, Python 3.10+, make) to the point where everything runs offline: the Python environment in
# build/venv, Maven, and the job JARs. Does only what is missing or out of date.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build

say() { printf '%s\n' "$*"; }
fail() { printf 'Cannot set up: %s\n' "$*" >&2; exit 2; }

command -v java >/dev/null || fail "no java on the PATH; install a JDK 17 or newer"
command -v javac >/dev/null || fail "no javac on the PATH; install a JDK 17 or newer, not a JRE"
java_major=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.specification.version = //p')
[ "${java_major%%.*}" -ge 17 ] || fail "java is version $java_major; install a JDK 17 or newer"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "python3 is older than 3.10"
python3 -c 'import venv, ensurepip' 2>/dev/null || fail "python3 has no venv module; install the python3-venv package"

wanted=$( (grep -o '^uv==[0-9.]*' ci/uv.txt; cat dags/requirements.lock) | sha256sum | cut -c1-16)
if [ "$(cat build/venv/.wanted 2>/dev/null)" != "$wanted" ]; then
  say "Setting up Python packages in build/venv (Airflow, Spark; about 750 MB, once)"
  python=$(python3 -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))') # build/venv may be the one on the PATH
  rm -rf build/venv
  "$python" -m venv build/venv
  build/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r ci/uv.txt
  build/venv/bin/uv pip install -q --python build/venv/bin/python --require-hashes -r dags/requirements.lock
  echo "$wanted" >build/venv/.wanted
fi

sources() { git ls-files -s -- pom.xml '*/pom.xml' '*/src/*' .mvn mvnw; git diff HEAD -- pom.xml '*/pom.xml' '*/src/*'; git ls-files -o --exclude-standard -- '*/src/*' | xargs -r -d '\n' sha256sum; }
built=$(sources | sha256sum | cut -c1-16)
if [ "$(cat build/jars.built 2>/dev/null)" != "$built" ] || ! ls {extract,transform,load}-job/target/*-job.jar build/s3a/*.jar >/dev/null 2>&1; then
  say "Building the job JARs"
  ./mvnw -q -B -DskipTests "-Dcode.version=$(ci/version.sh)" package
  ./mvnw -q -B -N -Ps3a package
  echo "$built" >build/jars.built
fi
