"""
What a table costs: 10, 35 and 100 view tables of 1,000 rows each, in a run with nothing new, with one changed table, and with all.

The views are of at most 25 resource types, as a site has them: the tables of one type share its resources by a where. A changed
table is one of which one resource has other content. Every run is a process of its own, as the DAG starts it; its CPU seconds are
those of the process and of its children, by wait4. Medians of the repetitions.

- A changed table: the CPU seconds of a run in which all tables change, less those of a run with nothing to do, by the number of
  tables. The start of Spark is in it. Without it: less those of a run that changes one table (told).
- An unchanged table: what 90 more tables add to a run, from 10 tables to 100; once where nothing is new, and once where one other
  table changes.
- Spark jobs of a table: the stages of the run report by the number of tables. A job has at least one stage.

TABLES (such as 10,35) and REPETITIONS in the environment shorten it.
"""

import itertools
import json
import os
import statistics
from pathlib import Path

from bench import Bench, Figure
from jobs import Ended, must
from lake_site import LakeSite
from parts import PartError

TABLES = tuple(int(n) for n in os.environ.get("TABLES", "10,35,100").split(","))
REPETITIONS = int(os.environ.get("REPETITIONS", "3"))
ROWS = 1000
TYPES = (
    "AllergyIntolerance", "CarePlan", "CareTeam", "Claim", "Condition", "Device", "DiagnosticReport", "DocumentReference",
    "Encounter", "ExplanationOfBenefit", "Goal", "ImagingStudy", "Immunization", "Location", "Medication",
    "MedicationAdministration",
    "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure", "Provenance",
    "SupplyDelivery",
)  # fmt: skip
CHANGED, UNCHANGED, JOBS = 0.4, 0.02, 2


def run(work: Path) -> Bench:
    raw = {tables: _measured(work / str(tables), tables) for tables in TABLES}
    cpu = {tables: {what: statistics.median(runs) for what, runs in told["cpu_s"].items()} for tables, told in raw.items()}
    few, many = min(TABLES), max(TABLES)
    figures = []
    for tables in TABLES:
        nothing, one, every = (cpu[tables][what] for what in ("nothing", "one", "all"))
        with_start, without = (every - nothing) / tables, (every - one) / (tables - 1)
        jobs = statistics.median(raw[tables]["stages"]["all"]) / tables
        figures += [
            _figure(f"changed table, of {tables}", "CPU-s", with_start, CHANGED),
            Figure(f"changed table, of {tables}, without Spark's start", "CPU-s", without, None, "", "(told)", True),
            _figure(f"Spark stages of a changed table, of {tables}", "stages", jobs, JOBS),
        ]
    if many > few:
        for what, told in (("nothing", "nothing is new"), ("one", "another one changes")):
            figures.append(
                _figure(f"unchanged table, {told}", "CPU-s", (cpu[many][what] - cpu[few][what]) / (many - few), UNCHANGED)
            )
    return Bench(figures=figures, raw={str(tables): told for tables, told in raw.items()})


def _figure(metric: str, unit: str, value: float, goal: float) -> Figure:
    return Figure(metric, unit, value, None, "", f"<= {goal}", value <= goal)


def site(work: Path, tables: int) -> LakeSite:
    """A lake with so many tables."""
    landed = _landed(work, tables)
    must(landed.transform("full"))
    return landed


def _landed(work: Path, tables: int) -> LakeSite:
    views = work / "views"
    _views(views, tables)
    landed = LakeSite(work, {"transform.views": views})
    _ndjson(work / "all", [(table, number) for table in range(tables) for number in range(ROWS)])
    landed.land(work / "all", "full", "2026-01-01T00:00:00Z")
    return landed


def _measured(work: Path, tables: int) -> dict:
    """CPU seconds, seconds and stages of every run, by what was new in it."""
    site = _landed(work, tables)
    _ndjson(work / "each", [(table, 0) for table in range(tables)])
    _ndjson(work / "one", [(0, 1)])
    told: dict[str, dict[str, list]] = {key: {"nothing": [], "one": [], "all": []} for key in ("cpu_s", "seconds", "stages")}
    before = _versions(must(site.transform("full")))
    if len(before) != tables:
        raise PartError(f"Cannot measure: the job made {len(before)} of {tables} tables")
    days = itertools.count(1)
    for repetition in range(REPETITIONS):
        for what, folder, changes in (("nothing", None, 0), ("one", "one", 1), ("all", "each", tables)):
            name = f"{what}{repetition}"
            if folder:
                day = next(days)
                # Another content each time: with the element that the fill adds, then again without it.
                site.land(work / folder, name, f"2026-02-{day:02d}T00:00:00Z", changed=repetition % 2 == 0)
            ended = must(site.transform(name))
            after = _versions(ended)
            moved = sum(before[view] != version for view, version in after.items())
            if moved != changes:
                raise PartError(f"Cannot measure: {moved} of {tables} tables changed in run {name}, and {changes} should have")
            before = after
            told["cpu_s"][what].append(ended.cpu_seconds)
            told["seconds"][what].append(ended.seconds)
            told["stages"][what].append(len(ended.report["stages"]))
    return told


def _versions(ended: Ended) -> dict[str, int]:
    return {view: told["delta_version"] for view, told in ended.report["result"]["views"].items()}


def _place(table: int) -> tuple[str, str]:
    """A table's type, and the mark that its resources have."""
    return TYPES[table % len(TYPES)], f"urn:table:{table}"


def _views(folder: Path, tables: int) -> None:
    folder.mkdir(parents=True)
    for table in range(tables):
        kind, mark = _place(table)
        columns = [("id", "getResourceKey()"), ("language", "language"), ("mark", "implicitRules"), ("updated", "meta.lastUpdated")]
        view = {
            "resourceType": "ViewDefinition",
            "name": f"table_{table:03d}",
            "status": "active",
            "resource": kind,
            "where": [{"path": f"implicitRules = '{mark}'"}],
            "select": [{"column": [{"name": name, "path": path} for name, path in columns]}],
        }
        (folder / f"{view['name']}.json").write_text(json.dumps(view, indent=2))


def _ndjson(folder: Path, resources: list[tuple[int, int]]) -> None:
    """A file a type: the resources of a table by their numbers."""
    folder.mkdir(parents=True)
    lines: dict[str, list[str]] = {}
    for table, number in resources:
        kind, mark = _place(table)
        resource = {
            "resourceType": kind,
            "id": f"t{table}-{number}",
            "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
            "implicitRules": mark,
        }
        lines.setdefault(kind, []).append(json.dumps(resource, separators=(",", ":")))
    for kind, texts in lines.items():
        (folder / f"{kind}.ndjson").write_text("".join(f"{text}\n" for text in texts))
