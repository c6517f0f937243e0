"""make demo, make up, make down: the whole pipeline on synthetic patients, on this machine."""

import argparse
import json
import math
import shlex
import sys
import time
from collections import Counter
from pathlib import Path

import joined_files
import oracle
from parts import HOME, JavaPart, PartError
from stack import DAG, Stack

ROOT = HOME / "build" / "demo"
RUN = "demo"
DOCUMENTS = {"EPIC_FHIR_CRAWL_ATTACHMENTS": "true"}
"""The demo fetches the notes' texts, too; a site turns this on where its server allows it."""
ENDED = ("success", "failed", "skipped", "upstream_failed")
LOOK_SECONDS, QUIET_SECONDS = 3, 20
QUESTIONS = (
    "select gender, count(*), min(birth_date), max(birth_date) from fhir.patient group by gender",
    "select display, count(distinct patient_id) patients from fhir.condition group by display order by patients desc limit 10",
    "select display, count(*), round(avg(value), 1) average from fhir.vital_signs group by display order by count desc limit 10",
)
"""Three to begin with; a test asks them."""


def demo(stack: Stack) -> int:
    """Everything from nothing: parts, one DAG run, the reconciliation, and an end without processes."""
    try:
        stack.stop()
        stack.wipe()
        start(stack)
        green = run(stack)
    finally:
        stack.stop()
    print(f"\nreport: {stack.lake / 'report.html'}")
    print("look around: make up  (Airflow's pages, psql, the sandbox server); stop with make down")
    return 0 if green else 1


def up(stack: Stack) -> int:
    """The parts stay; the demo runs again unless a green one of the same patients and profile is there."""
    stack.stop()
    if not is_green(stack):
        stack.wipe()
    start(stack)
    green = is_green(stack) or run(stack)
    print(look_around(stack))
    return 0 if green else 1


def is_green(stack: Stack) -> bool:
    """Whether the demo's run has ended well, with these patients and this profile."""
    verdict = stack.lake / "metrics" / DAG / RUN / "verdict.json"
    env = stack.root / "env"
    here = shlex.split(env.read_text()) if env.exists() else []
    alike = all(f"{name}={value}" in here for name, value in stack.served().items())
    return alike and verdict.exists() and json.loads(verdict.read_text())["verdict"] == "green"


def start(stack: Stack):
    began = time.monotonic()
    say(f"generating {stack.patients} patients (once a number of patients; they are kept in build/patients)")
    stack.make_patients()
    say(f"patients are there after {time.monotonic() - began:.0f} s; starting the sandbox server, PostgreSQL and Airflow")
    stack.start()
    say(f"all parts are up after {time.monotonic() - began:.0f} s")


def run(stack: Stack) -> bool:
    say(f"running the DAG {DAG} under Airflow's scheduler: {stack.env()['AIRFLOW_URL']}")
    began = time.monotonic()
    stack.trigger(RUN)
    progress = Progress(stack)
    state = stack.ended(RUN, seconds=math.inf, meanwhile=progress.look)
    progress.tell()
    say(f"the run ended: {state}, after {time.monotonic() - began:.0f} s")
    if state != "success":
        print(f"What failed and what to do: {stack.lake / 'report.html'}")
        print(f"The tasks' logs: {stack.root / 'airflow' / 'logs' / f'dag_id={DAG}' / f'run_id={RUN}'}")
        return False
    return reconcile(stack)


class Progress:
    """Prints one line a task when it ends, and now and then which one is at work."""

    def __init__(self, stack: Stack):
        self.stack = stack
        self.told: set[str] = set()
        self.said = self.looked = time.monotonic()

    def look(self):
        if time.monotonic() - self.looked > LOOK_SECONDS:
            self.tell()

    def tell(self):
        self.looked = time.monotonic()
        tasks = sorted(self.stack.tasks(RUN), key=lambda task: task["start_date"] or "~")
        for task in tasks:
            if task["state"] in ENDED and task["task_id"] not in self.told:
                self.told.add(task["task_id"])
                self._line(f"  {task['task_id']:10} {task['state']:10} {task['duration'] or 0:6.1f} s")
        at_work = [task["task_id"] for task in tasks if task["state"] in ("running", "queued", "up_for_retry")]
        if at_work and time.monotonic() - self.said > QUIET_SECONDS:
            self._line(f"  … {at_work[0]} is at work")

    def _line(self, text: str):
        print(text, flush=True)
        self.said = time.monotonic()


def look_around(stack: Stack) -> str:
    """What to look at next, ready to paste."""
    env = stack.env()
    lines = "".join(f"  {key}={value}\n" for key, value in env.items())
    questions = "".join(f'     psql "{env["PSQL_URL"]}" -c "{question}"\n' for question in QUESTIONS)
    return f"""{lines}  (also in {stack.root / "env"})

Look at next:
  1. the run's page:    {env["AIRFLOW_URL"]}/epic-fhir/reports/{DAG}/{RUN}/report.html
  2. Airflow:           {env["AIRFLOW_URL"]}/dags/{DAG}
  3. the tables:
{questions}Stop with: make down"""


