"""What has been told of, so that a restart tells nothing twice; and an index by portal.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "alerts",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("portal", sa.Text, nullable=False),
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("noticed", moment, nullable=False),
        sa.Column("absent", moment, nullable=True),
        sa.Column("over", moment, nullable=True),
        sa.Column("told", moment, nullable=True),
        sa.Column("tellings", sa.Integer, nullable=False),
        sa.Column("spells", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("kind", "portal", "inbox", name="pk_alerts"),
    )
    inquiries = sa.text("portal <> '' AND decided <> 'ignored'")
    op.create_index(
        "mails_portal",
        "mails",
        ["portal", "received", "inbox", "decided"],
        sqlite_where=inquiries,
        postgresql_where=inquiries,
    )
