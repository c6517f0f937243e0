"""
What a kill -9 of the extract job costs: nothing lost or doubled, no second kick-off, no more asked again than was in flight.

Each kill has a fresh lake. A process dies at a failpoint of the code that a seed draws, or, as failpoints are where the authors
thought of them, at a random moment by SIGKILL; then the task is run again as the scheduler would, and bronze is compared with
what the server serves. The server counts what it answered to the end: an answer that the death cut off is in no count. SEED and
KILLS in the environment repeat a run or shorten it; half the kills are in bulk, half in the crawl.
"""

import os
import random
import re
import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench import Bench, Figure
from bronze_rows import Rows, bronze_rows, served_rows
from jobs import Ended
from parts import HOME, PartError, cohort
from sandbox_site import SandboxSite

PATIENTS = 3
CORES = 2
MAX_IN_FLIGHT = 8
CRAWLERS = MAX_IN_FLIGHT + MAX_IN_FLIGHT // 2 + 4
MOMENTS_OF = 6  # each sixth kill is at a moment
MOST_TRIES = 5
DEATHS = (137, -9)
MAINS = ("KickOff", "ExportStatus", "Extract")
PACKAGES = HOME / "extract-job" / "src" / "main" / "java" / "io" / "epicfhir" / "extract"
# A point is passed once, if not named here: then up to so many times at least.
OFTEN = {
    "download.file": 12, "download.staged": 12, "download.receipt": 12, "publish.move": 10, "publish.moved": 10,
    "crawl.page": 60, "crawl.spooled": 60, "crawl.unit": 40, "crawl.index": 8,
}  # fmt: skip


@dataclass(frozen=True)
class Death:
    """Which main dies, and where: a failpoint NAME:N, or a moment in seconds after its start."""

    main: str
    point: str = ""
    moment: float | None = None

    def __str__(self) -> str:
        return self.point or f"{self.main} after {self.moment:.3f} s"


@dataclass
class Mode:
    """One of the two ways of extract, with its server."""

    name: str
    site: SandboxSite
    draw: random.Random
    jvm: tuple[str, ...]
    asked: tuple[str, ...]
    most_again: int
    seconds: dict[str, float] = field(default_factory=dict)
    expected: Rows = field(default_factory=Counter)
    requests: int = 0

    def run(self, main: str, run: str, death: Death | None = None) -> Ended:
        dying = death is not None and death.main == main
        jvm = (*self.jvm, f"-Depicfhir.failpoint={death.point}") if dying and death.point else self.jvm
        return self.site.plain(main, run, main, jvm, death.moment if dying else None)

    def fresh(self) -> None:
        shutil.rmtree(self.site.lake, ignore_errors=True)
        self.site.admin("requests", "DELETE")

    def told(self) -> dict:
        told = self.site.requests()
        told["asked"] = sum(told["counts"].get(kind, 0) for kind in self.asked)
        return told


