"""What values look like: addresses, phones, names, references.

Must not know where they stand; that is `pairs`.
"""

import regex

from mailbridge.rules.drafting.words import Kind, kind_of

EMAIL = regex.compile(r"[^\s<>()\[\],;:\"'|]+@[^\s<>()\[\],;:\"'|]+\.[^\s<>()\[\],;:\"'|.]+")
PHONE = regex.compile(r"(?:\+|\(\+?|(?<![\w.,/]))\d(?:[\d ()./\u2013-]{5,22})\d(?![\w@])")
TRIPLE = regex.compile(r"\[[^\[\]\s.]*\.[^\[\]\s]*\]")
"""`[a.b.c]`: house, building and object of the IDX export."""
_NAME = regex.compile(r"(?:[\p{L}][\p{L}'’.\-]*|[&+])(?: (?:[\p{L}][\p{L}'’.\-]*|[&+])){0,5}")
_REFERENCE = regex.compile(r"[^\s:;,«»\"]\S*(?: \S+){0,3}")


def fits(kind: Kind | None, value: str) -> bool:
    """Tell whether a value looks like what its label announces."""
    match kind:
        case Kind.EMAIL:
            return bool(EMAIL.search(value))
        case Kind.PHONE:
            return bool(PHONE.search(value)) and "@" not in value
        case Kind.FIRST | Kind.LAST | Kind.NAME | Kind.GIVEN_OR_FULL | Kind.FAMILY_OR_FULL:
            return bool(_NAME.fullmatch(value)) and kind_of(value) not in _CONTACT
        case Kind.REFERENCE | Kind.LISTING:
            return len(value) <= 60 and bool(_REFERENCE.fullmatch(value))
        case _:
            return bool(value.strip())


_CONTACT = frozenset({Kind.EMAIL, Kind.PHONE, Kind.MESSAGE})


def typed(value: str) -> Kind | None:
    """Tell e-mail addresses and phones by their look; None for anything else."""
    if EMAIL.fullmatch(value):
        return Kind.EMAIL
    match = PHONE.fullmatch(value)
    return Kind.PHONE if match and sum(c.isdigit() for c in value) >= 8 else None
