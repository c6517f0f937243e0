"""
What a kill -9 of the transform job costs: silver and views hold in the end what an undisturbed run makes of the same landings.

The work is TransformKills of transform-job's tests: deaths at failpoints around the Delta commits and at random moments, several
on the way of one lake. SEED and KILLS in the environment repeat a run or shorten it.
"""

import os
import random
import re
import subprocess
from pathlib import Path

from bench import Bench, Figure
from jobs import spark_opens
from parts import PartError, test_class_path


def run(work: Path) -> Bench:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    kills = int(os.environ.get("KILLS", "60"))
    print(f"seed {seed}, {kills} kills", flush=True)
    log = work / "kills.log"
    command = [
        "java", *spark_opens(), "-Xmx2g", "-XX:TieredStopAtLevel=1", "-cp", test_class_path("transform-job"),
        "io.epicfhir.transform.TransformKills", work / "lakes", seed, kills,
    ]  # fmt: skip
    told: dict[str, int] = {}
    lines = []
    with (
        log.open("w") as err,
        subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=err, text=True) as process,
    ):
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
            if key := re.fullmatch(r"(kills|wrong)=(\d+)\n?", line):
                told[key[1]] = int(key[2])
    if process.returncode or set(told) != {"kills", "wrong"}:
        raise PartError(f"Cannot measure: the kills ended with {process.returncode}; look at {log}")
    return Bench(
        figures=[
            Figure("processes killed", "kills", told["kills"], None, "", str(kills), told["kills"] >= kills),
            Figure("lakes with another end", "lakes", told["wrong"], None, "", "0", told["wrong"] == 0),
        ],
        raw={"seed": seed, "kills": lines},
    )
