"""Other tools that fetch a bulk export, each in an environment of its own that is made once, under build/peers."""

import gzip
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benches.extraction.sandbox_export import access_token, export, give_back, token_url
from jobs import Ended, Runner
from parts import HOME, PartError
from sandbox_site import SandboxSite

PARALLEL = 2
SMART_FETCH = "smart-fetch==1.0.3"
BULK_DATA_CLIENT = "bulk-data-client"
TYPES_OF_SMART_FETCH = frozenset(
    {
        "Patient", "Encounter", "AllergyIntolerance", "Condition", "Device", "DiagnosticReport", "DocumentReference",
        "EpisodeOfCare", "Immunization", "MedicationDispense", "MedicationRequest", "Observation", "Procedure", "ServiceRequest",
        "Specimen",
    }
)  # fmt: skip
"""What it can export; others it refuses by name."""
NO_DATA = frozenset({"log.ndjson", ".metadata", "manifest.json"})


@dataclass
class Peer:
    """
    A tool on the machine.

    :param types: those that it can fetch; None where it takes what is there
    """

    name: str
    types: frozenset[str] | None = None

    def fetch(self, site: SandboxSite, folder: Path, limit: float | None = None) -> Ended:
        """
        All of it: from the question for an export until the last file is in the folder.

        :param limit: seconds after which it is killed
        """
        raise NotImplementedError

    def clean(self, folder: Path) -> None:
        """Before a first try: nothing of an earlier run."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def lines(self, folder: Path) -> Counter:
        """The lines that it has left; a line that came twice counts twice."""
        return Counter(line for content in _contents(folder) for line in content.split(b"\n") if line.strip())

    def bytes(self, folder: Path) -> int:
        """Of NDJSON that it has left, unpacked."""
        return sum(map(len, _contents(folder)))

    def _run(self, site: SandboxSite, words: list, limit: float | None, env: dict[str, str] | None = None) -> Ended:
        log = site.root / "logs" / f"{self.name.split()[0]}.log"
        return Runner().run([str(w) for w in words], site.root / "no-report.json", log, limit, env)


class Curl(Peer):
    """``curl --parallel`` of the files' links to files, which is the least that can be done; it asks for nothing by itself."""

    def __init__(self) -> None:
        if shutil.which("curl") is None:
            raise PartError("there is no curl on the PATH")
        super().__init__("curl")

    def fetch(self, site: SandboxSite, folder: Path, limit: float | None = None) -> Ended:
        token = access_token(site)
        status, urls = export(site, token)
        try:
            return self.files(site, folder, urls, token, limit)
        finally:
            give_back(status, access_token(site))  # a fault may have ended the other

    def files(self, site: SandboxSite, folder: Path, urls: list[str], token: str, limit: float | None = None) -> Ended:
        config = site.root / "curl.conf"
        config.write_text("".join(f'url = "{url}"\noutput = "{folder / str(i)}"\n' for i, url in enumerate(urls)))
        words = ["curl", "-sS", "--no-progress-meter", "--fail", "--compressed", "--retry", "3", "--parallel"]
        words += ["--parallel-max", PARALLEL, "-H", f"Authorization: Bearer {token}", "-K", config]
        return self._run(site, words, limit)


class SmartFetch(Peer):
    """smart-fetch of PyPI, as its users run it, without the filters that would narrow types."""

    def __init__(self) -> None:
        super().__init__("smart-fetch 1.0.3", TYPES_OF_SMART_FETCH)
        self._program = _python_environment("smart-fetch", [SMART_FETCH]) / "smart-fetch"

    def fetch(self, site: SandboxSite, folder: Path, limit: float | None = None) -> Ended:
        sandbox = site.server.env()
        words = [self._program, "bulk", "--fhir-url", sandbox["SANDBOX_URL"], "--group", sandbox["SANDBOX_GROUP"]]
        words += ["--smart-client-id", sandbox["SANDBOX_CLIENT_ID"], "--smart-key", self._jwks(site), "--no-default-filters"]
        return self._run(site, [*words, folder], limit, {"COLUMNS": "200"})

    def _jwks(self, site: SandboxSite) -> Path:
        """It reads the key's id and algorithm from a key set."""
        key = json.loads(Path(site.server.env()["SANDBOX_RS384_KEY"]).with_suffix(".jwk").read_text())
        file = site.root / "keys" / "smart-fetch.jwks"
        file.write_text(json.dumps({"keys": [{**key, "alg": "RS384", "key_ops": ["sign"]}]}))
        return file


