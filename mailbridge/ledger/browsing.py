"""Looking through the mails: filters, words, pages by key. Reads; changes nothing.

Words are looked for in what the ledger holds as text: subject, Message-ID, portal and leads as
sent; of mails for review in their text and header, too. The database finds what may fit, and what
does is decided here: a lead lies there as JSON, whose keys are nobody's words.
"""

import json
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.mails import list_by_id
from mailbridge.ledger.tables import lead_contents, leads, mail_contents, mails
from mailbridge.ledger.views import MailFilter, MailPage
from mailbridge.outcomes import Outcome

MOST = 3000
"""Mails that are looked at for one page of a search; more are looked at for the next."""
_STEP = 100
_WORDS, _LONGEST = 6, 100
"""Words of a search, and characters of each."""
_HEADER = 20_000
"""Bytes of a raw mail's header that are looked at."""
_REVIEW = [outcome.value for outcome in Outcome if outcome.for_review]
_BIGGEST = 2**63 - 1


def browse(connection: Connection, wanted: MailFilter, before: int | None, limit: int) -> MailPage:
    """Give a page of mails, the newest first, those with an id below `before`."""
    query = sa.select(mails.c.id).where(*_conditions(wanted))
    if before is not None:
        query = query.where(mails.c.id < before)
    words = [_fold(word[:_LONGEST]) for word in wanted.words.split()[:_WORDS]]
    if words:
        query = query.where(_may_hold(connection, max(words, key=len)))
        candidates = _ids(connection, query, MOST + 1)
        found, seen = _verify(connection, candidates[:MOST], words, limit)
        more = seen < len(candidates)
        last = candidates[seen - 1] if seen else None
    else:
        found = _ids(connection, query, limit + 1)
        more, found = len(found) > limit, found[:limit]
        last = found[-1] if found else None
    return MailPage(
        mails=tuple(list_by_id(connection, found)),
        leads=_first_leads(connection, found),
        before=last if more else None,
    )


def _first_leads(connection: Connection, chosen: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    query = (
        sa.select(leads.c.mail, lead_contents.c.payload)
        .join(lead_contents, lead_contents.c.lead == leads.c.id)
        .where(leads.c.mail.in_(chosen), lead_contents.c.payload.is_not(None))
        .order_by(leads.c.part.desc())
    )
    return {row.mail: row.payload for row in connection.execute(query)}


def list_portals(connection: Connection) -> list[str]:
    """Name the portals of which there are mails."""
    query = sa.select(mails.c.portal).where(mails.c.portal != "").distinct()
    return sorted(connection.execute(query).scalars())


def _conditions(wanted: MailFilter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.outcomes is not None:
        # By the index of counts, whose last column is the id.
        chosen = [str(outcome) for outcome in wanted.outcomes]
        yield mails.c.id.in_(sa.select(mails.c.id).where(mails.c.outcome.in_(chosen)))
    if wanted.portal:
        yield mails.c.portal == wanted.portal
    if wanted.inbox:
        yield mails.c.inbox == wanted.inbox
    if wanted.since is not None:
        yield mails.c.received >= wanted.since
    if wanted.until is not None:
        yield mails.c.received < wanted.until


def _ids(connection: Connection, query: sa.Select[Any], limit: int) -> list[int]:
    return list(connection.execute(query.order_by(mails.c.id.desc()).limit(limit)).scalars())


def _may_hold(connection: Connection, word: str) -> sa.ColumnElement[bool]:
    """Whatever may hold the word, and no more than needs be."""
    spellings = dict.fromkeys([word, word.upper(), word.capitalize(), word.lower()])
    if word.isascii():
        spellings = {word: None}  # case is nothing to LIKE there
    insensitive = connection.dialect.name != "sqlite"  # where LIKE is so by itself

    def holds(column: sa.Column[str], written: str) -> sa.ColumnElement[bool]:
        plain = sa.type_coerce(column, sa.Text)
        return (plain.icontains if insensitive else plain.contains)(written, autoescape=True)

    in_json = [json.dumps(spelling)[1:-1] for spelling in spellings]
    sent = (
        sa.select(leads.c.mail)
        .join(lead_contents, lead_contents.c.lead == leads.c.id)
        .where(sa.or_(*(holds(lead_contents.c.payload, written) for written in in_json)))
    )
    ways: list[sa.ColumnElement[bool]] = [mails.c.id.in_(sent), mails.c.outcome.in_(_REVIEW)]
    for spelling in spellings:
        ways += [
            holds(column, spelling)
            for column in (mails.c.subject, mails.c.message_id, mails.c.portal)
        ]
    if word.isdecimal() and word.isascii() and int(word) <= _BIGGEST:
        ways.append(mails.c.id == int(word))
    return sa.or_(*ways)


def _verify(
    connection: Connection, candidates: Sequence[int], words: Sequence[str], limit: int
) -> tuple[list[int], int]:
    """Give those that hold every word, `limit` at most, and how many were looked at."""
    found: list[int] = []
    for start in range(0, len(candidates), _STEP):
        step = candidates[start : start + _STEP]
        texts = _texts(connection, step)
        for place, mail in enumerate(step, start=start + 1):
            if all(word in texts[mail] or word == str(mail) for word in words):
                found.append(mail)
                if len(found) == limit:
                    return found, place
    return found, len(candidates)


def _texts(connection: Connection, chosen: Sequence[int]) -> dict[int, str]:
    """Give all that can be searched of these mails, folded."""
    held: dict[int, list[str]] = {}
    query = (
        sa.select(
            mails.c.id,
            mails.c.subject,
            mails.c.message_id,
            mails.c.portal,
            mails.c.outcome,
            mail_contents.c.text,
            mail_contents.c.raw,
        )
        .outerjoin_from(mails, mail_contents)
        .where(mails.c.id.in_(chosen))
    )
    for row in connection.execute(query):
        held[row.id] = [row.subject, row.message_id, row.portal]
        if row.outcome in _REVIEW:
            held[row.id] += _unpacked(row.text, row.raw)
    payloads = (
        sa.select(leads.c.mail, lead_contents.c.payload)
        .join(lead_contents, lead_contents.c.lead == leads.c.id)
        .where(leads.c.mail.in_(chosen))
    )
    for mail, payload in connection.execute(payloads):
        held[mail] += [str(value) for value in (payload or {}).values()]
    return {mail: _fold("\n".join(texts)) for mail, texts in held.items()}


def _unpacked(text: bytes | None, raw: bytes | None) -> Iterator[str]:
    if text:
        yield zlib.decompress(text).decode("utf-8", "replace")
    if raw:
        header = zlib.decompressobj().decompress(raw, _HEADER).replace(b"\r\n", b"\n")
        yield header.partition(b"\n\n")[0].decode("utf-8", "replace")


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
