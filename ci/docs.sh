#!/usr/bin/env bash
# The documentation as a site under build/docs: open build/docs/index.html. Offline once its tools are in build/docs-venv.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/env.sh
wanted=$(sha256sum <ci/docs.txt | cut -c1-16)
if [ "$(cat build/docs-venv/.wanted 2>/dev/null)" != "$wanted" ]; then
  echo "Setting up the documentation's tools in build/docs-venv (about 50 MB, once)"
  rm -rf build/docs-venv
  python3 -m venv build/docs-venv
  build/venv/bin/uv pip install -q --python build/docs-venv/bin/python --require-hashes -r ci/docs.txt
  echo "$wanted" >build/docs-venv/.wanted
fi
build/docs-venv/bin/python ci/docs.py
NO_MKDOCS_2_WARNING=1 build/docs-venv/bin/mkdocs -q build --strict -f build/docs-source/mkdocs.yml
echo "build/docs/index.html"
