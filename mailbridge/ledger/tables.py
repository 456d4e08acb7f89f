"""The ledger's tables: SQLAlchemy Core, the same on SQLite and PostgreSQL. No queries here.

What personal data there is beyond a mail's subject and Message-ID, and what an API
said of a lead (`attempts.detail`), stands in `mail_contents` and `lead_contents`, so
that those can be emptied (`erasure`) and every count stays. It also keeps the rows
that change with each step small.

A change here needs a migration in `migrations/versions` and a new `SCHEMA`; a
test compares the two.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

SCHEMA = "0004"
"""Revision of the newest migration; what `alembic_version` holds in an up-to-date ledger."""

MESSAGE_ID_LIMIT = 500
"""Characters kept of a Message-ID: PostgreSQL refuses to index more than 2,704 bytes."""

CHUNK = 500
"""Values in one IN list; older SQLite takes no more than 999."""


class Words(sa.types.TypeDecorator[str]):
    """Text from anywhere. NUL (PostgreSQL) and lone surrogates (both) cannot be stored.

    A mail that holds them must not stop the batch it arrives in.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Replace what no database takes."""
        if value is None:
            return value
        if not value.isascii():
            value = value.encode("utf-8", "replace").decode("utf-8")
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Document(sa.types.TypeDecorator[Any]):
    """A JSON value as ASCII text: comes back as it went in, NUL and surrogates too."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """To text."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """To values; tuples come back as lists."""
        return None if value is None else json.loads(value)


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; text that sorts on SQLite, timestamptz on PostgreSQL."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To UTC; a naive datetime is a defect of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "the ledger takes aware datetimes only"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """To aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite counts rows by itself only in a column declared INTEGER."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

