"""A person asks for another try: what may be done again, and why the rest may not."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger import acts
from mailbridge.ledger.answers import DecidedAnew, NotRetried, Requeued, Retried
from mailbridge.ledger.leads import contents_erased, follow_leads, queue_again
from mailbridge.ledger.records import State
from mailbridge.ledger.tables import leads, mails
from mailbridge.outcomes import Outcome

_RETRIED = (State.REJECTED, State.DEFERRED, State.IN_DOUBT, State.DROPPED)


def to_retry(connection: Connection, outcome: Outcome) -> list[int]:
    """Mails of that outcome, the oldest first, without those that a person has closed."""
    query = sa.select(mails.c.id).where(mails.c.outcome == str(outcome), mails.c.word == "")
    return list(connection.execute(query.order_by(mails.c.id)).scalars())


def retry(connection: Connection, mail: int, now: datetime) -> Retried:
    """Queue the mail's unaccepted leads afresh, or ask for a new decision where it has none.

    A mail that a person closed as needing no lead is open again.
    """
    found = connection.execute(
        sa.select(mails.c.outcome, mails.c.duplicate_of, mails.c.word, mails.c.again).where(
            mails.c.id == mail
        )
    ).first()
    if found is None:
        return NotRetried(mail=mail, reason=f"There is no mail {mail} in the ledger.")
    rows = connection.execute(
        sa.select(leads.c.id, leads.c.state).where(leads.c.mail == mail).order_by(leads.c.part)
    ).all()
    states = {State(row.state) for row in rows}
    again = {row.id: row.state for row in rows if row.state in _RETRIED}
    if State.SENDING in states:
        return NotRetried(mail=mail, reason=_reason(mail, states, None))
    if again:
        if contents_erased(connection, again):
            return NotRetried(mail=mail, reason=_ERASED.format(mail=mail))
        queue_again(connection, again, now)
        connection.execute(mails.update().where(mails.c.id == mail).values(word=""))
        acts.note(connection, mail, "retry", now, found.outcome, again)
        follow_leads(connection, mail)
        return Requeued(mail=mail, leads=tuple(again))
    by_hand = found.outcome == Outcome.SENT  # without a lead of its own: a person's word
    if states <= {State.DUPLICATE} and found.outcome != Outcome.DUPLICATE and not by_hand:
        if not found.again:
            acts.note(connection, mail, "retry", now, found.outcome)
        connection.execute(mails.update().where(mails.c.id == mail).values(again=True, word=""))
        follow_leads(connection, mail)
        return DecidedAnew(mail=mail)
    if by_hand and not states & {State.SENT, State.QUEUED}:
        states = {State.BY_HAND}
    return NotRetried(mail=mail, reason=_reason(mail, states, found.duplicate_of))


_ERASED = (
    "Mail {mail}'s contents were erased, so nothing can be sent. "
    "Close it: `mailbridge resolve {mail} --sent` or `--not-sent`."
)


def _reason(mail: int, states: set[State], duplicate_of: int | None) -> str:
    if State.SENDING in states:
        return f"Mail {mail} is being sent at this moment."
    if State.QUEUED in states:
        return f"Mail {mail} waits in the queue already."
    if State.BY_HAND in states:
        return (
            f"Mail {mail} was closed as sent by hand. "
            f"If that was wrong: `mailbridge resolve {mail} --not-sent`."
        )
    if State.SENT in states:
        return f"Mail {mail} was sent and accepted; sending it again would double the lead."
    of = "" if duplicate_of is None else f" (mail {duplicate_of})"
    return f"Mail {mail} is a duplicate{of}: the same inquiry was accepted before."
