"""What `audit` compares with the mailbox and the destination, in portions of bounded size."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from mailbridge.ledger.leads import recipient_of
from mailbridge.ledger.records import State
from mailbridge.ledger.tables import CHUNK, MESSAGE_ID_LIMIT, lead_contents, leads, mails
from mailbridge.ledger.views import Delivered, Standing
from mailbridge.outcomes import Outcome

_OUT = [str(state) for state in (State.SENT, State.IN_DOUBT, State.BY_HAND)]
_STANDING = (mails.c.id, mails.c.outcome, mails.c.marked, mails.c.mark_due)


def find_standings(
    connection: Connection, inbox: str, folder: str, uidvalidity: int, uids: Collection[int]
) -> dict[int, Standing]:
    """Give what is recorded of the mails at these places, by UID."""
    found: dict[int, Standing] = {}
    wanted = list(uids)
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(mails.c.uid, *_STANDING).where(
            mails.c.uid.in_(wanted[start : start + CHUNK]),
            mails.c.uidvalidity == uidvalidity,
            mails.c.folder == folder,
            mails.c.inbox == inbox,
        )
        found |= {row["uid"]: _standing(row) for row in connection.execute(query).mappings()}
    return found


def find_by_message_id(
    connection: Connection, inbox: str, message_ids: Collection[str]
) -> dict[str, list[Standing]]:
    """Give what is recorded of an inbox's mails with these Message-IDs, wherever they lie."""
    # As they stand in the ledger, which keeps the beginning of a very long one.
    kept = {name[:MESSAGE_ID_LIMIT]: name for name in message_ids if name}
    names = list(kept)
    found: dict[str, list[Standing]] = {}
    for start in range(0, len(names), CHUNK):
        query = sa.select(mails.c.message_id, *_STANDING).where(
            mails.c.message_id.in_(names[start : start + CHUNK]), mails.c.inbox == inbox
        )
        for row in connection.execute(query).mappings():
            found.setdefault(kept[row["message_id"]], []).append(_standing(row))
    return found


def list_delivered(
    connection: Connection, after: int, limit: int, *, payloads: bool
) -> list[Delivered]:
    """List leads that went out, or may have, by id, from the first one after `after`.

    That is: sent, in doubt, or entered by hand, maybe because they had arrived.
    """
    payload = lead_contents.c.payload if payloads else sa.null()
    query = (
        sa.select(
            leads.c.id,
            leads.c.mail,
            leads.c.state,
            leads.c.remote_id,
            mails.c.received,
            leads.c.destination,
            leads.c.destination_kind,
            payload.label("payload"),
        )
        .join_from(leads, mails)
        .where(leads.c.id > after, leads.c.state.in_(_OUT))
        .order_by(leads.c.id)
        .limit(limit)
    )
    if payloads:
        query = query.outerjoin(lead_contents, lead_contents.c.lead == leads.c.id)
    return [
        Delivered(
            lead=row.id,
            mail=row.mail,
            state=State(row.state),
            remote_id=row.remote_id,
            received=row.received,
            payload=row.payload,
            to=recipient_of(row),
        )
        for row in connection.execute(query)
    ]


def count_leads(connection: Connection) -> dict[State, int]:
    """Count all leads by state; reads every lead's row, a million in about a second."""
    query = sa.select(leads.c.state, sa.func.count()).group_by(leads.c.state)
    return {State(state): number for state, number in connection.execute(query)}


def _standing(row: RowMapping) -> Standing:
    return Standing(
        mail=row["id"],
        outcome=Outcome(row["outcome"]),
        marked=row["marked"],
        mark_due=row["mark_due"],
    )
