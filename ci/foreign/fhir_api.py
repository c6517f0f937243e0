"""A FHIR server as its own API shows it: how a test fills it, and what it holds. None of the product's code is in it."""

import base64
import json
import urllib.error
import urllib.request
from decimal import Decimal

from parts import Part

Held = dict[str, dict[str, dict]]


class FhirApi:
    """
    :param base: the FHIR base URL
    :param user: name and password, where the server wants them
    """

    def __init__(self, base: str, user: tuple[str, str] | None = None):
        self.base = base
        self._headers = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
        if user:
            self._headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()

    def put(self, resources: list[dict]) -> None:
        """Creates or replaces them under their ids, in transactions."""
        for begin in range(0, len(resources), 100):
            entries = [
                {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}}
                for r in resources[begin : begin + 100]
            ]
            self._ask("POST", self.base, {"resourceType": "Bundle", "type": "transaction", "entry": entries})

    def delete(self, kind: str, resource_id: str) -> None:
        self._ask("DELETE", f"{self.base}/{kind}/{resource_id}")

    def answers(self) -> bool:
        """Whether it shows its capabilities."""
        try:
            return self._ask("GET", f"{self.base}/metadata").get("resourceType") == "CapabilityStatement"
        except (OSError, ValueError):
            return False

    def holds(self, types: tuple[str, ...]) -> Held:
        """Every resource of some types, by searches without any condition, to the last page."""
        held: Held = {}
        for kind in types:
            url: str | None = f"{self.base}/{kind}?_count=100"
            while url:
                page = self._ask("GET", url)
                found = [e["resource"] for e in page.get("entry", []) if e["resource"]["resourceType"] == kind]
                held.setdefault(kind, {}).update((r["id"], r) for r in found)
                url = next((link["url"] for link in page.get("link", []) if link["relation"] == "next"), None)
        return held

    def _ask(self, method: str, url: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body, default=str).encode()
        request = urllib.request.Request(url, method=method, data=data, headers=self._headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return exact(answer.read() or b"{}")
        except urllib.error.HTTPError as refused:
            raise OSError(f"{method} was refused with {refused.code}: {refused.read(600)!r}") from refused


class ByItsApi:
    """A server that is filled, and says what it holds, by its own FHIR API."""

    api: FhirApi
    _part: Part

    def stop(self) -> None:
        self._part.stop()

    def put(self, resources: list[dict]) -> None:
        self.api.put(resources)

    def delete(self, kind: str, resource_id: str) -> None:
        self.api.delete(kind, resource_id)

    def holds(self, types: tuple[str, ...]) -> Held:
        return self.api.holds(types)


def exact(text: bytes | str) -> dict:
    """JSON whose decimals keep their digits."""
    return json.loads(text, parse_float=Decimal)
