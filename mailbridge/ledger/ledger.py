"""The ledger: the durable record of every mail, decision and attempt, and the queue of leads.

The only module of the room that the others use, beside the values in `records` and
`views`. Times are aware and handed in: the ledger never looks at the clock. It decides
nothing about mails; it only keeps a mail's outcome in step with its leads.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy.engine import Connection

from mailbridge.ledger import (
    acts,
    alerts,
    cursors,
    erasure,
    health,
    history,
    mails,
    marks,
    queue,
    resolution,
    retry,
)
from mailbridge.ledger.answers import Resolution, Retried
from mailbridge.ledger.database import Database, connect, connect_read_only
from mailbridge.ledger.look import Look
from mailbridge.ledger.migration import bring_up_to_date, require_up_to_date
from mailbridge.ledger.records import (
    Claimed,
    Cursor,
    History,
    MailRecord,
    NewMail,
    Place,
    Settlement,
    ToMark,
    Word,
)
from mailbridge.ledger.standing import Alert, Arrivals, InboxHealth, Standing, Summary
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT, Recipient


class Book:
    """The ledger within one write transaction: what it reads stays true until it is left."""

    def __init__(self, connection: Connection) -> None:
        """Write on this connection; who made it commits."""
        self._connection = connection

    def history(
        self,
        identities: Collection[str],
        fingerprints: Collection[str],
        since: datetime,
        but: int | None = None,
    ) -> History:
        """See `history.look_back`."""
        return history.look_back(self._connection, identities, fingerprints, since, but)

    def record(self, new: Sequence[NewMail], cursor: Cursor | None, seen: datetime) -> list[int]:
        """Record mails and how far their folder was read; the ids in the order of `new`.

        A mail whose place is recorded already changes nothing and gives its id.
        """
        ids = mails.insert_mails(self._connection, new, seen)
        if cursor is not None:
            cursors.write_cursor(self._connection, cursor)
        return ids

    def relocate(self, mail: int, place: Place) -> bool:
        """See `mails.relocate`."""
        return mails.relocate(self._connection, mail, place)

    def redecide(self, mail: int, new: NewMail) -> bool:
        """See `mails.redecide`."""
        return mails.redecide(self._connection, mail, new)


class Ledger:
    """An open ledger; any thread may use it. Errors that a person can mend are LedgerErrors."""

    def __init__(self, database: Database) -> None:
        """Use `open` or `read_only`."""
        self._database = database

    @classmethod
    def open(cls, url: str, *, migrate: bool = True) -> Self:
        """Open for writing; a missing SQLite file is created with its folder.

        With `migrate` the tables are created or brought up to date, else a ledger
        that is not up to date is refused.
        """
        database = connect(url)
        try:
            if migrate:
                bring_up_to_date(database)
            else:
                require_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @classmethod
    def read_only(cls, url: str) -> Self:
        """Open for reading: creates, migrates and changes nothing. LedgerMissing if there is none.

        Works beside a running daemon.
        """
        database = connect_read_only(url)
        try:
            require_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close the connections and give up the instance."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def claim_instance(self) -> None:
        """Become the one daemon of this ledger until `close`, or raise LedgerError.

        Reading, and what a person does (`retry`, `resolve`, `forget`), need no claim.
        """
        self._database.claim_instance()

    # Recording

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """Hold one write transaction: durable when the block is left, undone when it raises.

        Nobody else writes meanwhile, so keep it short and do no other I/O in it.
        """
        with self._database.writing() as connection:
            yield Book(connection)

    def record(self, new: Sequence[NewMail], cursor: Cursor | None, seen: datetime) -> list[int]:
        """`Book.record` in a transaction of its own."""
        with self.writing() as book:
            return book.record(new, cursor, seen)

    def relocate(self, mail: int, place: Place) -> bool:
        """`Book.relocate` in a transaction of its own."""
        with self.writing() as book:
            return book.relocate(mail, place)

    def cursor(self, inbox: str, folder: str) -> Cursor | None:
        """Tell how far the folder has been read; None where it was never watched."""
        with self._database.reading() as connection:
            return cursors.read_cursor(connection, inbox, folder)

    def set_cursor(self, cursor: Cursor) -> None:
        """Set how far a folder has been read."""
        with self._database.writing() as connection:
            cursors.write_cursor(connection, cursor)

    def history(
        self, identities: Collection[str], fingerprints: Collection[str], since: datetime
    ) -> History:
        """`Book.history` for reading alone: what a dry-run compares with."""
        with self._database.reading() as connection:
            return history.look_back(connection, identities, fingerprints, since)

    # Queue: each destination has its own, that of the lead API unless another is named

    def claim(self, now: datetime, to: Recipient = DEFAULT) -> Claimed | None:
        """Take the due lead with the lowest id; it is durably `sending` before this returns."""
        with self._database.writing() as connection:
            return queue.claim(connection, now, to)

    def settle(self, settlement: Settlement) -> None:
        """Record how the exchange of a claimed lead ended; its mail's outcome follows."""
        with self._database.writing() as connection:
            queue.settle(connection, settlement)

    def settle_and_claim(
        self, settlement: Settlement, now: datetime, to: Recipient = DEFAULT
    ) -> Claimed | None:
        """`settle`, then `claim`, in one transaction: one fsync for each lead instead of two."""
        with self._database.writing() as connection:
            queue.settle(connection, settlement)
            return queue.claim(connection, now, to)

    def recover(
        self, now: datetime, next_attempt: datetime | None, to: Recipient | None = None
    ) -> list[int]:
        """See `queue.recover`; for the claimed instance only, before it sends anything."""
        with self._database.writing() as connection:
            return queue.recover(connection, now, next_attempt, to)

    def make_due(self, now: datetime, to: Recipient = DEFAULT) -> None:
        """Let every deferred lead go now: the destination is back."""
        with self._database.writing() as connection:
            queue.make_due(connection, now, to)

    def next_due(self, to: Recipient = DEFAULT) -> datetime | None:
        """Tell when the next lead is due, which may be past; None where none will be by itself."""
        with self._database.reading() as connection:
            return queue.next_due(connection, to)

    # Marks

    def to_mark(self, inbox: str, limit: int) -> list[ToMark]:
        """List mails whose outcome is final or for review and not marked yet, oldest first."""
        with self._database.reading() as connection:
            return marks.mails_to_mark(connection, inbox, limit)

    def marked(
        self,
        done: Mapping[int, str],
        moved: Mapping[int, Place],
        outcomes: Mapping[int, Outcome] | None = None,
    ) -> None:
        """Record the marks that mails (by id) bear now, and where they were moved to.

        Give as `outcomes` what `to_mark` said: a mail whose outcome changed while
        it was being marked then stays due.
        """
        with self._database.writing() as connection:
            marks.note_marks(connection, done, moved, outcomes or {})

    # Reading

    @contextmanager
    def looking(self) -> Iterator[Look]:
        """Give one snapshot of the ledger; what is done in the block keeps nobody waiting."""
        with self._database.reading() as connection:
            yield Look(connection)

    def mails(
        self,
        *,
        outcomes: Collection[Outcome] | None = None,
        inbox: str | None = None,
        portal: str | None = None,
        search: str = "",
        limit: int = 100,
        before_id: int | None = None,
    ) -> list[MailRecord]:
        """List the newest first, without leads, text and raw; `search` is an id or a Message-ID."""
        with self._database.reading() as connection:
            return mails.list_mails(
                connection,
                outcomes=outcomes,
                inbox=inbox,
                portal=portal,
                search=search,
                limit=limit,
                before_id=before_id,
            )

    def mail(self, mail: int) -> MailRecord | None:
        """Read one mail with its leads, attempts, text and raw; None where there is none."""
        with self._database.reading() as connection:
            return mails.read_mail(connection, mail)

    def summary(self) -> Summary:
        """Count everything for `status`, with the health of the inboxes."""
        with self._database.reading() as connection:
            return health.summarize(connection)

    # Health

    def poll_started(self, inbox: str, at: datetime) -> None:
        """Note that a poll of the inbox began."""
        with self._database.writing() as connection:
            health.note_poll_start(connection, inbox, at)

    def poll_ended(
        self, inbox: str, at: datetime, error: str = "", last_mail: datetime | None = None
    ) -> None:
        """Note its end, well where `error` is empty; `last_mail` None leaves the last one."""
        with self._database.writing() as connection:
            health.note_poll_end(connection, inbox, at, error, last_mail)

    # Alerts

    def standing(self) -> Standing:
        """Tell what there is to be told of leads and mails."""
        with self._database.reading() as connection:
            return alerts.read_standing(connection)

    def inboxes(self) -> tuple[InboxHealth, ...]:
        """Give the last poll of each inbox that was ever watched."""
        with self._database.reading() as connection:
            return health.list_inboxes(connection)

    def arrivals(self, since: datetime) -> list[Arrivals]:
        """See `alerts.list_arrivals`."""
        with self._database.reading() as connection:
            return alerts.list_arrivals(connection, since)

    def count_arrivals(self, portal: str, inbox: str, spans: Sequence[alerts.Span]) -> list[int]:
        """See `alerts.count_arrivals`."""
        with self._database.reading() as connection:
            return alerts.count_arrivals(connection, portal, inbox, spans)

    def completeness(self, portals: Iterable[str], most: int) -> dict[str, tuple[bool, ...]]:
        """See `alerts.list_completeness`."""
        with self._database.reading() as connection:
            return alerts.list_completeness(connection, portals, most)

    def list_alerts(self) -> list[Alert]:
        """Read what was told of."""
        with self._database.reading() as connection:
            return alerts.list_alerts(connection)

    def write_alerts(self, kept: Iterable[Alert], gone: Iterable[Alert] = ()) -> None:
        """Write those that changed and forget those that are gone."""
        with self._database.writing() as connection:
            alerts.write_alerts(connection, kept, gone)

    # A person acts

    def retry(self, mail: int, now: datetime) -> Retried:
        """Queue the mail's unaccepted leads afresh, or have it decided anew where it has none."""
        with self._database.writing() as connection:
            return retry.retry(connection, mail, now)

    def to_retry(self, outcome: Outcome) -> list[int]:
        """See `retry.to_retry`."""
        with self._database.reading() as connection:
            return retry.to_retry(connection, outcome)

    def to_decide_again(self, inbox: str) -> list[int]:
        """List mails that a person wants decided anew, the oldest first."""
        with self._database.reading() as connection:
            return mails.mails_to_decide_again(connection, inbox)

    def last_act(self) -> int:
        """See `acts.last_act`."""
        with self._database.reading() as connection:
            return acts.last_act(connection)

    def resolve(self, mail: int, word: Word, now: datetime) -> Resolution:
        """See `resolution.resolve`."""
        with self._database.writing() as connection:
            return resolution.resolve(connection, mail, word, now)

    # Erasure

    def expired(self, settled: datetime, review: datetime) -> list[int]:
        """List mails seen before `settled`, or before `review` where they are for review.

        Those whose contents are erased already, or whose lead may still be sent, are not named.
        """
        with self._database.reading() as connection:
            return erasure.expired(connection, settled, review)

    def with_contents(self) -> list[int]:
        """List mails of which more is kept than numbers, the oldest first."""
        with self._database.reading() as connection:
            return erasure.with_contents(connection)

    def expire(self, chosen: Collection[int], now: datetime) -> list[int]:
        """Erase the mails' contents; the ids of those where that was possible."""
        with self._database.writing() as connection:
            return erasure.expire(connection, chosen, now)

    def forget(self, chosen: Collection[int], now: datetime) -> list[int]:
        """`expire`, Message-IDs too, noted as a person's act."""
        with self._database.writing() as connection:
            return erasure.forget(connection, chosen, now)

    def scrub(self) -> bool:
        """See `Database.scrub`."""
        return self._database.scrub()
