"""
The data dictionary of views, joined tables and lookups: a page for people (tables.html) and dbt sources (sources.yml).

    . ci/env.sh && python ci/dictionary.py --out build/dictionary [--views conf/views] [--joined conf/joined]
        [--lookups conf/lookups] [--schema fhir] [--history FILE]

FILE is the lake's state/history/<dag>.json: row counts and null shares of the newest run that reported any stand beside the
columns then.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

import joined_files
from parts import HOME

KEY = re.compile(r"\b([a-z][a-z0-9_]*)\.id\b")
"""How a description names the key that a column points to: patient.id."""


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    path: str
    description: str
    collection: bool


@dataclass(frozen=True)
class Table:
    name: str
    resource: str
    description: str
    columns: tuple[Column, ...]
    row_each: bool
    """Whether a resource has one row at most: id is the primary key."""

    def target(self, column: Column) -> str | None:
        """The table whose key the column holds."""
        found = KEY.search(column.description)
        return found.group(1) if found and not column.collection else None


def tables(folder: Path) -> list[Table]:
    found = []
    for file in sorted(folder.glob("*.json")):
        view = json.loads(file.read_text())
        selects = list(_selects(view["select"]))
        once = not any(key in select for select in selects for key in ("forEach", "forEachOrNull", "repeat", "unionAll"))
        columns = tuple(_column(column) for select in selects for column in select.get("column", []))
        found.append(Table(view["name"], view["resource"], view.get("description", ""), columns, once))
    return found


def joined(sql: Path, lookups: Path, views: list[Table]) -> list[Table]:
    """The joined tables and lookups. A column that a table takes over has the type that it has there."""
    found = {table.name: table for table in views}
    for name, columns in joined_files.lookups(lookups).items():
        own = tuple(Column(column, kind, "", "", False) for column, kind in columns.items())
        found[name] = Table(name, "lookup", "", own, False)
    files = {file.name: file for file in joined_files.joined(sql)}
    for name in list(files):
        _place(name, files, found)
    return [table for name, table in sorted(found.items()) if table.resource in ("lookup", "joined")]


def _place(name: str, files: dict[str, joined_files.JoinedFile], found: dict[str, Table]):
    """One joined table, after those that it reads."""
    file = files.pop(name, None)
    if file is None:
        return
    for other in file.depends:
        _place(other, files, found)
    known = {column.name: column for other in reversed(file.depends) if other in found for column in found[other].columns}
    columns = []
    for column, (kind, meaning) in file.columns.items():
        taken = known.get(column)
        columns.append(Column(column, kind or (taken.type if taken else ""), "", meaning, bool(taken and taken.collection)))
    found[name] = Table(name, "joined", file.description, tuple(columns), False)


def _selects(selects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All selects in the order of their columns; the branches of a unionAll have the same columns, so one of them is enough."""
    for select in selects:
        yield select
        yield from _selects(select.get("select", []))
        yield from _selects(select.get("unionAll", [])[:1])


def _column(column: dict[str, Any]) -> Column:
    kind, description = column.get("type", ""), column.get("description", "")
    return Column(column["name"], kind, column["path"], description, column.get("collection", False))


def sources(known: list[Table], schema: str) -> dict[str, Any]:
    """What dbt reads: keys are tests. A target may be outside of the export, so a missing one is a warning."""
    names = {table.name for table in known}
    return {"version": 2, "sources": [{"name": schema, "schema": schema, "tables": [_source(t, names, schema) for t in known]}]}


def _source(table: Table, names: set[str], schema: str) -> dict[str, Any]:
    columns = []
    for column in table.columns:
        told: dict[str, Any] = {"name": column.name, "description": column.description}
        tests: list[Any] = (["not_null", "unique"] if table.row_each else ["not_null"]) if column.name == "id" else []
        target = table.target(column)
        if target in names:
            to = {"to": f"source('{schema}', '{target}')", "field": "id", "config": {"severity": "warn"}}
            tests.append({"relationships": to})
        columns.append(told | ({"data_tests": tests} if tests else {}))
    return {"name": table.name, "description": table.description, "columns": columns}


def page(known: list[Table], last: dict[str, Any]) -> str:
    """
    :param last: by table the rows and the null shares of a run
    """
    names = {table.name for table in known}
    rows = "".join(_overview(table, last.get(table.name) or {}) for table in known)
    details = "".join(_details(table, last.get(table.name) or {}, names) for table in known)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Tables</title>
<style>body{{font:14px sans-serif;margin:2em}} table{{border-collapse:collapse}} td,th{{border:1px solid #ccc;padding:2px 8px;
text-align:left;vertical-align:top}} code{{font-size:12px;overflow-wrap:anywhere}}</style></head>
<body><h1>Tables</h1><table><tr><th>table<th>resource<th>rows<th>what it holds</tr>{rows}</table>{details}</body></html>
"""


def _overview(table: Table, last: dict[str, Any]) -> str:
    name = escape(table.name)
    count = last.get("rows")
    return (
        f'<tr><td><a href="#{name}">{name}</a><td>{escape(table.resource)}<td>{"–" if count is None else f"{count:,}"}'
        f"<td>{escape(table.description)}</tr>"
    )


def _details(table: Table, last: dict[str, Any], names: set[str]) -> str:
    shares = last.get("null_share") or {}
    lines = []
    for column in table.columns:
        target = table.target(column)
        key = "primary key" if column.name == "id" and table.row_each else ""
        if target in names:
            key = f'<a href="#{target}">{target}.id</a>'
        kind = escape(column.type) + ("[]" if column.collection else "")
        share = f"{shares[column.name]:.0%}" if shares.get(column.name) is not None else "–"
        lines.append(
            f"<tr><td>{escape(column.name)}<td>{kind}<td>{key}<td>{share}<td>{escape(column.description)}"
            f"<td><code>{escape(column.path)}</code></tr>"
        )
    head = "<tr><th>column<th>type<th>key<th>null<th>what it means<th>FHIRPath</tr>"
    title = f'<h2 id="{escape(table.name)}">{escape(table.name)}</h2><p>{escape(table.description)}</p>'
    return f"{title}<table>{head}{''.join(lines)}</table>"


def last_run(history: Path | None) -> dict[str, Any]:
    """By table what the newest run reported that came to the tables: one that the server stopped has none."""
    runs = json.loads(history.read_text())["runs"] if history else []
    return next((run["views"] for run in reversed(runs) if run.get("views")), {})


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--views", type=Path, default=HOME / "conf" / "views")
    arguments.add_argument("--joined", type=Path, default=HOME / "conf" / "joined")
    arguments.add_argument("--lookups", type=Path, default=HOME / "conf" / "lookups")
    arguments.add_argument("--schema", default="fhir")
    arguments.add_argument("--history", type=Path)
    options = arguments.parse_args()
    for folder in (options.views, options.joined, options.lookups):
        if not folder.is_dir():
            arguments.error(f"{folder} is not a folder")
    known = tables(options.views)
    if not known:
        arguments.error(f"{options.views} has no view")
    known += joined(options.joined, options.lookups, known)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "tables.html").write_text(page(known, last_run(options.history)))
    (options.out / "sources.yml").write_text(yaml.safe_dump(sources(known, options.schema), sort_keys=False, width=120))
    print(f"{len(known)} tables in {options.out}: tables.html, sources.yml")
    return 0


if __name__ == "__main__":
    sys.exit(main())
