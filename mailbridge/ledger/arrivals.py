"""When leads came in: for the overview's chart. Reads; changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.tables import INQUIRIES, mails
from mailbridge.ledger.views import Hour
from mailbridge.outcomes import Outcome


def count_leads_by_hour(connection: Connection, since: datetime) -> Iterator[Hour]:
    """Count the mails that became leads, by portal and the hour (UTC) of their arrival.

    Hours, so that whoever shows days can do so in any zone. Read in an index alone.
    """
    received = mails.c.received
    if connection.dialect.name == "sqlite":
        hour = sa.func.substr(sa.type_coerce(received, sa.Text), 1, 13)  # text that sorts
    else:
        hour = sa.func.to_char(sa.func.timezone("UTC", received), "YYYY-MM-DD HH24")
    query = (
        sa.select(mails.c.portal, hour, sa.func.count())
        .where(sa.text(INQUIRIES), received >= since, mails.c.decided == str(Outcome.LEAD))
        .group_by(mails.c.portal, hour)
    )
    for portal, written, count in connection.execute(query):
        begins = datetime.strptime(written, "%Y-%m-%d %H").replace(tzinfo=UTC)
        yield Hour(portal=portal, begins=begins, leads=count)
