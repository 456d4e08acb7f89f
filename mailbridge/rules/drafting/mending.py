"""Make a rule find what a person marked in a mail, and leave all else of it as it was.

What is proposed is tried: the rule that is given back yields the text that was marked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import regex

from mailbridge.documents.located import parse
from mailbridge.documents.notation import quote
from mailbridge.documents.rulefile import FieldName
from mailbridge.errors import BadDocument
from mailbridge.message.message import Body, Message
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.completion import resolve, unite
from mailbridge.rules.drafting.anchors import find_ways, way_in_subject
from mailbridge.rules.drafting.claim import Claim, Sighting
from mailbridge.rules.drafting.draft import Draft, Note, Sureness
from mailbridge.rules.drafting.framing import find_frame
from mailbridge.rules.drafting.headings import message_section
from mailbridge.rules.drafting.matching import IGNORE, find_senders
from mailbridge.rules.drafting.outline import (
    Outline,
    SectionDraft,
    WayDraft,
    write_field,
)
from mailbridge.rules.drafting.pairs import Pair, find_pairs
from mailbridge.rules.drafting.sighting import claim_all, look
from mailbridge.rules.drafting.surgery import Inoperable, add_item, add_key, add_top_key
from mailbridge.rules.extraction import open_page, read_page
from mailbridge.rules.judgement import parts_of
from mailbridge.rules.labels import Span, trim
from mailbridge.rules.portal import PatternTimeout, Portal, fold

MESSAGE = "message"
_FOLLOWS = regex.compile(r" (?:\p{Ll}{1,3} ){0,2}\p{Lu}")
_PRECEDES = regex.compile(r"(?<![\p{L}])\p{Lu}[\p{L}'-]* (?:\p{Ll}{1,3} ){0,2}$")
_HALVES = ("sender_firstname", "sender_lastname")
_FIELDS = frozenset(name.value for name in FieldName)
Part = Literal["text", "html", "subject"]


def mark(
    rule: str,
    message: Message,
    part: Part,
    field: str,
    start: int,
    end: int,
    portal: str = "new-portal",
    bases: Sequence[Portal] = (),
) -> Draft:
    """Let `field` yield the text at [start:end] of that part's canonical text (or the subject).

    All else of the file stays as written, comments included. An empty `rule` is begun,
    for `portal`. `bases` are portals that the rule may extend. Where no stable anchor
    stands near, the rule comes back as it was, with a note of sureness `unsure`.
    """
    body = _body(message, part)
    end = min(end, len(body.text))
    span = trim(body.text, max(0, start), end)
    value = body.text[slice(*span)]
    if field not in _FIELDS:
        return _refuse(rule, field, "There is no such field.")
    if not value:
        return _refuse(rule, field, "Nothing is marked.")
    if field in _HALVES and _is_half(body.text, span):
        return _refuse(rule, field, _HALF, value)
    if not rule.strip():
        return _begin(message, part, body, Claim(field, span, Sureness.GIVEN, "marked"), portal)
    try:
        whole = _complete(rule, bases)
    except BadDocument as bad:
        return _refuse(rule, field, f"The rule has a problem: {bad.problems[0].text}", value)
    if part != "subject" and whole.part not in {"", "auto", part}:
        return _refuse(rule, field, f"The rule reads the {whole.part} part only.", value)
    if _yields(whole, message, part, body, field, value):
        return Draft(rule, (Note(field, Sureness.GIVEN, "The rule finds it already.", value),))
    if part == "subject":
        ways = list(way_in_subject(body.text, span))
        return _with_ways(rule, message, part, body, field, value, ways, bases)
    return _mend(
        rule, message, part, body, Claim(field, span, Sureness.GIVEN, "marked"), whole, bases
    )


def _is_half(text: str, span: Span) -> bool:
    """Tell whether a name goes on beside what is marked: no fixed words part the two."""
    if _FOLLOWS.match(text, pos=span[1]):
        return True
    pairs = [pair for pair in find_pairs(text, {}) if pair.value]
    if any(pair.value and pair.value[0] == span[0] for pair in pairs):
        return False
    line = text.rfind("\n", 0, span[0]) + 1
    return bool(_PRECEDES.search(text[line : span[0]]))


def _body(message: Message, part: Part) -> Body:
    if part == "subject":
        return Body(message.subject)
    return (message.text if part == "text" else message.html) or Body("")


def _refuse(rule: str, field: str, why: str, value: str = "") -> Draft:
    return Draft(rule, (Note(field, Sureness.UNSURE, why, value),))


def _complete(rule: str, bases: Sequence[Portal]) -> Portal:
    """Compile a rule and put it on the portal that it extends. Raises BadDocument."""
    portal = compile_portal(parse(rule, "rule"))
    if not portal.extends:
        return portal
    if portal.extends == portal.name:
        united = unite(bases, (portal,))
    else:
        united = resolve([*(base for base in bases if base.name != portal.name), portal])
    return next(one for one in united if one.name == portal.name)


def _yields(
    portal: Portal, message: Message, part: Part, body: Body, field: str, value: str
) -> bool:
    """Tell whether a rule reads just this value."""
    try:
        if part == "subject":
            name, body = next(iter(parts_of(message, "auto")), ("text", Body("")))
        else:
            name = part
        found = read_page(open_page(portal, message, name, body)).fields.get(field)
    except PatternTimeout:
        return False
    return found is not None and fold(value) in {fold(found.value), fold(found.raw)}


def _begin(message: Message, part: Part, body: Body, claim: Claim, portal: str) -> Draft:
    """Begin a rule with `match` and the one field."""
    senders, relay, note = find_senders([message])
    base = Outline(
        portal=portal, about="Begun in the workbench.", senders=senders, relay=relay, ignore=IGNORE
    )
    value = body.text[slice(*claim.span)]
    for outline in _beginnings(base, message, part, body, claim):
        rule = outline.write()
        try:
            begun = _complete(rule, ())
        except BadDocument:
            continue
        if _yields(begun, message, part, body, claim.field, value):
            return Draft(rule, (note, _found(outline.fields[claim.field][0], claim.field, value)))
    return Draft("", (note, *_refuse("", claim.field, _NO_ANCHOR, value).notes))


def _beginnings(
    base: Outline, message: Message, part: Part, body: Body, claim: Claim
) -> Iterator[Outline]:
    if part == "subject":
        for way in way_in_subject(body.text, claim.span):
            yield replace(base, fields={claim.field: (way,)})
        return
    sighting = _sight(message, part, body, claim, None)
    if claim.field == "sender_message":
        section, footer = _message_of(sighting, claim)
        if section:
            way = WayDraft(source=MESSAGE, take="section")
            yield replace(
                base, sections={MESSAGE: section}, footer=footer, fields={claim.field: (way,)}
            )
        return
    for way in find_ways(sighting, claim):
        yield replace(base, fields={claim.field: (way,)})


def _sight(
    message: Message, part: Part, body: Body, claim: Claim, blocked: Sequence[Span] | None
) -> Sighting:
    sighting = look(message, part, body, {})
    if blocked is not None or sighting.frame is None or _inside(claim.span, sighting):
        # What the rule itself calls free text counts, not what looks like it.
        sighting = claim_all(replace(sighting, frame=None), {})
    claims = {name: one for name, one in sighting.claims.items() if name != claim.field}
    return replace(sighting, claims={**claims, claim.field: _with_pair(sighting, claim)})


def _inside(span: Span, sighting: Sighting) -> bool:
    return not sighting.trusted(span[0])


def _with_pair(sighting: Sighting, claim: Claim) -> Claim:
    pair: Pair | None = next(
        (p for p in sighting.all_pairs if p.value and p.value[0] == claim.span[0]), None
    )
    return replace(claim, pair=pair)


def _message_of(sighting: Sighting, claim: Claim) -> tuple[SectionDraft | None, tuple[str, ...]]:
    frame = find_frame(
        sighting.text, sighting.all_pairs, sighting.cells, sighting.brands, claim.span
    )
    claims = {claim.field: claim}
    return message_section([replace(sighting, frame=frame, claims=claims)])


def _mend(
    rule: str,
    message: Message,
    part: Part,
    body: Body,
    claim: Claim,
    portal: Portal,
    bases: Sequence[Portal],
) -> Draft:
    value = body.text[slice(*claim.span)]
    cutting = open_page(portal, message, part, body).cutting
    blocked = [(s.start, s.end) for s in cutting.sections.values() if s.free_text]
    sighting = _sight(message, part, body, claim, blocked)
    claim = sighting.claims[claim.field]
    if claim.field == "sender_message":
        return _mend_message(rule, sighting, body, claim, bases)
    if any(begin <= claim.span[0] < end for begin, end in blocked):
        return _refuse(rule, claim.field, _IN_MESSAGE, value)
    if claim.span[0] >= cutting.end:
        return _refuse(rule, claim.field, _IN_FOOTER, value)
    home = next(
        (
            name
            for name, s in cutting.sections.items()
            if s.start <= claim.span[0] < s.end and not s.free_text
        ),
        "",
    )
    ways = list(find_ways(sighting, claim))
    if home:
        ways = [w for way in ways for w in (way, replace(way, source=home))]
    return _with_ways(rule, message, part, body, claim.field, value, ways, bases)


def _with_ways(
    rule: str,
    message: Message,
    part: Part,
    body: Body,
    field: str,
    value: str,
    ways: Sequence[WayDraft],
    bases: Sequence[Portal],
) -> Draft:
    """Add the first way by which the rule finds the value."""
    for first in (False, True):
        for way in ways:
            try:
                changed = _add_way(rule, field, way, first=first)
                mended = _complete(changed, bases)
            except (Inoperable, BadDocument):
                continue
            if _yields(mended, message, part, body, field, value):
                return Draft(changed, (_found(way, field, value),))
    return _refuse(rule, field, _NO_ANCHOR, value)


def _add_way(rule: str, field: str, way: WayDraft, *, first: bool) -> str:
    """Add a way to a field, or the field itself. Raises Inoperable."""
    document = parse(rule, "rule")
    if document.has(("fields", field)):
        return add_item(rule, ("fields", field), way.write(), first=first)
    if first:
        raise Inoperable
    if document.has(("fields",)):
        return add_key(rule, ("fields",), field, write_field(field, (way,), indent=""))
    lines = ["fields:", *write_field(field, (way,))]
    return f"{rule.rstrip()}\n" + "\n".join(lines) + "\n"


def _mend_message(
    rule: str, sighting: Sighting, body: Body, claim: Claim, bases: Sequence[Portal]
) -> Draft:
    value = body.text[slice(*claim.span)]
    section, footer = _message_of(sighting, claim)
    if section is None:
        return _refuse(rule, claim.field, _NO_ANCHOR, value)
    section = replace(section, end=(*section.end, *footer))
    part: Part = "text" if sighting.part == "text" else "html"
    for changed in _message_changes(rule, section):
        try:
            mended = _complete(changed, bases)
        except BadDocument:
            continue
        if _yields(mended, sighting.message, part, body, claim.field, value):
            way = WayDraft(pattern=section.start)
            return Draft(changed, (_found(way, claim.field, value),))
    return _refuse(rule, claim.field, _NO_ANCHOR, value)


def _message_changes(rule: str, section: SectionDraft) -> Iterator[str]:
    """Give the file with a section for the message, or with its section made to fit."""
    document = parse(rule, "rule")
    sections = document.value(("sections",))
    names = [
        name
        for name, one in (sections.items() if isinstance(sections, dict) else ())
        if isinstance(one, dict) and one.get("free_text") == "true"
    ]
    for name in names:
        start, end = ("sections", name, "start"), ("sections", name, "end")
        for first in (False, True):
            with_start = _try_item(rule, start, section.start, first=first)
            with_end = [
                changed
                for one in (rule, with_start)
                if (changed := _try_item(one, end, section.end, first=first))
            ]
            yield from (one for one in (*with_end[:1], with_start, *with_end[1:]) if one)
    if not names:
        try:
            yield _add_message(rule, section)
        except Inoperable:
            return


def _try_item(rule: str, path: tuple[str, ...], items: Sequence[str], *, first: bool) -> str:
    """Add to a section's patterns; the empty text where there is nothing to add or no way to."""
    if not items or not rule:
        return ""
    try:
        if parse(rule, "rule").has(path):
            return add_item(rule, path, quote(items[0]), first=first)
        return add_key(rule, path[:-1], path[-1], [f"{path[-1]}: {quote(items[0])}"])
    except Inoperable:
        return ""


