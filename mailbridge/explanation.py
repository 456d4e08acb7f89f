"""A text with the values that were read from it: where each stands. Pure.

For whoever shows a decision, on a terminal or a page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailbridge.rules.inquiry import Found


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text."""

    text: str
    field: str = ""
    """The field whose value it is; empty for what lies between."""


def cut(text: str, source: str, fields: Mapping[str, Found]) -> Iterator[Piece]:
    """Give the text in pieces, the values that came from `source` each in one of its own.

    A value inside another one is left out: that is shown already.
    """
    at = 0
    for begin, end, name in sorted(
        (*found.span, name)
        for name, found in fields.items()
        if found.source == source and found.span
    ):
        if begin < at or end > len(text):
            continue
        if begin > at:
            yield Piece(text[at:begin])
        yield Piece(text[begin:end], name)
        at = end
    if at < len(text):
        yield Piece(text[at:])


def read_fields(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Found]:
    """Read fields as the ledger keeps them (`Found.as_json`)."""
    return {name: Found.from_json(values) for name, values in kept.items()}
