"""Dates as mail programs write them into a forwarded mail's header block.

Words and order of the reader's language, seldom a zone. A wrong date is worse
than none: what can be read in two ways is not read.
"""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from unicodedata import combining, normalize

_LONGEST = 120

# FR, DE, IT, EN, ES; without accents. Programs abbreviate to three letters or more.
_MONTHS = (
    ("janvier", "januar", "janner", "gennaio", "january", "enero"),
    ("fevrier", "februar", "febbraio", "february", "febrero"),
    ("mars", "marz", "maerz", "mrz", "marzo", "march"),
    ("avril", "april", "aprile", "abril"),
    ("mai", "maggio", "may", "mayo"),
    ("juin", "juni", "giugno", "june", "junio"),
    ("juillet", "juli", "luglio", "july", "julio"),
    ("aout", "august", "agosto"),
    ("septembre", "september", "settembre", "septiembre", "setiembre"),
    ("octobre", "oktober", "ottobre", "october", "octubre"),
    ("novembre", "november", "noviembre"),
    ("decembre", "dezember", "dicembre", "december", "diciembre"),
)
_ZONES = {
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "wet": 0,
    "cet": 1,
    "mez": 1,
    "hnec": 1,
    "bst": 1,
    "west": 1,
    "cest": 2,
    "mesz": 2,
    "haec": 2,
    "eet": 2,
    "eest": 3,
}

# `3 nov. 2026`, `3. November 2026`, `1er mars 2026`, `3 de noviembre de 2026`
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})(?:\.|er|°|º|st|nd|rd|th)?[ -](?:de )?([a-z]{3,12})\.?,?[ -](?:de )?(\d{4})\b"
)
# `November 3, 2026`, `Nov 3rd, 2026`
_MONTH_FIRST = re.compile(r"\b([a-z]{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
# `2026-11-03`; `03/11/2026`, `3.11.26`
_YEAR_FIRST = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?=\b|t\d)")
_NUMBERS = re.compile(r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b")
# `08:15`, `08:15:22`, `8h15`, `08 h 15`, `8.15`, `5:29 PM`
_CLOCK = re.compile(
    r"(?<![\d+:.])(\d{1,2})(?:[:.]| ?h ?)(\d{2})(?:[:.](\d{2}))?(?!\d)(?: ?([ap])\.?m\b)?"
)
_OFFSET = re.compile(r"(?:\b(?:utc|gmt) ?)?([+-])(\d{1,2}):?(\d{2})?\b")
_WORD = re.compile(r"[a-z]+")


def read_date(written: str, zone: tzinfo) -> datetime | None:
    """Read a date, aware; `zone` where it names none. None where it cannot be read surely.

    Without a time of day it is no date of a mail, and not read either.
    """
    text = _plain(written[:_LONGEST])
    found = _find_day(text)
    if found is None:
        return None
    (year, month, day), rest = found
    clock = _CLOCK.search(rest)
    if clock is None:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock[4] == "p" else 0)
    said = _find_zone(rest[clock.end() :])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=said or zone)
    except ValueError:
        return None


def names_zone(written: str) -> bool:
    """Whether a date that can be read says in which zone it is."""
    text = _plain(written[:_LONGEST])
    clock = _CLOCK.search(text)
    return clock is not None and _find_zone(text[clock.end() :]) is not None


def _plain(text: str) -> str:
    """Lower case without accents, blanks unified."""
    letters = (c for c in normalize("NFKD", text.lower()) if not combining(c))
    return " ".join("".join(letters).split())


def _find_day(text: str) -> tuple[tuple[int, int, int], str] | None:
    """Return year, month, day, and the text without them."""
    for pattern, order in ((_DAY_FIRST, (3, 2, 1)), (_MONTH_FIRST, (3, 1, 2))):
        for found in pattern.finditer(text):
            year, month, day = (found[group] for group in order)
            if number := _number_of(month):
                return (int(year), number, int(day)), _without(text, found)
    if iso := _YEAR_FIRST.search(text):
        return (int(iso[1]), int(iso[2]), int(iso[3])), _without(text, iso)
    if numbers := _NUMBERS.search(text):
        first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
        rest = _without(text, numbers)
        american = _is_american(first, second, numbers[2], rest)
        if american is None:
            return None
        month, day = (first, second) if american else (second, first)
        return (year + 2000 if year < 100 else year, month, day), rest
    return None


def _number_of(month: str) -> int | None:
    """Return the month that a word means; None for none or several."""
    meant = {
        number
        for number, names in enumerate(_MONTHS, start=1)
        if any(name.startswith(month) for name in names)
    }
    return meant.pop() if len(meant) == 1 else None


def _is_american(first: int, second: int, separator: str, rest: str) -> bool | None:
    """Whether the month stands first; None where both can be meant.

    Only who writes AM and PM may put it there, and does so with slashes alone.
    """
    clock = _CLOCK.search(rest)
    if separator != "/" or clock is None or not clock[4] or first > 12:
        return False
    if second > 12:
        return True
    return False if first == second else None


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}"


def _find_zone(text: str) -> tzinfo | None:
    if found := _OFFSET.search(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset < timedelta(hours=15):
            return timezone(-offset if found[1] == "-" else offset)
    named = (_ZONES[word] for word in _WORD.findall(text) if word in _ZONES)
    hours = next(named, None)
    return None if hours is None else timezone(timedelta(hours=hours))
