"""How far each folder has been read."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbridge.ledger.records import Cursor
from mailbridge.ledger.tables import cursors

_KEY = (cursors.c.inbox == sa.bindparam("of_inbox")) & (
    cursors.c.folder == sa.bindparam("of_folder")
)
_READ = sa.select(cursors).where(_KEY)
_UPDATE = cursors.update().where(_KEY)


def read_cursor(connection: Connection, inbox: str, folder: str) -> Cursor | None:
    """Give the folder's cursor; None where it was never watched."""
    row = connection.execute(_READ, {"of_inbox": inbox, "of_folder": folder}).mappings().first()
    return None if row is None else Cursor(**row)


def write_cursor(connection: Connection, cursor: Cursor) -> None:
    """Set the folder's cursor, whatever it was."""
    values = {
        "uidvalidity": cursor.uidvalidity,
        "next_uid": cursor.next_uid,
        "fresh_from": cursor.fresh_from,
        "backlog_since": cursor.backlog_since,
        "first_started": cursor.first_started,
    }
    key = {"of_inbox": cursor.inbox, "of_folder": cursor.folder}
    # Alone in the database's only write transaction: nobody inserts in between.
    if connection.execute(_UPDATE, key | values).rowcount == 0:
        row = values | {"inbox": cursor.inbox, "folder": cursor.folder}
        connection.execute(cursors.insert().values(row))
