"""Reading: mails by UID, in few round trips, none of which changes anything.

For each batch one command for size, date and flags; then the small mails' bodies
together, bounded by count and octets; a mail over the size limit alone, by its
structure. One bad mail never stops the batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mailbridge.inbox import folders, structure
from mailbridge.inbox.mail import Broken, Mail
from mailbridge.inbox.retrieval import retrieve
from mailbridge.inbox.session import Row, Session

BATCH_OCTETS = 8 * 1024 * 1024
"""Mails asked for in one command hold together at most so much, or are one mail."""
SEARCH_WINDOW = 20_000
"""Mails looked at in one search: its answer stays far below imaplib's line limit (1 MB)."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a mail before its body."""

    size: int
    received: datetime
    flags: frozenset[str]


def read_mails(
    session: Session, folder: str, uidvalidity: int, uids: Sequence[int]
) -> Iterator[Mail | Broken]:
    """Give the mails in the order of `uids`; those that are gone are left out.

    Raises UidValidityChanged where the folder is no longer the one expected.
    """
    reader = _Reader(session, folder, uidvalidity)
    size = session.account.batch
    for start in range(0, len(uids), size):
        yield from reader.read(uids[start : start + size])


def find_uids(session: Session, folder: str, first: int, below: int | None) -> list[int]:
    """List the UIDs from `first` on and under `below`, ascending."""
    opened = folders.open_for_reading(session, folder)
    if opened.messages == 0 or (opened.uidnext is not None and first >= opened.uidnext):
        return []
    return _search(session, opened.messages, first, below, ())


def find_uids_since(
    session: Session, folder: str, first: int, below: int | None, since: datetime
) -> list[int]:
    """List those of them that the server received at `since` or later."""
    opened = folders.open_for_reading(session, folder)
    # SINCE compares days in the server's own zone (RFC 3501, section 6.4.4).
    day = datetime.fromtimestamp(since.timestamp() - 86_400, UTC)
    criteria = ("SINCE", f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}")
    near = _search(session, opened.messages, first, below, criteria)
    found: list[int] = []
    for start in range(0, len(near), session.account.batch):
        some = near[start : start + session.account.batch]
        rows, broken = retrieve(
            session, some, ["INTERNALDATE"], lambda: folders.open_for_reading(session, folder)
        )
        for uid, row in rows.items():
            received = row.get(b"INTERNALDATE")
            if not isinstance(received, datetime) or in_utc(received) >= since:
                found.append(uid)
        found += broken  # reading it will say what is wrong
    return sorted(found)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _search(
    session: Session, messages: int, first: int, below: int | None, criteria: tuple[str, ...]
) -> list[int]:
    """Search, in a large folder in windows of sequence numbers from the newest down.

    Downwards, because a mail deleted meanwhile moves the others to lower numbers:
    one may be found twice, none is missed. A small folder needs no window, which
    also spares servers that take sequence numbers in UID SEARCH for UIDs (pymap).
    `first:*` gives the last mail too where its UID is lower (RFC 3501, section
    6.4.8), so what comes is filtered.
    """
    span = ("UID", f"{first}:*", *criteria)
    if messages <= SEARCH_WINDOW:
        found = set(session.search(*span))
    else:
        found = set()
        for top in range(messages, 0, -SEARCH_WINDOW):
            bottom = max(1, top - SEARCH_WINDOW + 1)
            window = session.search(f"{bottom}:{top}", *span)
            found.update(window)
            if not criteria and len(window) < top - bottom + 1:
                break  # the rest of the folder has lower UIDs than `first`
    return sorted(uid for uid in found if uid >= first and (below is None or uid < below))


