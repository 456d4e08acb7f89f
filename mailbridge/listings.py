"""The local index of the CRM's lists: a file that can be made anew at any time.

Read by whoever decides, written by one refresh at a time. It is a cache and no part of
the ledger: a damaged one counts as none, and losing it costs a warning that is not
given. Must not decide about mails.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from mailbridge.delivery.listings import Entry, ListingApi, Unread
from mailbridge.leads.catalogue import Catalogue, Listing, Promotion
from mailbridge.log import logger

KEPT = timedelta(days=30)
"""How long what has left the CRM's list still counts as known: inquiries about a listing come
after it was taken down, and a list that changes while it is read may leave one out."""

RETRY = timedelta(minutes=15)
"""How soon a refresh that failed is tried again."""

_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whose lists they are; an index of another source counts as none."""

    listings: str
    promotions: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """The index is new."""

    listings: int
    promotions: int
    kept: int
    """How many of both are no longer in the CRM's lists, and still known."""


@dataclass(frozen=True, slots=True)
class NotRefreshed:
    """The index is what it was; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Seen:
    entry: Entry
    last: date
    """The day on which the CRM's list had it last."""


@dataclass(frozen=True, slots=True)
class _Index:
    taken: datetime
    listings: tuple[_Seen, ...]
    promotions: tuple[_Seen, ...]


@dataclass(slots=True)
class ListingIndex:
    """The file, and the catalogue made of it; for many threads."""

    path: Path
    source: Source
    _stamp: tuple[int, int, int] | None = field(default=None, init=False)
    _catalogue: Catalogue | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def catalogue(self) -> Catalogue | None:
        """Give what is known now, whoever wrote it; None where there is no index."""
        with self._lock:
            stamp = _stamp_of(self.path)
            if stamp != self._stamp:
                self._stamp, index = stamp, self._read()
                self._catalogue = _catalogue_of(index) if index else None
            return self._catalogue

    def due(self, at: datetime, every: timedelta) -> bool:
        """Whether the lists are to be read anew; a clock that was set back makes them due."""
        known = self.catalogue()
        return known is None or not known.taken <= at < known.taken + every

    def refresh(
        self, api: ListingApi, at: datetime, stopping: Callable[[], bool] = lambda: False
    ) -> Refreshed | NotRefreshed:
        """Read the lists to their end and replace the index, or leave it as it is."""
        before = self._read()
        listings = api.read_list(self.source.listings, stopping)
        if isinstance(listings, Unread):
            return NotRefreshed(listings.reason)
        if not listings.all:
            return NotRefreshed(
                "the CRM's list of listings is empty, which is not believed; see whether the "
                "key's website has published listings"
            )
        promoted: tuple[Entry, ...] = ()
        if self.source.promotions:
            promotions = api.read_list(self.source.promotions, stopping)
            if isinstance(promotions, Unread):
                return NotRefreshed(promotions.reason)
            promoted = promotions.all
        index = _Index(
            at,
            _merged(before.listings if before else (), listings.all, at),
            _merged(before.promotions if before else (), promoted, at),
        )
        try:
            self._write(index)
        except OSError as error:
            return NotRefreshed(f"{self.path} cannot be written ({error.strerror})")
        total = len(index.listings) + len(index.promotions)
        return Refreshed(
            listings=len(listings.all),
            promotions=len(promoted),
            kept=total - len(listings.all) - len(promoted),
        )

    def _read(self) -> _Index | None:
        try:
            told = json.loads(self.path.read_bytes())
            if told["format"] != _FORMAT or told["source"] != self._written_source():
                return None
            return _Index(
                datetime.fromisoformat(told["taken"]).astimezone(UTC),
                _entries(told["listings"]),
                _entries(told["promotions"]),
            )
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
            return None  # none yet, another version's, or damaged: the next refresh makes it anew

    def _write(self, index: _Index) -> None:
        """Replace the file in one step, so that whoever reads finds a whole one."""
        text = json.dumps(
            {
                "format": _FORMAT,
                "source": self._written_source(),
                "taken": index.taken.isoformat(),
                "listings": _written(index.listings),
                "promotions": _written(index.promotions),
            },
            ensure_ascii=False,
        )
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=f"{self.path.name}.new-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError:
            with suppress(OSError):
                Path(name).unlink()
            raise

    def _written_source(self) -> list[str | None]:
        return [self.source.listings, self.source.promotions]


@dataclass(slots=True)
class Refresher:
    """Refreshes the index when it is due, and says in the log what became of it."""

    index: ListingIndex
    key: str = field(repr=False)
    proxy: str | None = field(repr=False)
    every: timedelta

    @property
    def look_every(self) -> timedelta:
        """How often to see whether it is due."""
        return min(self.every, RETRY)

    def refresh_if_due(self, at: datetime, stopping: Callable[[], bool]) -> None:
        """Refresh where it is time; whatever goes wrong keeps the old index."""
        if self.index.due(at, self.every) and not stopping():
            match self.refresh(at, stopping):
                case Refreshed() as done:
                    logger().info(
                        "listings read", listings=done.listings, promotions=done.promotions
                    )
                case NotRefreshed(reason):
                    logger().warning("listings not read", reason=reason)

    def refresh(
        self, at: datetime, stopping: Callable[[], bool] = lambda: False
    ) -> Refreshed | NotRefreshed:
        """Refresh now."""
        api = ListingApi(self.key, proxy=self.proxy)
        try:
            return self.index.refresh(api, at, stopping)
        finally:
            api.close()


def _merged(before: Iterable[_Seen], now: Iterable[Entry], at: datetime) -> tuple[_Seen, ...]:
    """Take today's list, and what was there lately."""
    oldest = (at - KEPT).date()
    found = {seen.entry.id: seen for seen in before if seen.last >= oldest}
    found |= {entry.id: _Seen(entry, at.date()) for entry in now}
    return tuple(found.values())


def _catalogue_of(index: _Index) -> Catalogue:
    entries = [seen.entry for seen in index.listings]
    promoted = [seen.entry for seen in index.promotions]
    return Catalogue(
        listings=tuple(
            Listing(id=e.id, reference=e.reference, promotion=e.promotion) for e in entries
        ),
        promotions=tuple(Promotion(id=e.id, reference=e.reference) for e in promoted),
        taken=index.taken,
    )


def _entries(rows: Iterable[Any]) -> tuple[_Seen, ...]:
    return tuple(
        _Seen(Entry(id=row[0], reference=row[1], promotion=row[2]), date.fromisoformat(row[3]))
        for row in rows
    )


def _written(seen: Iterable[_Seen]) -> list[list[str]]:
    return [[s.entry.id, s.entry.reference, s.entry.promotion, s.last.isoformat()] for s in seen]


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
