"""
What a kill -9 of the transform job costs: silver and views hold in the end what an undisturbed run makes of the same landings.

The work is TransformKills of transform-job's tests: deaths at failpoints around the Delta commits and at random moments, several
on the way of one lake. SEED and KILLS in the environment repeat a run or shorten it.
"""

from pathlib import Path

from bench import Bench, Figure
from kills import killed


def run(work: Path) -> Bench:
    told = killed(work, "transform-job", "io.epicfhir.transform.TransformKills", ("kills", "wrong"))
    return Bench(
        figures=[
            Figure("processes killed", "kills", told["kills"], None, "", str(told["wanted"]), told["kills"] >= told["wanted"]),
            Figure("lakes with another end", "lakes", told["wrong"], None, "", "0", told["wrong"] == 0),
        ],
        raw=told,
    )
