"""Characters that are none to read: in a text from outside they move a terminal's cursor, hide what was there, or forge a line."""

from __future__ import annotations

import unicodedata

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They show a text in another order than it has."""


def escaped(text: str, but: str = "") -> str:
    """
    The text with each of them as Python writes it, such as ``\\x1b``.

    :param but: those that stay as they are
    """
    return "".join(_escape(one) if _is_control(one) and one not in but else one for one in text)


def _is_control(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Zl", "Zp", "Cs") or one in _DIRECTIONS


def _escape(one: str) -> str:
    return one.encode("unicode_escape", "backslashreplace").decode("ascii")
