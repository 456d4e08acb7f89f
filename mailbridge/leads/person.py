"""A person, as known by e-mail address or phone number: whether a text is about them.

For erasing a person's data. Errs on the side of finding too much: what is found is
shown before anything is done. Pure.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from mailbridge.leads.emails import read_email
from mailbridge.leads.phones import national_part, read_phone

_BETWEEN = r"[\s./()\[\]\-\u2010-\u2015]{0,3}"
"""What people write between the digits of a number."""
_SOFT = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Characters that nobody sees: soft hyphens, zero-width blanks, marks of direction."""


@dataclass(frozen=True)
class Person:
    """At least one of the two is set; both as they were normalised."""

    email: str = ""
    """Lower case, the domain as Unicode."""
    number: str = ""
    """E.164."""

    def appears_in(self, text: str) -> bool:
        """Whether the text holds the address or the number, however it is written."""
        plain = _SOFT.sub("", unicodedata.normalize("NFKC", text)).casefold()
        forms = {plain, unquote(plain)} if "%" in plain else {plain}
        return any(pattern.search(form) for pattern in self._patterns for form in forms)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        found = []
        if self.email:
            found += [_address_pattern(form) for form in sorted(_spellings(self.email))]
        if self.number:
            found.append(_number_pattern(self.number))
        return tuple(found)


def find_person(email: str, phone: str, region: str) -> Person | None:
    """Read what somebody typed; None where either is neither empty nor readable.

    `region` is the country of national numbers.
    """
    address = read_email(email).address
    number = read_phone(phone, region).number
    if (email.strip() and not address) or (phone.strip() and not number):
        return None
    return Person(unicodedata.normalize("NFKC", address).casefold(), number)


def _spellings(email: str) -> set[str]:
    """Give the address with its domain as Unicode and in the ASCII form of IDNA."""
    local, _, domain = email.partition("@")
    try:
        ascii_form = domain.encode("idna").decode("ascii")
        return {email, f"{local}@{ascii_form}", f"{local}@{ascii_form.encode().decode('idna')}"}
    except UnicodeError:
        return {email}


def _address_pattern(address: str) -> re.Pattern[str]:
    # Whole: `anna@example.org` stands neither in `joanna@example.org` nor in `anna@example.organ`.
    return re.compile(rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)")


def _number_pattern(number: str) -> re.Pattern[str]:
    national = national_part(number)
    code = number.removeprefix("+").removesuffix(national)
    digits = _BETWEEN.join(national)
    country = rf"(?:\+|00)?{_BETWEEN}{_BETWEEN.join(code)}{_BETWEEN}(?:0{_BETWEEN})?"
    return re.compile(rf"(?<![0-9])(?:{country}|0{_BETWEEN})?{digits}(?![0-9])")
