"""Small line charts of the trends: the position of each point, computed here, drawn by the page as SVG without a script."""

from __future__ import annotations

import math
from typing import Any

from epic_fhir.reports import parse_instant

WIDTH, HEIGHT = 320, 72
_EDGE = 6
_ORDER = ("FAIL", "WARN", "COULD_NOT_RUN", "NO_BASELINE", "PASS")
_BYTES = ("B", "kB", "MB", "GB", "TB")


def drawn(told: Any) -> dict[str, list[dict[str, Any]]]:
    """
    What the page shows of the trends, each with its chart: those to look at first, those without a baseline, those as usual.

    :param told: the trends as in verdict.json
    """
    cards = sorted((_card(trend) for trend in told), key=lambda trend: _rank(trend["state"]))
    return {
        "odd": [t for t in cards if t["state"] not in ("PASS", "NO_BASELINE")],
        "new": [t for t in cards if t["state"] == "NO_BASELINE"],
        "usual": [t for t in cards if t["state"] == "PASS"],
    }


def figure(value: float | None, unit: str = "") -> str:
    """A value with its unit, to three digits; a dash where it is not known."""
    if value is None:
        return "–"
    if unit == "bytes":
        size = min(int(math.log(abs(value), 1000)), len(_BYTES) - 1) if abs(value) >= 1 else 0
        value, unit = value / 1000**size, _BYTES[size]
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    shown = f"{value:,.{digits}f}"
    return f"{shown} {unit}" if unit else shown


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else 0


def _card(trend: dict[str, Any]) -> dict[str, Any]:
    given = [(i, point) for i, point in enumerate(trend.get("points") or []) if point.get("value") is not None]
    unit, band = trend.get("unit") or "", trend.get("band")
    last = given[-1][1]["value"] if given else None
    return {
        "name": trend["name"],
        "state": trend["state"],
        "sentence": trend.get("sentence") or "",
        "last": figure(last, unit),
        "band": _band(band, unit),
        "runs": len(given),
        "since": parse_instant(given[0][1].get("at")) if given else None,
        "chart": _chart(given, band, set(trend.get("changes") or [])) if len(given) > 1 else None,
    }


def _band(band: list[float] | None, unit: str) -> str | None:
    if not band:
        return None
    return f"{figure(band[0], unit if unit == 'bytes' else '')} to {figure(band[1], unit)}"


def _chart(given: list[tuple[int, dict[str, Any]]], band: list[float] | None, changes: set[int]) -> dict[str, Any]:
    values = [point["value"] for _, point in given]
    low, high = min([*values, *(band or [])]), max([*values, *(band or [])])
    if high == low:
        low, high = low - 1, high + 1
    step = (WIDTH - 2 * _EDGE) / (len(values) - 1)

    def y(value: float) -> float:
        return round(HEIGHT - _EDGE - (value - low) / (high - low) * (HEIGHT - 2 * _EDGE), 1)

    points = [
        {"x": round(_EDGE + n * step, 1), "y": y(point["value"]), "run": point.get("run_id"), "change": i in changes}
        for n, (i, point) in enumerate(given)
    ]
    # A band of no height is still a line that can be seen.
    area = {"y": y(band[1]) - 0.5, "height": round(y(band[0]) - y(band[1]) + 1, 1)} if band else None
    return {"width": WIDTH, "height": HEIGHT, "points": points, "band": area, "changed": any(point["change"] for point in points)}
