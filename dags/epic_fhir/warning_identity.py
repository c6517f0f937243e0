"""What makes two warnings the same one, however large each is: check and subject, and what they name or their words."""

from __future__ import annotations

import re
from typing import Any

from epic_fhir.checks import Check

ACCEPTED_BY = " Accepted by "
"""Separates the sentence of an accepted warning from its reason."""


def words(sentence: str) -> str:
    """The first line without its numbers, times and ids: the same for the same problem, whatever its figures are."""
    return re.sub(r"\S*\d\S*", "#", first_line(sentence))


def first_line(sentence: str) -> str:
    """The first line as it was before anybody accepted it."""
    return sentence.partition("\n")[0].partition(ACCEPTED_BY)[0]


def is_same(known: dict[str, Any], check: Check) -> bool:
    """
    Whether a warning is the one that a run had or a person accepted, however large each is. One subject can have several: they
    differ by what they name or, without an amount, by their words.

    :param known: as the history keeps it
    """
    if not is_of(known, check.name, check.subject):
        return False
    if check.names is not None and has_names(known):
        return {*check.names} <= {*known["names"]}
    if check.amount is not None or "words" not in known:  # without words: of before they were kept
        return True
    told = known.get("told")
    if not isinstance(told, str):
        return str(known["words"]).partition(ACCEPTED_BY)[0] == words(check.sentence)
    return words(told) == words(check.sentence) and _named(told) == _named(check.sentence)


def figures(sentence: str) -> list[str]:
    return [token.strip(".;:()").replace(",", "") for token in re.findall(r"\S*\d\S*", sentence)]


def _named(sentence: str) -> list[str]:
    """Names with digits in them, which are part of a warning as its words are; a number is not."""
    tokens = figures(sentence.partition("\n")[0])
    return [token for token in tokens if not re.fullmatch(r"[\d.%]+", token)]


def has_names(known: dict[str, Any]) -> bool:
    """What was kept before warnings had names has none."""
    return isinstance(known.get("names"), list)


def is_of(entry: dict[str, Any], check: str, subject: str) -> bool:
    return (entry.get("check"), entry.get("subject")) == (check, subject)
