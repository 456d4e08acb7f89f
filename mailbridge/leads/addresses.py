"""The visitor's postal address: its lines, and the town where a line says it beyond doubt. Pure.

Nothing is looked up and nothing is added: a town without its number stays a line as written.
"""

import re
from dataclasses import dataclass

from mailbridge.leads.characters import fold, keep_lines

_TOWN = re.compile(
    r"(?:(?P<country>CH|FL|LI|DE?|AT?|FR?|IT?)[- ]\s?)?(?P<code>[0-9]{4,5})\s+(?P<town>[^\W\d_].*)"
)
_COUNTRIES = {
    **dict.fromkeys(("schweiz", "suisse", "svizzera", "switzerland"), "CH"),
    **dict.fromkeys(("liechtenstein", "fürstentum liechtenstein"), "LI"),
    **dict.fromkeys(("deutschland", "allemagne", "germania", "germany"), "DE"),
    **dict.fromkeys(("österreich", "autriche", "austria"), "AT"),
    **dict.fromkeys(("frankreich", "france", "francia"), "FR"),
    **dict.fromkeys(("italien", "italie", "italia", "italy"), "IT"),
}
_SIGNS = {"CH": "CH", "FL": "LI", "LI": "LI", "D": "DE", "DE": "DE", "A": "AT", "AT": "AT"}
_SIGNS |= {"F": "FR", "FR": "FR", "I": "IT", "IT": "IT"}
_MOST_LINES = 3
"""Lines above the town that an address has room for; more of them share the last."""


@dataclass(frozen=True, slots=True)
class Address:
    """What was read; empty where it is not known."""

    lines: tuple[str, ...] = ()
    """Street, house and what else there is, at most three."""
    postcode: str = ""
    town: str = ""
    country: str = ""
    """ISO 3166-1 alpha-2, only where the mail names one."""


def read_address(written: str) -> Address:
    """Read an address of one line with commas, or of several lines."""
    parts = [fold(part) for line in keep_lines(written).split("\n") for part in line.split(",")]
    parts = [part for part in parts if part]
    country = ""
    if parts and (named := _COUNTRIES.get(parts[-1].casefold())):
        country = named
        parts = parts[:-1]
    found = _TOWN.fullmatch(parts[-1]) if parts else None
    if found is None:
        return Address(_few(parts), country=country)
    return Address(
        _few(parts[:-1]),
        postcode=found["code"],
        town=found["town"],
        country=country or _SIGNS.get(found["country"] or "", ""),
    )


def _few(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    return (*lines[: _MOST_LINES - 1], ", ".join(lines[_MOST_LINES - 1 :]))
