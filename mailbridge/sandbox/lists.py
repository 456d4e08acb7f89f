"""The CRM's lists as the listings API pages them, strict about what is asked.

Documented are `per_page` (100 at most), `page` (from 1), `lang`, and `data[]` in the answer;
what a real server adds to that, and how it refuses, is not published.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from mailbridge.errors import MailbridgeError

LISTINGS_PATH = "/api/v1/get-full-listings"
PROMOTIONS_PATH = "/api/v1/promotions"
MOST_PER_PAGE = 100

Entry = Mapping[str, Any]


def read_lists(path: Path) -> dict[str, list[Entry]]:
    """Read the lists to serve from a JSON file, by their paths. Raises MailbridgeError."""
    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise MailbridgeError(f"{path}: cannot be read: {error.strerror}.") from None
    except ValueError:
        raise MailbridgeError(f"{path}: this is no JSON.") from None
    found = {}
    for name, place in (("listings", LISTINGS_PATH), ("promotions", PROMOTIONS_PATH)):
        entries = told.get(name, []) if isinstance(told, dict) else None
        if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
            raise MailbridgeError(
                f"{path}: {name}: a list of objects is wanted, as "
                f'{{"{name}": [{{"id": "l1", "reference": "A-1"}}]}}.'
            )
        found[place] = entries
    return found


def give_page(entries: list[Entry], query: str) -> tuple[list[Entry], list[str]]:
    """Give the page that the query asks for, or what is wrong with the query."""
    asked = parse_qsl(query, keep_blank_values=True)
    wrong = [f"{name} is no parameter." for name, _ in asked if name not in _PARAMETERS]
    names = [name for name, _ in asked]
    wrong += [f"{name} appears twice." for name in _PARAMETERS if names.count(name) > 1]
    values = dict(asked)
    per_page = _number(values.get("per_page", str(MOST_PER_PAGE)))
    page = _number(values.get("page", "1"))
    if not 1 <= per_page <= MOST_PER_PAGE:
        wrong.append(f"per_page is a number from 1 to {MOST_PER_PAGE}.")
    if page < 1:
        wrong.append("page is a number from 1 on.")
    return ([], wrong) if wrong else (entries[(page - 1) * per_page : page * per_page], [])


_PARAMETERS = ("per_page", "page", "lang")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
