"""
Shows the contents of a quarantine folder, line by line: ``python -m epic_fhir.quarantine FOLDER``, in the folder of the DAGs.

It prints patient data, so it is a command that a person runs; neither the page nor an alert ever shows a line. On a terminal,
control characters are escaped: a line is whatever the server sent.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from epic_fhir.control_characters import escaped
from epic_fhir.lake import Lake

_BELOW = "/quarantine/"


def command(folder: str) -> str:
    """The command that shows the folder's lines."""
    dags = Path(__file__).resolve().parent.parent
    return f"(cd {shlex.quote(str(dags))} && python -m epic_fhir.quarantine {shlex.quote(folder)})"


def folders(result: dict[str, Any]) -> list[str]:
    """The folders that a job's result names: joined by commas, all of one lake, whose own path may have commas in it."""
    named = result.get("quarantine") or ""
    lake, mark, _ = named.partition(_BELOW)
    return [folder for folder in re.split(f", (?={re.escape(lake + mark)})", named) if folder]


def commands(result: dict[str, Any]) -> str:
    """The commands that show the lines of all folders that a job's result names, in one line; empty where it names none."""
    return "; ".join(command(folder) for folder in folders(result))


def count(table: list[dict[str, Any]], extract: dict[str, Any]) -> int:
    """
    How many lines and resources of a run are in quarantine.

    :param table: of the page, which has those of the exports that landed; where extract failed, another export may have more
    :param extract: its run report
    """
    landed = sum(row["quarantined"] or 0 for row in table)
    if extract["run"]["status"] == "success":
        return landed
    return max(landed, sum((extract["result"].get("quarantine_reasons") or {}).values()))


def of_view(table: str | None, view: str) -> str:
    """
    The command that shows which resources do not fit a view.

    :param table: the path of the view's table; without it the command has a placeholder for the lake
    """
    lake = (table or "").rpartition("/views/")[0] or "LAKE"
    return command(f"{lake}{_BELOW}view={view}")


def lines(folder: str) -> Iterator[str]:
    """Each line with its reason and its place; the lists of resources that do not fit a view as they are."""
    from pyarrow import parquet

    for file in Lake(folder).files(folder):
        if file.name.endswith(".ndjson"):
            yield from file.read_text(encoding="utf-8").splitlines()
        elif file.name.endswith(".parquet"):
            with file.open("rb") as content:
                # Without threads: Arrow's pools can end the interpreter by SIGABRT where it leaves while they start.
                for row in parquet.ParquetFile(content, pre_buffer=False).read(use_threads=False).to_pylist():
                    text = row["line"].decode("utf-8", errors="replace")
                    yield f"{row['reason']}, {row['source_file']} line {row['source_line']} part {row['part']}: {text}"


def main() -> int:
    if len(sys.argv) != 2:
        print("Give one folder of quarantine, for example: python -m epic_fhir.quarantine FOLDER", file=sys.stderr)  # noqa: T201
        return 2
    found = 0
    shown = partial(escaped, but="\t\n") if sys.stdout.isatty() else str
    for line in lines(sys.argv[1]):
        print(shown(line))  # noqa: T201
        found += 1
    if not found:
        print(f"{sys.argv[1]} holds no lines.", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
