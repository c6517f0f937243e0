"""
How fast extract is, what it needs, and what it loses, beside other tools that fetch a bulk export: parts that PARTS may choose.

``bulk``: 600 MB into committed bronze. Cold is the wall time of the whole extract job, its JVM's and Spark's start included; warm
is the landing alone. The measure is ``curl --compressed --parallel`` of the same files to disk; peers are smart-fetch and
bulk-data-client, from their question for an export to the last file, with CPU and peak memory. In turn, medians.
``faults``: six faults of a file; who loses what. ``start``: CPU of a kick-off and of a look at the status. ``crawl``: requests a
second against what the source allows. ``heap``: what is alive, for ten times the data.

A peer that the machine cannot install is named with the reason and counts as a goal that was missed.
"""

import os
from pathlib import Path

from bench import Bench, Figure
from benches.extraction import bulk, crawl, faults, heap, peers, start
from parts import PartError

PARTS = ("bulk", "faults", "start", "crawl", "heap")
WITH_PEERS = {"bulk": bulk.run, "faults": faults.run}
ALONE = {"start": start.run, "crawl": crawl.run, "heap": heap.run}


def run(work: Path) -> Bench:
    chosen = os.environ.get("PARTS", ",".join(PARTS)).split(",")
    if unknown := set(chosen) - set(PARTS):
        raise PartError(f"Cannot run the parts {', '.join(sorted(unknown))}: PARTS may name {', '.join(PARTS)}")
    whole = Bench()
    there, absent = peers.installed() if WITH_PEERS.keys() & set(chosen) else ([], {})
    for part in (name for name in PARTS if name in chosen):
        told = WITH_PEERS[part](work / part, there) if part in WITH_PEERS else ALONE[part](work / part)
        whole.figures += told.figures
        whole.raw |= told.raw
    whole.figures += [Figure(f"{name} is not measured: {why}", "", 0, None, "", "measured", False) for name, why in absent.items()]
    whole.raw["absent"] = absent
    return whole
