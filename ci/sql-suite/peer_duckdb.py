"""
Plain DuckDB under the thinnest layer that can be called a SQLQuery runner: labels become views, values are bound as $name. What the
layer does not do, DuckDB must do: what passes here any SQL engine gives for free.
"""

import base64
import json
import re
from pathlib import Path
from typing import Any

import duckdb
from suite import Answer, Case


def answers(every: list[Case], out: Path) -> dict[str, Answer]:
    return {case.name: _answer(case, out) for case in every}


def _answer(case: Case, out: Path) -> Answer:
    connection = duckdb.connect()
    try:
        rows = _run(connection, case.file, case.test["run"], case.test.get("parameters") or {}, out / "tables" / case.group, ())
        if rows is None or not rows.description:
            return Answer(error="no rows: it was no query")
        columns = [column[0] for column in rows.description]
        return Answer(columns, [dict(zip(columns, row, strict=True)) for row in rows.fetchall()])
    except (duckdb.Error, LookupError, ValueError, RecursionError) as e:
        return Answer(error=f"{type(e).__name__}: {e}")
    finally:
        connection.close()


def _run(connection: Any, file: dict, url: str, parameters: dict, tables: Path, path: tuple[str, ...]) -> Any:
    library = next(library for library in file["libraries"] if library["url"] == url)
    if url in path:
        raise ValueError("a cycle")
    for artifact in library["relatedArtifact"]:
        sql = _table(connection, file, artifact["resource"], tables, (*path, url))
        connection.execute(f'CREATE OR REPLACE VIEW "{artifact["label"]}" AS {sql}')
    sql = re.sub(r"(?<![:\w]):([A-Za-z]\w*)", r"$\1", _content(library)) if library.get("parameter") else _content(library)
    return connection.execute(sql, parameters or None)


def _table(connection: Any, file: dict, url: str, tables: Path, path: tuple[str, ...]) -> str:
    for view in file["views"]:
        if view["url"] == url:
            columns = json.loads((tables / view["name"] / "columns.json").read_text())
            kinds = {"boolean": "BOOLEAN", "integer": "INTEGER", "decimal": "DECIMAL(38, 10)"}
            types = ", ".join(f"'{c['name']}': '{kinds.get(c['fhirType'], 'VARCHAR')}'" for c in columns)
            rows = tables / view["name"] / "rows.ndjson"
            return f"SELECT * FROM read_json('{rows}', columns = {{{types}}}, format = 'newline_delimited')"  # noqa: S608 own names
    if any(library["url"] == url for library in file["libraries"]):
        rows = _run(connection, file, url, {}, tables, path).fetch_arrow_table()
        name = f"inner_{len(path)}_{abs(hash(url))}"
        connection.register(name, rows)
        return f"SELECT * FROM {name}"  # noqa: S608 own names
    raise LookupError(f"no {url}")


def _content(library: dict) -> str:
    contents = {content["contentType"]: content["data"] for content in library["content"]}
    chosen = contents.get("application/sql;dialect=duckdb") or contents["application/sql"]
    return base64.b64decode(chosen).decode()
