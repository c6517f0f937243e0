"""Copies one document of each contract from a lake to the golden files, and shortens what repeats. Called by contracts.sh."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parts import HOME

sys.path.insert(0, str(HOME / "dags"))
from epic_fhir.installation import Installation
from epic_fhir.job_settings import DAG_SETTINGS

KEPT = 2
"""So many of equal items stay: stages, files, types, views, figures."""

SMALL = 8
"""Lists and objects up to this size stay whole."""

FIELDS = ("id", "birth_date", "patient_id")
"""Columns whose metadata shows each key: a plain one, one with an ANSI type, one with an index."""


def main(lake: Path, golden: Path) -> None:
    golden.mkdir(parents=True, exist_ok=True)
    for name, content in documents(lake):
        (golden / f"{name}.json").write_text(written(shortened(content), lake), encoding="utf-8")
        print(f"{name}.json")
        if (old := golden / "without-version" / f"{name}.json").exists():
            content.pop("schema_version")
            old.write_text(written(shortened(content), lake), encoding="utf-8")


def written(content: Any, lake: Path) -> str:
    """As text without this machine's paths."""
    return json.dumps(content, indent=2, ensure_ascii=False).replace(str(lake.resolve()), "/lake") + "\n"


def documents(lake: Path) -> Iterator[tuple[str, Any]]:
    """Each contract's document by the name of its golden file."""
    run = next(file.parent for file in sorted(lake.glob("metrics/*/*/verdict.json")))
    for task in ("kick_off", "wait", "extract", "transform", "load", "validate", "report"):
        yield f"run-report.{task}", read(run / f"{task}.json")
    yield "verdict", read(run / "verdict.json")
    yield "history", read(lake / "state/history" / f"{run.parent.name}.json")
    yield "bronze-commit", first(lake, "state/landings/*.json")
    for part in ("intent", "kick-off", "members", "landed", "fence", "completeness"):
        yield f"export-state.{part}", first(lake, f"state/exports/*/{part}.json")
    yield "export-state.run", first(lake, "state/runs/*.json")
    yield "export-state.group", first(lake, "state/groups/*.json")
    yield "applied-export", first(lake, "state/applied/*.json")
    yield "silver-state", read(lake / "state/silver.json")
    yield "view-state", read(lake / "state/views/patient.json")
    yield "column-metadata", dict(columns(lake))
    here = Installation.from_env({"EPIC_FHIR_HOME": str(HOME)})
    for kind in ("pipeline", "validation"):
        yield f"{kind}-settings", settings(here, kind)


def settings(here: Installation, kind: str) -> Any:
    """The shipped settings as the DAGs get them."""
    command = here.small_java(DAG_SETTINGS, [kind, str(HOME / "conf" / f"{kind}.conf")])
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(told.replace(str(HOME), "/pipeline"))


def columns(lake: Path) -> Iterator[tuple[str, Any]]:
    """What the Delta schemas of two views say of some columns."""
    for view in ("patient", "encounter"):
        commit = lake / f"views/{view}/_delta_log/00000000000000000000.json"
        for line in commit.read_text(encoding="utf-8").splitlines():
            if "metaData" in (action := json.loads(line)):
                for field in json.loads(action["metaData"]["schemaString"])["fields"]:
                    if field["name"] in FIELDS:
                        yield f"{view}.{field['name']}", field["metadata"]


def shortened(value: Any) -> Any:
    """The same with fewer of what repeats; an object of a fixed shape keeps every key."""
    if isinstance(value, list):
        return [shortened(item) for item in (value if len(value) <= SMALL else value[:KEPT])]
    if isinstance(value, dict):
        items = list(value.items())
        same = len(items) > SMALL and all(isinstance(item, type(items[0][1])) for _, item in items)
        return {key: shortened(item) for key, item in (items[:KEPT] if same else items)}
    return value


def first(lake: Path, pattern: str) -> Any:
    return read(min(lake.glob(pattern)))


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
