"""Read a portal's fields from one text of a message, each with its evidence.

Must not decide what the mail is; that is `judgement`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

from mailbridge.message.message import Address, Body, Message
from mailbridge.rules.inquiry import Found
from mailbridge.rules.portal import Portal, Way, fold
from mailbridge.rules.sections import BLANKED, Stretch, cut, trusted

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


def read_part(portal: Portal, message: Message, part: str, body: Body) -> Reading:
    """Find every field of the portal in one part. Raises PatternTimeout."""
    folded = fold(body.text)
    sections = cut(folded, portal.sections)
    page = _Page(message, part, body, folded, trusted(folded, sections), sections, portal)
    fields = {}
    for name, ways in portal.fields.items():
        found = next(
            (f for way in ways for f in page.candidates(way) if _fits(name, f.value)), None
        )
        if found:
            fields[name] = _narrowed(name, found)
    return Reading(part, body.text, sections, fields)


def _fits(name: str, value: str) -> bool:
    if name == "sender_email":
        return bool(_EMAIL.search(value))
    if name == "sender_number":
        return bool(_NUMBER.match(value))
    return bool(value)


def _narrowed(name: str, found: Found) -> Found:
    if name != "sender_email":
        return found
    address = _EMAIL.search(found.value)
    return found if address is None else _with_value(found, address.group().removeprefix("mailto:"))


def _with_value(found: Found, value: str) -> Found:
    return Found(
        value=value, raw=found.raw, source=found.source, span=found.span, pattern=found.pattern
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """One part of one message, cut and ready for a portal's ways."""

    message: Message
    part: str
    body: Body
    folded: str
    trusted: str
    sections: Mapping[str, Stretch]
    portal: Portal

    def candidates(self, way: Way) -> Iterator[Found]:
        """Give the values that a way finds, best first."""
        for found in self._raw(way):
            value = _cleaned(found.value, way.clean)
            if value:
                yield _with_value(found, value)

    def _raw(self, way: Way) -> Iterator[Found]:
        if way.source in {"from", "reply_to"}:
            yield from self._from_addresses(way)
        elif way.source == "link":
            for link in self.body.links:
                yield from _by_patterns(way, link.url, "link", None)
        elif way.source == "subject":
            yield from _by_patterns(
                way, fold(self.message.subject), "subject", self.message.subject
            )
        elif way.source.startswith("header:"):
            for value in self.message.headers.get(way.source.removeprefix("header:"), ()):
                yield from _by_patterns(way, fold(value), way.source, value)
        else:
            yield from self._from_text(way)

    def _from_addresses(self, way: Way) -> Iterator[Found]:
        addresses = (self.message.sender,) if way.source == "from" else self.message.reply_to
        for address in addresses:
            text = _side(address, way.take)
            if way.patterns:
                yield from _by_patterns(way, text, way.source, None)
            elif text:
                yield Found(value=text, raw=text, source=way.source, span=None, pattern=way.where)

    def _from_text(self, way: Way) -> Iterator[Found]:
        if not way.source:
            start, text = 0, self.trusted
        elif way.source in self.sections:
            stretch = self.sections[way.source]
            start, text = stretch.start, self.folded[stretch.start : stretch.end]
        else:
            return
        spans = self._spans(way, text)
        for (begin, end), where in spans:
            if BLANKED in text[begin:end]:
                continue
            span = (start + begin, start + end)
            raw = self.body.text[span[0] : span[1]]
            yield Found(value=raw, raw=raw, source=self.part, span=span, pattern=where)

    def _spans(self, way: Way, text: str) -> Iterator[tuple[tuple[int, int], str]]:
        if way.take == "section":
            begin, end = _trim(text, 0, len(text))
            yield (begin, end), way.where
        if way.label:
            label = way.label
            for match in label.find_all(text):
                span = self._beside_or_below(match, text)
                if span:
                    yield span, label.where
        for pattern in way.patterns:
            for match in pattern.find_all(text):
                yield _trim(text, *match.span(1)), pattern.where

    def _beside_or_below(self, label: "regex.Match[str]", text: str) -> tuple[int, int] | None:
        """Give the span of a label's value: beside it, in the next cell, or on the next line."""
        begin, end = _trim(text, *label.span("value"))
        if begin < end:
            cell = text.find("\t", begin, end)
            return _trim(text, begin, end if cell < 0 else cell)
        begin = label.end() + 1
        for _ in range(2):  # the next line, or the one after a blank one
            end = text.find("\n", begin)
            end = len(text) if end < 0 else end
            span = _trim(text, begin, end)
            if span[0] < span[1]:
                labels = self.portal.labels
                empty = labels is not None and labels.search(text[span[0] : span[1]])
                return None if empty else span
            begin = end + 1
        return None


def _side(address: Address, take: str) -> str:
    return address.name if take == "name" else address.address


def _by_patterns(way: Way, text: str, source: str, shown: str | None) -> Iterator[Found]:
    """Give what the patterns' groups take; spans only where the source is text to show."""
    for pattern in way.patterns:
        for match in pattern.find_all(text):
            begin, end = _trim(text, *match.span(1))
            raw = (text if shown is None else shown)[begin:end]
            span = None if shown is None else (begin, end)
            yield Found(value=raw, raw=raw, source=source, span=span, pattern=pattern.where)


def _trim(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end


def _cleaned(value: str, clean: str) -> str:
    if clean == "idx_triple":
        # ref_property.ref_house.ref_object of the IDX export; portals leave empty parts in.
        return ".".join(part for part in value.strip("[] \t").split(".") if part.strip())
    return value
