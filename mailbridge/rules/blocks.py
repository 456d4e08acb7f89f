"""Structured blocks in the words of the rules' fields, and beside what the text says.

A block wins over the text. The text fills what a single block leaves open, where both
speak of the same inquiry. Must not read attachments; that is `message.blocks`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import regex

from mailbridge.message.blocks.block import Block, BlockKind, Blocks
from mailbridge.message.blocks.disclosure import cut_self_disclosure
from mailbridge.message.message import Body
from mailbridge.problems import Problem
from mailbridge.rules.inquiry import Found, Inquiry
from mailbridge.rules.portal import BlockUse, Portal

UPLOAD_REPORT = "an attached report on an upload"
"""What says of a mail with such a report that it is no inquiry."""

_NAMES = ("sender_firstname", "sender_lastname", "sender_name")
_ADDRESS = regex.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+[^\s<>()\[\],;:\"'.]")
_NUMBER = regex.compile(r"(?:\D*\d){5}")
_NO_LETTERS = regex.compile(r"[\W_]+")
_SHORTEST_NUMBER = 6
"""Digits at the end in which two ways to write one phone number agree at least."""

_WISHES = {"BESICHTIGUNG": "Besichtigung", "ANRUF": "Anruf", "DETAIL": "Details"}
_CHANNELS = {"EMAIL": "E-Mail", "TEL": "Telefon", "MOBIL": "Mobil", "FAX": "Fax", "BRIEF": "Brief"}
"""The schema's words and how they are told; other words are told as they stand."""

Values = Mapping[str, str]
_Read = tuple[Block, dict[str, Found]]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a block has a field's value."""

    paths: tuple[str, ...]
    """The first that fits counts."""
    join: Callable[[Values], str] | None = None
    """Makes one value of all of them."""


def _person_fields(prefix: str, names: Mapping[str, str]) -> dict[str, _Source]:
    """Give the fields of the person, which both XML formats have under other names."""

    def person(*keys: str) -> tuple[str, ...]:
        return tuple(f"interessent/{prefix}{names.get(key, key)}" for key in keys)

    def address(values: Values) -> str:
        street, code, town = (values.get(path, "") for path in person("strasse", "plz", "ort"))
        return ", ".join(part for part in (street, f"{code} {town}".strip()) if part)

    return {
        "sender_firstname": _Source(person("vorname")),
        "sender_lastname": _Source(person("nachname")),
        "sender_email": _Source(person("email")),
        "sender_number": _Source(person("tel", "mobil")),
        "sender_message": _Source(person("anfrage")),
        "salutation": _Source(person("anrede")),
        "company": _Source(person("firma")),
        "address": _Source(person("strasse", "ort", "plz"), address),
    }


def _tell_wishes(values: Values) -> str:
    wishes = _translate(values.get("interessent/wunsch", ""), _WISHES)
    channels = _translate(values.get("interessent/bevorzugt", ""), _CHANNELS)
    told = [", ".join(wishes)] if wishes else []
    if channels:
        told.append(f"Antwort per {' oder '.join(channels)}")
    return "; ".join(told)


def _translate(written: str, words: Mapping[str, str]) -> list[str]:
    said = [word.strip() for word in written.split(",")]
    return [words.get(word.upper(), word) for word in said if word]


_SOURCES: Mapping[BlockKind, Mapping[str, _Source]] = {
    BlockKind.OPENIMMO: {
        **_person_fields("", {}),
        "property_reference": _Source(("objekt/oobj_id",)),
        "listing_number": _Source(("objekt/portal_obj_id",)),
        "listing_link": _Source(("objekt/expose_url",)),
        "wishes": _Source(("interessent/wunsch", "interessent/bevorzugt"), _tell_wishes),
    },
    BlockKind.OBJEKTANFRAGE: {
        **_person_fields("i_", {"nachname": "name", "anfrage": "info"}),
        "property_reference": _Source(("objekt/o_refnr",)),
        "listing_link": _Source(("objekt/o_link",)),
    },
    BlockKind.LEAD_METADATA: {
        "sender_name": _Source(("lead_name",)),
        "sender_email": _Source(("lead_email",)),
        "sender_number": _Source(("lead_phone",)),
        "sender_message": _Source(("lead_message",)),
        "request": _Source(("lead_type",)),
        # A listing service's number, not surely the agency's: no reference.
        "listing_number": _Source(("lead_mls",)),
    },
}


def discreet(portal: Portal, body: Body) -> Body:
    """Cut the self-disclosure off the text of a portal whose blocks may have one.

    Everything before it keeps its place. The text is shown and kept, so it must not
    hold what the block's message does not.
    """
    if all(use.kind is BlockKind.LEAD_METADATA for use in portal.blocks):
        return body
    text = cut_self_disclosure(body.text)
    if text is body.text:
        return body
    return replace(body, text=text, cells=tuple(c for c in body.cells if c[1] <= len(text)))


def is_upload_report(portal: Portal, blocks: Blocks) -> bool:
    """Tell whether the mail only reports on what the agency uploaded to the portal.

    Not where another file could not be read: an inquiry may be in that one.
    """
    used = any(use.kind is BlockKind.OPENIMMO for use in portal.blocks)
    return used and bool(blocks.upload_reports) and not (blocks.blocks or blocks.problems)


