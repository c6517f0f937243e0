"""What is other than in the last good run, in sentences: rows, code, settings, checks."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from epic_fhir import contracts, history
from epic_fhir.reports import parse_instant

if TYPE_CHECKING:
    from epic_fhir.lake import Lake, RunKey

MOVED = 0.1
"""The share of rows by which a table must have changed to be mentioned."""
_MOST = 100
"""The maximum number of earlier runs to look at."""
_ANSWERED = ("PASS", "NO_BASELINE", "NO_COUNT")


def last_good(lake: Lake, key: RunKey, ended: str | None = None) -> dict[str, Any] | None:
    """
    verdict.json of the green run that ended last before this one; None where there is none. A backfill of an old day is no old run.

    :param ended: when this run ended; without it, now
    """
    try:
        runs = history.load(lake, key.dag_id)["runs"]
    except history.Unreadable:
        runs = []
    if not runs:
        return _newest_by_id(lake, key)
    green = [run["run_id"] for run in before(runs, key, ended) if run.get("verdict") == "green"]
    return _first_green(lake, key.dag_id, green[::-1])


def before(runs: list[dict[str, Any]], key: RunKey, ended: str | None) -> list[dict[str, Any]]:
    """
    Those of the history that ended before this run, oldest first.

    :param ended: when this run ended; without it, now
    """
    end = parse_instant(ended) or datetime.now(timezone.utc)
    return [run for run in runs if run["run_id"] != key.run_id and (at := parse_instant(run.get("at"))) and at < end]


def until(history: dict[str, Any], run_id: str, end: str | None) -> dict[str, Any]:
    """
    The history as it was when a run, or a phase of it, ended: a run that is judged again is not held against later ones. What a
    person accepted of the run itself stays.

    :param end: None where nobody says; then all other runs are earlier ones
    """
    limit = parse_instant(end)
    own = {str(run.get("at")) for run in history["runs"] if run.get("run_id") == run_id}

    def earlier(at: Any) -> bool:
        return limit is None or (parsed := parse_instant(at)) is None or parsed < limit

    runs = [run for run in history["runs"] if run.get("run_id") != run_id and earlier(run.get("at"))]
    accepted = [entry for entry in history["accepted"] if entry["at"] in own or earlier(entry["at"])]
    return {**history, "runs": runs, "accepted": accepted}


def has_good_runs(lake: Lake, key: RunKey, dag_id: str) -> bool:
    """Whether a DAG had a green run beside this one, whose report task, which writes the history first, has ended."""
    others = [run for dag, run in lake.runs() if (dag, run) != lake.folder(key) and dag == dag_id]
    ended = [run for run in others[:_MOST] if lake.exists(lake.metrics(dag_id, run, "report.json"))]
    return _first_green(lake, dag_id, ended) is not None


def _newest_by_id(lake: Lake, key: RunKey) -> dict[str, Any] | None:
    """The verdict of the newest green run before this one by the times in the runs' ids: for a lake without a history."""
    runs, own = [run for dag, run in lake.runs() if dag == key.dag_id], lake.folder(key)[1]
    return _first_green(lake, key.dag_id, runs[runs.index(own) + 1 :] if own in runs else runs)


def _first_green(lake: Lake, dag_id: str, runs: list[str]) -> dict[str, Any] | None:
    verdicts = (verdict_of(lake, dag_id, run) for run in runs[:_MOST])
    return next((told for told in verdicts if told and told.get("verdict") == "green"), None)


def verdict_of(lake: Lake, dag_id: str, run: str) -> dict[str, Any] | None:
    """That run's verdict; None if it cannot be read."""
    try:
        told = lake.read_json(lake.metrics(dag_id, run, "verdict.json"))
    except OSError:
        return None
    return told if _is_verdict(told) else None


def _is_verdict(told: Any) -> bool:
    """Whether it has what is read of it here and by the checks."""
    if not isinstance(told, dict) or contracts.version_problem(told, "verdict.json"):
        return False
    parts = {"checks": ("name", "subject", "state"), "table": ("type",)}
    return isinstance(told.get("run", {}), dict) and all(
        isinstance(told.get(part, []), list) and all(isinstance(one, dict) and {*keys} <= one.keys() for one in told.get(part, []))
        for part, keys in parts.items()
    )


