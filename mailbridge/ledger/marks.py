"""Which mails want a new mark on the server, and which have got it."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.mails import relocate
from mailbridge.ledger.records import Place, ToMark
from mailbridge.ledger.tables import mails
from mailbridge.outcomes import Outcome

TO_MARK = (
    sa.select(
        mails.c.id,
        mails.c.inbox,
        mails.c.folder,
        mails.c.uidvalidity,
        mails.c.uid,
        mails.c.outcome,
        mails.c.marked,
    )
    .where(mails.c.mark_due, mails.c.inbox == sa.bindparam("of_inbox"))
    .order_by(mails.c.id)
    .limit(sa.bindparam("most"))
)
"""A test watches that the partial index serves it."""

_DONE = mails.update().where(mails.c.id == sa.bindparam("mail_id")).values(mark_due=False)
_MARK = (
    mails.update().where(mails.c.id == sa.bindparam("mail_id")).values(marked=sa.bindparam("mark"))
)


def mails_to_mark(connection: Connection, inbox: str, limit: int) -> list[ToMark]:
    """Mails of the inbox whose outcome is final or for review and not marked yet, oldest first."""
    rows = connection.execute(TO_MARK, {"of_inbox": inbox, "most": limit})
    return [
        ToMark(
            id=mail,
            place=Place(of_inbox, folder, uidvalidity, uid),
            outcome=Outcome(outcome),
            marked=marked,
        )
        for mail, of_inbox, folder, uidvalidity, uid, outcome, marked in rows
    ]


def note_marks(
    connection: Connection,
    marks: Mapping[int, str],
    moved: Mapping[int, Place],
    outcomes: Mapping[int, Outcome],
) -> None:
    """Record what was done on the server: new marks, new places.

    `outcomes` is what `mails_to_mark` said of each. A mail whose outcome has
    changed meanwhile bears the mark of the old one and stays due.
    """
    for mail, place in moved.items():
        relocate(connection, mail, place)
    if not marks:
        return
    connection.execute(_MARK, [{"mail_id": mail, "mark": mark} for mail, mark in marks.items()])
    current = sa.select(mails.c.id, mails.c.outcome).where(mails.c.id.in_(list(marks)))
    done = [
        {"mail_id": mail}
        for mail, outcome in connection.execute(current)
        if outcomes.get(mail, outcome) == outcome
    ]
    if done:
        connection.execute(_DONE, done)
