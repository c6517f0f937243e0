#!/usr/bin/env bash
# The version of the code: the tag, or the version in progress, and the commit.
#   0.1.0          the commit with the tag v0.1.0
#   0.1.0-SNAPSHOT+3fa5a57c0ffe, with -dirty where files differ from the commit
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null || true)
dirty=$(git diff --quiet HEAD -- 2>/dev/null || echo -dirty)
if [ -n "$tag" ] && [ -z "$dirty" ]; then
  echo "${tag#v}"
else
  echo "$(sed -n 's:.*<revision>\(.*\)</revision>.*:\1:p' pom.xml)+$(git rev-parse --short=12 HEAD)$dirty"
fi
