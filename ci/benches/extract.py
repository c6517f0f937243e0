"""
How fast extract is: (a) a bulk export against plain parallel curl, (b) a crawl against what the source allows, (c) the heap.

(a) bytes of NDJSON a second into committed bronze, from the first file's request to the landing, by a fresh JVM each time; the
peer is ``curl --compressed --parallel`` of the same files to disk. Both in turn, medians.
"""

import json
import shutil
import statistics
import subprocess
import time
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

from bench import Bench, Figure
from jobs import LiveHeap, must
from parts import PartError, cohort
from sandbox_site import SandboxSite

PATIENTS = 130
REPETITIONS = 5
PARALLEL = 2
SMALL = 13
CRAWL_PATIENTS = 1000
CRAWLS = 3
LATENCY_MS = 100
IN_FLIGHT = 40


def run(work: Path) -> Bench:
    bench = Bench()
    _bulk(work / "bulk", bench)
    _crawl(work / "crawl", bench)
    _heap(work / "heap", bench)
    return bench


def _bulk(work: Path, bench: Bench) -> None:
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    size = sum(f.stat().st_size for f in data.glob("*.ndjson"))
    raw = {"bytes": size, "product_s": [], "curl_s": [], "job_s": [], "early_polls": 0, "over_limit": 0}
    with SandboxSite(work, data, ["--file-bytes", 16 << 20]) as site:
        for repetition in range(REPETITIONS + 1):  # the first warms the server up and does not count
            run_id = f"r{repetition}"
            must(site.java("KickOff", run_id, "kick_off", spark=False))
            must(site.java("ExportStatus", run_id, "wait", spark=False))
            curl = _curl(site, run_id, work / "curl")
            ended = must(site.java("Extract", run_id, "extract", spark=True))
            land = ended.report["timers"]["extract.land"]["max_ms"] / 1000
            if repetition:
                raw["curl_s"].append(curl)
                raw["product_s"].append(land)
                raw["job_s"].append(ended.seconds)
            shutil.rmtree(site.lake)
        asked = site.requests()
        raw["early_polls"], raw["over_limit"] = asked["earlyPolls"], asked["overLimit"]
    product, curl = (size / 1e6 / statistics.median(raw[k]) for k in ("product_s", "curl_s"))
    bench.raw["bulk"] = raw
    bench.figures.append(
        Figure(
            "bulk into committed bronze",
            "MB/s",
            product,
            curl,
            "curl --compressed to files",
            ">= 0.8 of curl",
            product / curl >= 0.8,
            product / curl,
        )
    )


def _crawl(work: Path, bench: Bench) -> None:
    """Requests a second of a crawl, from its first search to its last, start-up and end of it included."""
    data = work / "data"
    _small_records(data, CRAWL_PATIENTS)
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
    rate = statistics.median(n / s for n, s in zip(raw["requests"], raw["seconds"], strict=True))
    bench.raw["crawl"] = raw
    bench.figures += [
        Figure(
            "crawl",
            "requests/s",
            rate,
            ceiling,
            "what the source allows",
            ">= 0.95 of the ceiling",
            rate / ceiling >= 0.95,
            rate / ceiling,
        ),
        Figure("requests over the source's limit", "requests", raw["over_limit"], None, "", "0", raw["over_limit"] == 0),
        Figure("requests before Retry-After", "requests", raw["early_requests"], None, "", "0", raw["early_requests"] == 0),
    ]


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


def _heap(work: Path, bench: Bench) -> None:
    """The most that is alive in the heap at any look, for one cohort, ten times as much, and one very long line."""
    live = {
        "small": _live_mib(work / "small", cohort(SMALL, work / "logs" / "small.log")),
        "ten times": _live_mib(work / "large", cohort(PATIENTS, work / "logs" / "large.log")),
        "100 MB line": _live_mib(work / "line", _long_line(work / "line-data", 99_000_000)),
    }
    bench.raw["heap_live_mib"] = live
    ratio = live["ten times"] / live["small"]
    bench.figures += [
        Figure(
            "live heap, 10 x the data",
            "MiB",
            live["ten times"],
            live["small"],
            "the small cohort",
            "<= 1.25 x",
            ratio <= 1.25,
            ratio,
        ),
        Figure("live heap, a line of 99 MB", "MiB", live["100 MB line"], None, "", "<= 600", live["100 MB line"] <= 600),
    ]


def _long_line(data: Path, size: int) -> Path:
    data.mkdir(parents=True)
    text = json.dumps({"resourceType": "Observation", "id": "long", "valueString": "x" * size})
    (data / "Observation.ndjson").write_text(text + "\n")
    return data


def _live_mib(work: Path, data: Path) -> float:
    with SandboxSite(work, data, ["--file-bytes", 16 << 20]) as site:
        must(site.java("KickOff", "r", "kick_off", spark=False))
        must(site.java("ExportStatus", "r", "wait", spark=False))
        with LiveHeap(site.runner) as heap:
            must(site.java("Extract", "r", "extract", spark=True))
    return heap.peak_mib()


def _curl(site: SandboxSite, run_id: str, folder: Path) -> float:
    """Seconds that curl needs for all files of the export that the run has kicked off."""
    if shutil.which("curl") is None:
        raise PartError("Cannot measure the peer: there is no curl on the PATH; install it")
    [ledger] = [p.parent for p in site.lake.glob("state/exports/*/manifest.json")]
    pages = json.loads((ledger / "manifest.json").read_text())["pages"]
    urls = [file["url"] for page in pages for file in json.loads(page)["output"]]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = folder.with_suffix(".conf")
    config.write_text("".join(f'url = "{url}"\noutput = "{folder / str(i)}"\n' for i, url in enumerate(urls)))
    header = f"Authorization: Bearer {_token(site)}"
    begin = time.monotonic()
    subprocess.run(
        [
            "curl",
            "-sS",
            "--no-progress-meter",
            "--fail",
            "--compressed",
            "--parallel",
            "--parallel-max",
            str(PARALLEL),
            "-H",
            header,
            "-K",
            config,
        ],
        check=True,
    )
    seconds = time.monotonic() - begin
    shutil.rmtree(folder)
    return seconds


def _token(site: SandboxSite) -> str:
    """An access token, by SMART Backend Services."""
    import jwt

    sandbox = site.server.env()
    with urllib.request.urlopen(sandbox["SANDBOX_URL"] + "/.well-known/smart-configuration") as answer:
        token_url = json.load(answer)["token_endpoint"]
    client = sandbox["SANDBOX_CLIENT_ID"]
    claims = {"iss": client, "sub": client, "aud": token_url, "exp": int(time.time()) + 240, "jti": str(uuid.uuid4())}
    key = Path(sandbox["SANDBOX_RS384_KEY"]).read_text()
    assertion = jwt.encode(claims, key, algorithm="RS384", headers={"kid": sandbox["SANDBOX_RS384_KEY_ID"], "typ": "JWT"})
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.read",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    request = urllib.request.Request(token_url, data=urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]
