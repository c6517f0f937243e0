"""Keys of validation.conf: one that is mistyped would leave its setting as it was, and nobody would know."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = frozenset(
    {
        *(f"skew.{key}" for key in ("ratio", "min-duration", "min-tasks", "data-ratio")),
        *(f"speed.{key}" for key in ("least-runs", "most-runs", "false-alarms", "slower-at-once", "part-slower-at-once")),
        *(f"speed.{key}" for key in ("slower-since", "noise-floor", "least-duration")),
        *(f"data.{key}" for key in ("least-runs", "rows-lost", "deleted", "nulls-more", "patients-unknown", "max-age")),
        "report-url",
        *(f"alerts.{key}" for key in ("first-try", "remind.red-every", "remind.warnings-every")),
        *(f"alerts.{key}" for key in ("mail.to", "mail.connection", "slack.connection", "webhook.connection")),
    }
)


def unknown(tree: Any) -> list[str]:
    """A sentence for each key that nobody reads, with the one that was meant."""
    return [_sentence(key) for key in sorted(set(keys(tree)) - KNOWN)]


def keys(tree: Any, prefix: str = "") -> Iterator[str]:
    """The whole names of all values of a block."""
    for name, value in tree.items():
        if hasattr(value, "items"):
            yield from keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _sentence(key: str) -> str:
    meant = get_close_matches(key, KNOWN, n=1)
    return f"{key} is no setting" + (f"; did you mean {meant[0]}?" if meant else "")
