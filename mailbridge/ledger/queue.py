"""The queue of leads: claimed before they are sent, settled after, recovered after a crash.

*queued → sending → sent | deferred | rejected | in_doubt*. `sending` is written
ahead of the exchange: whatever stands so after a crash may have been accepted.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.leads import follow_leads
from mailbridge.ledger.prepared import Prepared
from mailbridge.ledger.records import Claimed, Settlement, State
from mailbridge.ledger.tables import UNSETTLED, Document, attempts, lead_contents, leads
from mailbridge.recipient import Recipient

_NOW = sa.bindparam("now", type_=leads.c.next_attempt.type)
_DUE = (
    (leads.c.state == "queued")
    | (
        (leads.c.state == "deferred")
        & (leads.c.next_attempt.is_(None) | (leads.c.next_attempt <= _NOW))
    )
    | ((leads.c.state == "in_doubt") & (leads.c.next_attempt <= _NOW))
)
FIRST_DUE = (
    sa.select(leads.c.id, leads.c.mail, leads.c.state, leads.c.failures, leads.c.resent)
    .add_columns(lead_contents.c.payload)
    .outerjoin_from(leads, lead_contents)
    .where(
        sa.text(f"leads.{UNSETTLED}"),
        leads.c.destination == sa.bindparam("to_name"),
        leads.c.destination_kind == sa.bindparam("to_kind"),
        _DUE,
    )
    .order_by(leads.c.id)
    .limit(1)
)
"""The lead to send next; a test watches that the partial index serves it."""

_FIRST_DUE = Prepared(FIRST_DUE)
_TAKE = Prepared(
    leads.update()
    .where(leads.c.id == sa.bindparam("lead_id"), leads.c.state == sa.bindparam("before"))
    .values(state="sending", next_attempt=None, resent=sa.bindparam("again"))
)
_START = Prepared(
    attempts.insert()
    .inline()
    .values(
        lead=sa.bindparam("lead_id"),
        started=sa.bindparam("at"),
        ended=None,
        state="sending",
        status=0,
        detail="",
    )
)
_OPEN = (attempts.c.lead == sa.bindparam("lead_id")) & attempts.c.ended.is_(None)
_END = Prepared(
    attempts.update()
    .where(_OPEN)
    .values(
        ended=sa.bindparam("at"),
        state=sa.bindparam("how"),
        status=sa.bindparam("answered"),
        detail=sa.bindparam("said"),
    )
)
_SETTLE = Prepared(
    leads.update()
    .where(leads.c.id == sa.bindparam("lead_id"), leads.c.state == "sending")
    .values(
        state=sa.bindparam("how"),
        remote_id=sa.bindparam("remote"),
        next_attempt=sa.bindparam("then"),
        failures=leads.c.failures + sa.bindparam("failed"),
    )
)
_PAYLOAD = Document()
_SETTLED = frozenset({State.SENT, State.REJECTED, State.DEFERRED, State.IN_DOUBT, State.QUEUED})


def claim(connection: Connection, now: datetime, to: Recipient) -> Claimed | None:
    """Take the destination's due lead with the lowest id: `sending` once this is committed."""
    row = _FIRST_DUE.run(connection, now=now, to_name=to.name, to_kind=to.kind.value).first()
    if row is None:
        return None
    doubted = row.state == State.IN_DOUBT
    resent = bool(row.resent or doubted)
    taken = _TAKE.run(connection, lead_id=row.id, before=row.state, again=resent).rowcount
    if taken != 1:  # impossible while every writer holds the write lock; checked all the same
        msg = f"lead {row.id} was taken by another process in the middle of a transaction"
        raise RuntimeError(msg)
    _START.run(connection, lead_id=row.id, at=now)
    if doubted:
        follow_leads(connection, row.mail)
    return Claimed(
        lead=row.id,
        mail=row.mail,
        payload=_PAYLOAD.process_result_value(row.payload, connection.dialect) or {},
        failures=row.failures,
        resent=resent,
    )


def settle(connection: Connection, settlement: Settlement) -> None:
    """Record how the exchange of a claimed lead ended; of any other it is a defect."""
    if settlement.state not in _SETTLED:
        msg = f"no exchange ends as {settlement.state}"
        raise ValueError(msg)
    settled = _SETTLE.run(
        connection,
        lead_id=settlement.lead,
        how=str(settlement.state),
        remote=settlement.remote_id,
        then=settlement.next_attempt,
        failed=int(settlement.failed),
    )
    if settled.rowcount != 1:
        msg = f"lead {settlement.lead} is not being sent and cannot be settled"
        raise RuntimeError(msg)
    _END.run(
        connection,
        lead_id=settlement.lead,
        at=settlement.at,
        how=str(settlement.state),
        answered=settlement.status,
        said=settlement.detail,
    )
    follow_leads(connection, settlement.mail)


def recover(
    connection: Connection, now: datetime, next_attempt: datetime | None, to: Recipient | None
) -> list[int]:
    """After a crash: what was being sent is in doubt; the ids of those leads.

    `next_attempt` is when they are sent again; a lead that was sent again before
    waits for a person all the same. Without `to`, those of every destination.
    """
    theirs = sa.true() if to is None else _goes_to(to)
    # Tried at a time that is still to come: the clock was set back, perhaps by years, and
    # what should have waited for minutes would wait as long.
    tried_later = sa.exists().where(attempts.c.lead == leads.c.id, attempts.c.started > now)
    connection.execute(
        leads.update()
        .where(sa.text(UNSETTLED), theirs, leads.c.next_attempt > now, tried_later)
        .values(next_attempt=now)
    )
    rows = connection.execute(
        sa.select(leads.c.id, leads.c.mail, leads.c.resent)
        .where(sa.text(UNSETTLED), theirs, leads.c.state == "sending")
        .order_by(leads.c.id)
    ).all()
    for lead, mail, resent in rows:
        settlement = Settlement(
            lead=lead,
            mail=mail,
            state=State.IN_DOUBT,
            at=now,
            detail="mailbridge was stopped before the answer came",
            next_attempt=None if resent else next_attempt,
        )
        settle(connection, settlement)
    return [lead for lead, _, _ in rows]


def make_due(connection: Connection, now: datetime, to: Recipient) -> None:
    """Let every deferred lead of this destination go now: it is back."""
    connection.execute(
        leads.update()
        .where(
            sa.text(UNSETTLED),
            _goes_to(to),
            leads.c.state == "deferred",
            leads.c.next_attempt > now,
        )
        .values(next_attempt=now)
    )


def next_due(connection: Connection, to: Recipient) -> datetime | None:
    """When its next lead is due, which may be past; None where none will be by itself."""
    due = sa.func.coalesce(leads.c.next_attempt, leads.c.created)
    held = (leads.c.state == "in_doubt") & leads.c.next_attempt.is_(None)
    query = sa.select(sa.func.min(due, type_=leads.c.created.type)).where(
        sa.text(UNSETTLED), _goes_to(to), leads.c.state != "sending", ~held
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _goes_to(to: Recipient) -> sa.ColumnElement[bool]:
    return (leads.c.destination == to.name) & (leads.c.destination_kind == to.kind.value)
