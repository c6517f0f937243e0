"""
Runs the cases of this folder on the engines at hand, and shows who passes what.

    . ci/env.sh && python ci/sql-suite/suite.py [--engine spark] [--engine duckdb] [--engine fhir4ds] [--out build/sql-suite]

Without --engine it is the pipeline's own (spark), whose JAR must be built; exit 1 where a case fails on it. Peers need packages of
their own, in any environment: duckdb; fhir4ds-v2 (fhir4ds).
"""

import argparse
import importlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HOME = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

DIALECTS = {"spark": ("spark-sql",), "duckdb": ("duckdb",), "fhir4ds": ("duckdb",)}


@dataclass(frozen=True)
class Case:
    """One test of a file; the file has what it runs on."""

    group: str
    number: int
    test: dict[str, Any]
    file: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.group}: {self.test['title']}"


@dataclass(frozen=True)
class Answer:
    """What an engine gives: rows, or an error where it refuses."""

    columns: list[str] | None = None
    rows: list[dict[str, Any]] | None = None
    error: str | None = None
    defect: str | None = None


Engine = Callable[[list[Case], Path], dict[str, Answer]]


def cases(folder: Path = HERE / "cases") -> list[Case]:
    found = [(path.stem, json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    return [Case(group, number, test, file) for group, file in found for number, test in enumerate(file["tests"])]


def tables(every: list[Case], out: Path) -> Path:
    """The rows of the cases' views, by ci/views.sh: tables/FILE/VIEW/rows.ndjson and columns.json."""
    work, files = out / "views", {case.group: case.file for case in every}
    for group, file in files.items():
        for view in file["views"]:
            folder = work / f"{group}.{view['name']}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "view.json").write_text(json.dumps(view))
            (folder / "resources.ndjson").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in file["resources"]))
    rows = out / "view-rows"
    subprocess.run([HOME / "ci" / "views.sh", "--cases", work, "--out", rows], check=True)
    for group, file in files.items():
        (out / "tables" / group).mkdir(parents=True, exist_ok=True)
        for view in file["views"]:
            target = out / "tables" / group / view["name"]
            if not target.exists():
                target.symlink_to(rows / f"{group}.{view['name']}")
    return out / "tables"


def passes(case: Case, answer: Answer, engine: str) -> bool:
    """Whether the answer is what the case expects; a crash is no refusal."""
    if answer.defect is not None:
        return False
    if case.test.get("expectError"):
        return answer.error is not None
    if answer.error is not None or answer.rows is None:
        return False
    by_dialect = case.test.get("expectByDialect")
    if by_dialect:
        own = [by_dialect[dialect] for dialect in DIALECTS[engine] if dialect in by_dialect]
        expected = (own or [by_dialect[""]])[0]
    else:
        expected = case.test["expect"]
    if "columns" in case.test and answer.columns != case.test["columns"]:
        return False
    absent = case.test.get("nullIsFalse", [])
    return _rows(expected, absent) == _rows(answer.rows, absent)


def _rows(rows: list[dict[str, Any]], absent: list[str]) -> Counter:
    """Rows in any order; a number is its value, however it is written."""
    return Counter(
        tuple(sorted((name, _plain(False if value is None and name in absent else value)) for name, value in row.items()))
        for row in rows
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, Decimal)):
        return f"number {Decimal(value).normalize():f}"
    if isinstance(value, float):
        return f"number {Decimal(str(value)).normalize():f}"
    return f"text {value}"


def read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def spark(every: list[Case], out: Path) -> dict[str, Answer]:
    """The pipeline's own engine, in one process."""
    import os

    jar = next((HOME / "transform-job" / "target").glob("transform-job-*-job.jar"))
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENS]
    classes = f"{jar}:{os.environ['SPARK_HOME']}/jars/*"
    log = f"-Dlog4j2.configurationFile={HOME / 'ci' / 'views-log4j2.properties'}"
    command = ["java", "-Xmx2g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *opens, log, "-cp", classes]
    given = ["--cases", HERE / "cases", "--tables", out / "tables", "--out", out / "spark"]
    subprocess.run([*command, "io.epicfhir.transform.queries.RunSqlCases", *map(str, given)], check=True)
    return {case.name: Answer(**read((out / "spark" / case.group / f"{case.number}.json").read_text())) for case in every}


OPENS = (
    "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util", "java.util.concurrent",
    "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar",
)  # fmt: skip


def peer(name: str) -> Engine:
    sys.path.insert(0, str(HERE))
    return importlib.import_module(f"peer_{name}").answers


def report(every: list[Case], results: dict[str, dict[str, Answer]]) -> Iterator[str]:
    """A table of groups by engines, then what fails where."""
    groups = sorted({case.group for case in every})
    yield f"| group | cases | {' | '.join(results)} |"
    yield f"|---|---|{'---|' * len(results)}"
    for group in [*groups, "all"]:
        mine = [case for case in every if group in (case.group, "all")]
        counts = [sum(passes(case, answers[case.name], engine) for case in mine) for engine, answers in results.items()]
        yield f"| {group} | {len(mine)} | {' | '.join(map(str, counts))} |"
    for engine, answers in results.items():
        for case in every:
            answer = answers[case.name]
            if not passes(case, answer, engine):
                told = answer.defect or answer.error or f"{len(answer.rows or [])} rows: {answer.rows}"
                yield f"{engine} fails {case.name}: {' '.join(told.split())[:200]}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--engine", action="append", choices=list(DIALECTS))
    arguments.add_argument("--out", type=Path, default=HOME / "build" / "sql-suite")
    options = arguments.parse_args()
    every = cases()
    tables(every, options.out)
    engines = options.engine or ["spark"]
    results = {engine: (spark if engine == "spark" else peer(engine))(every, options.out) for engine in engines}
    print("\n".join(report(every, results)))
    own = results.get("spark")
    return int(own is not None and not all(passes(case, own[case.name], "spark") for case in every))


if __name__ == "__main__":
    sys.exit(main())
