"""What the ledger knows for alerts, and what was told of already.

Counts and times only; what they mean is for the room `alerts`. Every function works
on the connection that it is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.health import NEWEST
from mailbridge.ledger.leads import recipient_of
from mailbridge.ledger.standing import Alert, Arrivals, DestinationStanding, Standing
from mailbridge.ledger.tables import INQUIRIES, UNSETTLED, alerts, attempts, leads, mails
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Recipient

_REFUSALS = (401, 403)
_REVIEW = [outcome.value for outcome in Outcome if outcome.for_review]
_COMPLETE = frozenset({Outcome.LEAD.value, Outcome.SENT.value, Outcome.DUPLICATE.value})
_BROKEN = frozenset({Outcome.INCOMPLETE.value, Outcome.UNREADABLE.value})

Span = tuple[datetime, datetime]
"""From (counted) to (not counted)."""


def read_standing(connection: Connection) -> Standing:
    """Count what is for review, waits, or ran out of time, and tell whether the key is good."""
    review = sa.select(sa.func.count()).where(mails.c.outcome.in_(_REVIEW))
    doubted = sa.select(sa.func.count(leads.c.mail.distinct())).where(
        sa.text(UNSETTLED), leads.c.state == "in_doubt", leads.c.next_attempt.is_not(None)
    )
    slow = (
        sa.select(mails.c.portal, sa.func.count().label("mails"))
        .where(
            mails.c.outcome == Outcome.UNREADABLE,
            sa.type_coerce(mails.c.problems, sa.Text).contains('"code":"pattern-timeout"'),
        )
        .group_by(mails.c.portal)
    )
    return Standing(
        for_review=connection.execute(review).scalar_one()
        - connection.execute(doubted).scalar_one(),
        slow={row.portal: row.mails for row in connection.execute(slow)},
        destinations=_read_destinations(connection),
    )


def _read_destinations(connection: Connection) -> dict[Recipient, DestinationStanding]:
    refused = _read_refused(connection)
    deferred = sa.func.sum(sa.case((leads.c.state == "deferred", 1), else_=0))
    query = (
        sa.select(
            leads.c.destination,
            leads.c.destination_kind,
            sa.func.count().label("waiting"),
            deferred.label("deferred"),
        )
        .where(sa.text(UNSETTLED), leads.c.state != "in_doubt")
        .group_by(leads.c.destination, leads.c.destination_kind)
    )
    found = {
        to: DestinationStanding(
            key_refused=to in refused, waiting=row.waiting, deferred=row.deferred
        )
        for row in connection.execute(query)
        for to in [recipient_of(row)]
    }
    return {to: DestinationStanding(key_refused=True) for to in refused} | found


def _read_refused(connection: Connection) -> set[Recipient]:
    """Name those whose last word on the key, among the newest attempts, was a refusal."""
    newest = sa.select(sa.func.max(attempts.c.id)).scalar_subquery()
    telling = (
        sa.select(sa.func.max(attempts.c.id))
        .join(leads)
        .where(
            attempts.c.id > newest - NEWEST,
            (attempts.c.state == "sent") | attempts.c.status.in_(_REFUSALS),
        )
        .group_by(leads.c.destination, leads.c.destination_kind)
    )
    query = (
        sa.select(leads.c.destination, leads.c.destination_kind)
        .join_from(attempts, leads)
        .where(attempts.c.id.in_(telling), attempts.c.status.in_(_REFUSALS))
    )
    return {recipient_of(row) for row in connection.execute(query)}


def list_arrivals(connection: Connection, since: datetime) -> list[Arrivals]:
    """Summarise each portal's inquiries in each inbox that arrived from `since` on."""
    received = mails.c.received
    query = (
        sa.select(
            mails.c.portal,
            mails.c.inbox,
            sa.func.min(received, type_=received.type),
            sa.func.max(received, type_=received.type),
            sa.func.count(),
        )
        .where(sa.text(INQUIRIES), received >= since)
        .group_by(mails.c.portal, mails.c.inbox)
    )
    return [
        Arrivals(portal=portal, inbox=inbox, first=first, last=last, count=count)
        for portal, inbox, first, last, count in connection.execute(query)
    ]


def count_arrivals(
    connection: Connection, portal: str, inbox: str, spans: Sequence[Span]
) -> list[int]:
    """Count the portal's inquiries in the inbox within each span, in one query."""
    if not spans:
        return []
    query = sa.select(
        *(
            sa.select(sa.func.count())
            .where(
                sa.text(INQUIRIES),
                mails.c.portal == portal,
                mails.c.received >= start,
                mails.c.received < end,
                mails.c.inbox == inbox,
            )
            .scalar_subquery()
            for start, end in spans
        )
    )
    return list(connection.execute(query).one())


def list_completeness(
    connection: Connection, portals: Iterable[str], most: int
) -> dict[str, tuple[bool, ...]]:
    """Tell of each portal's inquiries, the newest first, whether each was complete.

    Neither counted: what was ambiguous or not trusted, for it says nothing of the layout.
    """
    found = {}
    for portal in portals:
        query = (
            sa.select(mails.c.decided)
            .where(
                sa.text(INQUIRIES),
                mails.c.portal == portal,
                mails.c.decided.in_(_COMPLETE | _BROKEN),
            )
            .order_by(mails.c.received.desc(), mails.c.id.desc())
            .limit(most)
        )
        decided = connection.execute(query).scalars()
        found[portal] = tuple(what in _COMPLETE for what in decided)
    return found


def list_alerts(connection: Connection) -> list[Alert]:
    """Read what was told of."""
    rows = connection.execute(sa.select(alerts)).mappings()
    return [Alert(**row) for row in rows]


def write_alerts(connection: Connection, kept: Iterable[Alert], gone: Iterable[Alert]) -> None:
    """Write those that changed and forget those that are gone."""
    for alert in gone:
        connection.execute(alerts.delete().where(_is(alert)))
    for alert in kept:
        values: Mapping[str, Any] = {name: getattr(alert, name) for name in _VALUES}
        # Alone in the database's only write transaction: nobody inserts in between.
        if connection.execute(alerts.update().where(_is(alert)).values(values)).rowcount == 0:
            key = {name: getattr(alert, name) for name in _KEY}
            connection.execute(alerts.insert().values({**key, **values}))


_KEY = ("kind", "portal", "inbox", "destination")
_VALUES = [column.name for column in alerts.c if column.name not in _KEY]


def _is(alert: Alert) -> sa.ColumnElement[bool]:
    return (
        (alerts.c.kind == alert.kind)
        & (alerts.c.portal == alert.portal)
        & (alerts.c.inbox == alert.inbox)
        & (alerts.c.destination == alert.destination)
    )
