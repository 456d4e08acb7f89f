"""Where a label's value stands: beside it, in the next cell, or below.

Must not judge whether the value fits its field; that is `extraction`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

from mailbridge.rules.portal import Label, Pattern

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label found in a text, and where its value stands; None where it is empty."""

    at: int
    value: Span | None
    where: str
    """Where the label's word stands in the rule file."""


def find_labelled(
    label: Label, labels: Pattern | None, text: str, offset: int, cells: Mapping[int, int]
) -> Iterator[Labelled]:
    """Give each place where the label stands in `text`, in order.

    `labels` matches any label of the portal, for none of them is a value.
    `cells` maps where each table cell begins to where it ends, counted in the whole
    text, in which `text` begins at `offset`. Raises PatternTimeout.
    """
    for match in label.pattern.find_all(text):
        value = _beside(match, text, offset, cells) or _below(match, labels, text)
        yield Labelled(match.start("label"), value, label.where(match))


def trim(text: str, begin: int, end: int) -> Span:
    """Leave out the blanks at both ends of a span."""
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end


def _beside(
    match: "regex.Match[str]", text: str, offset: int, cells: Mapping[int, int]
) -> Span | None:
    begin, end = trim(text, *match.span("value"))
    if begin == end:
        return None
    cell = cells.get(offset + begin)
    if cell is not None:
        return trim(text, begin, min(cell - offset, len(text)))
    tab = text.find("\t", begin, end)
    return trim(text, begin, end if tab < 0 else tab)


def _below(match: "regex.Match[str]", labels: Pattern | None, text: str) -> Span | None:
    """Take the next line, or the one after a blank one, unless it is a label itself."""
    begin = match.end() + 1
    for _ in range(2):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        span = trim(text, begin, end)
        if span[0] < span[1]:
            empty = labels is not None and labels.search(text[span[0] : span[1]])
            return None if empty else span
        begin = end + 1
    return None