def run(work: Path) -> Bench:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    kills = int(os.environ.get("KILLS", "60"))
    print(f"seed {seed}, {kills} kills", flush=True)
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    types = sorted(file.stem for file in data.glob("*.ndjson"))
    bulk = SandboxSite(
        work / "bulk", data, ["--reuse-exports", "--file-bytes", 1 << 20], {"extract.by": "bulk", "bulk.types": ",".join(types)}
    )
    crawl = SandboxSite(
        work / "crawl",
        data,
        ["--page-size", 20],
        {"extract.by": "crawl", "crawl.patients.group": "sandbox-group", "source.max-in-flight": str(MAX_IN_FLIGHT)},
    )
    short = ("-XX:TieredStopAtLevel=1",)
    with bulk, crawl, ThreadPoolExecutor(2) as pool:
        modes = [
            Mode("bulk", bulk, _draw(seed, "bulk"), (*short, *_spark()), ("FILE",), CORES),
            Mode("crawl", crawl, _draw(seed, "crawl"), short, ("SEARCH", "READ"), CRAWLERS),
        ]
        halves = pool.map(_kills, modes, [(kills + 1) // 2, kills // 2])
        raw = [kill for half in halves for kill in half]
    return _figures(seed, kills, raw)


def _draw(seed: int, mode: str) -> random.Random:
    return random.Random(f"{seed} {mode}")  # noqa: S311 - drawn to be repeated


def _kills(mode: Mode, kills: int) -> list[dict]:
    """The kills of one mode; those that came too late are told, too, and do not count."""
    _reference(mode)
    raw: list[dict] = []
    deaths = 0
    while deaths < kills:
        death = _drawn(mode, at_moment=deaths % MOMENTS_OF == MOMENTS_OF - 1)
        told = _killed(mode, death, f"k{len(raw)}")
        raw.append(told)
        deaths += told["died"]
        print(f"{mode.name:5} {deaths:2} {told}", flush=True)
        if len(raw) > 3 * kills + 10:
            raise PartError(f"Cannot kill often enough: {deaths} of {len(raw)} processes died; look at the points and OFTEN")
    return raw


def _reference(mode: Mode) -> None:
    """A run without a kill: how long each main takes, what is asked, what lands."""
    mode.fresh()
    for main in MAINS:
        ended = mode.run(main, "reference")
        if ended.code:
            raise PartError(
                f"Cannot kill: {main} of {mode.name} ends with {ended.code} as it is; look at {mode.site.root / 'logs'}"
            )
        mode.seconds[main] = ended.seconds
    served = served_rows(mode.site)
    landed = bronze_rows(mode.site.lake)
    # A crawl reaches what its searches and references name; what it lands is the server's all the same.
    mode.expected = served if mode.name == "bulk" else landed
    mode.requests = mode.told()["asked"]
    if not landed or landed - served or (mode.name == "bulk" and served - landed):
        raise PartError(f"Cannot kill: {mode.name} does not land what the server has even without a kill")


def _drawn(mode: Mode, *, at_moment: bool) -> Death:
    if at_moment:
        main = mode.draw.choice(["KickOff", "Extract", "Extract", "Extract"])
        return Death(main, moment=mode.draw.uniform(0.2, mode.seconds[main]))
    name = mode.draw.choice(_points(mode.name))
    main = {"kick-off": "KickOff", "status": "ExportStatus"}.get(name.split(".")[0], "Extract")
    return Death(main, f"{name}:{mode.draw.randint(1, OFTEN.get(name, 1))}")


def _killed(mode: Mode, death: Death, run: str) -> dict:
    begin = time.monotonic()
    mode.fresh()
    for main in MAINS[: MAINS.index(death.main)]:
        ended = mode.run(main, run)
        if ended.code:
            raise PartError(f"Cannot come to {death} in {mode.name}: {main} ends with {ended.code}")
    code = mode.run(death.main, run, death).code
    told = {"mode": mode.name, "death": str(death), "code": code, "died": code in DEATHS}
    # As the scheduler: the task that died again, and where that does not help the run from its start.
    tries = 1
    again = MAINS[MAINS.index(death.main) :]
    while any(mode.run(main, run).code for main in again):
        tries += 1
        again = MAINS
        if tries > MOST_TRIES:
            raise PartError(f"{mode.name} does not recover from {death} in {MOST_TRIES} tries; look at {mode.site.root / 'logs'}")
    found = bronze_rows(mode.site.lake)
    asked = mode.told()
    return told | {
        "tries": tries,
        "seconds": round(time.monotonic() - begin, 1),
        "lost": sum((mode.expected - found).values()),
        "doubled": sum((found - mode.expected).values()),
        "second_kick_offs": max(0, asked["exportsStarted"] - (mode.name == "bulk")),
        "asked_again": asked["asked"] - mode.requests,
        "over_in_flight": max(0, asked["asked"] - mode.requests - mode.most_again),
    }


def _points(mode: str) -> list[str]:
    """The failpoints that a mode passes, from the code: a new one is drawn without a word here."""
    found = set()
    for folder in {mode, "bronze", "crawl"}:
        for file in (PACKAGES / folder).glob("*.java"):
            for name in re.findall(r'Failpoint\.at\("([^"]+)"\)', file.read_text()):
                bulks_own = name.startswith("bulk.")  # hydration, whose classes are among the crawl's
                if folder != "crawl" or bulks_own == (mode == "bulk"):
                    found.add(name)
    return sorted(found)


def _spark() -> tuple[str, ...]:
    """What spark-submit would give the JVM, without the seconds that it takes itself."""
    opens = re.search(r"<spark.jvm.opens>([^<]+)</", (HOME / "pom.xml").read_text())
    if opens is None:
        raise PartError("Cannot start Spark without spark-submit: pom.xml has no property spark.jvm.opens")
    return ("-Dspark.master=local[2]", "-Dspark.ui.enabled=false", *opens[1].split())


def _figures(seed: int, kills: int, raw: list[dict]) -> Bench:
    died = [kill for kill in raw if kill["died"]]

    def figure(metric: str, unit: str, value: int, goal: int) -> Figure:
        return Figure(metric, unit, value, None, "", str(goal), value == goal)

    def total(key: str) -> int:
        return sum(kill[key] for kill in raw)

    figures = [
        figure("processes killed", "kills", len(died), kills),
        figure("resources lost", "resources", total("lost"), 0),
        figure("resources doubled or foreign", "resources", total("doubled"), 0),
        figure("second kick-offs", "kick-offs", total("second_kick_offs"), 0),
        figure("requests repeated beyond those in flight", "requests", total("over_in_flight"), 0),
    ]
    return Bench(figures, {"seed": seed, "kills": raw})
