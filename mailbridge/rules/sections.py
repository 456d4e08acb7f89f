"""Cut a text into a portal's sections, so that the visitor's words stay the visitor's.

Must not read values; that is `extraction`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import regex

from mailbridge.rules.portal import Pattern, Section

BLANKED = "\x00"
"""Stands in `trusted` for every character that the visitor wrote; no canonical text has it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a section's text stands: `text[start:end]`."""

    start: int
    end: int
    free_text: bool


def cut(text: str, sections: Iterable[Section]) -> Mapping[str, Stretch]:
    """Find the sections that the text has, in the order in which they stand.

    A section begins after its heading and runs to its own end, the next heading,
    or the end of the text. Inside free text no heading counts: whoever writes
    "E-mail: …" into the message field must not open a contact section. For the
    same reason free text ends at the *last* match of the first `end` pattern that
    matches at all: the visitor stands before it.

    Raises PatternTimeout.
    """
    waiting = list(sections)
    found: dict[str, Stretch] = {}
    open_name, position = "", 0
    while waiting:
        heads = [
            (head, section)
            for section in waiting
            if (head := _first(section.start, text, position))
        ]
        if not heads:
            break
        head, section = min(heads, key=lambda pair: pair[0].start())
        if open_name:
            found[open_name] = _closed(found[open_name], head.start())
        waiting.remove(section)
        start = head.end()
        end = _end(section, text, start)
        found[section.name] = Stretch(start, len(text) if end is None else end, section.free_text)
        if section.free_text:
            open_name, position = "", found[section.name].end
        else:
            open_name, position = section.name, start
    return found


def trusted(text: str, stretches: Mapping[str, Stretch]) -> str:
    """Give the text with everything that the visitor wrote blanked; places stay."""
    for stretch in stretches.values():
        if stretch.free_text:
            length = stretch.end - stretch.start
            text = text[: stretch.start] + BLANKED * length + text[stretch.end :]
    return text


def _first(patterns: Iterable[Pattern], text: str, start: int) -> "regex.Match[str] | None":
    matches = [match for pattern in patterns if (match := pattern.search(text, start))]
    return min(matches, key=lambda match: match.start(), default=None)


def _end(section: Section, text: str, start: int) -> int | None:
    for pattern in section.end:
        match = (
            pattern.search_last(text, start) if section.free_text else pattern.search(text, start)
        )
        if match:
            return match.start()
    return None


def _closed(stretch: Stretch, at: int) -> Stretch:
    return Stretch(stretch.start, min(stretch.end, at), stretch.free_text)
