"""The rows of bronze and those that a sandbox serves, as multisets of type, id and the SHA-256 of the resource's bytes."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from sandbox_site import SandboxSite

Rows = Counter  # of (type, id, sha256)


def served_rows(site: SandboxSite) -> Rows:
    rows: Rows = Counter()
    for line in site.admin("resources").decode().splitlines():
        key, sha = line.split("\t")
        rows[(*key.split("/", 1), sha)] += 1
    return rows


def bronze_rows(lake: Path) -> Rows:
    """Of the files that landings name; other files do not exist for a reader."""
    rows: Rows = Counter()
    for landing in (lake / "state" / "landings").glob("*.json"):
        for file in json.loads(landing.read_text())["files"]:
            table = pq.ParquetFile(lake / file["path"]).read(columns=["id", "resource"])
            for key, text in zip(table["id"].to_pylist(), table["resource"].to_pylist(), strict=True):
                rows[file["resource_type"], key, hashlib.sha256(text.encode()).hexdigest()] += 1
    return rows
