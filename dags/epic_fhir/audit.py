"""
Checks and shows the audit log: ``python -m epic_fhir.audit LAKE [HASH ...]``, in the folder of the DAGs.

Each record holds the SHA-256 of the one before it. What the records cannot show is that the last ones are gone: so each job
writes its record's hash into its log, and a HASH from there must be found here.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from epic_fhir.reports import Lake

FIRST = "0" * 64
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
        except (ValueError, KeyError, TypeError):
            entry, told = {}, (None, None)
            problems.append(f"{file.name} is not an audit record")
        if int(file.name.removesuffix(".json")) != number:
            problems.append(f"record {number} is missing: {file.name} follows record {number - 1}")
            return Audit(entries, hashes, problems)
        if entry and told != (number, previous):
            problems.append(f"{file.name} does not follow the record before it: one of them was changed")
        previous = hashlib.sha256(content).hexdigest()
        entries.append(entry)
        hashes.append(previous)
    return Audit(entries, hashes, problems)


def line(entry: dict[str, Any]) -> str:
    """A record in one line: who, where, when, what for, and the counts of all types together."""
    received = sum(counts.get("received") or 0 for counts in (entry.get("resources") or {}).values())
    written = sum(counts.get("written") or 0 for counts in (entry.get("resources") or {}).values())
    told = [str(entry.get(column)) for column in COLUMNS]
    return "\t".join([*told, f"{received} received", f"{written} written", f"{entry.get('patients')} patients"])


def main() -> int:
    if len(sys.argv) < 2:
        print("Give a lake, and hashes that must be found, for example: python -m epic_fhir.audit LAKE", file=sys.stderr)  # noqa: T201
        return 2
    audit = read(Lake(sys.argv[1].rstrip("/")))
    for entry in audit.entries:
        print(line(entry))  # noqa: T201
    lost = [f"no record has the hash {told}: the end of the log is gone" for told in sys.argv[2:] if told not in audit.hashes]
    for problem in [*audit.problems, *lost]:
        print(problem, file=sys.stderr)  # noqa: T201
    if not audit.entries:
        print("There is no audit record.", file=sys.stderr)  # noqa: T201
    return 5 if audit.problems or lost or not audit.entries else 0


if __name__ == "__main__":
    sys.exit(main())
