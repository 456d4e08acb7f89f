"""A person asks for another try: what may be done again, and why the rest may not."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.leads import follow_leads
from mailbridge.ledger.records import DecidedAnew, NotRetried, Requeued, Retried, State
from mailbridge.ledger.tables import leads, mails

_RETRIED = (State.REJECTED, State.DEFERRED, State.IN_DOUBT)


def retry(connection: Connection, mail: int, now: datetime) -> Retried:
    """Queue the mail's unaccepted leads afresh, or ask for a new decision where it has none."""
    found = connection.execute(
        sa.select(mails.c.outcome, mails.c.duplicate_of).where(mails.c.id == mail)
    ).first()
    if found is None:
        return NotRetried(mail=mail, reason=f"There is no mail {mail} in the ledger.")
    rows = connection.execute(
        sa.select(leads.c.id, leads.c.state).where(leads.c.mail == mail).order_by(leads.c.part)
    ).all()
    states = {State(row.state) for row in rows}
    again = tuple(row.id for row in rows if row.state in _RETRIED)
    if again:
        connection.execute(
            leads.update()
            .where(leads.c.id.in_(again))
            .values(
                # Sent again by a person is sent again: it is not repeated by itself once more.
                resent=leads.c.resent | (leads.c.state == "in_doubt"),
                state="queued",
                next_attempt=now,
                failures=0,
            )
        )
        follow_leads(connection, mail)
        return Requeued(mail=mail, leads=again)
    if states <= {State.DUPLICATE} and found.outcome != "duplicate":
        connection.execute(mails.update().where(mails.c.id == mail).values(again=True))
        return DecidedAnew(mail=mail)
    return NotRetried(mail=mail, reason=_reason(mail, states, found.duplicate_of))


def _reason(mail: int, states: set[State], duplicate_of: int | None) -> str:
    if State.SENDING in states:
        return f"Mail {mail} is being sent at this moment."
    if State.QUEUED in states:
        return f"Mail {mail} waits in the queue already."
    if State.SENT in states:
        return f"Mail {mail} was sent and accepted; sending it again would double the lead."
    of = "" if duplicate_of is None else f" (mail {duplicate_of})"
    return f"Mail {mail} is a duplicate{of}: the same inquiry was accepted before."
