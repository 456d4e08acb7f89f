"""What the ledger remembers of the mails and leads that are being decided."""

from collections.abc import Collection, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.records import History, KnownLead, KnownMail, Place, State
from mailbridge.ledger.tables import CHUNK, leads, mails
from mailbridge.outcomes import Outcome

_ALIVE = [
    str(state)
    for state in (
        State.QUEUED,
        State.SENDING,
        State.SENT,
        State.DEFERRED,
        State.IN_DOUBT,
        State.BY_HAND,
    )
]
"""In the CRM, or still may be. A rejected lead does not make the next one a duplicate, nor does
one that a person did not need: the visitor who asks again may have been told to."""


def look_back(
    connection: Connection,
    identities: Collection[str],
    fingerprints: Collection[str],
    since: datetime,
    but: int | None = None,
) -> History:
    """Find the oldest mail of each identity and the oldest living lead of each fingerprint.

    A mail counts however old it is, a lead when its mail was received or seen at or after `since`.
    `but` is the one mail that does not count: it is being decided anew.
    """
    known_mails: dict[str, KnownMail] = {}
    for chunk in _chunks(identities):
        for mail in _mails(connection, chunk, but):
            known_mails.setdefault(mail[0], mail[1])
    known_leads: dict[str, KnownLead] = {}
    for chunk in _chunks(fingerprints):
        query = (
            sa.select(
                leads.c.fingerprint, leads.c.id, leads.c.mail, leads.c.state, mails.c.identity
            )
            .join_from(leads, mails)
            .where(
                leads.c.fingerprint.in_(chunk),
                leads.c.state.in_(_ALIVE),
                (mails.c.received >= since) | (mails.c.seen >= since),
            )
            .order_by(leads.c.id)
        )
        for fingerprint, lead, mail_id, state, identity in connection.execute(query):
            known = KnownLead(id=lead, mail=mail_id, state=State(state), identity=identity)
            known_leads.setdefault(fingerprint, known)
    return History(mails=known_mails, leads=known_leads)


def _mails(
    connection: Connection, identities: list[str], but: int | None
) -> list[tuple[str, KnownMail]]:
    query = (
        sa.select(
            mails.c.identity,
            mails.c.id,
            mails.c.inbox,
            mails.c.folder,
            mails.c.uidvalidity,
            mails.c.uid,
            mails.c.outcome,
            mails.c.emptied.is_not(None),
            leads.c.state,
        )
        .outerjoin_from(mails, leads)
        .where(mails.c.identity.in_(identities), mails.c.id != (but or 0))
        .order_by(mails.c.id, leads.c.part)
    )
    states: dict[int, list[State]] = {}
    found: dict[int, tuple[str, Place, Outcome, bool]] = {}
    for (
        identity,
        mail,
        inbox,
        folder,
        uidvalidity,
        uid,
        outcome,
        emptied,
        state,
    ) in connection.execute(query):
        place = Place(inbox, folder, uidvalidity, uid)
        found[mail] = (identity, place, Outcome(outcome), bool(emptied))
        if state is not None:
            states.setdefault(mail, []).append(State(state))
    return [
        (
            identity,
            KnownMail(
                id=mail,
                place=place,
                outcome=outcome,
                leads=tuple(states.get(mail, ())),
                emptied=emptied,
            ),
        )
        for mail, (identity, place, outcome, emptied) in found.items()
    ]


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    every = list(dict.fromkeys(values))
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
