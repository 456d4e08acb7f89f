"""What stands in an example beside its text: subject, From, Reply-To; and what is in doubt."""

from collections.abc import Sequence
from dataclasses import replace

from mailbridge.message.message import Message
from mailbridge.rules.drafting.anchors import find_ways, way_in_subject
from mailbridge.rules.drafting.claim import NAMES, Sighting
from mailbridge.rules.drafting.draft import Example, Note, Sureness
from mailbridge.rules.drafting.locating import locate
from mailbridge.rules.drafting.matching import (
    is_relay,
)
from mailbridge.rules.drafting.outline import Outline, WayDraft
from mailbridge.rules.drafting.sighting import is_portals
from mailbridge.rules.drafting.subjects import find_code, find_in_subject
from mailbridge.rules.drafting.trial import (
    compile_outline,
)
from mailbridge.rules.drafting.words import Kind
from mailbridge.rules.extraction import Reading
from mailbridge.rules.judgement import read

_PERHAPS = "If this is the agency's own number: property_reference: {}"


def beside_text(outline: Outline, examples: Sequence[Example]) -> tuple[Outline, list[Note]]:
    """Look in the subject, From and Reply-To for what the text does not have."""
    fields, notes = dict(outline.fields), []
    message = examples[0].message
    if "property_reference" not in fields and (subject := _in_subject(outline, examples)):
        way, sureness, value = subject
        fields["property_reference"] = (way,)
        why = "a word for it stands before it in the subject"
        notes.append(Note("property_reference", sureness, why, value))
    if "sender_email" not in fields:
        replies = [a for a in message.reply_to if not is_portals(message, a.address)]
        if replies:
            fields["sender_email"] = (WayDraft(source="reply_to"),)
            why = "an answer to the mail goes there (Reply-To)"
            notes.append(Note("sender_email", Sureness.LIKELY, why, replies[0].address))
        elif is_relay(message.sender.address, [message]):
            fields["sender_email"] = (WayDraft(source="from"),)
            why = "the portal passes on what is sent there (From)"
            notes.append(Note("sender_email", Sureness.LIKELY, why, message.sender.address))
    if not any(name in fields for name in NAMES):
        named = _named_beside(message)
        if named:
            fields["sender_name"] = (named[0],)
            notes.append(Note("sender_name", Sureness.LIKELY, named[1], named[2]))
    return replace(outline, fields=fields), notes


def answers_go_to_the_visitor(examples: Sequence[Example], sightings: Sequence[Sighting]) -> bool:
    """Tell whether each example's Reply-To is a visitor's, and most texts have that address."""
    same = 0
    for example, sighting in zip(examples, sightings, strict=False):
        message, claim = example.message, sighting.claims.get("sender_email")
        replies = [
            a.address.lower() for a in message.reply_to if not is_portals(message, a.address)
        ]
        if not replies or (claim and claim.sureness is Sureness.GIVEN):
            return False
        same += claim is not None and sighting.value(claim).lower() == replies[0]
    return same * 2 > len(examples)


def _named_beside(message: Message) -> tuple[WayDraft, str, str] | None:
    name, sign, _ = message.sender.name.partition(" via ")
    if sign and name.strip():
        way = WayDraft(source="from", take="name", pattern=("^(.+?) via ",))
        return way, "it stands in From, before 'via'", name
    for address in message.reply_to:
        if address.name and "@" not in address.name and not is_portals(message, address.address):
            return WayDraft(source="reply_to", take="name"), "it stands in Reply-To", address.name
    return None


def _in_subject(
    outline: Outline, examples: Sequence[Example]
) -> tuple[WayDraft, Sureness, str] | None:
    """Find a way to the reference in the subject that fits every example."""
    first = examples[0]
    given = first.given.get("property_reference", "")
    subject = first.message.subject
    span = locate(subject, given, Kind.OTHER) if given else find_in_subject(subject)
    if span is None:
        return None
    value = subject[slice(*span)]
    for way in way_in_subject(subject, span):
        readings = []
        for example in examples:
            portal = compile_outline(replace(outline, fields={"property_reference": (way,)}))
            readings.append(read(example.message, portal) if portal else None)
        found = [value_of(reading, "property_reference") for reading in readings]
        if found[0] == value and all(found):
            return way, Sureness.GIVEN if given else Sureness.SURE, value
    return None


def value_of(reading: Reading | None, name: str) -> str:
    """Give what a reading has for a field; the empty text where it has nothing."""
    found = reading.fields.get(name) if reading else None
    return found.value if found else ""


def with_doubts(outline: Outline, sightings: Sequence[Sighting]) -> tuple[Outline, list[Note]]:
    """Put numbers that may be the portal's own into comments; never into `fields`."""
    if "property_reference" in outline.fields or not sightings:
        return outline, []
    first = sightings[0]
    lines, notes = [], []
    subject = first.message.subject
    if code := find_code(subject):
        way = next(way_in_subject(subject, code), None)
        lines += [_PERHAPS.format(way.write())] if way else []
        why = "The subject ends with it, and no word says what it is."
        value = subject[slice(*code)]
        notes.append(Note("property_reference", Sureness.UNSURE, why, value))
    for claim in first.unsure:
        way = next(find_ways(first, replace(claim, field="property_reference")), None)
        if way is None:
            continue
        written = way.write()
        if written.isprintable() and "\n" not in written:
            lines.append(_PERHAPS.format(written))
        notes.append(Note("property_reference", Sureness.UNSURE, claim.why, first.value(claim)))
    if not lines:
        return outline, notes
    return replace(outline, comments={**outline.comments, "property_reference": lines}), notes
