"""Cut a text into a portal's sections, so that the visitor's words stay the visitor's.

Must not read values; that is `extraction`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import regex

from mailbridge.rules.portal import Pattern, Portal, Section

BLANKED = "\x00"
"""Stands for every character that the visitor wrote but line ends; no canonical text has it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a section's text stands: `text[start:end]`."""

    start: int
    end: int
    free_text: bool
    head: str = ""
    """Where the pattern of its heading stands: `file:line:column`."""
    foot: str = ""
    """Where the pattern that ended it stands; empty where the next heading or nothing did."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """A text cut into sections."""

    sections: Mapping[str, Stretch]
    end: int
    """Where the portal's own closing begins: nothing from here on is read."""
    footer: str = ""
    """Where the pattern stands that found it; empty where there is none."""


def cut(portal: Portal, text: str, cells: Mapping[int, int]) -> Cutting:
    """Find the sections that the text has, in the order in which they stand.

    A section begins after its heading and runs to its own end, the next heading,
    the footer, or the end of the text. Inside free text no heading counts: whoever
    writes "E-mail: …" into the message field must not open a contact section. For
    the same reason free text ends at the *last* match of the first `end` pattern
    that matches at all, the footer's being tried after them: the visitor stands
    before it. A table cell is a wall that nobody can write through: free text that
    begins with a cell ends with it. `cells` maps where each begins to where it ends.

    Raises PatternTimeout.
    """
    waiting = {section.name: section for section in portal.sections}
    heads = {name: _first(section.start, text, 0) for name, section in waiting.items()}
    found: dict[str, Stretch] = {}
    open_name, position = "", 0
    footer = _first(portal.footer, text, 0)
    while True:
        for name, section in waiting.items():
            passed = heads[name]
            if passed and passed[0].start() < position:
                heads[name] = _first(section.start, text, position)
        ahead = [(head, name) for name in waiting if (head := heads[name])]
        if not ahead:
            break
        (match, where), name = min(ahead, key=lambda one: one[0][0].start())
        if footer and footer[0].start() <= match.start():
            break
        if open_name:
            found[open_name] = _closed(found[open_name], match.start())
        section = waiting.pop(name)
        stretch = _stretch(section, portal.footer, text, match.end(), where, cells)
        found[name] = stretch
        open_name, position = name, stretch.start
        if section.free_text:
            open_name, position = "", stretch.end
            footer = _first(portal.footer, text, position)
    if footer is None:
        return Cutting(found, len(text))
    end = footer[0].start()
    return Cutting({n: _closed(s, end) for n, s in found.items()}, end, footer[1])


def trust(text: str, cutting: Cutting) -> str:
    """Give the text with everything that the visitor wrote blanked; places stay."""
    text = text[: cutting.end]
    for stretch in cutting.sections.values():
        if stretch.free_text:
            lines = text[stretch.start : stretch.end].split("\n")
            blanked = "\n".join(BLANKED * len(line) for line in lines)
            text = text[: stretch.start] + blanked + text[stretch.end :]
    return text


def separate(portal: Portal, text: str, cutting: Cutting) -> str:
    """Put a line end for each separator that parts two values of a one-line section.

    One character for one, so places stay.
    """
    for name, separator in portal.separators.items():
        stretch = cutting.sections.get(name)
        if stretch:
            for match in separator.find_all(text[: stretch.end], stretch.start):
                line_ends = "\n" * (match.end() - match.start())
                text = text[: match.start()] + line_ends + text[match.end() :]
    return text


def _stretch(
    section: Section,
    footer: Sequence[Pattern],
    text: str,
    start: int,
    head: str,
    cells: Mapping[int, int],
) -> Stretch:
    if not section.free_text:
        ended = next(((m, p.where) for p in section.end if (m := p.search(text, start))), None)
    else:
        begin = start
        while begin < len(text) and text[begin].isspace():
            begin += 1
        if begin in cells:
            return Stretch(start, max(start, cells[begin]), free_text=True, head=head)
        patterns = (*section.end, *footer)
        ended = next(((m, p.where) for p in patterns if (m := p.search_last(text, start))), None)
    if ended is None:
        return Stretch(start, len(text), section.free_text, head)
    return Stretch(start, ended[0].start(), section.free_text, head, ended[1])


def _first(
    patterns: Iterable[Pattern], text: str, start: int
) -> "tuple[regex.Match[str], str] | None":
    """Find the pattern that matches first, and where it stands in the rule file."""
    matches = [(m, p.where) for p in patterns if (m := p.search(text, start))]
    return min(matches, key=lambda found: found[0].start(), default=None)


def _closed(stretch: Stretch, at: int) -> Stretch:
    if stretch.end <= at:
        return stretch
    return Stretch(stretch.start, max(stretch.start, at), stretch.free_text, stretch.head)
