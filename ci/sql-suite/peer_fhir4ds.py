"""fhir4ds-v2, which evaluates SQLView and SQLQuery over DuckDB; its views are its own, made of the case's resources."""

import json
from pathlib import Path

import fhir4ds
from fhir4ds.sqlquery import SQLQueryRunner
from suite import Answer, Case


def answers(every: list[Case], out: Path) -> dict[str, Answer]:
    return {case.name: _answer(case) for case in every}


def _answer(case: Case) -> Answer:
    connection = fhir4ds.create_connection()
    connection.execute("CREATE TABLE resources (id VARCHAR, resourceType VARCHAR, resource JSON)")
    for resource in case.file["resources"]:
        connection.execute(
            "INSERT INTO resources VALUES (?, ?, ?)", [resource["id"], resource["resourceType"], json.dumps(resource)]
        )
    known = {item["url"]: item for key in ("views", "libraries", "terminology") for item in case.file.get(key, [])}
    try:
        rows = SQLQueryRunner(connection, lambda url: known[url]).execute(known[case.test["run"]], case.test.get("parameters"))
        columns = case.test.get("columns") or _columns(case)
        return Answer(columns, [dict(zip(columns, row, strict=False)) for row in rows])
    except Exception as e:  # its errors have no one ancestor that DuckDB's share
        return Answer(error=f"{type(e).__name__}: {e}")
    finally:
        connection.close()


def _columns(case: Case) -> list[str]:
    """It gives rows without names: they are taken by place."""
    expected = case.test.get("expect") or next(iter((case.test.get("expectByDialect") or {"": []}).values()))
    return list(expected[0]) if expected else []
