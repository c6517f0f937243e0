"""
What each tool loses where a file of the export fails as files of real servers do: six faults, each in an export of its own.

Each tool may try as often as a scheduler would try it, in the same folder. Then its lines are compared with what the server has:
``whole`` is all of them once and exit 0; ``red`` is another exit; ``silent`` is exit 0 with lines lost, doubled or spoiled.
"""

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from epic_fhir.reports import NO_RETRY

from bench import Bench, Figure
from benches.extraction.bulk import PHASES
from benches.extraction.peers import Peer
from bronze_rows import bronze_rows, served_rows
from parts import cohort
from sandbox_site import SandboxSite

PATIENTS = int(os.environ.get("FAULT_PATIENTS", "3"))
TRIES = 3
LIMIT_S = 150.0
TYPE = "Observation"
PRODUCT = "product"


@dataclass(frozen=True)
class FileFault:
    """
    One file's fault.

    :param order: as the sandbox's admin endpoint takes it
    :param unsayable: lines that the server says it has and never sends: only red is right
    """

    name: str
    order: dict
    unsayable: int = 0


def _order(fault: str, *parameters: object) -> dict:
    return {"kind": "FILE", "type": TYPE, "fault": fault, "parameters": list(parameters), "times": 1}


FAULTS = (
    FileFault("500 once", _order("answer", 500, "text/plain", "Internal Server Error")),
    FileFault("connection cut in the file", _order("reset", 50_000)),
    FileFault("429 with Retry-After", _order("tooManyRequests", "2")),
    FileFault("token expires at the file", _order("expireToken")),
    FileFault("file ends early in good order", _order("endEarly", 50_000)),
    FileFault("a line fewer than the manifest counts", _order("wrongCount", 1), unsayable=1),
)


def run(work: Path, peers: list[Peer]) -> Bench:
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    raw: list[dict] = []
    with SandboxSite(work, data, ["--file-bytes", 1 << 20]) as site:
        served = served_rows(site)
        for fault in FAULTS:
            raw.append({"tool": PRODUCT, "fault": fault.name, **_product(site, fault, served)})
            for peer in peers:
                raw.append({"tool": peer.name, "fault": fault.name, **_peer(peer, site, fault, served, work / "fetched")})
            for told in raw[-1 - len(peers) :]:
                print(told, flush=True)
    return Bench(_figures(raw, peers), {"faults": raw})


def _product(site: SandboxSite, fault: FileFault, served: Counter) -> dict:
    """The three tasks; a task that fails is tried again, as its exit code says, and then the run is red."""
    run = "fault-" + hashlib.sha256(fault.name.encode()).hexdigest()[:8]
    shutil.rmtree(site.lake, ignore_errors=True)
    site.admin("faults", "DELETE")
    site.admin("faults", "POST", fault.order)
    begin, code, tries = time.monotonic(), 0, 0
    for main, task, spark in PHASES:
        for _ in range(TRIES):
            tries += 1
            code = site.java(main, run, task, spark=spark).code
            if code == 0 or code in NO_RETRY:
                break
        if code:
            break
    found = bronze_rows(site.lake)
    return _told(code, tries - len(PHASES) + 1, time.monotonic() - begin, served, found, fault)


def _peer(peer: Peer, site: SandboxSite, fault: FileFault, served: Counter, folder: Path) -> dict:
    peer.clean(folder)
    site.admin("faults", "DELETE")
    site.admin("faults", "POST", fault.order)
    begin, code, tries = time.monotonic(), 1, 0
    while code and tries < TRIES and time.monotonic() - begin < LIMIT_S:
        tries += 1
        code = peer.fetch(site, folder, LIMIT_S).code
    asked = Counter({row: n for row, n in served.items() if peer.types is None or row[0] in peer.types})
    return _told(code, tries, time.monotonic() - begin, asked, _rows(peer.lines(folder)), fault)


def _rows(lines: Counter) -> Counter:
    rows: Counter = Counter()
    for line, times in lines.items():
        try:
            resource = json.loads(line)
            key = (resource["resourceType"], resource["id"], hashlib.sha256(line).hexdigest())
        except (ValueError, KeyError, TypeError):
            key = ("", "", "a line that is no resource")
        rows[key] += times
    return rows


def _told(code: int, tries: int, seconds: float, served: Counter, found: Counter, fault: FileFault) -> dict:
    lost, extra = sum((served - found).values()) + fault.unsayable, sum((found - served).values())
    silent = code == 0 and (lost or extra)
    end = "silent" if silent else "whole" if code == 0 else "red"
    return {"end": end, "exit": code, "tries": tries, "seconds": round(seconds, 1), "lost": lost, "doubled_or_spoiled": extra}


def _figures(raw: list[dict], peers: list[Peer]) -> list[Figure]:
    def count(tool: str, right: bool) -> int:
        wanted = {fault.name: "red" if fault.unsayable else "whole" for fault in FAULTS}
        ends = [told for told in raw if told["tool"] == tool]
        return sum((told["end"] == wanted[told["fault"]]) if right else (told["end"] == "silent") for told in ends)

    def figure(metric: str, right: bool, goal: int, peer: Peer | None) -> Figure:
        ours = count(PRODUCT, right)
        if peer is None:
            return Figure(metric, "faults", ours, None, "", str(goal), ours == goal)
        theirs = count(peer.name, right)
        return Figure(metric, "faults", ours, theirs, peer.name, "(told)", None, ours / theirs if theirs else 0.0)

    figures = []
    for metric, right, goal in (("faults that end right", True, len(FAULTS)), ("faults that lose or double silently", False, 0)):
        figures += [figure(metric, right, goal, peer) for peer in (None, *peers)]
    return figures
