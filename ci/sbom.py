"""The software bill of materials of the Python side: CycloneDX JSON of a lock file, with the hashes that are installed by."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\]*))?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(lock: str) -> list[dict[str, Any]]:
    """One entry for each package and version of a lock file."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if package := PACKAGE.match(line):
            name, version, marker = package.groups()
            purl = f"pkg:pypi/{name.lower()}@{version}"
            found.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": []})
            if marker:
                found[-1]["properties"] = [{"name": "marker", "value": marker.strip()}]
        for digest in HASH.findall(line):
            found[-1]["hashes"].append({"alg": "SHA-256", "content": digest})
    return found


def bom(lock: str) -> dict[str, Any]:
    """The whole document; it says the same for the same lock file."""
    root = {"type": "application", "bom-ref": "epic-fhir-dags", "name": "epic-fhir-dags"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": root},
        "components": components(lock),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(bom(options.lock.read_text()), indent=1) + "\n")


if __name__ == "__main__":
    main()
