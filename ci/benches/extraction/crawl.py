"""Requests a second of a crawl, start and end of it included, against what the source allows."""

import json
import os
import shutil
import statistics
from pathlib import Path

from bench import Bench, Figure
from jobs import must
from sandbox_site import SandboxSite

PATIENTS = int(os.environ.get("CRAWL_PATIENTS", "1000"))
CRAWLS = int(os.environ.get("CRAWLS", "3"))
LATENCY_MS = 100
IN_FLIGHT = 40
GOAL = 0.95


def run(work: Path) -> Bench:
    data = work / "data"
    _small_records(data, PATIENTS)
    flags = ["--latency-ms", LATENCY_MS, "--max-in-flight", IN_FLIGHT, "--page-size", 100]
    settings = {"extract.by": "crawl", "crawl.patients.group": "sandbox-group", "source.max-in-flight": str(IN_FLIGHT)}
    ceiling = IN_FLIGHT * 1000 / LATENCY_MS
    raw = {"seconds": [], "requests": [], "max_in_flight": [], "over_limit": 0, "early_requests": 0, "ms_per_patient": []}
    with SandboxSite(work, data, flags, settings) as site:
        for repetition in range(CRAWLS):
            run_id = f"r{repetition}"
            must(site.java("KickOff", run_id, "kick_off", spark=False))
            site.admin("requests", method="DELETE")
            ended = must(site.java("Extract", run_id, "extract", spark=True))
            asked = site.requests()
            raw["seconds"].append(ended.report["timers"]["extract.crawl"]["max_ms"] / 1000)
            raw["requests"].append(asked["counts"].get("SEARCH", 0) + asked["counts"].get("READ", 0))
            raw["max_in_flight"].append(asked["maxInFlight"])
            raw["over_limit"] += asked["overLimit"]
            raw["early_requests"] += asked["earlyRequests"] + asked["earlyPolls"]
            raw["ms_per_patient"].append(ended.report["patients"]["ms_per_patient"])
            shutil.rmtree(site.lake)
            print(f"crawl {repetition}: {raw['requests'][-1]} requests in {raw['seconds'][-1]:.1f} s", flush=True)
    rate = statistics.median(n / s for n, s in zip(raw["requests"], raw["seconds"], strict=True))
    ratio, over, early = rate / ceiling, raw["over_limit"], raw["early_requests"]
    figures = [
        Figure("crawl", "requests/s", rate, ceiling, "what the source allows", f">= {GOAL} of the ceiling", ratio >= GOAL, ratio),
        Figure("requests over the source's limit", "requests", over, None, "", "0", over == 0),
        Figure("requests before Retry-After", "requests", early, None, "", "0", early == 0),
    ]
    return Bench(figures, {"crawl": raw})


def _small_records(data: Path, patients: int) -> None:
    """Patients with a few small resources: a crawl's time is then the requests', not the pages'."""
    data.mkdir(parents=True)
    people = [f"p{i}" for i in range(patients)]
    lines = {"Patient": [{"id": p, "active": True} for p in people]}
    for kind in ("Condition", "Encounter", "Procedure", "Immunization"):
        lines[kind] = [{"id": f"{kind[0]}{p}", "subject": {"reference": f"Patient/{p}"}} for p in people]
    coding = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    lines["Observation"] = [
        {"id": f"o{p}-{n}", "subject": {"reference": f"Patient/{p}"}, "category": [{"coding": [coding]}]}
        for p in people
        for n in range(3)
    ]
    for kind, resources in lines.items():
        text = "".join(json.dumps({"resourceType": kind, **r}) + "\n" for r in resources)
        (data / f"{kind}.ndjson").write_text(text)
