#!/usr/bin/env bash
# What the product is made of, as CycloneDX, into build/sbom: java.json (the jobs with all that their JARs hold) and python.json (what
# runs the DAGs). Needs the package registry at the first run, for the Maven plugin.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

mkdir -p build/sbom
./mvnw -q -B -ntp org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom -pl "!ci/sandbox"
python ci/sbom.py dags/runtime.lock --out build/sbom/python.json
echo "build/sbom/java.json and build/sbom/python.json: $(grep -ho '"purl"' build/sbom/*.json | wc -l) packages"
