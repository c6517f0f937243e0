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
from parts import PartError, cohort
from sandbox_site import SandboxSite

PATIENTS = 130
REPETITIONS = 5
PARALLEL = 2


def run(work: Path) -> Bench:
    bench = Bench()
    _bulk(work / "bulk", bench)
    return bench


def _bulk(work: Path, bench: Bench) -> None:
    data = cohort(PATIENTS, work / "logs" / "patients.log")
    size = sum(f.stat().st_size for f in data.glob("*.ndjson"))
    raw = {"bytes": size, "product_s": [], "curl_s": [], "job_s": [], "early_polls": 0, "over_limit": 0}
    with SandboxSite(work, data, ["--file-bytes", 16 << 20]) as site:
        for repetition in range(REPETITIONS + 1):  # the first warms the server up and does not count
            run_id = f"r{repetition}"
            _must(site.java("KickOff", run_id, "kick_off", spark=False))
            _must(site.java("ExportStatus", run_id, "wait", spark=False))
            curl = _curl(site, run_id, work / "curl")
            ended = _must(site.java("Extract", run_id, "extract", spark=True))
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
        Figure("bulk into committed bronze", "MB/s", product, curl, "curl --compressed to files", ">= 0.8 of curl",
               product / curl >= 0.8, product / curl)  # fmt: skip
    )


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
        ["curl", "-sS", "--fail", "--compressed", "--parallel", "--parallel-max", str(PARALLEL), "-H", header, "-K", config],
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


def _must(ended):
    if ended.code:
        raise PartError(f"Cannot measure: a job ended with {ended.code}: {ended.report.get('run', {}).get('error')}")
    return ended
