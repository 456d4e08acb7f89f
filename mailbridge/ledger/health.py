"""How things stand: counts for `status`, and the last poll of each inbox."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.records import Attempt, InboxHealth, Summary
from mailbridge.ledger.tables import UNSETTLED, attempts, inboxes, leads, mails
from mailbridge.outcomes import Outcome


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
    waiting = sa.select(
        sa.func.count(), sa.func.min(leads.c.created, type_=leads.c.created.type)
    ).where(sa.text(UNSETTLED), leads.c.state != "in_doubt")
    queued, oldest_queued = connection.execute(waiting).one()
    return Summary(
        outcomes=outcomes,
        portals=portals,
        queued=queued,
        oldest_queued=oldest_queued,
        for_review=for_review,
        oldest_for_review=oldest_for_review,
        inboxes=list_inboxes(connection),
        last_attempt=_last_attempt(connection),
    )


def _last_attempt(connection: Connection) -> Attempt | None:
    query = (
        sa.select(attempts)
        .where(attempts.c.ended.is_not(None))
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
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
