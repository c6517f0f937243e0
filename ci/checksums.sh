#!/usr/bin/env bash
# Writes the SHA-256 of everything that Maven takes from a registry into .mvn/checksums, by which every later build checks it. Run it
# after a change of versions, on a machine whose local repository is trusted, and look at the difference before it is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh

sums=.mvn/checksums/checksums.sha256
mkdir -p "${sums%/*}"
: >"$sums"
./mvnw -q -B -ntp -DskipTests -Daether.artifactResolver.postProcessor.trustedChecksums.record=true spotless:check package
./mvnw -q -B -ntp -N -Ps3a -Daether.artifactResolver.postProcessor.trustedChecksums.record=true package
# What this repository builds itself changes with every build.
grep -v ' io/epicfhir/' "$sums" | LC_ALL=C sort -k 2 >"$sums.part"
mv "$sums.part" "$sums"
wc -l "$sums"