mails = sa.Table(
    "mails",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("inbox", Words, nullable=False),
    sa.Column("folder", Words, nullable=False),
    sa.Column("uidvalidity", sa.BigInteger, nullable=False),
    sa.Column("uid", sa.BigInteger, nullable=False),
    sa.Column("identity", Words, nullable=False),
    sa.Column("message_id", Words, nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("decided", Words, nullable=False),  # what the decision said
    sa.Column("outcome", Words, nullable=False),  # follows the leads, see outcome.py
    sa.Column("portal", Words, nullable=False),
    sa.Column("subject", Words, nullable=False),
    sa.Column("problems", Document, nullable=False),
    sa.Column("duplicate_of", Key, nullable=True),
    sa.Column("marked", Words, nullable=False),
    sa.Column("mark_due", sa.Boolean, nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),  # a person asked for a new decision
    sa.Column("word", Words, nullable=False, server_default=""),  # a person closed it, see Word
    sa.Column("emptied", Moment, nullable=True),  # when its contents were erased
    # First the columns that tell most mails apart: found by equality on all four.
    sa.UniqueConstraint("uid", "uidvalidity", "folder", "inbox"),
    sqlite_autoincrement=True,  # an id is never given to a second mail
)
sa.Index("mails_identity", mails.c.identity)
sa.Index("mails_message_id", mails.c.message_id)
sa.Index("mails_counts", mails.c.outcome, mails.c.portal, mails.c.seen)
sa.Index(
    "mails_to_mark",
    mails.c.inbox,
    mails.c.id,
    sqlite_where=sa.text("mark_due = 1"),
)
INQUIRIES = "portal <> '' AND decided <> 'ignored'"
"""Condition of the index by portal; newsletters say nothing of a portal's inquiries."""
sa.Index(
    "mails_portal",
    mails.c.portal,
    mails.c.received,
    mails.c.inbox,
    mails.c.decided,
    sqlite_where=sa.text(INQUIRIES),
)
sa.Index(
    "mails_again",
    mails.c.inbox,
    mails.c.id,
    sqlite_where=sa.text("again = 1"),
)

mail_contents = sa.Table(
    "mail_contents",
    metadata,
    sa.Column("mail", Key, sa.ForeignKey("mails.id"), primary_key=True, autoincrement=False),
    sa.Column("text", sa.LargeBinary, nullable=True),  # zlib
    sa.Column("text_part", Words, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=True),  # zlib
)

leads = sa.Table(
    "leads",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("mail", Key, sa.ForeignKey("mails.id"), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("state", Words, nullable=False),
    sa.Column("fingerprint", Words, nullable=False),
    sa.Column("remote_id", Words, nullable=False),
    sa.Column("duplicate_of", Key, nullable=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("next_attempt", Moment, nullable=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("resent", sa.Boolean, nullable=False),
    # Where it goes, see recipient.py: decided once, whatever the settings say later.
    sa.Column("destination", Words, nullable=False, server_default="default"),
    sa.Column("destination_kind", Words, nullable=False, server_default="realforce"),
    sa.UniqueConstraint("mail", "part"),
    sqlite_autoincrement=True,
)
sa.Index("leads_fingerprint", leads.c.fingerprint)
UNSETTLED = "state IN ('queued', 'sending', 'deferred', 'in_doubt')"
"""Condition of the index that keeps the queue quick however many leads were ever sent.

Queries repeat it word for word: SQLite uses a partial index only then.
"""
sa.Index(
    "leads_unsettled",
    # First where it goes: a destination that is down must not make the others' search longer.
    leads.c.destination,
    leads.c.destination_kind,
    leads.c.id,
    leads.c.state,
    leads.c.next_attempt,
    leads.c.created,
    sqlite_where=sa.text(UNSETTLED),
)

lead_contents = sa.Table(
    "lead_contents",
    metadata,
    sa.Column("lead", Key, sa.ForeignKey("leads.id"), primary_key=True, autoincrement=False),
    sa.Column("payload", Document, nullable=True),
    sa.Column("fields", Document, nullable=True),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("lead", Key, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("ended", Moment, nullable=True),
    sa.Column("state", Words, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("detail", Words, nullable=False),
)
sa.Index("attempts_lead", attempts.c.lead)

acts = sa.Table(
    "acts",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("mail", Key, sa.ForeignKey("mails.id"), nullable=False),
    sa.Column("lead", Key, nullable=True),  # redecide may delete it, and the act stays
    sa.Column("at", Moment, nullable=False),
    sa.Column("name", Words, nullable=False),
    sa.Column("before", Words, nullable=False),
)
"""What people did: `retry`, `resolve`, `forget`. No names, no contents."""
sa.Index("acts_mail", acts.c.mail)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("inbox", Words, primary_key=True),
    sa.Column("folder", Words, primary_key=True),
    sa.Column("uidvalidity", sa.BigInteger, nullable=False),
    sa.Column("next_uid", sa.BigInteger, nullable=False),
    sa.Column("fresh_from", sa.BigInteger, nullable=False),
    sa.Column("backlog_since", Moment, nullable=True),
    sa.Column("first_started", Moment, nullable=False),
)

inboxes = sa.Table(
    "inboxes",
    metadata,
    sa.Column("inbox", Words, primary_key=True),
    sa.Column("last_poll", Moment, nullable=True),
    sa.Column("last_success", Moment, nullable=True),
    sa.Column("last_mail", Moment, nullable=True),
    sa.Column("error", Words, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("kind", Words, primary_key=True),
    sa.Column("portal", Words, primary_key=True),
    sa.Column("inbox", Words, primary_key=True),
    sa.Column("destination", Words, primary_key=True),
    sa.Column("noticed", Moment, nullable=False),
    sa.Column("absent", Moment, nullable=True),
    sa.Column("over", Moment, nullable=True),
    sa.Column("told", Moment, nullable=True),
    sa.Column("tellings", sa.Integer, nullable=False),
    sa.Column("spells", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("detail", Document, nullable=False),
    sa.Column("channels", Document, nullable=False),
)


def fit_postgresql() -> None:
    """Give PostgreSQL the same partial indexes as SQLite.

    Not said where each is declared: there it would load PostgreSQL's dialect at every start,
    whatever the ledger is.
    """
    for index in _partial_indexes():
        condition = str(index.dialect_options["sqlite"]["where"])
        for flag in ("mark_due", "again"):
            condition = condition.replace(f"{flag} = 1", flag)  # a boolean is no number there
        index.dialect_options["postgresql"]["where"] = sa.text(condition)


def _partial_indexes() -> Iterator[sa.Index]:
    for table in metadata.tables.values():
        for index in table.indexes:
            if index.dialect_options["sqlite"]["where"] is not None:
                yield index
