"""
What a rerun by hand will do, worked out before anything is done: which run it repairs, from which phase on, what it replaces.

A rerun is a run of its own with the exports of the run it mends. The phases before the one it begins with keep their reports. Where
an earlier rerun of that run has extracted, its exports and reports stand for those of the run.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from epic_fhir import red_runs, rerun_exports
from epic_fhir.lake import Lake
from epic_fhir.reports import JOBS
from epic_fhir.rerun_exports import Impossible
from epic_fhir.rerun_sentences import sentences
from epic_fhir.standing import standing_tables

STOPPED, NEWEST_RED = "where it stopped", "the last red run"
BEGINNINGS = (STOPPED, "kick_off", "extract", "transform", "load")
ALL = "all"


@dataclass(frozen=True)
class Asked:
    """
    The form.

    :param run: a run's id, or NEWEST_RED
    :param begin: one of BEGINNINGS
    :param exports: export ids, or dates of bronze partitions; none for the run's own. With kick_off those that the rerun keeps:
        their groups are not requested again
    :param types: resource types whose part of silver, and their views, are rebuilt from bronze
    :param views: views and joined tables that are rebuilt, and lookups that are loaded again; or ALL views and joined tables
    :param go: whether it is done at once
    :param ask: whether a person is asked for approval where it is not done at once; else the plan is only shown
    :param accept_deletions: ``Type:number,…``: deletions that transform may make although the server did not say that the resources
        are gone
    :param reason: why; needed with accept_deletions
    """

    run: str = NEWEST_RED
    begin: str = STOPPED
    exports: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    go: bool = False
    ask: bool = True
    accept_deletions: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """
    What will be done.

    :param run: the run to repair
    :param begin: the first phase that runs
    :param exports: what extract and transform work on; none if the server is asked again, or transform takes what is pending
    :param sentences: what is replaced, for people
    :param reports: extract's, where extract does not run: of the newest rerun of that run that extracted, or else of the run itself
    :param gives_up: exports of the run that never landed: a kick-off would find and adopt them instead of asking anew
    :param keeps: exports with which kick_off continues: it requests none of their groups
    :param takes_back: exports of the run in bronze whose counts do not fit: the new export is to bring what they brought, too
    :param accept_deletions: ``Type:number`` of each type
    """

    run: str
    begin: str
    exports: list[str]
    types: list[str]
    views: list[str]
    sentences: list[str]
    reports: dict[str, str] = field(default_factory=dict)
    gives_up: list[str] = field(default_factory=list)
    go: bool = False
    ask: bool = True
    accept_deletions: list[str] = field(default_factory=list)
    reason: str = ""
    lookups: list[str] = field(default_factory=list)
    takes_back: list[str] = field(default_factory=list)
    keeps: list[str] = field(default_factory=list)

    def runs(self, task: str) -> bool:
        """transform always runs: with nothing to do it does not start Spark, and reports what the tables hold."""
        if task in ("wait", "extract"):
            return self.begin in ("kick_off", "extract")
        return task != "kick_off" or self.begin == "kick_off"

    def selection(self, task: str) -> dict[str, list[str]]:
        """A job's arguments besides its run: exports, types, views, accepted deletions."""
        tables = [*self.views, *self.lookups]
        chosen = {
            "wait": {"export": self.exports},
            "extract": {"export": self.exports},
            "transform": {} if self.begin == "load" else {"types": self.types, "views": self.views},
            # Tables that nobody names are in doubt, too: each is compared with its view, value by value.
            "load": {"views": tables} if tables or self.begin != "load" else {"verify": ["all"]},
        }.get(task, {})
        if task == "transform" and self.begin == "transform":
            chosen["export"] = self.exports
        if task == "transform" and self.accept_deletions:
            chosen |= {"accept-deletions": self.accept_deletions, "reason": [self.reason]}
        return {name: values for name, values in chosen.items() if values}

    def requested(self) -> list[str] | None:
        """The exports that extract is to land; None where the rerun's own kick-off says which."""
        return None if self.begin == "kick_off" else self.exports if self.runs("extract") else []

    def notes(self) -> tuple[str, ...]:
        """What the run's own report keeps of what a person has accepted."""
        if not self.accept_deletions:
            return ()
        return (f"Accepted deletions: {', '.join(self.accept_deletions)}. Reason: {self.reason}",)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_dict(cls, told: dict[str, Any]) -> Plan:
        return cls(**told)


