#!/usr/bin/env bash
# One archive of a commit, in build/dist: job JARs, DAGs, settings, documentation, lock files, Containerfile and checksums. It is made of what is
# committed, and the same commit gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
git diff --quiet HEAD -- || { echo "Cannot make the archive: files differ from the commit. Commit or stash them first." >&2; exit 2; }
version=$(ci/version.sh)
commit=$(git rev-parse HEAD)
rm -rf build/dist
mkdir -p build/dist/source
git archive "$commit" | tar -x -C build/dist/source
(
  cd build/dist/source
  ./mvnw -q -B -DskipTests "-Drevision=${version%%+*}" "-Dcode.version=$version" package
)
python ci/dist.py build/dist/source "$version" "$(git log -1 --format=%ct "$commit")" build/dist
rm -rf build/dist/source
ls -l build/dist
