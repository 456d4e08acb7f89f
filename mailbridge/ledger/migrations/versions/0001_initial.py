"""The first tables.

Says its types itself instead of importing `tables.py`: that one moves on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "mails",
        sa.Column("id", key, nullable=False),
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.BigInteger, nullable=False),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("received", moment, nullable=False),
        sa.Column("seen", moment, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("decided", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("portal", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.Column("duplicate_of", key, nullable=True),
        sa.Column("marked", sa.Text, nullable=False),
        sa.Column("mark_due", sa.Boolean, nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.UniqueConstraint("uid", "uidvalidity", "folder", "inbox", name="uq_mails_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("mails_identity", "mails", ["identity"])
    op.create_index("mails_message_id", "mails", ["message_id"])
    op.create_index("mails_counts", "mails", ["outcome", "portal", "seen"])
    op.create_index(
        "mails_to_mark",
        "mails",
        ["inbox", "id"],
        sqlite_where=sa.text("mark_due = 1"),
        postgresql_where=sa.text("mark_due"),
    )
    op.create_index(
        "mails_again",
        "mails",
        ["inbox", "id"],
        sqlite_where=sa.text("again = 1"),
        postgresql_where=sa.text("again"),
    )
    op.create_table(
        "mail_contents",
        sa.Column("mail", key, autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary, nullable=True),
        sa.Column("text_part", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("mail", name="pk_mail_contents"),
        sa.ForeignKeyConstraint(["mail"], ["mails.id"], name="fk_mail_contents_mail"),
    )
    op.create_table(
        "leads",
        sa.Column("id", key, nullable=False),
        sa.Column("mail", key, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("duplicate_of", key, nullable=True),
        sa.Column("created", moment, nullable=False),
        sa.Column("next_attempt", moment, nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("resent", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.ForeignKeyConstraint(["mail"], ["mails.id"], name="fk_leads_mail"),
        sa.UniqueConstraint("mail", "part", name="uq_leads_mail"),
        sqlite_autoincrement=True,
    )
    op.create_index("leads_fingerprint", "leads", ["fingerprint"])
    unsettled = sa.text("state IN ('queued', 'sending', 'deferred', 'in_doubt')")
    op.create_index(
        "leads_unsettled",
        "leads",
        ["id", "state", "next_attempt", "created"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    op.create_table(
        "lead_contents",
        sa.Column("lead", key, autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text, nullable=True),
        sa.Column("fields", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("lead", name="pk_lead_contents"),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name="fk_lead_contents_lead"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", key, nullable=False),
        sa.Column("lead", key, nullable=False),
        sa.Column("started", moment, nullable=False),
        sa.Column("ended", moment, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name="fk_attempts_lead"),
    )
    op.create_index("attempts_lead", "attempts", ["lead"])
    op.create_table(
        "cursors",
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger, nullable=False),
        sa.Column("next_uid", sa.BigInteger, nullable=False),
        sa.Column("fresh_from", sa.BigInteger, nullable=False),
        sa.Column("backlog_since", moment, nullable=True),
        sa.Column("first_started", moment, nullable=False),
        sa.PrimaryKeyConstraint("inbox", "folder", name="pk_cursors"),
    )
    op.create_table(
        "inboxes",
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("last_poll", moment, nullable=True),
        sa.Column("last_success", moment, nullable=True),
        sa.Column("last_mail", moment, nullable=True),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("inbox", name="pk_inboxes"),
    )
