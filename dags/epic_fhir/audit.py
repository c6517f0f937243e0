"""
Checks and shows the audit log: ``python -m epic_fhir.audit LAKE [HASH ...] [--database URL]``, in the folder of the DAGs.
The URL has no password, since all users of the machine see a command line: it comes from ~/.pgpass, PGPASSFILE or a service.

Each record holds the SHA-256 of the one before it. What the records cannot show is that the last ones are gone. Two others know
them: each job writes its record's hash into its log, and a HASH from there must be found here; and each load copies all records
into PostgreSQL, and with --database both must have the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from epic_fhir.control_characters import escaped
from epic_fhir.lake import Lake

FIRST = "0" * 64
STORAGE = 6
"""The exit code of what could not be compared."""
COLUMNS = (
    "number",
    "at",
    "phase",
    "status",
    "dag_id",
    "run_id",
    "try_number",
    "principal",
    "host",
    "triggered_by",
    "source",
    "purpose",
    "reason",
    "destination",
)


@dataclass(frozen=True)
class Audit:
    """What the audit log of a lake holds, and what is wrong with its chain."""

    entries: list[dict[str, Any]]
    hashes: list[str]
    problems: list[str]


def read(lake: Lake) -> Audit:
    """Every record in order; a record that cannot be read is a problem."""
    entries, hashes, problems = [], [], []
    previous = FIRST
    files = [file for file in lake.files(f"{lake.root}/audit") if re.fullmatch(r"\d{10}\.json", file.name)]
    for number, file in enumerate(files, start=1):
        content = file.read_bytes()
        try:
            entry = json.loads(content)
            told = (entry["number"], entry["previous"])
            line(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            entry, told = {}, (None, None)
            problems.append(f"{file.name} is not an audit record")
        if int(file.name.removesuffix(".json")) != number:
            problems.append(f"record {number} is missing: {file.name} follows record {number - 1}")
            return Audit(entries, hashes, problems)
        if entry and told != (number, previous):
            problems.append(
                f"{file.name} does not match the number or hash of the record before it: "
                "one of the two was altered; see docs/audit.md"
            )
        previous = hashlib.sha256(content).hexdigest()
        entries.append(entry)
        hashes.append(previous)
    return Audit(entries, hashes, problems)


def line(entry: dict[str, Any]) -> str:
    """A record in one line: who, where, when, what for, and the counts of all types together. No field can begin another one."""
    received = sum(counts.get("received") or 0 for counts in (entry.get("resources") or {}).values())
    written = sum(counts.get("written") or 0 for counts in (entry.get("resources") or {}).values())
    told = [*(str(entry.get(column)) for column in COLUMNS), f"{received} received", f"{written} written"]
    return "\t".join(escaped(field) for field in (*told, f"{entry.get('patients')} patients"))


def against(audit: Audit, copy: list[tuple[int, str, str]]) -> list[str]:
    """
    What is wrong between the lake's log and its copy.

    :param copy: number, hash and text of each record, as PostgreSQL has them
    """
    if not copy:
        return ["The database has no audit record: no load copied any, or the table was emptied"]
    hashes, there = dict(enumerate(audit.hashes, start=1)), {sha256 for _, sha256, _ in copy}
    problems = []
    for number, sha256, text in sorted(copy):
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            problems.append(f"record {number} of the database was changed there")
        elif sha256 != hashes.get(number):
            problems.append(f"record {number} of the database is missing in the lake, or differs there")
    newest = max(number for number, _, _ in copy)
    for number, sha256 in enumerate(audit.hashes[:newest], start=1):
        if sha256 not in there:
            problems.append(f"record {number} of the lake is missing in the database")
    return problems


def copied(database: str, schema: str) -> list[tuple[int, str, str]]:
    """
    The copy that the loads keep. libpq finds the password.

    :raises ConnectionError: where it cannot be read; its text has no words of the server's, which may repeat the URL
    """
    import psycopg
    from psycopg import sql

    try:
        with psycopg.connect(database) as connection:
            query = sql.SQL("SELECT number, sha256, record FROM {}").format(sql.Identifier(schema, "audit"))
            return connection.execute(query).fetchall()
    except psycopg.Error as error:
        kind = f"{type(error).__name__}, SQLSTATE {error.sqlstate or 'unknown'}"
        raise ConnectionError(
            f"Cannot read the table audit of {schema} in the database, so nothing was compared with it: {kind}"
        ) from None


def refused(database: str) -> str | None:
    """Why a URL, or a connection string of libpq, cannot be used here. None where it can. The text never has any of it."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        told = conninfo_to_dict(database)
    except psycopg.Error:
        return "--database is not a PostgreSQL URL or connection string"
    secret = sorted(name for name in told if "password" in name or "secret" in name)
    if not secret:
        return None
    return (
        f"--database has a {' and a '.join(secret)}, which all users of this machine can see. Put it into ~/.pgpass (chmod 600), "
        "into the file that PGPASSFILE names, or into a service of pg_service.conf (--database 'service=NAME'), and change the "
        "password"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m epic_fhir.audit", description="Checks and shows the audit log of a lake.")
    parser.add_argument("lake", help="the lake's path")
    parser.add_argument("hashes", nargs="*", metavar="HASH", help="a hash from a task's log, which must be found")
    parser.add_argument(
        "--database", metavar="URL", help="postgresql://… without a password: the loads' copy, which must be the same"
    )
    parser.add_argument("--schema", default="fhir_pipeline", help="load.state-schema, where that copy is")
    options = parser.parse_args()
    if not all(re.fullmatch(r"[0-9a-f]{64}", told) for told in options.hashes):
        parser.error("a HASH has 64 hexadecimal digits")
    if options.database and (why := refused(options.database)):
        parser.error(why)
    audit = read(Lake(options.lake.rstrip("/")))
    for entry in audit.entries:
        print(line(entry))  # noqa: T201
    problems = list(audit.problems)
    problems += [
        f"no record has the hash {told}: the end of the log was cut off" for told in options.hashes if told not in audit.hashes
    ]
    unread = None
    if options.database:
        try:
            problems += against(audit, copied(options.database, options.schema))
        except OSError as e:
            unread = str(e)
    if not audit.entries:
        problems.append("There is no audit record.")
    for problem in [*problems, *([unread] if unread else [])]:
        print(problem, file=sys.stderr)  # noqa: T201
    return 5 if problems else STORAGE if unread else 0


if __name__ == "__main__":
    sys.exit(main())
