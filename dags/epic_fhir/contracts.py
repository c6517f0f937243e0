"""
What the jobs write and the checks read, as types: the Python side of common/contracts.

A document is read once, where it comes in. A key that is missing or unknown, or a value of another type, is a sentence that says
where, and not a None that a check takes for "nothing to see".
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any

VERSION = 1
"""The version of every contract that this code writes, and the newest that it reads."""

_MOST = 5
"""The maximum number of problems named for one document."""

_CLOCK = ("duration_ms", "ms")
"""Whole numbers that come from a clock, which may be set back; all others are counts."""


class ContractError(Exception):
    """A document is not what its contract says."""


def read(model: type[Any], document: Any, name: str) -> Any:
    """
    The document as a model of it.

    :param name: what it is and where it lies, for the sentence
    :raises ContractError: with a sentence that names what is wrong
    """
    if told := version_problem(document, name):
        raise ContractError(told)
    problems: list[str] = []
    value = _value(model, document, "", problems)
    if problems:
        more = f" and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        raise ContractError(
            f"Cannot read {name}: {'; '.join(problems[:_MOST])}{more}. Install job JARs and DAGs of the same version."
        )
    return value


def version_problem(document: Any, name: str) -> str | None:
    """Why this code cannot read a document of that version; None where it can, or where the document has none."""
    version = document.get("schema_version", VERSION) if isinstance(document, dict) else VERSION
    if version == VERSION or not isinstance(version, int):
        return None
    age = "a newer" if version > VERSION else "an older"
    return (
        f"Cannot read {name}: it has version {version}, and this code knows {VERSION}; "
        f"{age} version of the pipeline wrote it. Install job JARs and DAGs of the same version."
    )


def problem(model: type[Any], document: Any, name: str) -> str | None:
    """Why the document is not of this model, as a sentence; None where it is."""
    try:
        read(model, document, name)
    except ContractError as e:
        return str(e)
    return None


def parts_that_fit(model: type[Any], given: dict[str, Any], name: str) -> tuple[dict[str, Any], str | None]:
    """
    A record without the parts that are not of its model.

    :return: what is left, and why the rest is not; None where nothing is left out
    """
    hints, problems, left = typing.get_type_hints(model), [], {}
    for key, value in given.items():
        found: list[str] = []
        if key in hints:
            _value(hints[key], value, f".{key}", found)
        if found:
            problems += found
        else:
            left[key] = value
    more = f" and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
    told = f"Cannot use all of {name}: {'; '.join(problems[:_MOST])}{more}."
    return left, told if problems else None


def _value(wanted: Any, given: Any, at: str, problems: list[str]) -> Any:
    origin = typing.get_origin(wanted)
    if wanted is Any:
        return given
    if origin in (types.UnionType, typing.Union):
        inner = next(kind for kind in typing.get_args(wanted) if kind is not type(None))
        return None if given is None else _value(inner, given, at, problems)
    if dataclasses.is_dataclass(wanted):
        return _record(wanted, given, at, problems)
    if origin is list and isinstance(given, list):
        (kind,) = typing.get_args(wanted)
        return [_value(kind, item, f"{at}[{number}]", problems) for number, item in enumerate(given)]
    if origin is dict and isinstance(given, dict):
        kind = typing.get_args(wanted)[1]
        return {key: _value(kind, item, f"{at}.{key}", problems) for key, item in given.items()}
    plain = origin or wanted
    fits = isinstance(given, (int, float) if plain is float else plain) and (plain is bool or not isinstance(given, bool))
    if not fits:
        problems.append(f"{at.lstrip('.')} is {_kind(given)}, expected {_NAMES[plain]}")
    elif plain is float and not math.isfinite(given):
        problems.append(f"{at.lstrip('.')} is not a finite number")
    elif plain is int and given < 0 and at.rpartition(".")[2] not in _CLOCK:
        problems.append(f"{at.lstrip('.')} is below zero")
    return given


def _record(model: Any, given: Any, at: str, problems: list[str]) -> Any:
    if not isinstance(given, dict):
        problems.append(f"{at.lstrip('.') or 'it'} is {_kind(given)}, expected an object")
        return None
    hints = typing.get_type_hints(model)
    known = {part.name: part for part in dataclasses.fields(model)}
    if not getattr(model, "OPEN", False):
        problems.extend(f"{f'{at}.{key}'.lstrip('.')} is unknown" for key in given if key not in known)
    values, complete = {}, True
    for name, part in known.items():
        if name in given:
            values[name] = _value(hints[name], given[name], f"{at}.{name}", problems)
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            problems.append(f"{f'{at}.{name}'.lstrip('.')} is missing")
            complete = False
    return model(**values) if complete else None


_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


def _kind(given: Any) -> str:
    return "null" if given is None else _NAMES.get(type(given), type(given).__name__)