def previous(lake: Lake, key: RunKey) -> str | None:
    """The folder of the run of the same DAG before this one that has a page; None where there is none."""
    runs, own = [run for dag, run in lake.runs() if dag == key.dag_id], lake.folder(key)[1]
    earlier = runs[runs.index(own) + 1 :] if own in runs else runs
    return next((run for run in earlier[:_MOST] if lake.exists(lake.metrics(key.dag_id, run, "report.html"))), None)


def following(lake: Lake, key: RunKey) -> str | None:
    """The folder of the run of the same DAG after this one that has a page; None where there is none."""
    runs, own = [run for dag, run in lake.runs() if dag == key.dag_id], lake.folder(key)[1]
    later = runs[: runs.index(own)] if own in runs else []
    return next((run for run in reversed(later) if lake.exists(lake.metrics(key.dag_id, run, "report.html"))), None)


def data_of(landings: list[dict[str, Any] | None]) -> str | None:
    """
    Which data a run brought, in a sentence; None if a landing does not say.

    :param landings: of the run's exports
    """
    told = [landing for landing in landings if landing]
    until = [at for landing in told if (at := parse_instant(landing.get("transaction_time")))]
    since = [at for landing in told if (at := parse_instant(landing.get("since")))]
    if not until or len(until) < len(landings):
        return None
    end = f"{min(until):%Y-%m-%d %H:%M} UTC"
    if not since:
        return f"Everything up to {end}"
    whole = len(told) - len(since)
    also = f"; everything of {whole} of {len(told)} exports" if whole else ""
    return f"Changes since {min(since):%Y-%m-%d %H:%M} UTC, up to {end}{also}"


def since_last_good(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """
    Sentences, the most important first; empty if nothing changed.

    :param now: this run's verdict.json
    :param before: that of the last green run
    """
    return [
        *_origin(now.get("run") or {}, before.get("run") or {}),
        *_rows("resources in silver", _silver(now), _silver(before)),
        *_rows("rows in the view", _views(now), _views(before)),
        *_checks(now.get("checks") or [], before.get("checks") or []),
    ]


def _origin(now: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Only if both runs have it."""
    named = (("code_version", "The code"), ("settings_hash", "The settings"))
    return [
        f"{what} changed: {before[key]} then, {now[key]} now."
        for key, what in named
        if now.get(key) and before.get(key) and now[key] != before[key]
    ]


def _silver(verdict: dict[str, Any]) -> dict[str, int]:
    return {row["type"]: row["silver"] for row in verdict.get("table") or [] if row.get("silver") is not None}


def _views(verdict: dict[str, Any]) -> dict[str, int]:
    views = [view for row in verdict.get("table") or [] for view in row.get("views") or []]
    return {view["view"]: view["rows"] for view in views if view.get("rows") is not None}


def _rows(what: str, now: dict[str, int], before: dict[str, int]) -> list[str]:
    """If one of the runs has no numbers at all, it is unknown what appeared or vanished."""
    if not now or not before:
        return []
    told = []
    for name in sorted({*now, *before}):
        then, rows = before.get(name), now.get(name)
        if then is None:
            told.append(f"{name} is new: {_grouped(rows)} {what}.")
        elif rows is None:
            told.append(f"{name} is gone: {_grouped(then)} {what} then, none now.")
        elif abs(rows - then) > MOVED * then:
            share = f" ({100 * (rows - then) / then:+.0f} %)" if then else ""
            told.append(f"{name}: {_grouped(then)} {what} then, {_grouped(rows)} now{share}.")
    return told


def _checks(now: list[dict[str, str]], before: list[dict[str, str]]) -> list[str]:
    """Checks by name. One that speaks only where something is wrong is no new check."""
    known = {check["name"] for check in before}
    subjects: dict[str, list[str]] = {}
    for check in now:
        if check["name"] not in known and check["state"] in _ANSWERED:
            subjects.setdefault(check["name"], []).append(check["subject"])
    return [f"The check “{name}” is new: {_listed(of)}." for name, of in sorted(subjects.items())]


def _listed(names: list[str], most: int = 5) -> str:
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _grouped(n: int | None) -> str:
    return f"{n:,}"
