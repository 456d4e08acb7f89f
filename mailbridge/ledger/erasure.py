"""Personal data leaves the ledger; what it needs to count and to recognise stays.

Erased: text, raw mail, subject, payloads, fields, what the API said; by `forget` the
Message-ID too. Kept: place, times, size, outcome, portal, problems, states, ids, and
two hashes: the mail's identity and the inquiry's fingerprint, by which the same mail
or inquiry is known again. Both are over personal data and without a key: whoever has
the whole mail, or guesses all of an inquiry, can see that it was here.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger import acts
from mailbridge.ledger.tables import (
    CHUNK,
    UNSETTLED,
    attempts,
    lead_contents,
    leads,
    mail_contents,
    mails,
)
from mailbridge.outcomes import Outcome

_FOR_REVIEW = [str(outcome) for outcome in Outcome if outcome.for_review]
_UNSENT = sa.select(leads.c.mail).where(sa.text(UNSETTLED))
"""Mails of which a lead may still be sent: without its contents it were lost."""


def expired(connection: Connection, settled: datetime, review: datetime) -> list[int]:
    """Mails seen before `settled`, or before `review` where they wait for a person."""
    old = (mails.c.seen < settled) & mails.c.outcome.not_in(_FOR_REVIEW)
    older = mails.c.seen < review
    query = sa.select(mails.c.id).where(
        mails.c.emptied.is_(None),
        old | older,
        ~mails.c.again,
        mails.c.id.not_in(_UNSENT),
    )
    return list(connection.execute(query.order_by(mails.c.id)).scalars())


def with_contents(connection: Connection) -> list[int]:
    """Mails of which more is kept than numbers and hashes."""
    kept = mails.c.emptied.is_(None) | (mails.c.message_id != "")
    return list(
        connection.execute(sa.select(mails.c.id).where(kept).order_by(mails.c.id)).scalars()
    )


def expire(connection: Connection, chosen: Collection[int], now: datetime) -> list[int]:
    """Erase the contents of mails, but not where a lead may still be sent; who was erased."""
    free = _free(connection, chosen)
    for some in _chunks(free):
        of_mails = sa.select(leads.c.id).where(leads.c.mail.in_(some))
        connection.execute(mail_contents.delete().where(mail_contents.c.mail.in_(some)))
        connection.execute(lead_contents.delete().where(lead_contents.c.lead.in_(of_mails)))
        connection.execute(attempts.update().where(attempts.c.lead.in_(of_mails)).values(detail=""))
        connection.execute(
            mails.update().where(mails.c.id.in_(some)).values(subject="", emptied=now)
        )
    return free


def forget(connection: Connection, chosen: Collection[int], now: datetime) -> list[int]:
    """`expire`, Message-IDs too, noted as a person's act."""
    free = expire(connection, chosen, now)
    for some in _chunks(free):
        query = sa.select(mails.c.id, mails.c.outcome).where(mails.c.id.in_(some))
        for mail, outcome in connection.execute(query).all():
            acts.note(connection, mail, "forget", now, outcome)
        connection.execute(mails.update().where(mails.c.id.in_(some)).values(message_id=""))
    return free


def _free(connection: Connection, chosen: Collection[int]) -> list[int]:
    free: list[int] = []
    for some in _chunks(list(chosen)):
        query = sa.select(mails.c.id).where(mails.c.id.in_(some), mails.c.id.not_in(_UNSENT))
        free += connection.execute(query.order_by(mails.c.id)).scalars()
    return free


def _chunks(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