class _Reader:
    """Reads batches of one folder."""

    def __init__(self, session: Session, folder: str, uidvalidity: int) -> None:
        self._session = session
        self._folder = folder
        self._uidvalidity = uidvalidity
        if not session.fresh:
            session.opened = None  # open it anew: what it is now, not what it was
        session.fresh = False
        self._open()
        session.fresh = False

    def read(self, uids: Sequence[int]) -> Iterator[Mail | Broken]:
        rows, broken = self._retrieve(uids, ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])
        group: dict[int, _Facts] = {}
        weight = 0
        for uid in uids:
            if uid in broken:
                yield from self._read_whole(group)
                group, weight = {}, 0
                yield self._broken(uid, broken[uid])
            facts = _facts(rows.get(uid))
            if isinstance(facts, str):
                yield self._broken(uid, facts)
            elif facts is None:
                continue
            elif facts.size > self._session.account.size_limit:
                yield from self._read_whole(group)
                group, weight = {}, 0
                yield from self._read_cut(uid, facts)
            else:
                if weight + facts.size > BATCH_OCTETS:
                    yield from self._read_whole(group)
                    group, weight = {}, 0
                group[uid] = facts
                weight += facts.size
        yield from self._read_whole(group)

    def _open(self) -> None:
        folders.stay_for_reading(self._session, self._folder, self._uidvalidity)

    def _retrieve(
        self, uids: Sequence[int], items: Sequence[str]
    ) -> tuple[Mapping[int, Row], Mapping[int, str]]:
        self._open()
        return retrieve(self._session, uids, items, self._open)

    def _read_whole(self, group: Mapping[int, _Facts]) -> Iterator[Mail | Broken]:
        if not group:
            return
        rows, broken = self._retrieve(list(group), ["BODY.PEEK[]"])
        for uid, facts in group.items():
            raw = rows.get(uid, {}).get(b"BODY[]")
            if uid in broken:
                yield self._broken(uid, broken[uid])
            elif isinstance(raw, bytes):
                yield self._mail(uid, facts, raw)
            elif raw is not None:  # None: expunged since it was found
                yield self._broken(uid, _NO_BODY)

    def _read_cut(self, uid: int, facts: _Facts) -> Iterator[Mail | Broken]:
        rows, broken = self._retrieve([uid], ["BODYSTRUCTURE"])
        if uid in broken:
            yield self._broken(uid, broken[uid])
            return
        body = rows.get(uid, {}).get(b"BODYSTRUCTURE")
        if body is None:
            return
        if not isinstance(body, tuple) or not body:
            yield self._broken(uid, _NO_STRUCTURE)
            return
        try:
            kept = structure.outline(body)
        except structure.Unbuildable as exc:
            yield self._broken(uid, structure.too_large(exc))
            return
        rows, broken = self._retrieve([uid], _items(kept))
        header, fetched = _parts(rows.get(uid, {}))
        if uid in broken:
            yield self._broken(uid, broken[uid])
        elif header is not None:
            try:
                raw = structure.assemble(kept, header, fetched)
            except structure.Unbuildable as exc:
                yield self._broken(uid, structure.too_large(exc))
            else:
                yield self._mail(uid, facts, raw, cut=True)

    def _mail(self, uid: int, facts: _Facts, raw: bytes, *, cut: bool = False) -> Mail:
        return Mail(
            folder=self._folder,
            uidvalidity=self._uidvalidity,
            uid=uid,
            raw=raw,
            received=facts.received,
            flags=facts.flags,
            size=facts.size,
            cut=cut,
        )

    def _broken(self, uid: int, reason: str) -> Broken:
        return Broken(folder=self._folder, uidvalidity=self._uidvalidity, uid=uid, reason=reason)


_NO_BODY = "The server hands this mail over in a form that is no mail."
_NO_FACTS = "The server does not tell this mail's size and date of arrival."
_NO_STRUCTURE = structure.too_large("the server does not tell its structure")


def _facts(row: Row | None) -> _Facts | str | None:
    """None for a mail that is gone; the reason where the server tells too little."""
    if row is None:
        return None
    size, received, flags = (row.get(k) for k in (b"RFC822.SIZE", b"INTERNALDATE", b"FLAGS"))
    if not isinstance(size, int) or not isinstance(received, datetime):
        return _NO_FACTS
    names = flags if isinstance(flags, tuple) else ()
    shown = frozenset(f.decode("ascii", "replace") for f in names if isinstance(f, bytes))
    return _Facts(size, in_utc(received), shown)


def in_utc(moment: datetime) -> datetime:
    """INTERNALDATE has a zone (RFC 3501, section 9); where it is missing, UTC is meant."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _items(kept: structure.Outline) -> list[str]:
    empty = {leaf.number for leaf in structure.leaves(kept) if not leaf.octets}
    wanted = (section for section in structure.sections(kept) if section not in empty)
    return [f"BODY.PEEK[{s}]<0.{structure.most(s)}>" for s in ("HEADER", *wanted)]


def _parts(row: Row) -> tuple[bytes | None, dict[str, bytes]]:
    """Give the header and the sections by name; None where the mail is gone."""
    found: dict[str, bytes] = {}
    for key, value in row.items():
        name = key.decode("ascii", "replace")
        if name.startswith("BODY[") and isinstance(value, bytes):
            found[name[5:].partition("]")[0]] = value
    return found.pop("HEADER", None), found
