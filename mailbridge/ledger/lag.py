"""How long mails and leads wait: for `status` and monitoring."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.leads import recipient_of
from mailbridge.ledger.tables import UNSETTLED, attempts, cursors, leads, mails
from mailbridge.ledger.views import Delay, ForReview, Lag, Waiting
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Recipient

NEWEST = 1000
"""Mails looked at, of all inboxes together: by their ids, so that it costs the same for ever."""

_IN_DOUBT = "in_doubt"


def measure_lags(connection: Connection) -> dict[str, Lag]:
    """Give the lag of each inbox that has a mail among the newest thousand of the ledger."""
    first = sa.select(
        cursors.c.inbox,
        sa.func.min(cursors.c.first_started, type_=cursors.c.first_started.type),
    ).group_by(cursors.c.inbox)
    # INTERNALDATE has no fractions of a second (RFC 9051, section 9).
    started: dict[str, datetime] = {
        row[0]: row[1].replace(microsecond=0) for row in connection.execute(first)
    }
    newest = (
        sa.select(mails.c.id, mails.c.inbox, mails.c.received, mails.c.seen)
        .order_by(mails.c.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    accepted = (
        sa.select(sa.func.max(attempts.c.ended, type_=attempts.c.ended.type))
        .join_from(attempts, leads)
        .where(leads.c.mail == newest.c.id, attempts.c.state == "sent")
        .correlate(newest)
        .scalar_subquery()
    )
    seen: dict[str, list[timedelta]] = {}
    sent: dict[str, list[timedelta]] = {}
    query = sa.select(newest.c.inbox, newest.c.received, newest.c.seen, accepted)
    for inbox, received, at, settled in connection.execute(query):
        if inbox in started and received < started[inbox]:
            continue
        seen.setdefault(inbox, []).append(at - received)
        if settled is not None:
            sent.setdefault(inbox, []).append(settled - received)
    return {
        inbox: Lag(seen=_delay(waits), sent=_delay(sent[inbox]) if inbox in sent else None)
        for inbox, waits in seen.items()
    }


def _delay(waits: Iterable[timedelta]) -> Delay:
    # The mail server's clock may be ahead of ours.
    known = [max(wait.total_seconds(), 0.0) for wait in waits]
    return Delay(
        mails=len(known),
        median=timedelta(seconds=median(known)),
        longest=timedelta(seconds=max(known)),
    )


def count_waiting(connection: Connection) -> dict[Recipient, Waiting]:
    """Count the queues that are not empty, in an index that holds nothing else."""
    query = (
        sa.select(
            leads.c.destination,
            leads.c.destination_kind,
            sa.func.count().label("number"),
            sa.func.min(leads.c.created, type_=leads.c.created.type).label("oldest"),
        )
        .where(sa.text(UNSETTLED), leads.c.state != _IN_DOUBT)
        .group_by(leads.c.destination, leads.c.destination_kind)
    )
    return {
        recipient_of(row): Waiting(leads=row.number, oldest=row.oldest)
        for row in connection.execute(query)
    }


def find_oldest_for_review(connection: Connection) -> ForReview | None:
    """Name the mail that has waited longest for a person."""
    query = (
        sa.select(mails.c.id, mails.c.seen, mails.c.outcome, mails.c.portal)
        .where(mails.c.outcome.in_([str(o) for o in Outcome if o.for_review]))
        .order_by(mails.c.seen, mails.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return ForReview(mail=row.id, seen=row.seen, outcome=Outcome(row.outcome), portal=row.portal)
