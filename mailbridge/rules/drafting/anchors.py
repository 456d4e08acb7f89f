"""Ways in which a rule can find a place again, the most stable first.

A label is the best: it may move. Then words on the value's line, then a line above or
below it. What depends on a place alone is not offered. Whether a way finds the value,
and nothing else in other examples, is `trial`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from mailbridge.rules.drafting.outline import SectionDraft, WayDraft
from mailbridge.rules.drafting.pairs import EMAIL, TRIPLE, Pair, Style, lines_of
from mailbridge.rules.drafting.sighting import Claim, Sighting
from mailbridge.rules.labels import Span

_ADDRESS = r"([^\s<>|;,]+@[^\s<>|;,]+)"
_NUMBER = r"(\(?\+?\d[\d ()./–-]{4,}\d)"
_MOST_WORDS = 4
_LABEL_WORDS = 6
_MARGIN = 60
LINE = "line"
"""Name of the section for labels that stand on one line."""


def find_ways(sighting: Sighting, claim: Claim) -> Iterator[WayDraft]:
    """Give ways to find a claim's value, the most stable first."""
    seen: set[WayDraft] = set()
    for way in _all_ways(sighting, claim):
        if claim.field == "property_reference" and TRIPLE.fullmatch(sighting.value(claim)):
            way = replace(way, clean="idx_triple")
        if way not in seen:
            seen.add(way)
            yield way


def _all_ways(sighting: Sighting, claim: Claim) -> Iterator[WayDraft]:
    text, (start, end) = sighting.text, claim.span
    pair = claim.pair
    if pair and pair.value and pair.value[0] == start:
        if pair.style in {Style.BESIDE, Style.CELL, Style.BELOW} and is_label(sighting, pair.label):
            yield WayDraft(label=(pair.label,))
        if pair.style is Style.SEPARATED:
            yield WayDraft(source=LINE, label=(pair.label,))
        if pair.style is Style.COLUMN:
            yield WayDraft(pattern=(_column(text, pair),))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    before, after = text[line_start:start], text[end:line_end]
    value = value_pattern(claim.field, text[start:end], after)
    if before.strip():
        yield from _on_line(sighting, before, after, value)
    elif after.strip():
        tail = _words_after(sighting, after)
        if tail:
            yield WayDraft(pattern=(rf"^{value}{tail}",))
    else:
        yield from _between_lines(sighting, line_end, value)
    if claim.field == "property_reference" and TRIPLE.fullmatch(text[start:end]):
        yield WayDraft(pattern=(r"(\[[^\]\n]*\])",))
    if claim.field in {"sender_email", "sender_number"} and not before.strip() + after.strip():
        yield WayDraft(pattern=(rf"^{value_pattern(claim.field, '', '')}$",))


def is_label(sighting: Sighting, label: str) -> bool:
    """Tell whether words can be a label: few, and with nothing that is a value."""
    plain = label.strip()
    if not plain or len(plain.split()) > _LABEL_WORDS + 2 or len(plain) > _MARGIN:
        return False
    values = [sighting.value(claim) for claim in sighting.claims.values()]
    return not any(len(value) > 2 and value in plain for value in values)


def value_pattern(name: str, value: str, after: str) -> str:
    """Give the group that takes a value; `after` is what follows it on its line."""
    if name == "sender_email" and (EMAIL.fullmatch(value) or not value):
        return _ADDRESS
    if name == "sender_number":
        return _NUMBER
    if name == "property_reference" and after[:1].isspace() and after.strip():
        return r"([^\s,;()\[\]]+)" if not regex.search(r"[,;()\[\]]", value) else r"(\S+)"
    return r"(\S[^\n]*?)" if after.strip() else r"(\S[^\n]*)"


def flex(text: str) -> str:
    """Write words as a pattern: runs of blanks may be longer, and numbers are any."""
    pieces = [
        r"\t" if piece == "\t" else _blank(piece) if piece.isspace() else _escape(piece)
        for piece in regex.split(r"(\t|[^\S\n\t]+)", text)
        if piece
    ]
    return "".join(pieces).replace(" +:", " *:").replace(" :", " ?:")


def _blank(run: str) -> str:
    return " " if len(run) == 1 else " +"


