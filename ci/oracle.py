"""What lies where, read by tools that the pipeline does not use: pyarrow, delta-rs and psycopg.

The promise in one comparison: the sorted list of (type, id, sha256 of the bytes, deleted) is the same at the server, in bronze
and in silver, and every view table has the same rows in Delta and in PostgreSQL.
"""

import datetime
import hashlib
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
from deltalake import DeltaTable

from parts import JavaPart, sandbox_admin

Resources = dict[str, dict[str, str]]


def sha(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def served(data: Path) -> Resources:
    """{type: {id: sha256}} of the NDJSON files that the server serves."""
    found: Resources = {}
    for file in sorted(data.glob("*.ndjson")):
        for line in file.read_bytes().split(b"\n"):
            if line.strip():
                resource = json.loads(line)
                found.setdefault(resource["resourceType"], {})[resource["id"]] = sha(line)
    return found


def reachable(sandbox: JavaPart, reaches: tuple[str, ...] = ("export", "reference")) -> Resources:
    """{type: {id: sha256}} of what a client of the group can have, as the running server says; see ci/sandbox/README.md."""
    found: Resources = {}
    for line in sandbox_admin(sandbox, "reach").decode().splitlines():
        key, digest, reach = line.split("\t")
        if reach in reaches:
            kind, _, resource_id = key.partition("/")
            found.setdefault(kind, {})[resource_id] = digest
    return found


def due(sandbox: JavaPart, had: Resources) -> Resources:
    """
    What the tables must hold now: all that a client of the group can have, and of what they held, what the server still gives by
    its id although nothing refers to it any more.

    :param had: what the tables held before the night
    """
    found = reachable(sandbox)
    for kind, unlinked in reachable(sandbox, ("unlinked",)).items():
        kept = {key: digest for key, digest in unlinked.items() if key in had.get(kind, {})}
        if kept:
            found.setdefault(kind, {}).update(kept)
    return found


def differences(left: Resources, right: Resources) -> dict[str, tuple[int, int, int]]:
    """By type, how many are only left, only right, and different; without ids, which belong to patients."""
    found = {}
    for kind in sorted({*left, *right}):
        ours, theirs = left.get(kind, {}), right.get(kind, {})
        other = sum(theirs[key] != digest for key, digest in ours.items() if key in theirs)
        counts = (len(ours.keys() - theirs.keys()), len(theirs.keys() - ours.keys()), other)
        if any(counts):
            found[kind] = counts
    return found


def bronze_rows(lake: Path) -> dict[str, Counter]:
    """{type: how often each (id, sha256) stands in bronze}; deletion Bundles are among the Bundles."""
    found: dict[str, Counter] = {}
    for file in sorted(lake.glob("bronze/resource_type=*/extraction_date=*/*.parquet")):
        kind = file.parent.parent.name.split("=", 1)[1]
        table = pq.ParquetFile(file).read(columns=["id", "resource"])
        rows = zip(table["id"].to_pylist(), table["resource"].to_pylist(), strict=True)
        found.setdefault(kind, Counter()).update((key, sha(text.encode())) for key, text in rows)
    return found


def silver(lake: Path) -> tuple[Resources, dict[str, set[str]]]:
    """The live resources {type: {id: sha256}} and the tombstones {type: ids}."""
    live: Resources = {}
    dead: dict[str, set[str]] = {}
    table = DeltaTable(str(lake / "silver")).to_pyarrow_table(columns=["resource_type", "id", "deleted", "resource"])
    for row in table.to_pylist():
        if row["deleted"]:
            dead.setdefault(row["resource_type"], set()).add(row["id"])
        else:
            live.setdefault(row["resource_type"], {})[row["id"]] = sha(row["resource"].encode())
    return live, dead


def view_versions(lake: Path) -> dict[str, int]:
    """{table path: Delta version} of silver, which is one table, of the views, joined tables and lookups."""
    folders = [lake / "silver", *(lake / "views").iterdir(), *_joined(lake)]
    return {str(f.relative_to(lake)): DeltaTable(str(f)).version() for f in sorted(folders)}


def view_rows(lake: Path) -> dict[str, list[dict]]:
    """{view: rows} of the view tables in Delta."""
    return {folder.name: DeltaTable(str(folder)).to_pyarrow_table().to_pylist() for folder in sorted((lake / "views").iterdir())}


def joined_rows(lake: Path) -> dict[str, list[dict]]:
    """{table: rows} of the joined tables and lookups in Delta."""
    return {folder.name: DeltaTable(str(folder)).to_pyarrow_table().to_pylist() for folder in _joined(lake)}


def _joined(lake: Path) -> list[Path]:
    """Their folders; a lake without any has none of the two above them."""
    return [folder for kind in ("joined", "lookups") if (lake / kind).is_dir() for folder in sorted((lake / kind).iterdir())]


def postgres_rows(url: str, views: list[str], schema: str = "fhir") -> dict[str, list[dict]]:
    """{view: rows} of the tables in PostgreSQL."""
    found = {}
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        for view in views:
            query = psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(schema, view))
            found[view] = connection.execute(query).fetchall()
    return found


def same_rows(delta: list[dict], postgres: list[dict]) -> bool:
    """Whether two tables hold the same rows, whatever their order; PostgreSQL's types decide how a Delta text is read."""
    kinds: dict[str, type] = {}
    for row in postgres:
        for name, value in row.items():
            if value is not None:
                kinds[name] = type(value)
    left = Counter(tuple((k, _as(v, kinds.get(k))) for k, v in row.items()) for row in delta)
    right = Counter(tuple((k, _plain(v)) for k, v in row.items()) for row in postgres)
    return left == right


def _as(value, kind):
    """A Delta value as PostgreSQL's type would show it; partial dates become their earliest point."""
    if value is None or kind is None or not isinstance(value, str):
        return _plain(value)
    if kind is Decimal:
        return str(Decimal(value))
    if kind is datetime.datetime:
        return _instant(value)
    if kind is datetime.date:
        return value + "-01-01"[len(value) - 4 :] if len(value) < 10 else value[:10]
    return value


def _plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return tuple(value) if isinstance(value, list) else value


def _instant(text: str) -> str:
    if "T" not in text:
        text = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
        text += "T00:00:00Z"
    date, _, rest = text.partition("T")
    moment = datetime.datetime.fromisoformat(date + "T" + rest.replace("Z", "+00:00"))
    return moment.astimezone(datetime.timezone.utc).isoformat()
