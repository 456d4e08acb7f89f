"""Draft a portal's rule file from example mails: looked at, agreed on, tried, and written.

Each step is a module of this folder; here they are put together. Must not write files.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from mailbridge.rules.drafting.agreement import agree
from mailbridge.rules.drafting.anchors import LINE, find_ways, line_section
from mailbridge.rules.drafting.beside import (
    answers_go_to_the_visitor,
    beside_text,
    value_of,
    with_doubts,
)
from mailbridge.rules.drafting.claim import NAMES, Claim, Sighting
from mailbridge.rules.drafting.draft import Draft, Example, Note, Sureness
from mailbridge.rules.drafting.headings import contact_section, message_section
from mailbridge.rules.drafting.matching import (
    IGNORE,
    find_blocks_of,
    find_body,
    find_region,
    find_senders,
    needs_body,
)
from mailbridge.rules.drafting.outline import ORDER, Outline, SectionDraft, WayDraft
from mailbridge.rules.drafting.pairs import Style
from mailbridge.rules.drafting.sighting import look
from mailbridge.rules.drafting.trial import (
    choose_ways,
    compile_outline,
    prune,
    read_part,
)
from mailbridge.rules.drafting.words import Kind
from mailbridge.rules.judgement import parts_of, read
from mailbridge.rules.portal import PatternTimeout, lies_in, plain_label

_REGION = (
    "Numbers without country code are read as of the settings' default_region; if the portal is "
    "of another country, add a line 'region: XX'."
)
_BLOCKS = "The mail brings its values as data, which win over its text."
_NO_MESSAGE = (
    " Until the rule says where it stands, an address or a phone in a visitor's words can be "
    "taken for the visitor's own: say it with --field."
)
CONTACT = "contact"
MESSAGE = "message"
_NAMED = ("sender_name", "sender_firstname", "sender_lastname")


def draft(portal: str, examples: Sequence[Example]) -> Draft:
    """Write a rule file for the layout of the examples: one at least, forwards opened."""
    sightings = look_at(examples)
    messages = [example.message for example in examples]
    senders, relay, note = find_senders(messages)
    notes = [note]
    outline = Outline(
        portal=portal,
        about=_about(len(examples)),
        senders=senders,
        relay=relay,
        ignore=IGNORE,
        blocks=find_blocks_of(messages),
    )
    if outline.blocks:
        notes.append(Note("blocks", Sureness.SURE, _BLOCKS, ", ".join(outline.blocks)))
    outline = _with_given_relay(outline, examples)
    notes.append(
        Note("ignore", Sureness.UNSURE, "Proposed in a comment: no example shows such a mail.")
    )
    if needs_body(senders):
        outline = replace(outline, body=find_body(sightings))
        notes.append(
            Note("match", Sureness.LIKELY, "Others write from this sender too: its labels tell.")
        )
    outline, said = draft_fields(outline, examples, sightings)
    outline = prune(_with_labels(outline, sightings), sightings)
    outline = _with_part(outline, sightings)
    numbers = [s.value(c) for s in sightings if (c := s.claims.get("sender_number"))]
    outline = replace(outline, region=find_region(messages, numbers))
    if not outline.region and any(not n.strip().startswith(("+", "00", "(+")) for n in numbers):
        notes.append(Note("region", Sureness.UNSURE, _REGION))
    outline = _sound(outline)
    return Draft(outline.write(), (*notes, *_final(outline, said, sightings)))


def _with_given_relay(outline: Outline, examples: Sequence[Example]) -> Outline:
    """Take the portal's domain for a relay where a person says that a visitor is reached there."""
    for example in examples:
        domain = example.given.get("sender_email", "").rpartition("@")[2].lower()
        own = example.message.sender.domain
        if domain and lies_in(domain, own):
            return replace(outline, relay=tuple(dict.fromkeys((*outline.relay, domain))))
    return outline


def look_at(examples: Sequence[Example]) -> tuple[Sighting, ...]:
    """Look through that part of the examples which holds most, and let them agree."""
    seen: dict[str, list[Sighting]] = {}
    for example in examples:
        for part, body in parts_of(example.message, "auto"):
            seen.setdefault(part, []).append(look(example.message, part, body, example.given))
    if not seen:
        return ()
    part = max(seen, key=lambda name: (_weight(seen[name]), name == "text"))
    chosen = []
    for example in examples:
        bodies = dict(parts_of(example.message, "auto"))
        name = part if part in bodies else next(iter(bodies), "")
        if name:
            chosen.append((look(example.message, name, bodies[name], example.given), example.given))
    return agree([one for one, _ in chosen], [given for _, given in chosen])


