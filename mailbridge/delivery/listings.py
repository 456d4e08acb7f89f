"""The client of the CRM's lists: every page of a list, or the reason why there is none.

It never raises for what a network or a server does, follows no redirect, and reads no
setting from the environment. Nothing of a listing but ids and references is kept.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from mailbridge import __version__
from mailbridge.delivery.reasons import host_of, tell_reason
from mailbridge.delivery.transport import TimedAdapter

PER_PAGE = 100
"""The most that the lists give at once."""
MOST_PAGES = 2_000
"""A list that does not end is none."""
LARGEST_PAGE = 64 * 1024 * 1024
"""Octets: a hundred listings with their texts in all languages take a few million."""
_TIMEOUTS = (10.0, 30.0)
_DEADLINE = 120.0
"""Seconds for one page: to connect, for each piece, and for the whole answer."""

_NETWORK = (requests.RequestException, HTTPError, HTTPException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is kept of a listing or a promotion."""

    id: str
    reference: str
    promotion: str = ""
    """Of a listing: its promotion's reference."""


@dataclass(frozen=True, slots=True)
class Entries:
    """The whole list, each id once."""

    all: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """The list could not be read to its end; `reason` is for people."""

    reason: str


class _BadPage(Exception):
    pass


class ListingApi:
    """Reads lists with one key. For one thread at a time."""

    def __init__(self, key: str, *, proxy: str | None = None) -> None:
        """Prepare; nothing is asked yet."""
        self._headers = {
            "X-API-KEY": key,
            "Accept": "application/json",
            "User-Agent": f"mailbridge/{__version__}",
        }
        self._session = requests.Session()
        self._session.trust_env = False
        if proxy:
            self._session.proxies = dict.fromkeys(("http", "https"), proxy)
        adapter = TimedAdapter(_DEADLINE)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def read_list(self, url: str, stopping: Callable[[], bool] = lambda: False) -> Entries | Unread:
        """Read all pages of the list; `stopping` is asked before each."""
        found: dict[str, Entry] = {}
        first = 0
        for number in range(1, MOST_PAGES + 1):
            if stopping():
                return Unread("mailbridge is ending")
            try:
                page = self._read_page(url, number)
            except _BadPage as bad:
                return Unread(f"{host_of(url)}: {bad}")
            known = len(found)
            found |= {entry.id: entry for entry in page}
            first = first or len(page)
            repeated = len(found) == known
            if page and repeated and first >= PER_PAGE:
                return Unread(f"{host_of(url)}: page {number} repeats what came before")
            # A server may give fewer on a page than were asked for: only a page that is
            # shorter than the first, or brings nothing new, is the last.
            if len(page) < first or repeated:
                return Entries(tuple(found.values()))
        return Unread(f"{host_of(url)}: the list does not end after {MOST_PAGES:,} pages")

    def close(self) -> None:
        """Close the kept connection."""
        self._session.close()

    def _read_page(self, url: str, number: int) -> list[Entry]:
        try:
            with self._session.get(
                url,
                params={"per_page": PER_PAGE, "page": number},
                headers=self._headers,
                timeout=_TIMEOUTS,
                stream=True,
                allow_redirects=False,
            ) as response:
                status = response.status_code
                if status in {401, 403}:
                    raise _BadPage("the key was refused; check listings.key")
                if status != 200:
                    raise _BadPage(f"page {number} was answered with status {status}")
                content = _read(response)
        except _NETWORK as error:
            raise _BadPage(f"page {number}: {tell_reason(error)}") from None
        try:
            told = json.loads(content)
        except (ValueError, RecursionError):
            raise _BadPage(f"page {number} is no JSON") from None
        entries = told.get("data") if isinstance(told, Mapping) else None
        if not isinstance(entries, list):
            raise _BadPage(f"page {number} holds no list 'data'")
        return [_entry(item, number) for item in entries]


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(65_536):
        content += piece
        if len(content) > LARGEST_PAGE:
            response.raw.close()
            raise _BadPage(f"a page is larger than {LARGEST_PAGE:,} octets")
    return bytes(content)


def _entry(item: Any, page: int) -> Entry:
    number = _text(item.get("id")) if isinstance(item, Mapping) else ""
    if not number:
        raise _BadPage(f"page {page} holds an entry without an id")
    return Entry(
        id=number,
        reference=_text(item.get("reference")),
        promotion=_text(item.get("promotion_reference")),
    )


def _text(value: Any) -> str:
    """Take texts as they are and numbers by their digits; anything else says nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
