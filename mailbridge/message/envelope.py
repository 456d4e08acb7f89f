"""Who, when, which: addresses, date and Message-ID out of header values.

The one module that uses mail-parser, for what it is good at: address headers
read by structure, so that an address in a display name never counts, and dates.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses

from mailbridge.message.headers import decode_words
from mailbridge.message.message import Address
from mailbridge.message.textform import tidy_line

_LONGEST_LIST = 8_000
"""Characters of an address header that are parsed, about 250 addresses: each
costs 30 µs, and a list of 40,000 would hold up every other mail."""
_LONGEST_KEPT = 300
_LONGEST_DATE = 200
_IDENTIFIER = re.compile(r"<([^<>\s]+)>")


def read_addresses(value: str) -> tuple[Address, ...]:
    """Return the usable mailboxes of an address header, in order."""
    # An inbox gets most of its mail from a few portals, to one address.
    return _read_often(value) if len(value) < _LONGEST_KEPT else _read_list(value)


def _read_list(value: str) -> tuple[Address, ...]:
    if len(value) > _LONGEST_LIST:
        # Back to a comma: half an address could be another one.
        value = value[:_LONGEST_LIST].rpartition(",")[0]
    read: list[Address] = []
    for name, address in get_addresses(value, decode_names=True):
        local, _, domain = address.rpartition("@")
        if local and domain:
            shown = decode_words(name) if "=?" in name else name
            read.append(Address(tidy_line(shown), tidy_line(f"{local}@{domain.lower()}")))
    return tuple(read)


_read_often = lru_cache(maxsize=256)(_read_list)


def read_date(values: Sequence[str]) -> datetime | None:
    """Return the date, aware; None where missing, impossible, or given twice and different."""
    dates = {_read_one_date(value) for value in values}
    return dates.pop() if len(dates) == 1 else None


def _read_one_date(value: str) -> datetime | None:
    if len(value) > _LONGEST_DATE:
        return None
    date: datetime | None = parse_mail_date(value).value
    if date is not None:
        return date
    # mail-parser keeps to the grammar; many programs write `8:05:00`.
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # Without an offset it is a guess by hours, and a wrong date is worse than none.
    return date if date.tzinfo is not None else None


def read_message_id(values: Sequence[str]) -> str:
    """Return the first Message-ID without brackets; empty where there is no usable one."""
    if not values:
        return ""
    if found := _IDENTIFIER.search(values[0]):
        return tidy_line(found[1])
    bare = tidy_line(values[0]).strip("<>")
    return bare if bare and " " not in bare else ""