def _weight(sightings: Sequence[Sighting]) -> int:
    points = {Sureness.GIVEN: 4, Sureness.SURE: 3, Sureness.LIKELY: 2}
    return sum(points.get(c.sureness, 0) for s in sightings for c in s.claims.values())


def draft_fields(
    outline: Outline, examples: Sequence[Example], sightings: Sequence[Sighting]
) -> tuple[Outline, list[Note]]:
    """Draft the sections, and a way to find each field that the examples have."""
    sightings = _believe_given(sightings)
    section, footer = message_section(sightings)
    sections: dict[str, SectionDraft] = {}
    if line := line_section(sightings):
        sections[LINE] = line
    if section:
        sections[MESSAGE] = section
    labels = _layout_labels(sightings)
    frame = replace(outline, sections=sections, footer=footer, labels=labels)
    fields: dict[str, tuple[WayDraft, ...]] = {}
    notes: list[Note] = []
    if section:
        fields["sender_message"] = (WayDraft(source=MESSAGE, take="section"),)
        notes.append(_note_message(sightings))
    names = dict.fromkeys((*ORDER, *(name for s in sightings for name in s.claims)))
    found = {
        name: choose_ways(frame, name, _ways(sightings, name), sightings)
        for name in names
        if name != "sender_message" and any(name in s.claims for s in sightings)
    }
    lost = [name for name, (ways, _) in found.items() if not ways]
    if lost and (contact := contact_section(sightings, lost)):
        # The same labels stand elsewhere, too: of the agency, for example.
        wider = replace(frame, sections={CONTACT: contact, **sections})
        for name in lost:
            ways = [replace(w, source=CONTACT) for w in _ways(sightings, name) if not w.source]
            found[name] = choose_ways(wider, name, ways, sightings)
        frame = wider
    if not section and answers_go_to_the_visitor(examples, sightings):
        # Nothing tells the visitor's words apart, and there may be an address in them.
        found.pop("sender_email")
    for name, (chosen, left) in found.items():
        claims = [(s, s.claims[name]) for s in sightings if name in s.claims]
        if chosen:
            fields[name] = chosen
        notes.append(_note_field(name, claims, left, found=bool(chosen)))
    frame = replace(frame, fields=fields)
    frame, more = beside_text(frame, examples)
    if any(c.family_first for s in sightings for c in s.claims.values()):
        frame = replace(frame, name_order="family_first")
        notes.append(
            Note(
                "name_order", Sureness.LIKELY, "The label names the family name first; look at it."
            )
        )
    frame, doubtful = with_doubts(frame, sightings)
    said = [*notes, *more, *doubtful]
    return frame, [*said, *_not_found(frame, examples, {note.field for note in said})]


def _ways(sightings: Sequence[Sighting], name: str) -> list[WayDraft]:
    claimed = [(s, s.claims[name]) for s in sightings if name in s.claims]
    return [way for sighting, claim in claimed for way in find_ways(sighting, claim)]


