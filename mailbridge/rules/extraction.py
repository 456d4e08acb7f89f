"""Read a portal's fields from one text of a message, each with its evidence.

Must not decide what the mail is; that is `judgement`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import regex

from mailbridge.message.message import Address, Body, Message
from mailbridge.rules.blocks import discreet
from mailbridge.rules.inquiry import Found
from mailbridge.rules.labels import Labelled, Span, find_labelled, trim
from mailbridge.rules.portal import Portal, Way, fold
from mailbridge.rules.sections import BLANKED, Cutting, Stretch, cut, separate, trust

# A value must look like what its field is, or a label with an empty value would
# take whatever stands on the next line.
_EMAIL = regex.compile(
    r"[^\s<>()\[\],;:\"'|\x00]+@[^\s<>()\[\],;:\"'|\x00]+[^\s<>()\[\],;:\"'|.\x00]"
)
_NUMBER = regex.compile(r"(?:\D*\d){5}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one portal's rule finds in one part."""

    part: str
    """`text` or `html`."""
    text: str
    sections: Mapping[str, Stretch]
    fields: Mapping[str, Found]
    footer: tuple[int, str] | None = None
    """Where the portal's closing begins, and the pattern that found it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One part of one message, cut and ready for a portal's ways."""

    portal: Portal
    message: Message
    part: str
    body: Body
    folded: str
    """Apostrophes made alike, separators of one-line sections made line ends."""
    trusted: str
    cells: Mapping[int, int]
    cutting: Cutting

    def candidates(self, name: str) -> Iterator[tuple[Found, bool]]:
        """Give what the ways of a field find, best first, and whether it fits the field."""
        for way in self.portal.fields[name]:
            for found in self.find(way):
                value = _cleaned(found.value, way.clean)
                if name == "sender_email":
                    address = _EMAIL.search(value)
                    value = address.group() if address else value
                if value != found.value:
                    found = replace(found, value=value)
                yield found, self._fits(name, value)

    def find(self, way: Way) -> Iterator[Found]:
        """Give what one way finds, as it stands in the source. Raises PatternTimeout."""
        if way.source in {"from", "reply_to"}:
            yield from self._in_addresses(way)
        elif way.source == "link":
            for link in self.body.links:
                yield from _by_patterns(way, link.url, link.url, shown=False)
        elif way.source == "subject":
            subject = self.message.subject
            yield from _by_patterns(way, fold(subject), subject, shown=True)
        elif way.source.startswith("header:"):
            for value in self.message.headers.get(way.source.removeprefix("header:"), ()):
                yield from _by_patterns(way, fold(value), value, shown=True)
        else:
            yield from self._in_text(way)

    def labelled(self, way: Way) -> Iterator[Labelled]:
        """Give each place where the way's label stands, places counted in the whole text."""
        region = self._region(way)
        if region is None or way.label is None:
            return
        start, text = region
        for one in find_labelled(way.label, self.portal.labels, text, start, self.cells):
            value = one.value and (start + one.value[0], start + one.value[1])
            yield Labelled(start + one.at, value, one.where)

    def _region(self, way: Way) -> tuple[int, str] | None:
        """Give the text in which a way looks, and where it begins; None where it is missing."""
        if not way.source:
            return 0, self.trusted
        stretch = self.cutting.sections.get(way.source)
        if stretch is None:
            return None
        return stretch.start, self.folded[stretch.start : stretch.end]

    def _in_text(self, way: Way) -> Iterator[Found]:
        for (begin, end), where in self._spans(way):
            if not way.source and BLANKED in self.trusted[begin:end]:
                continue
            span = _narrowed(self.folded, begin, end, way)
            raw = self.body.text[span[0] : span[1]]
            yield Found(value=raw, raw=raw, source=self.part, span=span, pattern=where)

    def _spans(self, way: Way) -> Iterator[tuple[Span, str]]:
        region = self._region(way)
        if region is None:
            return
        start, text = region
        if way.take == "section":
            yield trim(self.folded, start, start + len(text)), way.where
        for one in self.labelled(way):
            if one.value:
                yield one.value, one.where
        for pattern in way.patterns:
            for match in pattern.find_all(text):
                if match[1]:
                    begin, end = trim(text, *match.span(1))
                    yield (start + begin, start + end), pattern.where

    def _in_addresses(self, way: Way) -> Iterator[Found]:
        reply = way.source == "reply_to"
        for address in self.message.reply_to if reply else (self.message.sender,):
            if reply and any(address.address == to.address for to in self.message.to):
                continue  # the agency's own: the mail was sent there
            text = _side(address, way.take)
            if way.patterns:
                yield from _by_patterns(way, text, text, shown=False)
            elif text:
                yield Found(value=text, raw=text, source=way.source, span=None, pattern=way.where)

    def _fits(self, name: str, value: str) -> bool:
        if name == "sender_email":
            return bool(_EMAIL.fullmatch(value)) and not self.portal.owns(value)
        if name == "sender_number":
            return bool(_NUMBER.match(value))
        return bool(value)


def open_page(portal: Portal, message: Message, part: str, body: Body) -> Page:
    """Cut one part into the portal's sections. Raises PatternTimeout."""
    body = discreet(portal, body)
    folded = fold(body.text)
    cells: dict[int, int] = {}
    for begin, end in body.cells:
        cells[begin] = max(end, cells.get(begin, 0))
    cutting = cut(portal, folded, cells)
    folded = separate(portal, folded, cutting)
    return Page(portal, message, part, body, folded, trust(folded, cutting), cells, cutting)


def read_page(page: Page) -> Reading:
    """Find every field of the portal in one part. Raises PatternTimeout."""
    fields = {}
    for name in page.portal.fields:
        found = next((found for found, fits in page.candidates(name) if fits), None)
        if found:
            fields[name] = found
    cutting = page.cutting
    footer = (cutting.end, cutting.footer) if cutting.footer else None
    return Reading(page.part, page.body.text, cutting.sections, fields, footer)


def _side(address: Address, take: str) -> str:
    return address.name if take == "name" else address.address


def _by_patterns(way: Way, text: str, written: str, *, shown: bool) -> Iterator[Found]:
    """Give what the patterns' groups take; spans only where the source is text to show."""
    for pattern in way.patterns:
        for match in pattern.find_all(text):
            if not match[1]:
                continue
            span = _narrowed(text, *trim(text, *match.span(1)), way)
            raw = written[span[0] : span[1]]
            yield Found(
                value=raw,
                raw=raw,
                source=way.source,
                span=span if shown else None,
                pattern=pattern.where,
            )


def _narrowed(text: str, begin: int, end: int, way: Way) -> Span:
    """Apply `after` and `before` to a span."""
    if way.after and (at := text.find(way.after, begin, end)) >= 0:
        begin = at + len(way.after)
    if way.before and (at := text.find(way.before, begin, end)) >= 0:
        end = at
    return trim(text, begin, end)


def _cleaned(value: str, clean: str) -> str:
    if clean == "idx_triple":
        # ref_property.ref_house.ref_object of the IDX export; portals leave empty parts in.
        return ".".join(part for part in value.strip("[] \t").split(".") if part.strip())
    return value
