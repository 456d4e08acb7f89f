"""What people did about mails: written with the deed, read for `show`."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.records import Act
from mailbridge.ledger.tables import acts


def note(
    connection: Connection,
    mail: int,
    name: str,
    at: datetime,
    before: str,
    leads: Mapping[int, str] | None = None,
) -> None:
    """Note a deed about the mail, or about these of its leads (id to state before)."""
    each = [(lead, state) for lead, state in leads.items()] if leads else [(None, before)]
    connection.execute(
        acts.insert(),
        [
            {"mail": mail, "lead": lead, "at": at, "name": name, "before": state}
            for lead, state in each
        ],
    )


def acts_of(connection: Connection, mail: int) -> tuple[Act, ...]:
    """Read what was done about a mail, the oldest first."""
    query = sa.select(acts).where(acts.c.mail == mail).order_by(acts.c.id)
    return tuple(
        Act(at=row.at, name=row.name, lead=row.lead, before=row.before)
        for row in connection.execute(query)
    )


def last_act(connection: Connection) -> int:
    """Give the number of the newest act; 0 before the first. It only grows."""
    return connection.execute(sa.select(sa.func.max(acts.c.id))).scalar() or 0