def _believe_given(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Where a person said where a field stands, no other example's guess counts for it."""
    given = {c.field for s in sightings for c in s.claims.values() if c.sureness is Sureness.GIVEN}
    if given & set(_NAMED):
        given |= set(_NAMED)
    given.discard("sender_message")
    return [
        replace(
            one,
            claims={
                name: claim
                for name, claim in one.claims.items()
                if name not in given or claim.sureness is Sureness.GIVEN
            },
        )
        for one in sightings
    ]


def _layout_labels(sightings: Sequence[Sighting]) -> tuple[str, ...]:
    """Give the labels of the layout that end a value, or stand where one is missing."""
    labels: dict[str, str] = {}
    for sighting in sightings:
        for pair in sighting.pairs:
            stands = pair.style in {Style.BESIDE, Style.BELOW, Style.CELL, Style.SEPARATED}
            short = len(pair.label.split()) <= 5
            if stands and short and pair.label.isprintable() and pair.kind is not Kind.MESSAGE:
                labels.setdefault(plain_label(pair.label), pair.label)
    return tuple(labels.values())


def _with_labels(outline: Outline, sightings: Sequence[Sighting]) -> Outline:
    """Keep under `labels:` those that no field has, and that are in every example or known."""
    read_by_fields = {
        plain_label(word) for ways in outline.fields.values() for way in ways for word in way.label
    }
    known = {p.label for s in sightings for p in s.pairs if p.kind is not None}
    left = [
        label
        for label in outline.labels
        if plain_label(label) not in read_by_fields and label in known
    ]
    return replace(outline, labels=tuple(left))


def _with_part(outline: Outline, sightings: Sequence[Sighting]) -> Outline:
    """Name the part where mailbridge's own choice would take another one."""
    portal = compile_outline(outline)
    if portal is None or len({s.part for s in sightings}) != 1:
        return outline
    for sighting in sightings:
        try:
            chosen = read(sighting.message, portal)
        except PatternTimeout:
            return outline
        if chosen.part != sighting.part:
            return replace(outline, part=sighting.part)
    return outline


def _not_found(
    outline: Outline, examples: Sequence[Example], told: Collection[str]
) -> Iterator[Note]:
    given = dict(examples[0].given)
    has_name = any(name in outline.fields for name in NAMES)
    for name in ORDER:
        if name in outline.fields or name in told or (name in NAMES and has_name):
            continue
        if name in given:
            yield Note(
                name, Sureness.MISSING,
                "The value given does not stand in the mail, or nothing near it tells its place.",
                given[name],
            )  # fmt: skip
        elif name not in {"sender_firstname", "sender_lastname"}:
            more = _NO_MESSAGE if name == "sender_message" else ""
            yield Note(name, Sureness.MISSING, f"Nothing in the examples looks like it.{more}")


def _note_message(sightings: Sequence[Sighting]) -> Note:
    frames = [s.frame for s in sightings if s.frame]
    weakest = min((f.sureness for f in frames), key=_STRENGTH.index)
    open_end = any(f.foot is None and not f.in_cell for f in frames)
    why = f"{frames[0].why}" + ("; it runs to the end of the mail" if open_end else "")
    first = sightings[0]
    value = first.text[slice(*first.frame.span)] if first.frame else ""
    return Note("sender_message", weakest, why, value)


_STRENGTH = [Sureness.MISSING, Sureness.UNSURE, Sureness.LIKELY, Sureness.SURE, Sureness.GIVEN]


def _note_field(
    name: str, claims: Sequence[tuple[Sighting, Claim]], left: Sequence[Sighting], *, found: bool
) -> Note:
    sighting, claim = claims[0]
    value = sighting.value(claim)
    if not found:
        return Note(
            name, Sureness.UNSURE,
            f"It was recognised ({claim.why}), but no word near it tells its place.", value,
        )  # fmt: skip
    sureness = min((c.sureness for _, c in claims), key=_STRENGTH.index)
    if claim.sureness is Sureness.GIVEN:
        sureness = Sureness.GIVEN
    why = claim.why
    if left:
        sureness = min(sureness, Sureness.LIKELY, key=_STRENGTH.index)
        why += f"; in {len(left)} of {len(claims)} examples it is not found so"
    return Note(name, sureness, why, value)


def _sound(outline: Outline) -> Outline:
    """Make sure that what is given out compiles: leave out what does not."""
    if outline.fields and compile_outline(outline):
        return outline
    bare = replace(outline, sections={}, footer=(), labels=(), body=(), comments={}, fields={})
    kept = {
        name: ways
        for name, ways in outline.fields.items()
        if compile_outline(replace(bare, fields={name: ways}))
    }
    return replace(bare, fields=kept or {"sender_email": (WayDraft(source="reply_to"),)})


def _final(
    outline: Outline, notes: Sequence[Note], sightings: Sequence[Sighting]
) -> Iterator[Note]:
    """Tell what the finished rule reads, and what was lost on the way to it."""
    reading = read_part(outline, sightings[0]) if sightings else None
    for note in notes:
        found = value_of(reading, note.field)
        lost = note.field not in outline.fields and note.sureness in _STRENGTH[2:]
        if lost and note.field in ORDER:
            yield replace(note, sureness=Sureness.UNSURE, why=f"{note.why}; it could not be kept")
        else:
            yield replace(note, value=found or note.value)


def _about(count: int) -> str:
    mails = "one mail" if count == 1 else f"{count} mails"
    return f"Drafted by mailbridge from {mails}; other forms were not seen."
