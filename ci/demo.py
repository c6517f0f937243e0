"""make demo, make up, make down: the whole pipeline on synthetic patients, on this machine."""

import argparse
import sys
import time
from pathlib import Path

import oracle
from parts import HOME, JavaPart, PartError
from stack import Stack

ROOT = HOME / "build" / "demo"
RUN = "demo"


def demo(stack: Stack) -> int:
    """Everything from nothing: parts, one DAG run, the reconciliation, and an end without processes."""
    try:
        stack.stop()
        stack.wipe()
        green = run(stack)
    finally:
        stack.stop()
    print(f"\nreport: {stack.lake / 'report.html'}")
    print("look around: make up  (Airflow's pages, psql, the sandbox server); stop with make down")
    return 0 if green else 1


def up(stack: Stack) -> int:
    """The parts stay; the demo's run is made if it is not there yet."""
    say("starting the sandbox server, PostgreSQL and Airflow")
    stack.start()
    green = (stack.lake / "report.html").exists() or run(stack)
    for key, value in stack.env().items():
        print(f"  {key}={value}")
    print(f"  (also in {stack.root / 'env'})")
    print(f'try: psql "{stack.env()["PSQL_URL"]}" -c "select display, count(distinct patient_id) patients')
    print('     from fhir.condition group by display order by patients desc limit 10"')
    print("stop with: make down")
    return 0 if green else 1


def run(stack: Stack) -> bool:
    say(f"generating {stack.patients} patients (once), starting the sandbox server, PostgreSQL and Airflow")
    stack.start()
    say(f"running the DAG epic_fhir_etl under Airflow's scheduler: {stack.env()['AIRFLOW_URL']}")
    started = time.monotonic()
    state = stack.run_dag(RUN)
    for task in sorted(stack.tasks(RUN), key=lambda t: t["start_date"] or ""):
        print(f"  {task['task_id']:10} {task['state']:10} {task['duration'] or 0:6.1f} s")
    say(f"the run ended: {state}, after {time.monotonic() - started:.0f} s")
    if state != "success":
        print(f"what failed stands in {stack.lake / 'report.html'} and in {stack.root / 'airflow' / 'logs'}")
        return False
    return reconcile(stack)


def reconcile(stack: Stack) -> bool:
    """Prints, one line a resource type, what lies where; false where it differs. Reads the storage itself, not the reports."""
    # Of another profile the server gives other bytes, and hides some of what it has.
    served = oracle.served(stack.data) if stack.profile == "strict" else oracle.reachable(JavaPart(stack.root, "sandbox"))
    bronze = oracle.bronze_rows(stack.lake)
    silver, _ = oracle.silver(stack.lake)
    views = oracle.view_rows(stack.lake)
    tables = oracle.postgres_rows(stack.env()["PSQL_URL"], list(views))
    of_type = _views_by_type(views)
    print(f"\n{'resource type':26} {'served':>8} {'bronze':>8} {'silver':>8}   view: rows in Delta = rows in PostgreSQL")
    right = True
    for kind in sorted(served | bronze | silver):
        counts = [len(served.get(kind, {})), sum(bronze.get(kind, {}).values()), len(silver.get(kind, {}))]
        same = [len(set(counts)) == 1]
        pairs = []
        for view in of_type.pop(kind, []):
            same.append(oracle.same_rows(views[view], tables[view]))
            pairs.append(f"{view}: {len(views[view])} {'=' if same[-1] else '≠'} {len(tables[view])}")
        right &= all(same)
        mark = " " if all(same) else "!"
        print(f"{mark}{kind:25} {counts[0]:8} {counts[1]:8} {counts[2]:8}   {', '.join(pairs)}")
    right &= joined(stack)
    print("\nall equal" if right else "\nNOT EQUAL: the lines marked ! differ")
    return right


def joined(stack: Stack) -> bool:
    """Prints, one line a joined table or lookup, its rows in Delta and in PostgreSQL; false where they differ."""
    tables = oracle.joined_rows(stack.lake)
    if not tables:
        return True
    postgres = oracle.postgres_rows(stack.env()["PSQL_URL"], list(tables))
    print(f"\n{'joined table or lookup':26} {'Delta':>8} {'PostgreSQL':>11}")
    right = True
    for name, rows in tables.items():
        same = oracle.same_rows(rows, postgres[name])
        right &= same
        print(f"{' ' if same else '!'}{name:25} {len(rows):8} {len(postgres[name]):11}")
    return right


def _views_by_type(views) -> dict[str, list[str]]:
    import json

    found: dict[str, list[str]] = {}
    for file in sorted((HOME / "conf" / "views").glob("*.json")):
        view = json.loads(file.read_text())
        if view["name"] in views:
            found.setdefault(view["resource"], []).append(view["name"])
    return found


def say(text: str):
    print(f"== {text}", flush=True)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("verb", choices=["demo", "up", "down"])
    arguments.add_argument("--patients", type=int, default=20)
    arguments.add_argument("--root", type=Path, default=ROOT)
    arguments.add_argument("--profile", default="strict", help="of the sandbox server, such as 'epic --without group-unreadable'")
    options = arguments.parse_args()
    stack = Stack(options.root, options.patients, profile=options.profile)
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
