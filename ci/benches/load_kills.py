"""
What a kill -9 of the load job costs: a reader who looks all the time sees the old table or the new one, and the end is right.

The work is LoadKills of load-job's tests: deaths at failpoints in COPY and around the last transaction, and at random moments.
SEED and KILLS in the environment repeat a run or shorten it.
"""

from pathlib import Path

from bench import Bench, Figure
from kills import killed


def run(work: Path) -> Bench:
    told = killed(work, "load-job", "io.epicfhir.load.LoadKills", ("kills", "wrong", "mixed", "read"))
    return Bench(
        figures=[
            Figure("processes killed", "kills", told["kills"], None, "", str(told["wanted"]), told["kills"] >= told["wanted"]),
            Figure("tables with another end", "tables", told["wrong"], None, "", "0", told["wrong"] == 0),
            Figure("what a reader saw of a mix, or as an error", "looks", told["mixed"], None, "", "0", told["mixed"] == 0),
            Figure("looks of the reader", "looks", told["read"], None, "", "> 0", told["read"] > 0),
        ],
        raw=told,
    )
