"""
Runs benchmarks and writes build/bench/<name>.json: the product's figure and its peer's from the same run, one a goal.

Every benchmark is a module of ci/benches with ``run(work: Path) -> Bench``. A figure's ``ratio`` is product by peer; a goal that
was not met is printed as such and is no reason for another exit code. A figure that is worse than those committed for this class
of host is: exit code 1. ``--accept REASON`` adds the last run's figures to them instead of running anything.
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import baselines
from parts import HOME, PartError

BENCHES = HOME / "ci" / "benches"


@dataclass
class Figure:
    """One goal: what was measured, what it is held against, and whether it is met; None where it has no goal."""

    metric: str
    unit: str
    product: float
    peer: float | None
    peer_name: str
    goal: str
    met: bool | None
    ratio: float | None = None


@dataclass
class Bench:
    """A benchmark's figures, and every single repetition beside them."""

    figures: list[Figure] = field(default_factory=list)
    raw: dict = field(default_factory=dict)


def main() -> int:
    names = sorted(p.stem.replace("_", "-") for p in BENCHES.glob("[a-z]*.py"))
    parser = argparse.ArgumentParser(description="Runs benchmarks; see ci/README.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(names)}; all where none is named")
    parser.add_argument("--accept", metavar="REASON", help="take the last run's figures as the level of this class of host")
    given = parser.parse_args()
    chosen = given.names or names
    for name in chosen:
        if name not in names:
            print(f"Cannot run the benchmark {name}: there is none of that name; take one of {', '.join(names)}", file=sys.stderr)
            return 2
    return max(_accept(name, given.accept) if given.accept else _one(name) for name in chosen)


def _accept(name: str, reason: str) -> int:
    out = HOME / "build" / "bench" / f"{name}.json"
    if not out.exists():
        print(f"Cannot accept the figures of {name}: {out} is not there; run the benchmark first", file=sys.stderr)
        return 2
    file = baselines.accept(name, json.loads(out.read_text())["figures"], reason)
    print(f"{file.relative_to(HOME)} has them; commit it")
    return 0


def _one(name: str) -> int:
    work = HOME / "build" / "bench" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        bench = importlib.import_module(f"benches.{name.replace('-', '_')}").run(work)
    except PartError as e:
        print(f"The benchmark {name} did not run: {e}", file=sys.stderr)
        return 1
    host = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(), "load": os.getloadavg()}
    content = {"name": name, "host": host, "figures": [vars(f) for f in bench.figures], "raw": bench.raw}
    out = HOME / "build" / "bench" / f"{name}.json"
    out.write_text(json.dumps(content, indent=2) + "\n")
    _print(name, bench, out)
    try:
        lines, worse = baselines.compare(name, content["figures"])
    except ValueError as e:
        print(e, file=sys.stderr)
        return 1
    print("".join(f"  {line}\n" for line in lines), end="")
    return 1 if worse else 0


def _print(name: str, bench: Bench, out: Path) -> None:
    print(f"\n== {name}")
    for f in bench.figures:
        against = "" if f.peer is None else f"   {f.peer_name}: {_number(f.peer)}   ratio {f.ratio:.3f}"
        verdict = {True: "met   ", False: "MISSED", None: "info  "}[f.met]
        print(f"  {verdict}  {f.metric}: {_number(f.product)} {f.unit}{against}   goal {f.goal}")
    print(f"  {out.relative_to(HOME)}")


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


if __name__ == "__main__":
    sys.path.insert(0, str(HOME / "ci"))
    sys.modules["bench"] = sys.modules["__main__"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    sys.exit(main())
