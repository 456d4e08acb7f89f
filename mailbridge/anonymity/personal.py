"""What is personal in a mail: what the rule found, and who stands in its header.

Where no rule names anybody, what drafting a rule would take for the visitor's. Must not
look for more than that; what looks like an address or a number is found in the
text by `replacement`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailbridge.anonymity.projection import fold
from mailbridge.decision import Decision
from mailbridge.message.message import Address, Message
from mailbridge.rules.drafting.sighting import look
from mailbridge.rules.inquiry import Found
from mailbridge.rules.judgement import Portals, parts_of
from mailbridge.rules.portal import lies_in

_NAMES = ("sender_firstname", "sender_lastname", "sender_name")
_WHOLE = ("company", "address")
_KEPT = ("property_reference", "property_id", "promotion_id", "listing_number", "listing_link")

_WORD = re.compile(r"[^\W_]+")
_POSTCODE = re.compile(r"\s*([0-9]{4,5})\s+(.+)")
_PARTICLES = frozenset(
    {"a", "al", "am", "an", "and", "av", "d", "da", "das", "de", "del", "della"}
    | {"dello", "den", "der", "des", "di", "die", "do", "dos", "du", "e", "el", "et", "i"}
    | {"im", "in", "l", "la", "las", "le", "les", "lo", "los", "o", "of", "op", "s", "st"}
    | {"ten", "ter", "the", "to", "und", "van", "vom", "von", "y", "z", "zu", "zum"}
    | {"zur", "dr", "prof", "herr", "frau", "mr", "mrs", "ms", "mme", "m", "madame"}
    | {"monsieur", "signor", "signora", "sig"}
)
"""Words of a name that stand in any text; they stay as they are."""
_OF_FIRMS = frozenset(
    {"ag", "sa", "gmbh", "sarl", "sagl", "srl", "kg", "co", "ltd", "inc", "immobilien"}
    | {"immobilier", "immobiliere", "immobiliare", "agence", "agenzia", "agentur"}
    | {"agency", "regie", "gerance", "real", "estate", "verwaltung", "makler", "conseil"}
    | {"home", "homes", "haus", "service", "services", "team", "info", "contact"}
    | {"kontakt", "office", "noreply", "via", "immo"}
)
"""Words by which a display name is known to be no person's."""
SHORTEST_WORD = 3
"""A shorter word of a name is replaced where the whole name stands only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """Values of one mail, folded as `fold` does it."""

    words: frozenset[str] = frozenset()
    """Words of names: replaced wherever they stand."""
    phrases: frozenset[tuple[str, ...]] = frozenset()
    """Names and places as words: replaced where they stand as a whole."""
    addresses: frozenset[str] = frozenset()
    """E-mail addresses that are a person's though they are at a portal's domain."""
    numbers: frozenset[str] = frozenset()
    """The digits of phone numbers."""
    kept: frozenset[str] = frozenset()
    """What must stay: references, numbers and links of properties."""


def find_personal(decision: Decision, portals: Portals) -> Personal:
    """Name what is personal in a mail that was decided."""
    names, whole, addresses, numbers, kept = set(), set(), set(), set(), set()
    for wanted in decision.wanted:
        lead, found = wanted.prepared.lead, wanted.inquiry.fields
        for name in _NAMES:
            names |= {one.value for one in [found.get(name)] if one}
        names |= {lead.sender_firstname, lead.sender_lastname}
        whole |= {part for name in _WHOLE if name in found for part in _parts(found[name])}
        kept |= {found[name].raw for name in _KEPT if name in found}
        kept |= {found[name].value for name in _KEPT if name in found}
        addresses.add(lead.sender_email)
        if "sender_email" in found:
            addresses.add(found["sender_email"].value)
        numbers.add(lead.sender_number)
        if "sender_number" in found:
            numbers.add(found["sender_number"].value)
    if not (names - {""}):
        _add_recognised(decision, names, numbers)
    sites = _sites(portals)
    for address in _in_headers(decision):
        if not ("@" in address.name or sites.intersection(split_words(address.name))):
            (names if _is_person(address.name) else whole).add(address.name)
    phrases = {split_words(value) for value in names | whole} - {()}
    return Personal(
        words=frozenset(
            word
            for value in names
            for word in split_words(value)
            if len(word) >= SHORTEST_WORD and not is_common(word)
        ),
        phrases=frozenset(p for p in phrases if not all(is_common(word) for word in p)),
        addresses=frozenset(fold(one) for one in addresses if one),
        numbers=frozenset("".join(c for c in one if c in "0123456789") for one in numbers) - {""},
        kept=frozenset(fold(one) for one in kept if one),
    )


def _add_recognised(decision: Decision, names: set[str], numbers: set[str]) -> None:
    """Add what drafting a rule would take for the visitor's: no rule names anybody here.

    A mail that a rule no longer reads is the very one to be given away.
    """
    for message in (decision.inside, decision.message):
        if not isinstance(message, Message):
            continue
        for part, body in parts_of(message, "auto"):
            sighting = look(message, part, body, {})
            claims = sighting.claims
            names |= {sighting.value(claims[name]) for name in _NAMES if name in claims}
            if "sender_number" in claims:
                numbers.add(sighting.value(claims["sender_number"]))


def _parts(found: Found) -> Iterator[str]:
    """Give a place as it stands: of a block each part has an element of its own."""
    yield found.value
    if found.span is None:
        for part in re.split(r"[,\n]", found.value):
            code = _POSTCODE.match(part)
            yield from (code.groups() if code else (part,))


def _sites(portals: Portals) -> frozenset[str]:
    """Give the words of the portals' names and domains: no name with one of them is a person's."""
    named = [name for p in portals.all for name in (p.name, *(s.domain for s in p.senders))]
    return frozenset(
        word for name in named for word in split_words(name.rpartition(".")[0] or name)
    )


def split_words(value: str) -> tuple[str, ...]:
    """Give the words of a value, folded."""
    return tuple(_WORD.findall(fold(value)))


def is_common(word: str) -> bool:
    """Whether a folded word stands in any text, and says nothing of a person."""
    return word in _PARTICLES or word in _OF_FIRMS


def is_owned(address: str, portals: Portals) -> bool:
    """Tell whether an address is at a domain that rules name as a sender's."""
    domain = address.rpartition("@")[2].lower()
    return any(
        lies_in(domain, sender.domain)
        for portal in portals.all
        for sender in (
            *portal.senders,
            *(one for condition in portal.ignore for one in condition.senders),
        )
    )


def is_relay(address: str, portals: Portals) -> bool:
    """Tell whether a portal passes mail on by this address: a person stands behind it."""
    domain = address.rpartition("@")[2]
    relays = (relay for portal in portals.all for relay in portal.relay)
    return any(lies_in(domain, relay) for relay in relays)


def _in_headers(decision: Decision) -> Iterator[Address]:
    for message in (decision.message, decision.inside):
        if isinstance(message, Message):
            yield from (message.sender, *message.reply_to, *message.to)


def _is_person(name: str) -> bool:
    """Guess whether a display name is a person's: few words, with capitals, none of a firm's."""
    words = [word for word in _WORD.findall(name) if fold(word) not in _PARTICLES]
    firm = any(fold(word) in _OF_FIRMS for word in words)
    return len(words) in _PERSONS_WORDS and not firm and all(w[0].isupper() for w in words)


_PERSONS_WORDS = range(2, 5)