def plan(
    lake: Lake, dag_id: str, asked: Asked, state: red_runs.State = red_runs.unknown, this: tuple[str, str] | None = None
) -> Plan:
    """
    :param dag_id: the DAG whose run is repaired
    :param state: what Airflow says of a run of that DAG
    :param this: DAG and id of the rerun that is planned. One that was cleared repairs the same run again, and what it left before
        is no other rerun's
    :raises Impossible: where there is no such run, export, type or view, or nothing to begin from
    """
    before = red_runs.mends(lake, *this) if this and asked.run == NEWEST_RED else None
    run = _run(lake, dag_id, before or asked.run, state)
    first = rerun_exports.reports_of(lake, dag_id, run)
    again = {name: rerun_exports.reports_of(lake, *name) for name in red_runs.reruns(lake, dag_id, run) if name != this}
    extracted = [name for name, told in again.items() if ((told["extract"] or {}).get("run") or {}).get("status") == "success"]
    base = extracted[0] if extracted else (dag_id, run)
    reports = again.get(base, first)
    # A rerun leaves out what comes before its beginning, which is no failure of it.
    own = rerun_exports.of_run(reports)
    lost = rerun_exports.lost(lake, next(iter(again.values()), first), own)
    begin = _begin(asked, reports, JOBS[JOBS.index("extract") :] if extracted else JOBS, lost=lost)
    exports = [] if begin == "kick_off" else rerun_exports.chosen(lake, asked.exports) or own
    fate: dict[str, list[str]] = {}
    if begin == "kick_off":
        # Begun by itself, for a group that lacks its export. A person who asks for kick_off wants new exports of all groups.
        named = None if asked.begin == STOPPED else rerun_exports.chosen(lake, asked.exports)
        fate = rerun_exports.at_kick_off(lake, {**again, (dag_id, run): first}, named)
    if begin == "extract" and not exports:
        raise Impossible(f"Cannot extract for run {run}: it has no export; begin with kick_off, which requests one")
    landings = rerun_exports.landings(lake, exports or fate.get("keeps", []))
    missing = [export for export, landing in landings.items() if landing is None]
    if missing and begin in ("transform", "load"):
        raise Impossible(f"Cannot begin with {begin}: export {missing[0]} has not landed; begin with extract")
    standing = standing_tables(lake)
    lookups = [name for name in asked.views if name in standing["lookups"]]
    views = sorted(standing["views"]) if asked.views == (ALL,) else [name for name in asked.views if name not in lookups]
    accepted = _accepted(asked, begin)
    _known("rebuild the view", views, standing["views"])
    _known("rebuild the type", asked.types, standing["silver"])
    _known("accept deletions of the type", accepted, standing["silver"])
    made = Plan(
        run,
        begin,
        exports if begin in ("extract", "transform") else [],
        list(asked.types),
        views,
        [],
        **fate,
        go=asked.go,
        ask=asked.ask,
        accept_deletions=[f"{kind}:{count}" for kind, count in accepted.items()],
        reason=asked.reason.strip() if accepted else "",
        lookups=lookups,
    )
    kept = {} if made.runs("extract") else {"extract": lake.metrics(*base, "extract.json")}
    return Plan(**{**asdict(made), "reports": kept, "sentences": sentences(made, reports, landings, standing)})


def _run(lake: Lake, dag_id: str, asked: str, state: red_runs.State) -> str:
    if asked != NEWEST_RED:
        if (now := state(asked)) in red_runs.AT_WORK:
            raise Impossible(
                f"Cannot repair run {asked}: Airflow says that it is {now}. Wait until it ends, or mark it failed in Airflow, then "
                "start this rerun again"
            )
        if not lake.exists(lake.metrics(dag_id, asked, "")):
            raise Impossible(
                f"Cannot find run {asked} of {dag_id}: it left nothing under {lake.root}/metrics/{dag_id}; check its id"
            )
        return asked
    if (run := red_runs.newest(lake, dag_id, state)) is None:
        raise Impossible(f"No finished run of {dag_id} is red: name the run to repair")
    return run


def _begin(asked: Asked, reports: dict[str, Any], tasks: tuple[str, ...], *, lost: bool) -> str:
    """
    The requested phase; otherwise the first one that did not succeed, or load if only checks failed.

    :param lost: whether it lacks an export that no phase but kick_off can bring
    """
    if asked.begin != STOPPED:
        return asked.begin
    if asked.types or asked.accept_deletions:
        return "transform"
    if lost:
        return "kick_off"
    for task in tasks:
        if ((reports[task] or {}).get("run") or {}).get("status") != "success":
            return "extract" if task == "wait" else task
    return "transform"


def _accepted(asked: Asked, begin: str) -> dict[str, int]:
    """How many deletions of each type are accepted."""
    if not asked.accept_deletions:
        return {}
    parts = [re.fullmatch(r"([A-Z][A-Za-z]+):(\d{1,12})", part) for part in asked.accept_deletions.split(",")]
    if None in parts or len({part[1] for part in parts if part}) < len(parts):
        raise Impossible(
            f"Cannot accept the deletions {asked.accept_deletions}: expected a number for each type, such as Patient:4"
        )
    if not asked.reason.strip():
        raise Impossible("Cannot accept deletions without a reason: put into reason why these resources are really gone")
    if begin == "load":
        raise Impossible("Cannot accept deletions in a rerun that begins with load: transform deletes; begin with transform")
    return {part[1]: int(part[2]) for part in parts if part}


def _known(what: str, names: Any, known: dict[str, Any]) -> None:
    strange = [name for name in names if name not in known]
    if strange:
        raise Impossible(f"Cannot {what} {', '.join(strange)}: not found. Known: {', '.join(sorted(known)) or 'none yet'}")
