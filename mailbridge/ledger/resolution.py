"""A person says what became of a mail that waited for one (`resolve`).

| what waits            | sent               | not sent       |
|-----------------------|--------------------|----------------|
| a lead in doubt       | by hand            | queued again   |
| a refused lead        | by hand            | dropped        |
| a mail without a lead | word: outcome sent | word: ignored  |
| a lead in the queue   | by hand            | – (it waits)   |

The first line that applies is done, and no other: who says that the lead in doubt
did not arrive has said nothing of the refused one beside it. A word may be taken
back by the opposite one, which is then done to what stood before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger import acts
from mailbridge.ledger.answers import AlreadyResolved, NotResolved, Resolution, Resolved
from mailbridge.ledger.leads import contents_erased, follow_leads, queue_again, set_state
from mailbridge.ledger.records import State, Word
from mailbridge.ledger.tables import leads, mails
from mailbridge.outcomes import Outcome

_WAITING = {State.QUEUED, State.DEFERRED}
_UNSETTLED = {State.IN_DOUBT, *_WAITING}


@dataclass(frozen=True, slots=True)
class _Standing:
    """The mail as it stands."""

    mail: int
    outcome: Outcome
    word: str
    states: Mapping[int, State]

    def having(self, *states: State) -> dict[int, str]:
        """Give the leads in one of these states."""
        return {lead: str(state) for lead, state in self.states.items() if state in states}


def resolve(connection: Connection, mail: int, word: Word, now: datetime) -> Resolution:
    """Do what the word means for the mail, and record it."""
    standing = _read(connection, mail)
    if standing is None:
        return NotResolved(mail=mail, reason=f"There is no mail {mail} in the ledger.")
    if standing.having(State.SENDING):
        reason = f"Mail {mail} is being sent at this moment. Look again in a minute."
        return NotResolved(mail=mail, reason=reason)
    if doubted := standing.having(State.IN_DOUBT):
        return _apply(connection, standing, word, doubted, now)
    if standing.outcome.for_review:
        refused = standing.having(State.REJECTED)
        return _apply(connection, standing, word, refused, now, whole=True)
    if waiting := standing.having(*_WAITING):
        return _resolve_waiting(connection, standing, word, waiting, now)
    return _take_back(connection, standing, word, now)


def _read(connection: Connection, mail: int) -> _Standing | None:
    found = connection.execute(
        sa.select(mails.c.outcome, mails.c.word).where(mails.c.id == mail)
    ).first()
    if found is None:
        return None
    query = sa.select(leads.c.id, leads.c.state).where(leads.c.mail == mail)
    states = {row.id: State(row.state) for row in connection.execute(query.order_by(leads.c.part))}
    return _Standing(mail, Outcome(found.outcome), found.word, states)


def _resolve_waiting(
    connection: Connection, standing: _Standing, word: Word, waiting: dict[int, str], now: datetime
) -> Resolution:
    if word is Word.SENT:
        return _apply(connection, standing, word, waiting, now)
    mail = standing.mail
    said = f"Mail {mail} waits in the queue and will be sent."
    asked = _last_acts(connection, mail)
    if all(asked.get(lead, ("", ""))[0] == Word.NOT_SENT for lead in waiting):
        return AlreadyResolved(mail=mail, said=said)
    remedy = f"If a person entered the lead by hand: `mailbridge resolve {mail} --sent`."
    return NotResolved(mail=mail, reason=f"{said} {remedy}")


def _take_back(
    connection: Connection, standing: _Standing, word: Word, now: datetime
) -> Resolution:
    """Nothing waits: perhaps the same was said before, or the opposite by mistake."""
    mail = standing.mail
    opposite = State.DROPPED if word is Word.SENT else State.BY_HAND
    mistaken = standing.having(opposite)
    if mistaken or standing.word not in {"", str(word)}:
        whole = bool(standing.word)
        return _apply(connection, standing, word, mistaken, now, whole=whole)
    if standing.word or standing.having(State.BY_HAND, State.DROPPED):
        how = "sent by hand" if word is Word.SENT else "needing no lead"
        return AlreadyResolved(mail=mail, said=f"Mail {mail} was closed as {how} before.")
    if standing.having(State.SENT):
        reason = f"Mail {mail} was sent and accepted; there is nothing to resolve."
    else:
        reason = f"Mail {mail} is {standing.outcome} and waits for nobody."
    return NotResolved(mail=mail, reason=reason)


def _apply(
    connection: Connection,
    standing: _Standing,
    word: Word,
    chosen: dict[int, str],
    now: datetime,
    *,
    whole: bool = False,
) -> Resolution:
    """Say the word of these leads, and with `whole` of the mail itself."""
    mail = standing.mail
    closed, queued = dict(chosen), dict[int, str]()
    if word is Word.NOT_SENT:
        origins = _origins(connection, mail, chosen)
        queued = {lead: state for lead, state in origins.items() if state in _UNSETTLED}
        closed = {lead: state for lead, state in chosen.items() if lead not in queued}
    if contents_erased(connection, queued):
        reason = (
            f"Mail {mail}'s contents were erased, so its lead cannot be sent again. "
            "Enter it by hand if it is missing in the CRM."
        )
        return NotResolved(mail=mail, reason=reason)
    if whole:
        # What a person has closed is not decided anew on a wish from before.
        values = {"word": str(word), "again": False}
        connection.execute(mails.update().where(mails.c.id == mail).values(values))
    queue_again(connection, queued, now)
    set_state(connection, closed, State.BY_HAND if word is Word.SENT else State.DROPPED)
    acts.note(connection, mail, str(word), now, str(standing.outcome), chosen)
    follow_leads(connection, mail)
    outcome = connection.execute(sa.select(mails.c.outcome).where(mails.c.id == mail)).scalar_one()
    return Resolved(mail=mail, outcome=Outcome(outcome), closed=tuple(closed), queued=tuple(queued))


def _origins(connection: Connection, mail: int, chosen: Mapping[int, str]) -> dict[int, str]:
    """Tell what each lead was before a person said that it was sent."""
    said = _last_acts(connection, mail)
    return {
        lead: said[lead][1] if state == State.BY_HAND and lead in said else state
        for lead, state in chosen.items()
    }


def _last_acts(connection: Connection, mail: int) -> dict[int, tuple[str, str]]:
    """Give the name of the last act on each lead, with the lead's state before it."""
    return {a.lead: (a.name, a.before) for a in acts.acts_of(connection, mail) if a.lead}