class BulkDataClient(Peer):
    """SMART's bulk-data-client: of npm, or a checkout with its packages that BULK_DATA_CLIENT in the environment names."""

    def __init__(self) -> None:
        super().__init__("bulk-data-client")
        own = os.environ.get("BULK_DATA_CLIENT")
        self._home = Path(own) if own else _node_package(BULK_DATA_CLIENT)

    def fetch(self, site: SandboxSite, folder: Path, limit: float | None = None) -> Ended:
        sandbox = site.server.env()
        key = json.loads(Path(sandbox["SANDBOX_RS384_KEY"]).with_suffix(".jwk").read_text())
        settings = {
            "fhirUrl": sandbox["SANDBOX_URL"], "tokenUrl": token_url(site), "clientId": sandbox["SANDBOX_CLIENT_ID"],
            "privateKey": {**key, "alg": "RS384"}, "scope": "system/*.read", "accessTokenLifetime": 240,
            "group": sandbox["SANDBOX_GROUP"], "destination": str(folder), "parallelDownloads": PARALLEL,
            "reporter": "text", "downloadAttachments": False, "log": {"enabled": False},
        }  # fmt: skip
        config = site.root / "keys" / "bulk-data-client.js"
        config.write_text(f"module.exports = {json.dumps(settings)}\n")
        return self._run(site, ["node", self._home / "built" / "app.js", "--config", config], limit)


def installed() -> tuple[list[Peer], dict[str, str]]:
    """The peers that this machine has, and why it has not the others."""
    peers: list[Peer] = []
    absent = {}
    for name, make in (("curl", Curl), ("smart-fetch 1.0.3", SmartFetch), ("bulk-data-client", BulkDataClient)):
        try:
            peers.append(make())
        except PartError as e:
            absent[name] = str(e)
            print(f"{name} is not measured: {e}", flush=True)
    return peers, absent


def _contents(folder: Path) -> Iterator[bytes]:
    for file in folder.glob("*"):
        if file.is_file() and file.name not in NO_DATA:
            yield gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def _python_environment(name: str, packages: list[str]) -> Path:
    """The bin folder of an environment that holds the packages; made once."""
    folder = HOME / "build" / "peers" / name
    wanted = "\n".join(packages)
    if not (folder / "wanted").exists() or (folder / "wanted").read_text() != wanted:
        uv = HOME / "build" / "venv" / "bin" / "uv"
        create = [uv, "venv", "-q", "--clear", "--python", HOME / "build" / "venv" / "bin" / "python", folder]
        install = [uv, "pip", "install", "-q", "--python", folder / "bin" / "python", *packages]
        _install(name, create)
        _install(name, install)
        (folder / "wanted").write_text(wanted)
    return folder / "bin"


def _node_package(name: str) -> Path:
    folder = HOME / "build" / "peers" / name
    package = folder / "node_modules" / name
    if not package.exists():
        if shutil.which("npm") is None:
            raise PartError("there is no npm on the PATH")
        folder.mkdir(parents=True, exist_ok=True)
        _install(name, ["npm", "install", "--loglevel", "error", "--no-audit", "--no-fund", "--prefix", folder, name])
    return package


def _install(name: str, command: list) -> None:
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = next((line for line in ended.stderr.splitlines() if "404" in line or "error" in line.lower()), "")
        raise PartError(f"the registry does not give {name} ({reason.split(' - ')[0].strip() or ended.returncode})")