def _escape(word: str) -> str:
    return regex.sub(r"\d+", r"\\d+", regex.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", word))


def mask(sighting: Sighting, text: str) -> str:
    """Write a stretch of the text as a pattern in which other claims' values are open."""
    values = sorted(
        {sighting.value(c) for c in sighting.claims.values() if c.field != "sender_message"},
        key=len,
        reverse=True,
    )
    values = [value for value in values if len(value) > 2 and "\n" not in value]
    if not values:
        return flex(text)
    either = "|".join(regex.escape(value) for value in values)
    pieces = regex.split(rf"(?<![\p{{L}}\p{{N}}])(?:{either})(?![\p{{L}}\p{{N}}])", text)
    return r"[^\n]+?".join(map(flex, pieces))


def _on_line(sighting: Sighting, before: str, after: str, value: str) -> Iterator[WayDraft]:
    whole = mask(sighting, before)
    tail = _words_after(sighting, after) if after.strip() else "$"
    if len(before.split()) <= _LABEL_WORDS:
        yield WayDraft(pattern=(rf"^{whole}{value}{tail}",))
    for count in (_MOST_WORDS, 3, 2, 1):
        words = regex.findall(r"\S+\s*", before)[-count:]
        if len(words) < count or count == len(before.split()):
            continue
        near = "".join(words)
        if any(c.isalpha() for c in near):
            part = mask(sighting, near)
            yield WayDraft(pattern=(rf"^[^\n]*?{part}{value}{tail}",))


def _words_after(sighting: Sighting, after: str) -> str:
    """Write up to four words that follow a value on its line; `$` where they end it."""
    words = regex.findall(r"\s*\S+", after)
    kept = words[:_MOST_WORDS]
    written = mask(sighting, "".join(kept))
    if written.startswith(r"[^\n]+?"):
        return ""
    return written + ("$" if len(kept) == len(words) else "")


def _between_lines(sighting: Sighting, line_end: int, value: str) -> Iterator[WayDraft]:
    """Anchor a line of its own at the line above it, or at the one below."""
    lines = [line for line in lines_of(sighting.text) if not line.blank]
    number = next(n for n, line in enumerate(lines) if line.end >= line_end)
    above = lines[number - 1] if number else None
    if above and is_label(sighting, above.text) and not _is_value(sighting, above.start, above.end):
        yield WayDraft(label=(above.text.strip().rstrip(":").strip(),))
    if above and number > 1 and _is_value(sighting, above.start, above.end):
        head = lines[number - 2]
        if is_label(sighting, head.text) and not _is_value(sighting, head.start, head.end):
            yield WayDraft(pattern=(rf"^{flex(head.text.strip())}\n+[^\n]+\n+{value}$",))
    below = lines[number + 1] if number + 1 < len(lines) else None
    if below and sighting.trusted(below.start):
        words = regex.findall(r"\s*\S+", below.text)[:_MOST_WORDS]
        if any(c.isalpha() for c in "".join(words)) and is_label(sighting, "".join(words)):
            yield WayDraft(pattern=(rf"^{value}$\n+^{flex(''.join(words).strip())}",))


def _is_value(sighting: Sighting, start: int, end: int) -> bool:
    return any(
        claim.span[0] < end and start < claim.span[1] and claim.field != "sender_message"
        for claim in sighting.claims.values()
    )


def _column(text: str, pair: Pair) -> str:
    """Write a header row, and take the cell below it in the same column."""
    assert pair.value is not None  # noqa: S101  (a column has one)
    row = text.rfind("\n", 0, pair.value[0]) + 1
    place = text.count("\t", row, pair.value[0])
    header = flex(text[pair.at : pair.end])
    skipped = rf"(?:[^\t\n]*\t){{{place}}}" if place else ""
    return rf"^{header}\n{skipped}([^\t\n]+)"


def way_in_subject(subject: str, span: Span) -> Iterator[WayDraft]:
    """Give ways to find a place in the subject."""
    before, after = subject[: span[0]], subject[span[1] :]
    words = regex.findall(r"\S+\s*", before)[-2:]
    head = flex("".join(words))
    closing = flex(after[:1]) if after and not after[0].isspace() else ""
    value = r"(\S+)"
    if closing:
        value = rf"(\S[^\n{regex.escape(after[0])}]*)"
    elif not after:
        value = r"(\S[^\n]*)"
    if any(c.isalpha() for c in head):
        yield WayDraft(
            source="subject", pattern=(rf"{head}{value}{closing or ('$' if not after else '')}",)
        )
    one = flex("".join(words[-1:]))
    if one != head and any(c.isalpha() for c in one):
        yield WayDraft(
            source="subject", pattern=(rf"{one}{value}{closing or ('' if after else '$')}",)
        )


def line_section(sightings: Sequence[Sighting]) -> SectionDraft | None:
    """Give the section for labels that stand on one line, where there are such."""
    for sighting in sightings:
        pairs = [pair for pair in sighting.pairs if pair.style is Style.SEPARATED]
        if pairs:
            return SectionDraft(
                (rf"^(?={flex(pairs[0].label)} *:)",), (r"\n",), separator=pairs[0].sign
            )
    return None
