"""Aliases: what a portal calls a property, and the CRM's reference that a person wrote beside it.

Pure: the table comes in as a value, the mail as its inquiry and the portal's own words
in it. What the visitor wrote is never looked at.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mailbridge.leads.requirements import TARGETS
from mailbridge.problems import Problem
from mailbridge.rules.inquiry import Found, Inquiry

SEVERAL = Problem(
    code="several-aliases",
    text="Aliases give this property different references, and none was taken.",
    remedy="Make the aliases differ, or give the portal's number in place of the address.",
)

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One line of the table."""

    reference: str
    """As the CRM spells it."""
    portal: str = ""
    """Only in this portal's mails; empty for all."""
    number: str = ""
    """The listing number, or the reference, that the portal gives."""
    address: str = ""
    """Words that stand together in the mail; `*` stands for any words between."""
    where: str
    """`file:line:column` of the alias."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """The whole table; the order of its lines means nothing."""

    all: tuple[Alias, ...] = ()
    _numbers: dict[str, list[Alias]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the numbers: there may be thousands."""
        for alias in self.all:
            if alias.number:
                self._numbers.setdefault(_fold(alias.number), []).append(alias)

    def by_number(self, inquiry: Inquiry) -> list[Alias]:
        """Give the aliases whose number the inquiry holds, as number, reference or in its link."""
        given = {name: f.value for name, f in inquiry.fields.items()}
        said = {
            _fold(given.get("listing_number", "")),
            _fold(given.get("property_reference", "")),
            *map(_fold, re.split(r"[^\w-]+", given.get("listing_link", ""))),
        }
        found = (alias for number in sorted(said) for alias in self._numbers.get(number, ()))
        return [alias for alias in found if _concerns(alias, inquiry.portal)]

    def by_address(self, inquiry: Inquiry, texts: Iterable[str]) -> list[Alias]:
        """Give the aliases whose address stands, whole, in one of the portal's own texts."""
        wanted = [a for a in self.all if a.address and _concerns(a, inquiry.portal)]
        if not wanted:
            return []
        streams = [_words(text) for text in texts]
        return [a for a in wanted if any(_stands_in(a.address, stream) for stream in streams)]


NONE = Aliases()


def apply_aliases(inquiry: Inquiry, texts: Iterable[str], aliases: Aliases) -> Inquiry:
    """Let the table say which property is meant.

    A number has the last word over what the portal calls the reference, since a person
    wrote both down; an address counts only where the mail names no property at all.
    `texts` are the portal's own: the subject, and the text without what the visitor wrote.
    """
    found = aliases.by_number(inquiry)
    if not found and not any(inquiry.fields.get(name) for name in TARGETS):
        found = aliases.by_address(inquiry, texts)
    references = {alias.reference for alias in found}
    if not references:
        return inquiry
    if len(references) > 1:
        return replace(inquiry, problems=(*inquiry.problems, SEVERAL))
    alias = found[0]
    before = inquiry.fields.get("property_reference")
    evidence = before or inquiry.fields.get("listing_number")
    supplied = Found(
        value=alias.reference,
        raw=evidence.raw if evidence else alias.address or alias.number,
        source=evidence.source if evidence else "alias",
        span=evidence.span if evidence else None,
        pattern=alias.where,
    )
    return replace(inquiry, fields={**inquiry.fields, "property_reference": supplied})


def _concerns(alias: Alias, portal: str) -> bool:
    return alias.portal in {"", portal}


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _words(text: str) -> str:
    """Write a text as its words between single blanks, with a blank at both ends."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _stands_in(address: str, stream: str) -> bool:
    """Find the address's pieces one after the other; whole words only, in linear time."""
    at = 0
    pieces: Sequence[str] = [_words(piece) for piece in address.split("*")]
    for piece in pieces:
        if not piece.strip():
            continue
        found = stream.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece) - 1  # the blank behind it may be the one before the next
    return any(piece.strip() for piece in pieces)
