"""Leads in the ledger: recorded with their mail, read, and the mail's outcome kept in step."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.outcome import outcome_of
from mailbridge.ledger.prepared import Prepared
from mailbridge.ledger.records import Attempt, LeadRecord, NewLead, State, Word
from mailbridge.ledger.tables import CHUNK, attempts, lead_contents, leads, mails
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Kind, Recipient

_INSERT_LEADS = leads.insert().inline()
_INSERT_CONTENTS = lead_contents.insert().inline()
_STANDING = Prepared(
    sa.select(mails.c.decided, mails.c.outcome, mails.c.word, leads.c.state)
    .outerjoin_from(mails, leads)
    .where(mails.c.id == sa.bindparam("mail_id"))
)
_SET_OUTCOME = Prepared(
    mails.update()
    .where(mails.c.id == sa.bindparam("mail_id"))
    .values(outcome=sa.bindparam("new"), mark_due=sa.bindparam("due"))
)


def new_states(new: Collection[NewLead]) -> list[State]:
    """How each lead begins."""
    return [_state(lead) for lead in new]


def insert_leads(
    connection: Connection, new: Mapping[int, Sequence[NewLead]], seen: datetime
) -> None:
    """Record the leads of mails (by id) that have none yet."""
    rows = [
        {
            "mail": mail,
            "part": lead.part,
            "state": str(_state(lead)),
            "fingerprint": lead.fingerprint,
            "remote_id": "",
            "duplicate_of": lead.duplicate_of,
            "created": seen,
            "next_attempt": None,
            "failures": 0,
            "resent": False,
            "destination": lead.to.name,
            "destination_kind": lead.to.kind.value,
        }
        for mail, of_mail in new.items()
        for lead in of_mail
    ]
    if not rows:
        return
    connection.execute(_INSERT_LEADS, rows)
    owners = list(new)
    ids: dict[tuple[int, int], int] = {}
    for start in range(0, len(owners), CHUNK):
        query = sa.select(leads.c.mail, leads.c.part, leads.c.id).where(
            leads.c.mail.in_(owners[start : start + CHUNK])
        )
        ids |= {(mail, part): lead for mail, part, lead in connection.execute(query)}
    connection.execute(
        _INSERT_CONTENTS,
        [
            {
                "lead": ids[mail, lead.part],
                "payload": dict(lead.payload),
                "fields": dict(lead.fields),
            }
            for mail, of_mail in new.items()
            for lead in of_mail
        ],
    )


def follow_leads(connection: Connection, mail: int) -> None:
    """Bring the mail's outcome in step with its leads; a new outcome wants a new mark.

    A deferred mail is not marked: whatever it becomes later is.
    """
    rows = _STANDING.run(connection, mail_id=mail).all()
    mail_row = rows[0]
    outcome = outcome_of(
        Outcome(mail_row.decided),
        [State(row.state) for row in rows if row.state is not None],
        Word(mail_row.word) if mail_row.word else None,
    )
    if outcome != mail_row.outcome:
        due = outcome is not Outcome.DEFERRED
        _SET_OUTCOME.run(connection, mail_id=mail, new=str(outcome), due=due)


def queue_again(connection: Connection, chosen: Collection[int], now: datetime) -> None:
    """Queue leads afresh at a person's wish."""
    connection.execute(
        leads.update()
        .where(leads.c.id.in_(chosen))
        .values(
            # Sent again by a person is sent again: it is not repeated by itself once more.
            resent=leads.c.resent | (leads.c.state == "in_doubt"),
            state="queued",
            next_attempt=now,
            failures=0,
        )
    )


def set_state(connection: Connection, chosen: Collection[int], state: State) -> None:
    """Close leads at a person's word; none of them is due any more."""
    connection.execute(
        leads.update()
        .where(leads.c.id.in_(chosen))
        .values(
            resent=leads.c.resent | (leads.c.state == "in_doubt"),  # should the word be taken back
            state=str(state),
            next_attempt=None,
        )
    )


def contents_erased(connection: Connection, chosen: Collection[int]) -> bool:
    """Whether one of these leads has nothing left that could be sent."""
    query = sa.select(sa.func.count()).where(
        lead_contents.c.lead.in_(chosen), lead_contents.c.payload.is_not(None)
    )
    return int(connection.execute(query).scalar_one()) < len(chosen)


def leads_of(connection: Connection, mail: int) -> tuple[LeadRecord, ...]:
    """Read the mail's leads in the order of their parts, each with its attempts."""
    tried: dict[int, list[Attempt]] = {}
    query = sa.select(attempts).join(leads).where(leads.c.mail == mail).order_by(attempts.c.id)
    for row in connection.execute(query):
        attempt = Attempt(
            started=row.started,
            ended=row.ended,
            state=row.state,
            status=row.status,
            detail=row.detail,
        )
        tried.setdefault(row.lead, []).append(attempt)
    found = (
        sa.select(leads, lead_contents.c.payload, lead_contents.c.fields)
        .outerjoin_from(leads, lead_contents)
        .where(leads.c.mail == mail)
        .order_by(leads.c.part)
    )
    return tuple(
        LeadRecord(
            id=row.id,
            mail=row.mail,
            part=row.part,
            state=State(row.state),
            payload=row.payload or {},
            fields=row.fields or {},
            fingerprint=row.fingerprint,
            remote_id=row.remote_id,
            duplicate_of=row.duplicate_of,
            next_attempt=row.next_attempt,
            attempts=tuple(tried.get(row.id, ())),
            to=recipient_of(row),
        )
        for row in connection.execute(found)
    )


def recipient_of(row: Any) -> Recipient:
    """Say where a lead goes, by a row with its two columns."""
    return Recipient(row.destination, Kind(row.destination_kind))


def _state(lead: NewLead) -> State:
    return State.QUEUED if lead.duplicate_of is None else State.DUPLICATE
