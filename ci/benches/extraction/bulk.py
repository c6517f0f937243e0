"""A bulk export of 600 MB into committed bronze, and the same export by the peers, in turn and from one server."""

import json
import os
import shutil
import statistics
from pathlib import Path

from bench import Bench, Figure
from benches.extraction.peers import Curl, Peer
from benches.extraction.sandbox_export import access_token
from jobs import Ended, must
from parts import PartError, cohort
from sandbox_site import SandboxSite

PATIENTS = int(os.environ.get("PATIENTS", "130"))
REPETITIONS = int(os.environ.get("REPETITIONS", "5"))
PRODUCT = "product"
PHASES = (("KickOff", "kick_off", False), ("ExportStatus", "wait", False), ("Extract", "extract", True))


def run(work: Path, peers: list[Peer]) -> Bench:
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    size = sum(f.stat().st_size for f in data.glob("*.ndjson"))
    rounds: dict[str, list[dict]] = {name: [] for name in (PRODUCT, *(peer.name for peer in peers))}
    failed: dict[str, str] = {}
    with SandboxSite(work, data, ["--file-bytes", 16 << 20]) as site:
        for repetition in range(REPETITIONS + 1):  # the first warms all up and does not count
            for name, told in _round(site, f"r{repetition}", peers, work, failed).items():
                print(f"{'warm-up' if not repetition else f'round {repetition}'} {name}: {told}", flush=True)
                rounds[name] += [told] if repetition else []
            shutil.rmtree(site.lake)
        asked = site.requests()
    raw = {"bytes": size, "rounds": rounds, "failed": failed, "early_polls": asked["earlyPolls"], "over_limit": asked["overLimit"]}
    figures = _figures(size, rounds, [peer for peer in peers if peer.name not in failed])
    figures += [Figure(f"bulk by {name}: {why}", "", 0, None, "", "measured", False) for name, why in failed.items()]
    return Bench(figures, {"bulk": raw})


def _round(site: SandboxSite, run: str, peers: list[Peer], work: Path, failed: dict[str, str]) -> dict[str, dict]:
    """The product's three processes; between them curl, while the server has the export that the product asked for."""
    found = {}
    ended = {}

    def measure(some: list[Peer]) -> None:
        for peer in some:
            try:
                found[peer.name] = _peer(peer, site, work / "fetched", run)
            except PartError as e:
                failed[peer.name] = str(e)
                print(e, flush=True)

    here = [peer for peer in peers if peer.name not in failed]
    for main, task, spark in PHASES:
        ended[task] = must(site.java(main, run, task, spark=spark))
        if task == "wait":
            measure([peer for peer in here if isinstance(peer, Curl)])
    found[PRODUCT] = {
        "job_s": round(ended["extract"].seconds, 2),
        "landing_s": round(ended["extract"].report["timers"]["extract.land"]["max_ms"] / 1000, 2),
        "seconds": round(sum(e.seconds for e in ended.values()), 2),
        "cpu_s": round(sum(e.cpu_seconds for e in ended.values()), 2),
        "peak_mib": round(max(e.peak_mib for e in ended.values())),
        "hydrate_s": round(ended["extract"].report["timers"].get("extract.hydrate", {"max_ms": 0})["max_ms"] / 1000, 2),
    }
    measure([peer for peer in here if not isinstance(peer, Curl)])
    return found


def _peer(peer: Peer, site: SandboxSite, folder: Path, run: str) -> dict:
    peer.clean(folder)
    ended = _links(peer, site, folder) if isinstance(peer, Curl) else peer.fetch(site, folder)
    fetched = peer.bytes(folder)
    if ended.code or not fetched:
        raise PartError(
            f"Cannot measure {peer.name}: it ended with {ended.code} and {fetched} bytes in {run}; look at {site.root / 'logs'}"
        )
    shutil.rmtree(folder)
    return {
        "seconds": round(ended.seconds, 2),
        "cpu_s": round(ended.cpu_seconds, 2),
        "peak_mib": round(ended.peak_mib),
        "bytes": fetched,
    }


def _links(curl: Curl, site: SandboxSite, folder: Path) -> Ended:
    """The files of the export that the product has asked for."""
    [ledger] = [p.parent for p in site.lake.glob("state/exports/*/manifest.json")]
    pages = json.loads((ledger / "manifest.json").read_text())["pages"]
    urls = [file["url"] for page in pages for file in json.loads(page)["output"]]
    return curl.files(site, folder, urls, access_token(site))


def _figures(size: int, rounds: dict[str, list[dict]], peers: list[Peer]) -> list[Figure]:
    def median(name: str, key: str) -> float:
        return statistics.median(told[key] for told in rounds[name])

    figures = []
    for peer in peers:
        fetched = median(peer.name, "bytes")
        theirs = fetched / 1e6 / median(peer.name, "seconds")
        if isinstance(peer, Curl):
            cold, warm = (size / 1e6 / median(PRODUCT, key) for key in ("job_s", "landing_s"))
            figures += [
                _rate("bulk, the whole cold extract job", cold, theirs, peer.name, 0.5),
                _rate("bulk, the landing alone", warm, theirs, peer.name, 0.8),
            ]
        else:
            whole = size / 1e6 / median(PRODUCT, "seconds")
            figures.append(_rate("bulk, from the kick-off to the end", whole, theirs, peer.name, None))
        ours = 1e8 * median(PRODUCT, "cpu_s") / size
        cost = 1e8 * median(peer.name, "cpu_s") / fetched
        figures.append(Figure("bulk, CPU per 100 MB", "CPU-s", ours, cost, peer.name, "(told)", None, ours / cost))
        peak, theirs = median(PRODUCT, "peak_mib"), median(peer.name, "peak_mib")
        figures.append(Figure("bulk, peak memory", "MiB resident", peak, theirs, peer.name, "(told)", None, peak / theirs))
    return figures


def _rate(metric: str, product: float, peer: float, name: str, goal: float | None) -> Figure:
    ratio = product / peer
    told = "(told)" if goal is None else f">= {goal} of {name}"
    return Figure(metric, "MB/s", product, peer, name, told, None if goal is None else ratio >= goal, ratio)
