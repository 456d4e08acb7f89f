"""What people did about mails, and when contents were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = sa.DateTime(timezone=True)
    op.add_column("mails", sa.Column("word", sa.Text, nullable=False, server_default=""))
    op.add_column("mails", sa.Column("emptied", moment, nullable=True))
    op.create_table(
        "acts",
        sa.Column("id", key, nullable=False),
        sa.Column("mail", key, nullable=False),
        sa.Column("lead", key, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acts"),
        sa.ForeignKeyConstraint(["mail"], ["mails.id"], name="fk_acts_mail"),
    )
    op.create_index("acts_mail", "acts", ["mail"])
