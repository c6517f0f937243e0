"""Settings files in HOCON, as the jobs read them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

_UNITS = {
    "milliseconds": ("ms", "milli", "millis", "millisecond", "milliseconds"),
    "seconds": ("s", "second", "seconds"),
    "minutes": ("m", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
}


class SettingsError(Exception):
    """Something that stands outside the code must be mended; no retry helps."""


def hocon(file: Path, root: str) -> Any:
    """The block ``root`` of a HOCON file, with the environment's overrides in it."""
    from pyhocon.exceptions import ConfigException
    from pyparsing import ParseBaseException

    try:
        tree = _parsed(file)
    except OSError as e:
        raise SettingsError(f"Cannot read the settings: {e.filename}; check that the file is there and readable") from e
    except (ConfigException, ParseBaseException) as e:
        raise SettingsError(f"Cannot read the settings: {file} is not HOCON: {e}; mend the file") from e
    if root not in tree:
        raise SettingsError(f'Cannot use the settings: {file} has no block "{root}"; start from the one in conf/')
    return tree[root]


def _parsed(file: Path) -> Any:
    """
    The file, over the one that it begins by including.

    pyhocon's own include loses values that have an override of the environment, where the file says something else of their block.
    """
    from pyhocon import ConfigFactory

    written = file.read_text(encoding="utf-8")
    lines = written.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(("#", "//"))), None)
    include = None if first is None else re.fullmatch(r'include\s+"([^"]+)"', lines[first].strip())
    if not include:
        return ConfigFactory.parse_string(written, basedir=str(file.parent))
    own = ConfigFactory.parse_string("".join(lines[first + 1 :]), basedir=str(file.parent), resolve=False)
    return own.with_fallback(_parsed(file.with_name(include[1])))


def text(tree: Any, key: str, file: Path) -> str:
    value = tree.get(key, None)
    if value is None or not str(value).strip():
        raise SettingsError(f"Cannot use the settings: {key} is missing or empty in {file}; give it a value")
    return str(value)


def optional(tree: Any, key: str) -> str:
    """The value as text; empty where the file does not have it."""
    value = tree.get(key, None)
    return "" if value is None else str(value).strip()


def number(tree: Any, key: str, file: Path, least: float) -> float:
    value = text(tree, key, file)
    try:
        parsed = float(value)
    except ValueError:
        parsed = float("nan")
    if not parsed >= least:
        raise SettingsError(f"Cannot use the settings: {key} = {value} in {file}; expected a number of {least:g} or more")
    return parsed


def duration(tree: Any, key: str, file: Path) -> timedelta:
    """A HOCON duration, for example ``30 seconds``; a bare number is milliseconds."""
    value = tree.get(key, None)
    if isinstance(value, timedelta):
        return value
    written = text(tree, key, file)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", written)
    if match:
        for unit, names in _UNITS.items():
            if (match[2] or "ms") in names:
                return timedelta(**{unit: float(match[1])})
    raise SettingsError(f'Cannot use the settings: {key} = {written} in {file}; expected a duration, for example "30 seconds"')
