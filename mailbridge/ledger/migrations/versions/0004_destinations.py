"""Where each lead goes; alerts about one of several destinations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # All that is there was written for Realforce's lead API.
    for name, default in (("destination", "default"), ("destination_kind", "realforce")):
        op.add_column("leads", sa.Column(name, sa.Text, nullable=False, server_default=default))
    unsettled = sa.text("state IN ('queued', 'sending', 'deferred', 'in_doubt')")
    op.drop_index("leads_unsettled", "leads")
    op.create_index(
        "leads_unsettled",
        "leads",
        ["destination", "destination_kind", "id", "state", "next_attempt", "created"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    _key_alerts_anew()


def _key_alerts_anew() -> None:
    """SQLite changes no primary key: the few rows go into a new table."""
    moment = sa.DateTime(timezone=True)
    columns: list[sa.Column[Any]] = [
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("portal", sa.Text, nullable=False),
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("noticed", moment, nullable=False),
        sa.Column("absent", moment, nullable=True),
        sa.Column("over", moment, nullable=True),
        sa.Column("told", moment, nullable=True),
        sa.Column("tellings", sa.Integer, nullable=False),
        sa.Column("spells", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
    ]
    names = [column.name for column in columns if column.name != "destination"]
    old = sa.table("alerts", *(sa.column(c.name, c.type) for c in columns if c.name in names))
    rows = [dict(row) for row in op.get_bind().execute(sa.select(old)).mappings()]
    op.drop_table("alerts")
    made = op.create_table(
        "alerts",
        *columns,
        sa.PrimaryKeyConstraint("kind", "portal", "inbox", "destination", name="pk_alerts"),
    )
    op.bulk_insert(made, [row | {"destination": ""} for row in rows])
