"""Whose mails a drafted rule is for: senders, relays, the country, and what may be ignored."""

from collections.abc import Sequence

import regex

from mailbridge.message.blocks.finding import find_blocks
from mailbridge.message.message import Message
from mailbridge.message.providers import is_public
from mailbridge.rules.drafting.anchors import flex
from mailbridge.rules.drafting.draft import Note, Sureness
from mailbridge.rules.drafting.sighting import Sighting

_SENDER = regex.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")
_TOKEN = regex.compile(r"(?=[^@]*\d[^@]*[a-z][^@]*\d|[^@]*[a-z][^@]*\d[^@]*[a-z])[^@]{6,}@")
"""A local part made by a machine: letters and digits in turns."""
_COUNTRIES = {
    "ch": "CH", "de": "DE", "fr": "FR", "it": "IT", "es": "ES", "nl": "NL", "pl": "PL",
    "pt": "PT", "uk": "GB", "at": "AT", "be": "BE", "lu": "LU", "ie": "IE", "li": "LI",
}  # fmt: skip
_PREFIXES = {
    "41": "CH", "49": "DE", "33": "FR", "39": "IT", "34": "ES", "31": "NL", "48": "PL",
    "351": "PT", "44": "GB", "43": "AT", "32": "BE",
}  # fmt: skip
IGNORE = (
    "Newsletters and search alerts of the same sender can be ignored, once a case shows one:",
    "ignore:",
    r"  - subject: '(?i)newsletter|alerte|suchauftrag|ricerca salvata|alert|alerta|zoekopdracht'",
)
NOBODY = "@unknown.invalid"


def find_senders(messages: Sequence[Message]) -> tuple[tuple[str, ...], tuple[str, ...], Note]:
    """Propose `match: from`, the relay domains, and say how sure that is."""
    written = [m.sender.address for m in messages if _SENDER.fullmatch(m.sender.address)]
    addresses = list(dict.fromkeys(a for a in written if a.isascii()))
    if not addresses:
        return (
            (NOBODY,),
            (),
            Note(
                "match", Sureness.UNSURE, "The examples name no sender; write the portal's address."
            ),
        )
    relays = [a for a in addresses if is_relay(a, messages)]
    if relays:
        domain = relays[0].rpartition("@")[2]
        return (f"@{domain}",), (domain,), Note(
            "match", Sureness.LIKELY,
            "The sender's address looks made for one visitor, so the whole domain is taken, and "
            "its addresses for a way to answer.", f"@{domain}",
        )  # fmt: skip
    domains = {address.rpartition("@")[2] for address in addresses}
    if len(addresses) > 1 and len(domains) == 1:
        domain = f"@{domains.pop()}"
        return (
            (domain,),
            (),
            Note(
                "match",
                Sureness.LIKELY,
                "The examples come from several addresses of one domain.",
                domain,
            ),
        )
    return (
        tuple(addresses),
        (),
        Note(
            "match",
            Sureness.SURE if len(messages) > 1 else Sureness.LIKELY,
            "The sender of the examples."
            if len(messages) > 1
            else "The sender of the one example; the portal may have others.",
            ", ".join(addresses),
        ),
    )


def find_blocks_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """Give the kinds of structured blocks that the examples bring."""
    return tuple(
        dict.fromkeys(block.kind.value for m in messages for block in find_blocks(m).blocks)
    )


def is_relay(address: str, messages: Sequence[Message]) -> bool:
    """Tell whether an address is made for one visitor; never a public provider's."""
    if is_public(address.rpartition("@")[2]):
        return False
    names = [m.sender.name for m in messages if m.sender.address == address]
    via = any(" via " in f" {name.lower()} " for name in names)
    return via or bool(_TOKEN.match(address.lower()))


def needs_body(senders: Sequence[str]) -> bool:
    """Tell whether the sender alone does not make a mail the portal's."""
    return any(is_public(sender.rpartition("@")[2]) for sender in senders)


def find_body(sightings: Sequence[Sighting]) -> tuple[str, ...]:
    """Give a line that tells this portal's mails: a label that all examples have."""
    if not sightings:
        return ()
    common = set.intersection(*(set(one.labels) for one in sightings))
    longest = sorted((label for label in common if len(label) > 3), key=len, reverse=True)
    return (f"^{flex(longest[0])}",) if longest else ()


def find_region(messages: Sequence[Message], numbers: Sequence[str]) -> str:
    """Give the country that the sender's domain or the numbers themselves name; else nothing."""
    endings = {m.sender.domain.rpartition(".")[2] for m in messages}
    if len(endings) == 1 and (country := _COUNTRIES.get(endings.pop())):
        return country
    found = set()
    for number in numbers:
        digits = regex.sub(r"\D", "", number)
        if number.strip().startswith(("+", "00")):
            digits = digits.removeprefix("00")
            found |= {code for prefix, code in _PREFIXES.items() if digits.startswith(prefix)}
    return found.pop() if len(found) == 1 and len(numbers) > 1 else ""
