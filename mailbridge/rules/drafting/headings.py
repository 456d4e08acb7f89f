"""The patterns between which the visitor's words stand: what announces and what ends them.

Must not decide where that is; that is `framing` and `agreement`.
"""

from collections.abc import Container, Sequence
from itertools import pairwise

import regex

from mailbridge.rules.drafting.anchors import flex, mask
from mailbridge.rules.drafting.closings import is_greeting, is_heading
from mailbridge.rules.drafting.framing import Frame
from mailbridge.rules.drafting.outline import SectionDraft
from mailbridge.rules.drafting.pairs import Line, lines_of
from mailbridge.rules.drafting.sighting import Sighting

_LONGEST = 60
_NEXT_LABEL = regex.compile(r"[;|,•·] *[^:;|,\n]{1,40}:")
_HEADING_WORDS = 6
_SHORT = 12
"""A line of fewer characters is told together with the next one."""


def message_section(sightings: Sequence[Sighting]) -> tuple[SectionDraft | None, tuple[str, ...]]:
    """Give the section of the visitor's words, and the footer's patterns."""
    starts: list[str] = []
    ends: list[str] = []
    footers: list[str] = []
    for sighting in sightings:
        frame = sighting.frame
        if frame is None:
            continue
        starts.append(_start(sighting, frame))
        if frame.foot is None:
            footers += _signature(sighting, frame)
            continue
        end = _end(sighting, frame, lines=1)
        if _stands_before(sighting, end, frame):
            end = _end(sighting, frame, lines=2)
        closes = not any(
            claim.span[0] >= frame.foot
            for claim in sighting.claims.values()
            if claim.field != "sender_message"
        ) and not any(claim.span[0] >= frame.foot for claim in sighting.unsure)
        closes = closes and not _stands_before(sighting, end, frame)
        if closes and not end.startswith(("»", "”")):
            footers.append(end)
        else:
            ends.append(end)
            footers += _signature(sighting, frame)
    if not starts:
        return None, ()
    footers = [one for one in footers if one not in ends]
    section = SectionDraft(_distinct(starts), _distinct(ends), free_text=True)
    return section, _distinct(footers)


def contact_section(sightings: Sequence[Sighting], names: Sequence[str]) -> SectionDraft | None:
    """Give a section that begins at the heading above these fields, where all have one."""
    starts = []
    for sighting in sightings:
        places = [sighting.claims[name].span[0] for name in names if name in sighting.claims]
        if not places:
            continue
        first = min(places)
        valued = {pair.at for pair in sighting.pairs if pair.value}
        above = [
            line
            for line, following in pairwise(lines_of(sighting.text))
            if line.end < first
            and sighting.trusted(line.start)
            and (is_heading(line.text) or _stands_over(valued, line, following))
        ]
        if not above:
            return None
        starts.append(f"^{_line(sighting, above[-1].text)}")
    return SectionDraft(_distinct(starts)) if starts else None


def _signature(sighting: Sighting, frame: Frame) -> list[str]:
    """Give the line with which the portal signs, where it stands below the message alone."""
    if sighting.tail <= max(frame.span[1], frame.foot or 0):
        return []
    end = sighting.text.find("\n", sighting.tail)
    line = sighting.text[sighting.tail : end if end >= 0 else len(sighting.text)]
    pattern = f"^{_line(sighting, line)}"
    return [] if _stands_before(sighting, pattern, frame) else [pattern]


def _stands_over(valued: Container[int], line: Line, following: Line) -> bool:
    """Tell whether a line is no label itself and stands right above one with a value."""
    short = 0 < len(line.text.split()) <= _HEADING_WORDS
    return short and line.start not in valued and following.start in valued


def _distinct(patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(patterns))


def _start(sighting: Sighting, frame: Frame) -> str:
    begin, end = frame.head
    head = sighting.text[begin:end]
    if begin and sighting.text[begin - 1] != "\n":  # one of several on a line
        return mask(sighting, head.strip())
    written = mask(sighting, head.rstrip())
    if head.endswith("\t") or sighting.text[end : end + 1] == "\t":
        return rf"^{written}(?:\t|$)"
    rest = sighting.text[end : frame.span[0]]
    return rf"^{written}$" if "\n" in rest or (not rest and head.endswith("\n")) else rf"^{written}"


def _stands_before(sighting: Sighting, pattern: str, frame: Frame) -> bool:
    """Tell whether what shall end the message stands above it, too."""
    match = regex.compile(pattern, regex.MULTILINE).search(sighting.text)
    return match is not None and match.start() < frame.head[0]


def _end(sighting: Sighting, frame: Frame, lines: int) -> str:
    assert frame.foot is not None  # noqa: S101  (callers look)
    text = sighting.text
    after = [line for line in lines_of(text) if line.end > frame.foot and not line.blank]
    first = text[frame.foot : after[0].end]
    following = after[1].text if len(after) > 1 else ""
    inline = sighting.text.rfind("\n", 0, frame.foot) < frame.span[0]
    if inline and (match := _NEXT_LABEL.match(first)):
        return mask(sighting, match.group())
    if first[0] in "»”":
        rest = first[1:].strip() or following
        return rf"{first[0]}\s*{_line(sighting, rest)}" if rest else first[0]
    pair = next((p for p in sighting.all_pairs if p.at == frame.foot), None)
    if pair and pair.end <= after[0].end and first.startswith(pair.label):
        sign = text[frame.foot + len(pair.label) : pair.end].strip(" ")
        ends = {":": " ?:", "": "$", "\t": r"(?:\t|$)"}.get(sign, f" *{flex(sign)}")
        return rf"^{mask(sighting, pair.label)}{ends}"
    written = _line(sighting, first)
    short = len(first.strip()) < _SHORT or is_greeting(first)
    if (short or lines > 1) and following:
        return rf"^{written}\s+^{_line(sighting, following)}"
    return f"^{written}"


def _line(sighting: Sighting, line: str) -> str:
    """Write a line, or its first words where it is long."""
    words = line.strip()
    whole = len(words) <= _LONGEST
    if not whole:
        blank = words.rfind(" ", 0, _LONGEST)
        words = words[: blank if blank > 0 else _LONGEST]
    return mask(sighting, words) + ("$" if whole else "")
