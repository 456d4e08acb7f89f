"""A migration of the tests' own, one step beyond today's schema: columns, a table, every row.

Set MIGRATION_WAITS and it stops in its middle, says so, and waits to be killed.
"""

import os
import sys

import sqlalchemy as sa
from alembic import op

from mailbridge.ledger.tables import SCHEMA

revision = "next"
down_revision = SCHEMA
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.create_table("notes", sa.Column("mail", sa.Integer, primary_key=True))
    op.create_index("notes_of_mails", "mails", ["note"])
    op.execute("UPDATE mails SET note = subject || '!'")
    op.execute("INSERT INTO notes SELECT id FROM mails")
    # More than SQLite's page cache, so that pages of an unfinished step reach the WAL.
    op.execute("CREATE TABLE ballast (words TEXT)")
    op.bulk_insert(
        sa.table("ballast", sa.column("words")), [{"words": "x" * 4_000} for _ in range(900)]
    )
    if os.environ.get("MIGRATION_WAITS"):
        sys.stdout.write("in the middle\n")
        sys.stdout.flush()
        sys.stdin.readline()
    op.execute("UPDATE leads SET failures = failures + 1")
