"""
What the files of joined tables and lookups say of themselves: conf/joined/*.sql by the comments at their top (or *.json, a FHIR
Library with such SQL), conf/lookups/*.csv by their header. See conf/WRITING-SQL-VIEWS.md.
"""

import base64
import csv
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

LOOKUP_COLUMNS = ("system", "version", "code", "display", "inactive")
MAP_COLUMNS = ("source_system", "source_code", "target_system", "target_code", "relationship")
"""What CodeSystem and ValueSet, and ConceptMap, give."""

_COLUMN = re.compile(r"column\s+(\w+)\s*(?:\((\w+)\))?")
_BEHIND = re.compile(r"\(.*?\)")


@dataclass(frozen=True)
class JoinedFile:
    """
    :param columns: by name its type (empty: that of the column that it takes over) and what it means
    :param depends: views, joined tables and lookups that it reads
    """

    name: str
    sql: str
    description: str
    columns: dict[str, tuple[str, str]]
    depends: tuple[str, ...]
    keys: dict[str, str] = field(default_factory=dict)


def joined(folder: Path) -> list[JoinedFile]:
    """The SQLViews of a folder, by name."""
    files = sorted(file for file in folder.glob("*") if file.suffix in (".sql", ".json"))
    return [_joined(file.stem, *_sql(file)) for file in files]


def _sql(file: Path) -> tuple[str, dict[str, str]]:
    if file.suffix == ".sql":
        return file.read_text(), {}
    library = json.loads(file.read_text())
    sql = base64.b64decode(library["content"][0]["data"]).decode()
    depends = [item["label"] for item in library.get("relatedArtifact", []) if item.get("type") == "depends-on"]
    return sql, {"description": library.get("description", ""), "depends": ", ".join(depends)}


def _joined(name: str, sql: str, keys: dict[str, str]) -> JoinedFile:
    keys, columns = dict(keys), {}
    last = ""
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        if line.startswith("--  "):
            keys[last] = f"{keys.get(last, '')} {line[2:].strip()}"
            continue
        last, _, value = (part.strip() for part in line[2:].partition(":"))
        keys[last] = value
    for key, value in keys.items():
        if found := _COLUMN.fullmatch(key):
            columns[found[1]] = (found[2] or "", value)
    depends = tuple(
        part.strip().removeprefix("lookup ").split()[0]
        for part in _BEHIND.sub("", keys.get("depends", "")).split(",")
        if part.strip()
    )
    return JoinedFile(name, sql, keys.get("description", ""), columns, depends, keys)


def lookups(folder: Path) -> dict[str, dict[str, str]]:
    """The columns of each lookup of a folder with their types."""
    found = {}
    for file in sorted(folder.glob("*")):
        if file.suffix == ".csv":
            with file.open(newline="", encoding="utf-8-sig") as lines:
                header = next(csv.reader(lines))
            found[file.stem] = {name: kind or "string" for name, _, kind in (column.partition(":") for column in header)}
        elif file.suffix == ".json":
            is_map = json.loads(file.read_text()).get("resourceType") == "ConceptMap"
            names = MAP_COLUMNS if is_map else LOOKUP_COLUMNS
            found[file.stem] = {name: "boolean" if name == "inactive" else "string" for name in names}
    return found