def _add_message(rule: str, section: SectionDraft) -> str:
    document = parse(rule, "rule")
    lines = section.write(MESSAGE)
    if document.has(("sections",)):
        rule = add_key(rule, ("sections",), MESSAGE, [line[2:] for line in lines])
    else:
        before = "fields" if document.has(("fields",)) else "match"
        rule = add_top_key(rule, "sections", ["sections:", *lines], before)
    way = WayDraft(source=MESSAGE, take="section")
    known = parse(rule, "rule").has(("fields", "sender_message"))
    return _add_way(rule, "sender_message", way, first=known)


def _found(way: WayDraft, field: str, value: str) -> Note:
    if way.label:
        return Note(field, Sureness.SURE, f"by the label '{way.label[0]}'", value)
    where = "in the subject" if way.source == "subject" else "in its lines"
    why = f"by fixed words {where}: {way.pattern[0]}" if way.pattern else "by its section"
    return Note(field, Sureness.LIKELY, why, value)


_NO_ANCHOR = (
    "No label and no fixed words stand near it by which another mail's could be found; "
    "mark it where it stands beside such words, or write a pattern."
)
_HALF = (
    "The other half of the name stands right beside it, so that no fixed words tell where it "
    "ends; mark the whole name as sender_name, and mailbridge splits it."
)
_IN_MESSAGE = (
    "This stands in what the rule takes for the visitor's own words, from which nothing but "
    "the message is read."
)
_IN_FOOTER = "This stands below what the rule takes for the portal's closing; change footer: first."
