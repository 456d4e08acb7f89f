"""Where a value that a person gave stands in a text, written as the mail writes it."""

import regex

from mailbridge.rules.drafting.pairs import PHONE
from mailbridge.rules.drafting.words import Kind
from mailbridge.rules.labels import Span

_ENOUGH = 8
"""Digits at the end that make two phone numbers the same: what stands before them is a
country code or a zero."""


def locate(text: str, value: str, kind: Kind, start: int = 0) -> Span | None:
    """Find a value from `start` on; blanks may differ, and the writing of a phone number."""
    value = value.strip()
    if not value:
        return None
    if kind is Kind.PHONE:
        return _locate_phone(text, value, start)
    if kind is Kind.REFERENCE and (found := _locate_triple(text, value, start)):
        return found
    written = r"\s+".join(regex.escape(word) for word in value.split())
    before = r"(?<![\p{L}\p{N}])" if value[0].isalnum() else ""
    after = r"(?![\p{L}\p{N}])" if value[-1].isalnum() else ""
    flags = regex.IGNORECASE if kind is Kind.EMAIL else 0
    match = regex.compile(f"{before}{written}{after}", flags).search(text, start)
    return match.span() if match else None


def _locate_triple(text: str, value: str, start: int) -> Span | None:
    """Find `[a..c]` for `a.c`: portals leave the empty parts in, and leads do not."""
    pieces = [piece for piece in value.strip("[]").split(".") if piece]
    written = r"\.+".join(map(regex.escape, pieces))
    match = regex.compile(rf"\[\.*{written}\.*\]").search(text, start)
    return match.span() if match and "." in match.group() else None


def _locate_phone(text: str, value: str, start: int) -> Span | None:
    wanted = _digits(value)[-_ENOUGH:]
    if len(wanted) < _ENOUGH:
        return None
    for match in PHONE.finditer(text, start):
        if _digits(match.group()).endswith(wanted):
            return match.span()
    return None


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
