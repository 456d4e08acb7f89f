"""A text as a reader takes it, each character with the place of what was written for it.

Entities, percent-escapes and tags are seen through, case and accents do not count, so that
a value is found however it is written, and replaced where it stands.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from html import unescape
from urllib.parse import unquote_to_bytes

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_ESCAPE = r"(?:%[0-9A-Fa-f]{2})+"
_TAG = r"<[^<>]{1,5000}>"
_INLINE = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|wbr|small|big|mark)(?=[\s/>])", re.I)


class View(Enum):
    """What is seen through, besides entities."""

    WRITTEN = re.compile(f"({_ENTITY})|.", re.S)
    """Nothing: attributes of tags are text."""
    ESCAPED = re.compile(f"({_ENTITY}|{_ESCAPE})|.", re.S)
    """Percent-escapes, as links have them (RFC 3986, section 2.1)."""
    SHOWN = re.compile(f"({_ENTITY}|{_TAG})|.", re.S)
    """Tags: those within a line are nothing, all others end it."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The text as it reads, folded; `places` gives start and end of each character's source."""

    text: str
    places: tuple[tuple[int, int], ...]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Give the stretch of the source that a stretch of the text was made of."""
        return self.places[begin][0], self.places[end - 1][1]


def project(source: str, view: View) -> Projection:
    """Give the text as it reads."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for unit in view.value.finditer(source):
        begin, end = unit.span()
        for folded, start, stop in _read_unit(unit[1] or "", unit[0], begin, end):
            letters.append(folded)
            places.extend([(start, stop)] * len(folded))
    return Projection("".join(letters), tuple(places))


_Piece = tuple[str, int, int]
"""Folded letters, and start and end of what was written for them."""


def _read_unit(coded: str, written: str, begin: int, end: int) -> list[_Piece]:
    if coded.startswith("<"):
        return [("" if _INLINE.match(coded) else "\n", begin, end)]
    if coded.startswith("%"):
        return _read_escapes(coded, begin)
    return [(fold(unescape(coded) if coded else written), begin, end)]


def _read_escapes(unit: str, begin: int) -> list[_Piece]:
    data = unquote_to_bytes(unit)
    read, at = [], 0
    while at < len(data):
        first = data[at]
        size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        letter = data[at : at + size].decode("utf-8", "replace")
        read.append((fold(letter), begin + 3 * at, begin + 3 * min(at + size, len(data))))
        at += size
    return read


def fold(text: str) -> str:
    """Take away case, accents and what nobody sees; every blank is one."""
    return "".join(map(_fold_letter, text))


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    if letter in "\n\t":
        return letter
    plain = unicodedata.normalize("NFKD", letter).casefold()
    kept = "".join(c for c in plain if unicodedata.category(c) not in {"Mn", "Cf"})
    return " " if kept.isspace() else kept
