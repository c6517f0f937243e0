"""Whether a file is a history of runs: one of another shape must not pass for a history without runs."""

from __future__ import annotations

from typing import Any


def is_history(content: Any) -> bool:
    """Whether each record has the parts that the checks read, if it has them at all."""
    if not isinstance(content, dict) or not all(isinstance(content.get(part), list) for part in ("runs", "accepted")):
        return False
    return all(_is_run(run) for run in content["runs"]) and all(
        isinstance(entry, dict) and isinstance(entry.get("at"), str) for entry in content["accepted"]
    )


def _is_run(run: Any) -> bool:
    if not isinstance(run, dict) or not isinstance(run.get("run_id"), str):
        return False
    if not all(_is_map_of_maps(run.get(part)) for part in ("figures", "views", "silver")):
        return False
    if not all({"live", "gone"} <= counts.keys() for counts in (run.get("silver") or {}).values()):
        return False
    warned = run.get("warned") or []
    return isinstance(warned, list) and all(isinstance(w, dict) and {"check", "subject"} <= w.keys() for w in warned)


def _is_map_of_maps(given: Any) -> bool:
    return given is None or (isinstance(given, dict) and all(isinstance(value, dict) for value in given.values()))