def with_blocks(portal: Portal, inquiry: Inquiry, blocks: Blocks) -> tuple[Inquiry, ...]:
    """Give the inquiries of the blocks, or the text's where there is no block.

    Of several kinds the first that the rule names is used. Problems: those of the
    blocks, and `block-disagrees` for each field in which text and block differ.
    """
    problems = (*inquiry.problems, *blocks.problems)
    for use in portal.blocks:
        chosen = [block for block in blocks.blocks if block.kind is use.kind]
        read = _without_repeats((block, _read(portal, block, use)) for block in chosen)
        if len(read) == 1:
            fields, differing = _beside_text(portal, *read[0], inquiry.fields)
            told = tuple(_disagreement(name, portal) for name in differing)
            return (replace(inquiry, fields=_with_name(fields), problems=(*problems, *told)),)
        if read:
            return tuple(
                # What is wrong with the mail's blocks is told once.
                replace(inquiry, fields=_with_name(fields), problems=() if number else problems)
                for number, (_, fields) in enumerate(read)
            )
    return (replace(inquiry, problems=problems),)


def _read(portal: Portal, block: Block, use: BlockUse) -> dict[str, Found]:
    fields = {}
    for name, source in _SOURCES[block.kind].items():
        for path in source.paths:
            written = source.join(block.values) if source.join else block.values.get(path, "")
            value = _fitting(portal, name, written) if path in block.values else ""
            if value:
                place = _place(block, path)
                fields[name] = Found(
                    value=value, raw=written, source=place, span=None, pattern=use.where
                )
                break
    return fields


def _fitting(portal: Portal, name: str, value: str) -> str:
    """Return the value as far as it is what its field is; empty where it is not."""
    if name == "sender_email":
        address = _ADDRESS.search(value)
        return address.group() if address and not portal.owns(address.group()) else ""
    if name == "sender_number":
        return value if _NUMBER.match(value) else ""
    return value


def _place(block: Block, path: str) -> str:
    """Say where a value stands, as `openimmo:feedback.xml#objekt[1]/oobj_id`."""
    number, place = block.index
    parent, _, name = path.rpartition("/")
    within = ""
    if parent == "objekt" or (parent and block.kind is BlockKind.OPENIMMO):
        within = f"objekt[{number}]/"
    if parent == "interessent":
        within += f"interessent[{place}]/"
    said = f"{block.kind}:{block.source}" if block.source else block.kind.value
    return f"{said}#{within}{name}"


def _without_repeats(readings: Iterable[_Read]) -> list[_Read]:
    """Leave out what says the very same: some portals attach a file twice."""
    kept: dict[tuple[tuple[str, str], ...], _Read] = {}
    for block, fields in readings:
        if fields:
            kept.setdefault(tuple((n, f.value) for n, f in fields.items()), (block, fields))
    return [*kept.values()]


def _beside_text(
    portal: Portal, block: Block, fields: dict[str, Found], text: Mapping[str, Found]
) -> tuple[dict[str, Found], list[str]]:
    """Put what the text says beside the one block; give also the fields in which they differ."""
    differing = list(_differing(block, fields, text))
    joined = dict(fields)
    for name in portal.over_blocks:
        if name in text:
            joined[name] = text[name]
    if not set(differing) - {*portal.over_blocks, "sender_message"}:
        named = any(name in fields for name in _NAMES)
        for name, found in text.items():
            # A full name beside one of its halves would be split, and say the other wrongly.
            mixed = named and name in _NAMES and "sender_name" in {name, *fields}
            if not mixed:
                joined.setdefault(name, found)
    return joined, differing


def _differing(
    block: Block, fields: Mapping[str, Found], text: Mapping[str, Found]
) -> Iterator[str]:
    ours, theirs = _name_words(fields), _name_words(text)
    if ours and theirs and not (ours <= theirs or theirs <= ours):
        yield "sender_name"
    for name, same in _SAME.items():
        # Reply-To is but a second best for an address that the block has.
        if name in fields and name in text and text[name].source not in {"from", "reply_to"}:
            paths = _SOURCES[block.kind][name].paths
            said = [block.values[path] for path in paths if path in block.values]
            if not any(same(one, text[name].value) for one in said):
                yield name


def _name_words(fields: Mapping[str, Found]) -> set[str]:
    names = [fields[name].value for name in _NAMES if name in fields]
    return {word for name in names for word in name.casefold().split()}


def _same_line(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _same_address(one: str, other: str) -> bool:
    address = _ADDRESS.search(one)
    return address is not None and address.group().casefold() == other.casefold()


def _same_number(one: str, other: str) -> bool:
    """Compare from the end, as `0171 …` and `+49 171 …` are the same."""
    ours, theirs = ("".join(c for c in side if c.isdecimal()).lstrip("0") for side in (one, other))
    shorter, longer = sorted((ours, theirs), key=len)
    return len(shorter) >= _SHORTEST_NUMBER and longer.endswith(shorter)


def _same_message(one: str, other: str) -> bool:
    """Compare the letters; either may be cut, or go on with the portal's words."""
    ours, theirs = (_NO_LETTERS.sub("", side).casefold() for side in (one, other))
    return ours in theirs or theirs in ours


_SAME: Mapping[str, Callable[[str, str], bool]] = {
    "sender_email": _same_address,
    "sender_number": _same_number,
    "property_reference": _same_line,
    "listing_number": _same_line,
    "sender_message": _same_message,
}


def _disagreement(name: str, portal: Portal) -> Problem:
    taken = "text" if name in portal.over_blocks else "block"
    return Problem(
        code="block-disagrees",
        text=f"The mail's text and its structured block differ in {name}; the {taken} counts.",
        remedy="Look at the mail before answering.",
    )


def _with_name(fields: Mapping[str, Found]) -> dict[str, Found]:
    """Let a company stand for the surname where nobody is named."""
    named = dict(fields)
    if "company" in named and not any(name in named for name in _NAMES):
        named["sender_lastname"] = named["company"]
    return named
