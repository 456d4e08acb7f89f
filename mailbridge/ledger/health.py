"""How things stand: counts for `status`, and the last poll of each inbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.lag import count_waiting
from mailbridge.ledger.leads import recipient_of
from mailbridge.ledger.records import Attempt
from mailbridge.ledger.standing import DestinationHealth, InboxHealth, Summary
from mailbridge.ledger.tables import attempts, inboxes, leads, mails
from mailbridge.ledger.views import Waiting
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Recipient

NEWEST = 10_000
"""Attempts looked at for the last one of each destination: it costs the same for ever."""


def summarize(connection: Connection) -> Summary:
    """Count everything; mails are counted in an index, a few hundred thousand in 0.1 s."""
    outcomes: dict[Outcome, int] = {}
    portals: dict[str, dict[Outcome, int]] = {}
    for_review = 0
    oldest_for_review: datetime | None = None
    counts = sa.select(
        mails.c.outcome,
        mails.c.portal,
        sa.func.count(),
        sa.func.min(mails.c.seen, type_=mails.c.seen.type),
    ).group_by(mails.c.outcome, mails.c.portal)
    for name, portal, count, oldest in connection.execute(counts):
        outcome = Outcome(name)
        outcomes[outcome] = outcomes.get(outcome, 0) + count
        if portal:
            portals.setdefault(portal, {})[outcome] = count
        if outcome.for_review:
            for_review += count
            oldest_for_review = min(oldest, oldest_for_review or oldest)
    waiting = count_waiting(connection)
    return Summary(
        outcomes=outcomes,
        portals=portals,
        queued=sum(one.leads for one in waiting.values()),
        oldest_queued=min((one.oldest for one in waiting.values()), default=None),
        for_review=for_review,
        oldest_for_review=oldest_for_review,
        inboxes=list_inboxes(connection),
        last_attempt=_last_attempt(connection),
        destinations=_destinations(connection, waiting),
    )


def _destinations(
    connection: Connection, waiting: Mapping[Recipient, Waiting]
) -> dict[Recipient, DestinationHealth]:
    newest = sa.select(sa.func.max(attempts.c.id)).scalar_subquery()
    last = (
        sa.select(sa.func.max(attempts.c.id))
        .join(leads)
        .where(attempts.c.ended.is_not(None), attempts.c.id > newest - NEWEST)
        .group_by(leads.c.destination, leads.c.destination_kind)
    )
    query = (
        sa.select(attempts, leads.c.destination, leads.c.destination_kind)
        .join(leads)
        .where(attempts.c.id.in_(last))
    )
    tried = {recipient_of(row): _attempt(row) for row in connection.execute(query)}
    return {
        to: DestinationHealth(
            queued=waiting[to].leads if to in waiting else 0,
            oldest_queued=waiting[to].oldest if to in waiting else None,
            last_attempt=tried.get(to),
        )
        for to in sorted({*waiting, *tried})
    }


def _last_attempt(connection: Connection) -> Attempt | None:
    query = (
        sa.select(attempts)
        .where(attempts.c.ended.is_not(None))
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _attempt(row)


def _attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(
        started=row.started,
        ended=row.ended,
        state=row.state,
        status=row.status,
        detail=row.detail,
    )


def note_poll_start(connection: Connection, inbox: str, at: datetime) -> None:
    """Note that a poll began."""
    _note(connection, inbox, {"last_poll": at})


def note_poll_end(
    connection: Connection, inbox: str, at: datetime, error: str, last_mail: datetime | None
) -> None:
    """Note its end, well where `error` is empty; `last_mail` is None where none was new."""
    values: dict[str, datetime | str] = {"error": error}
    if not error:
        values["last_success"] = at
    if last_mail is not None:
        values["last_mail"] = last_mail
    _note(connection, inbox, values)


def _note(connection: Connection, inbox: str, values: dict[str, datetime | str]) -> None:
    update = inboxes.update().where(inboxes.c.inbox == inbox).values(values)
    # Alone in the database's only write transaction: nobody inserts in between.
    if connection.execute(update).rowcount == 0:
        row = {"inbox": inbox, "error": ""} | values
        connection.execute(inboxes.insert().values(row))


def list_inboxes(connection: Connection) -> tuple[InboxHealth, ...]:
    """Give the last poll of each inbox that was ever watched."""
    rows = connection.execute(sa.select(inboxes).order_by(inboxes.c.inbox)).mappings()
    return tuple(InboxHealth(**row) for row in rows)
