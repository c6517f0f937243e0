"""The part of a phase's ``result`` in its run report that the checks read; a job may write more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from epic_fhir import contracts

Counts = dict[str, int]


@dataclass(frozen=True)
class Silver:
    """Of one resource type."""

    OPEN: ClassVar[bool] = True
    rows_live: int | None = None
    tombstones: int | None = None
    read: int | None = None
    distinct: int | None = None
    present: int | None = None
    released: int | None = None
    delta_version: int | None = None
    path: str | None = None


@dataclass(frozen=True)
class View:
    OPEN: ClassVar[bool] = True
    resource: str | None = None
    rows: int | None = None
    silver_resources: int | None = None
    let_through: int | None = None
    resources: int | None = None
    left_out: int | None = None
    withheld: int | None = None
    delta_version: int | None = None
    path: str | None = None


@dataclass(frozen=True)
class Joined:
    """A joined table or lookup, made or loaded."""

    OPEN: ClassVar[bool] = True
    rows: int | None = None
    version: int | None = None
    view_rows: int | None = None
    delta_version: int | None = None


@dataclass(frozen=True)
class KnownPatients:
    OPEN: ClassVar[bool] = True
    rows: int | None = None
    known: int | None = None


@dataclass(frozen=True)
class Table:
    """A view in PostgreSQL."""

    OPEN: ClassVar[bool] = True
    rows: int | None = None
    view_rows: int | None = None
    delta_version: int | None = None
    loaded: str | None = None
    null_share: dict[str, float | None] | None = None
    patients: KnownPatients | None = None


@dataclass(frozen=True)
class Quality:
    OPEN: ClassVar[bool] = True
    state: str | None = None
    rows: int | None = None
    allowed: int | None = None
    of_rows: int | None = None
    of: str | None = None
    title: str | None = None
    severity: str | None = None
    query: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class ExtractResult:
    export_id: str | None
    landed_before: list[str] | None
    manifest_counts: Counts | None
    by_reference: Counts | None
    unchanged: Counts | None
    duplicates: Counts | None
    opted_out: Counts | None
    unreadable: Counts | None
    unconfirmed: Counts | None
    kept: Counts | None
    warnings: list[str] | None
    quarantine: str | None
    quarantine_reasons: Counts | None


@dataclass(frozen=True)
class TransformResult:
    exports: list[str] | None
    silver: dict[str, Silver] | None
    views: dict[str, View] | None
    joined: dict[str, Joined] | None
    lookups: dict[str, Joined] | None
    held_deletions: Counts | None
    refused_views: dict[str, str] | None
    refused_joined: dict[str, str] | None
    refused_lookups: dict[str, str] | None
    changed_types: list[str] | None
    damaged_export: str | None
    quarantined_deletions: int | None
    kept_out_known: Counts | None
    quarantine: str | None


@dataclass(frozen=True)
class LoadResult:
    tables: dict[str, Table] | None
    joined: dict[str, Joined] | None
    lookups: dict[str, Joined] | None
    refused_views: dict[str, str] | None
    refused_joined: dict[str, str] | None
    refused_lookups: dict[str, str] | None
    quality: dict[str, Quality] | None
    warnings: list[str] | None


MODELS: dict[str, type[Any]] = {"extract": ExtractResult, "transform": TransformResult, "load": LoadResult}


def that_fits(phase: str, result: dict[str, Any], name: str) -> tuple[dict[str, Any], str | None]:
    """
    A phase's result without the parts that do not match the contract; for the checks these are missing.

    :param name: of the report, for the sentence
    :return: what is left, and why the rest is not; None where nothing is left out
    """
    model = MODELS.get(phase)
    return (result, None) if model is None else contracts.parts_that_fit(model, result, f"the result in {name}")
