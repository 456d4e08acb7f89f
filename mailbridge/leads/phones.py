"""The visitor's phone number: from what people write to E.164.

A country code comes from the number itself or from the portal's country, never
from a guess; what cannot be read stays as written and is not sent as a number.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from mailbridge.leads.characters import fold, keep_lines
from mailbridge.problems import Problem

BAD_PHONE = Problem(
    code="bad-phone",
    text="What stands in the place of the visitor's phone number could not be read as a number.",
)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EXTENSION = re.compile(
    r"(?i)(?<![^\W\d_])(?:ext(?:ension)?|poste|durchwahl|dw|interno?|int|x|#)[.:=]?\s*"
    r"[0-9]{1,6}(?!\s*[0-9])"
)
_WORD = re.compile(r"[^\W\d_]+")
_SEGMENT = re.compile(r"[^\W\d_]+|[\n|;:<>\[\]]|(?=\+)")
"""What surely stands between two numbers; a `+` begins one."""
_PIECE = re.compile(r"[,/&]|\s[-–—]\s|\s{2,}")
"""What stands between two numbers or within one: `0171/3920042`."""
_LABELS = frozenset(
    {"tel", "tél", "telefon", "telefono", "teléfono", "téléphone", "telephone", "phone", "callto"}
    | {"mobile", "mobil", "móvil", "natel", "handy", "portable", "cell", "cellulare", "gsm"}
)
_SHORTEST = 5
"""Fewer digits are an hour, a house number or the like."""
_SHORTEST_UNKNOWN = 7
"""Fewer digits are no number unless the library knows them as one."""
_LONGEST = 300
"""Characters looked at; a phone field has no more."""


@dataclass(frozen=True, slots=True)
class Phone:
    """What was read from the field `sender_number`."""

    number: str
    """E.164, or empty."""
    noted: str = ""
    """The field as written, where it holds more than the number or none."""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    number: str
    valid: bool
    """False where only the length fits."""


def read_phone(written: str, region: str) -> Phone:
    """Read the field; of several numbers the first valid one is taken.

    `region` is the country of national numbers (ISO 3166-1 alpha-2, or `UK`).
    """
    if not written.strip():
        return Phone("")
    country = region.strip().upper()
    country = "GB" if country == "UK" else country
    text = unicodedata.normalize("NFKC", unquote(keep_lines(written)))[:_LONGEST]
    bare = _EXTENSION.sub("\n", text)
    readings = [
        reading
        for segment in _SEGMENT.split(bare)
        if _count_digits(segment) >= _SHORTEST
        for reading in _read_segment(segment, country)
    ]
    read = sorted((r for r in readings if r), key=lambda r: not r.valid)
    numbers = list(dict.fromkeys(r.number for r in read))
    if not numbers:
        return Phone("", fold(written), BAD_PHONE)
    words = any(word.casefold() not in _LABELS for word in _WORD.findall(bare))
    whole = len(numbers) == 1 and len(read) == len(readings) and bare == text and not words
    return Phone(numbers[0], "" if whole else fold(written))


def is_mobile(number: str) -> bool:
    """Tell whether an E.164 number is a mobile's, as the numbering plans say.

    Where they leave it open (United States), or do not know the number, it counts as none.
    """
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return bool(kind == PhoneNumberType.MOBILE)


def national_part(number: str) -> str:
    """Give the digits of an E.164 number without its country code, as dialled after a trunk 0."""
    return phonenumbers.national_significant_number(phonenumbers.parse(number))


def find_numbers(text: str, region: str) -> Iterator[tuple[int, int]]:
    """Give where something stands in a text that is, or looks like, a phone number.

    Errs on the side of finding too much: besides the numbers that are valid in the
    region or with a country code, all that begins with a `+` or a zero and has nine to
    fifteen digits. Not what looks like a date, nor a number within a word or a path.
    """
    for found in _LOOKS_DIALLED.finditer(text):
        dialled = found[0].lstrip("(").startswith(("+", "0"))
        if dialled and not _DATE.match(found[0]):
            yield found.span()
    country = region.strip().upper()
    country = "GB" if country == "UK" else country
    for number in phonenumbers.PhoneNumberMatcher(text.replace("\n", "|"), country or None):
        before = text[max(0, number.start - 1) : number.start + 1]
        if not _WITHIN.search(before) and not _DATE.match(number.raw_string):
            yield number.start, number.end


_LOOKS_DIALLED = re.compile(
    r"(?<![\w/=.\[-])(?:\+|\(\+?)?[0-9](?:[ \t./()\-\u2010-\u2015]{0,3}[0-9]){8,14}(?!\w)"
)
_WITHIN = re.compile(r"[\w/=](?=.)|\[", re.S)
_DATE = re.compile(r"\s*[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|\s*[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_segment(segment: str, country: str) -> list[_Reading | None]:
    """Read one number or several; None for each that could not be read."""
    whole = _read_number(segment, country)
    if whole and whole.valid:
        return [whole]
    pieces = [p for p in _PIECE.split(segment) if _count_digits(p) >= _SHORTEST]
    parts = [_read_number(piece, country) for piece in pieces]
    if any(part and part.valid for part in parts) or not whole:
        return parts or [None]
    return [whole]


def _read_number(piece: str, country: str) -> _Reading | None:
    """Take the first way of reading that gives a valid number, else a possible one."""
    possible = None
    for dialled in _ways_to_read(piece, country):
        try:
            number = phonenumbers.parse(dialled, country or None)
        except phonenumbers.NumberParseException:
            continue
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if _is_filler(number) or not _E164.fullmatch(e164):
            continue
        if phonenumbers.is_valid_number(number):
            return _Reading(e164, valid=True)
        if possible is None and _is_possible(number, _count_digits(piece)):
            possible = _Reading(e164, valid=False)
    return possible


def _ways_to_read(piece: str, country: str) -> Iterator[str]:
    digits = "".join(c for c in piece if c in "0123456789")
    start = piece.lstrip(" (.-")
    if start.startswith(("+", "00")):
        digits = digits.removeprefix("00")
        yield f"+{digits}"
        yield f"+{_drop_trunk_zero(digits)}"  # +39 (0)340 …: the library keeps Italy's zeros
        return
    code = phonenumbers.country_code_for_region(country)
    if code and digits.startswith(str(code)) and len(digits) >= 11:
        yield f"+{digits}"  # the plus was lost; before the German area codes that begin with 49
    yield digits
    if not digits.startswith("0"):
        yield f"0{digits}"  # a lost zero matters where it belongs to the number: Italy
    if country == "FR" and digits.startswith("07") and len(digits) == 11:
        yield f"+44{digits[1:]}"  # too long for France; Britons write their mobiles so


def _drop_trunk_zero(digits: str) -> str:
    for length in (1, 2, 3):
        code, rest = digits[:length], digits[length:]
        if code and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code + rest.removeprefix("0")
    return digits


def _is_possible(number: PhoneNumber, digits: int) -> bool:
    if number.italian_leading_zero and number.country_code != 39:
        return False  # a national number too short to have its zero taken off
    fits = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return fits and digits >= _SHORTEST_UNKNOWN


def _is_filler(number: PhoneNumber) -> bool:
    """`06 00 00 00 00`, `99 99 99 99`: typed because the form wanted something."""
    digits = str(number.national_number)
    return len(set(digits)) == 1 or digits.endswith("0000000")


def _count_digits(text: str) -> int:
    return sum(c in "0123456789" for c in text)
