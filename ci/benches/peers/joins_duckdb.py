"""
The statements of conf/joined on DuckDB, over the Parquet files of the same lake: prints a name and seconds a line.

    python joins_duckdb.py LAKE SQL_FOLDER LOOKUPS_FOLDER

sqlglot translates Spark's SQL into DuckDB's. A table that another one reads is made first.
"""

import re
import sys
import time
from pathlib import Path

import duckdb
import sqlglot
from deltalake import DeltaTable
from sqlglot import exp

MARK = "NULL::BOOLEAN AS restricted"
"""Of rows that are not marked (transform.security-labels)."""

KINDS = {"integer": "INTEGER", "decimal": "DECIMAL(38, 10)"}


def main() -> None:
    lake, statements, lookups = map(Path, sys.argv[1:])
    connection = duckdb.connect()
    for folder in sorted((lake / "views").iterdir()):
        table = DeltaTable(str(folder))
        files = [file.removeprefix("file://") for file in table.file_uris()]
        if files:
            connection.execute(f'CREATE VIEW "{folder.name}" AS SELECT *, {MARK} FROM read_parquet({files})')
        else:
            columns = ", ".join(f'NULL::{_kind(str(field.type))} AS "{field.name}"' for field in table.schema().fields)
            connection.execute(f'CREATE VIEW "{folder.name}" AS SELECT {columns}, {MARK} WHERE false')
    for file in sorted(lookups.glob("*.csv")):
        columns = [column.partition(":") for column in file.read_text().splitlines()[0].split(",")]
        types = ", ".join(f"'{name}': '{KINDS.get(kind, 'VARCHAR')}'" for name, _, kind in columns)
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_csv('{file}', header = true, columns = {{{types}}})")
    for name, text in _ordered(statements):
        sql = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)
        sql = sql.replace("unix_timestamp(", "unix_seconds(")  # the same of a timestamp, which sqlglot takes for a text
        sql = sqlglot.parse_one(sql, read="spark").transform(_zipped).sql(dialect="duckdb")
        begin = time.perf_counter()
        connection.execute(f'CREATE TEMP TABLE "{name}_made" AS {sql}')
        print(name, f"{time.perf_counter() - begin:.3f}")
        connection.execute(f'CREATE TEMP VIEW "{name}" AS SELECT * FROM "{name}_made"')


def _ordered(folder: Path) -> list[tuple[str, str]]:
    waiting = {file.stem: file.read_text() for file in sorted(folder.glob("*.sql"))}
    ordered: list[tuple[str, str]] = []
    while waiting:
        # The first one that reads no other that waits.
        name = next(n for n, text in waiting.items() if not any(re.search(rf"(FROM|JOIN) {o}\b", text) for o in waiting if o != n))
        ordered.append((name, waiting.pop(name)))
    return ordered


def _zipped(node: exp.Expression) -> exp.Expression:
    """Spark's zip_with as list_zip and list_transform; DuckDB numbers the parts of a pair."""
    if not (isinstance(node, exp.Anonymous) and node.name.lower() == "zip_with"):
        return node
    left, right, pair = node.expressions
    parts = {name.name: number for number, name in enumerate(pair.expressions, start=1)}

    def numbered(inner: exp.Expression) -> exp.Expression:
        return exp.maybe_parse(f"pair[{parts[inner.name]}]", dialect="duckdb") if _names(inner, parts) else inner

    body = pair.this.transform(numbered)
    zipped = exp.Anonymous(this="list_zip", expressions=[left, right])
    return exp.Anonymous(
        this="list_transform", expressions=[zipped, exp.Lambda(this=body, expressions=[exp.to_identifier("pair")])]
    )


def _names(inner: exp.Expression, parts: dict[str, int]) -> bool:
    """Whether it is one of the lambda's parameters, which sqlglot has as columns or plain names there; not a field's name."""
    key = isinstance(inner.parent, exp.PropertyEQ) and inner.arg_key == "this"
    return isinstance(inner, exp.Column | exp.Identifier) and inner.name in parts and not key


def _kind(delta: str) -> str:
    """DuckDB's type for a view's column; a view without rows has no file that tells it."""
    kind = next(
        (own for name, own in (("boolean", "BOOLEAN"), ("integer", "INTEGER"), ("long", "BIGINT")) if name in delta), "VARCHAR"
    )
    return f"{kind}[]" if "array" in delta.lower() else kind


if __name__ == "__main__":
    main()
