"""An access token of the sandbox and an export that waits there, for peers that cannot sign in or ask by themselves."""

import json
import time
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

from sandbox_site import SandboxSite


def token_url(site: SandboxSite) -> str:
    with urllib.request.urlopen(site.server.env()["SANDBOX_URL"] + "/.well-known/smart-configuration") as answer:
        return json.load(answer)["token_endpoint"]


def access_token(site: SandboxSite) -> str:
    """By SMART Backend Services."""
    import jwt

    sandbox, url = site.server.env(), token_url(site)
    client = sandbox["SANDBOX_CLIENT_ID"]
    claims = {"iss": client, "sub": client, "aud": url, "exp": int(time.time()) + 240, "jti": str(uuid.uuid4())}
    key = Path(sandbox["SANDBOX_RS384_KEY"]).read_text()
    assertion = jwt.encode(claims, key, algorithm="RS384", headers={"kid": sandbox["SANDBOX_RS384_KEY_ID"], "typ": "JWT"})
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.read",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }
    request = urllib.request.Request(url, data=urllib.parse.urlencode(form).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["access_token"]


def export(site: SandboxSite, token: str) -> tuple[str, list[str]]:
    """The status URL of an export of the group, and the URLs of its files."""
    sandbox = site.server.env()
    asked = f"{sandbox['SANDBOX_URL']}/Group/{sandbox['SANDBOX_GROUP']}/$export"
    kick_off = _request(asked, token, {"Prefer": "respond-async", "Accept": "application/fhir+json"})
    with urllib.request.urlopen(kick_off, timeout=60) as answer:
        status = answer.headers["Content-Location"]
    url, files = status, []
    while url:
        with urllib.request.urlopen(_request(url, token, {"Accept": "application/json"}), timeout=120) as answer:
            if answer.status == 202:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
                continue
            page = json.load(answer)
        files += [file["url"] for file in page["output"]]
        url = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), "")
    return status, files


def give_back(status: str, token: str) -> None:
    """The server may forget the export: it has one of a client and group at a time."""
    urllib.request.urlopen(_request(status, token, {}, "DELETE"), timeout=60).close()


def _request(url: str, token: str, headers: dict[str, str], method: str = "GET") -> urllib.request.Request:
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {token}", **headers}, method=method)
