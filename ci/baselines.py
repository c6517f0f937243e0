"""
A benchmark's figures against those that are committed, for the same class of host and by the same judgement as a run's.

``benches/baselines/<name>.json`` holds, by class of host and metric, the figures of the runs that were accepted, oldest first.
Where a peer was measured in the same run, the figure is the ratio to it: the machine's mood is in both.
"""

import json
import os
import platform
import sys
from datetime import datetime, timezone
from pathlib import Path

from parts import HOME

sys.path.insert(0, str(HOME / "dags"))
from epic_fhir.baseline import Point, Rules, judge
from epic_fhir.checks import WARN
from epic_fhir.history import Figure as Cost

FOLDER = HOME / "ci" / "benches" / "baselines"
RULES = Rules(least_runs=3, slower_at_once=0.3)
COSTS, RATES = {"s", "MiB"}, {"MB/s", "requests/s"}
"""Units of figures that are compared: of the first less is better, of the second more."""


def host_class() -> str:
    memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory} GiB"


def costs(figures: list[dict]) -> dict[str, float]:
    """What is compared, by metric: of each less is better."""
    found = {}
    for figure in figures:
        value = figure["product"] / figure["peer"] if figure["peer"] else figure["product"]
        # No comma: what has one is judged as the part of something.
        told = figure["metric"] + (f" by {figure['peer_name']}" if figure["peer"] else f" ({figure['unit']})")
        name = told.replace(", ", " ")
        if figure["unit"] in COSTS and value > 0:
            found[name] = value
        elif figure["unit"] in RATES and value > 0:
            found[name] = 1 / value
    return found


def compare(name: str, figures: list[dict], folder: Path = FOLDER) -> tuple[list[str], bool]:
    """
    Each figure's judgement as a line.

    :return: the lines, and whether one of them is a regression
    :raises ValueError: where the committed file cannot be read
    """
    known = _read(name, folder).get(host_class()) or {}
    lines, worse = [], False
    for metric, value in costs(figures).items():
        before = known.get(metric) or []
        points = [Point(run["at"], run["at"], run["value"]) for run in before]
        now = Point("now", "now", value)
        trend = judge(metric, Cost(value, "", f"this class of host, {host_class()}"), points, now, RULES, RULES.false_alarms)
        lines.append(f"{trend.state.replace('_', ' ').lower():<13}{metric}: {trend.sentence}")
        worse |= trend.state == WARN
    return lines, worse


def accept(name: str, figures: list[dict], reason: str, folder: Path = FOLDER) -> Path:
    """Adds a run's figures to the committed ones."""
    content = _read(name, folder)
    mine = content.setdefault(host_class(), {})
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    for metric, value in costs(figures).items():
        mine.setdefault(metric, []).append({"at": at, "value": round(value, 6), "reason": reason})
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(content, indent=1) + "\n")
    return file


def _read(name: str, folder: Path) -> dict:
    file = folder / f"{name}.json"
    if not file.exists():
        return {}
    try:
        return json.loads(file.read_text())
    except json.JSONDecodeError as e:
        raise ValueError(f"Cannot compare with {file}: it is not JSON ({e}); bring it back from the repository") from e