def reconcile(stack: Stack) -> bool:
    """Prints, one line a resource type, what lies where; false where it differs. Reads the storage itself, not the reports."""
    # Of another profile the server gives other bytes, and hides some of what it has.
    with_documents = ("export", "reference", "attachment")
    strict = stack.profile == "strict"
    served = oracle.served(stack.data) if strict else oracle.reachable(JavaPart(stack.root, "sandbox"), with_documents)
    bronze = oracle.bronze_rows(stack.lake)
    silver, _ = oracle.silver(stack.lake)
    views = oracle.view_rows(stack.lake)
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    of_type = _views_by_type()
    print(f"\n{'resource type':26} {'served':>8} {'bronze':>8} {'silver':>8}   view: rows in Delta = rows in PostgreSQL")
    right = _made(views, of_type)
    if not served:
        print("!the server has no resources, so nothing was compared")
        right = False
    for kind in sorted(served | bronze | silver | of_type):
        counts = [len(served.get(kind, {})), sum(bronze.get(kind, {}).values()), len(silver.get(kind, {}))]
        same = [len(set(counts)) == 1]
        pairs = []
        for view in (name for name in of_type.get(kind, []) if name in views):
            same.append(oracle.same_rows(views[view], tables[view]))
            pairs.append(f"{view}: {len(views[view])} {'=' if same[-1] else '≠'} {len(tables[view])}")
        right &= all(same)
        mark = " " if all(same) else "!"
        if any(counts) or not all(same):
            print(f"{mark}{kind:25} {counts[0]:8} {counts[1]:8} {counts[2]:8}   {', '.join(pairs)}")
    right &= joined(stack)
    print("\nall equal" if right else "\nNOT EQUAL: the lines marked ! differ")
    return right


def joined(stack: Stack) -> bool:
    """Prints, one line a joined table or lookup, its rows in Delta and in PostgreSQL; false where they differ or one is missing."""
    tables = oracle.joined_rows(stack.lake)
    right = _made(tables, {"joined": [file.name for file in joined_files.joined(HOME / "conf" / "joined")]})
    if not tables:
        return right
    postgres = oracle.postgres_rows(stack.env()["PSQL_URL"], list(tables))
    print(f"\n{'joined table or lookup':26} {'Delta':>8} {'PostgreSQL':>11}")
    for name, rows in tables.items():
        same = oracle.same_rows(rows, postgres[name])
        right &= same
        print(f"{' ' if same else '!'}{name:25} {len(rows):8} {len(postgres[name]):11}")
    if notes := tables.get("note"):
        without = Counter(row["problem"] for row in notes if row["text"] is None)
        why = "".join(f", {count} without: {problem}" for problem, count in sorted(without.items()))
        print(f"\ntext of documents: {len(notes) - without.total()} of {len(notes)}{why}")
    return right


def _made(tables: dict[str, list[dict]], wanted: dict[str, list[str]]) -> bool:
    """Whether each table that has a file is in the lake; prints those that are not. What is missing differs from nothing."""
    missing = [name for names in wanted.values() for name in names if name not in tables]
    for name in missing:
        print(f"!{name} is not in the lake")
    return not missing


def _views_by_type() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in sorted((HOME / "conf" / "views").glob("*.json")):
        view = json.loads(file.read_text())
        found.setdefault(view["resource"], []).append(view["name"])
    return found


def say(text: str):
    print(f"== {text}", flush=True)


def _has_archives() -> bool:
    """Whether class data archives of these JARs are there: to leave some takes longer than a single run gains by them."""
    jars = [jar.stat().st_mtime for jar in HOME.glob("*-job/target/*-job.jar")]
    archives = [archive.stat().st_mtime for archive in (HOME / "build" / "class-archives").glob("*-spark-*.jsa")]
    return len(archives) >= len(jars) > 0 and min(archives) > max(jars)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("verb", choices=["demo", "up", "down"])
    arguments.add_argument("--patients", type=int, default=20)
    arguments.add_argument("--root", type=Path, default=ROOT)
    arguments.add_argument("--profile", default="strict", help="of the sandbox server, such as 'epic --without group-unreadable'")
    options = arguments.parse_args()
    settings = DOCUMENTS if options.verb == "up" or _has_archives() else DOCUMENTS | {"EPIC_FHIR_CLASS_ARCHIVES": ""}
    stack = Stack(options.root, options.patients, settings, profile=options.profile)
    try:
        if options.verb == "down":
            stack.stop()
            return 0
        return {"demo": demo, "up": up}[options.verb](stack)
    except PartError as e:
        print(e, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
