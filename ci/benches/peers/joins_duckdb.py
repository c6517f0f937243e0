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

KINDS = {"integer": "INTEGER", "decimal": "DECIMAL(38, 10)"}


def main() -> None:
    lake, statements, lookups = map(Path, sys.argv[1:])
    connection = duckdb.connect()
    for folder in sorted((lake / "views").iterdir()):
        table = DeltaTable(str(folder))
        files = [file.removeprefix("file://") for file in table.file_uris()]
        if files:
            connection.execute(f'CREATE VIEW "{folder.name}" AS SELECT * FROM read_parquet({files})')
        else:
            columns = ", ".join(f'NULL::{_kind(str(field.type))} AS "{field.name}"' for field in table.schema().fields)
            connection.execute(f'CREATE VIEW "{folder.name}" AS SELECT {columns} WHERE false')
    for file in sorted(lookups.glob("*.csv")):
        columns = [column.partition(":") for column in file.read_text().splitlines()[0].split(",")]
        types = ", ".join(f"'{name}': '{KINDS.get(kind, 'VARCHAR')}'" for name, _, kind in columns)
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM read_csv('{file}', header = true, columns = {{{types}}})")
    for name, text in _ordered(statements):
        sql = re.sub(r"^--.*\n", "", text, flags=re.MULTILINE)
        sql = sql.replace("unix_timestamp(", "unix_seconds(")  # the same of a timestamp, which sqlglot takes for a text
        sql = sqlglot.transpile(sql, read="spark", write="duckdb")[0]
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


def _kind(delta: str) -> str:
    """DuckDB's type for a view's column; a view without rows has no file that tells it."""
    kind = next(
        (own for name, own in (("boolean", "BOOLEAN"), ("integer", "INTEGER"), ("long", "BIGINT")) if name in delta), "VARCHAR"
    )
    return f"{kind}[]" if "array" in delta.lower() else kind


if __name__ == "__main__":
    main()
