"""The connections to a ledger's database: how it is opened, written and read.

One connection writes, guarded by a lock, so that any thread may write; reads
have connections of their own and wait for nobody. Every write transaction holds
the database's only write lock from its first statement (BEGIN IMMEDIATE, or an
advisory lock on PostgreSQL): what it has read cannot have changed when it
writes. Asks no table.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Literal
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from mailbridge.errors import LedgerError
from mailbridge.ledger.faults import DAMAGED, explain
from mailbridge.ledger.file import Identity
from mailbridge.ledger.instance import FileClaim, claim_session, session_name
from mailbridge.ledger.tables import fit_postgresql

_BUSY_SECONDS = 10.0
"""How long a writer waits for another process's transaction; ours take milliseconds."""

_WRITE_LOCK = "SELECT pg_advisory_xact_lock(1835139074, hashtext(current_schema()))"
"""Held until the transaction ends, by one in each schema. The number spells `mb`, 0, 2."""


class Database:
    """An open database; `path` is set for SQLite only."""

    def __init__(self, engine: Engine, where: str, path: Path | None) -> None:
        """Connect nothing yet."""
        self.engine = engine
        self.where = where
        self.path = path
        self._lock = RLock()
        self._writer: Connection | None = None
        self._claim: FileClaim | None = None
        self._claimed = False
        self._identity: Identity | None = None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the driver's errors into LedgerErrors; defects pass."""
        try:
            yield
        except DBAPIError as error:
            explained = explain(error, self.where)
            if explained is None:
                raise
            raise explained from None  # the driver's text may hold values

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give one snapshot of the ledger."""
        with self.explained(), self.engine.connect() as connection:
            if self.path is not None:
                connection.exec_driver_sql("BEGIN")
            else:
                # The default, READ COMMITTED, takes a new snapshot for each query.
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            try:
                yield connection
            except (ValueError, zlib.error) as error:
                # Whoever reads hands in nothing that could be wrong: what is stored is. SQLite
                # has no checksums, and what it takes for sound may be no date, JSON or zlib.
                raise LedgerError(f"{self.where}: {DAMAGED}") from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, alone: durable when the block is left, undone when it raises."""
        with self._lock, self.explained():
            if self._writer is None:
                self._writer = self.engine.connect()
                if self.path is not None:
                    self._identity = Identity(self.path)
            if self._writer.in_transaction():
                msg = "a write transaction was begun inside another one"
                raise RuntimeError(msg)
            try:
                self._begin(self._writer)
                yield self._writer
                self._writer.commit()
            finally:
                # After a commit nothing is left to undo. After a failed one (disk full) all is.
                self._writer.rollback()

    def scrub(self) -> bool:
        """Let nothing that was erased stay in the file; False while a reader keeps the journal.

        Zeroing what is deleted (`secure_delete`) is not enough: SQLite leaves copies behind
        where it moved rows between pages (measured: traces of one mail in a hundred). So the
        file is written anew, which takes its size again on disk, and the journal is cut to
        nothing. On PostgreSQL that is the server's own work (VACUUM).
        """
        if self.path is None:
            return True
        with self._lock, self.explained(), self.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA busy_timeout = 1000")  # leads wait meanwhile
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
            connection.invalidate()  # the next one gets the usual patience
        return not busy

    def claim_instance(self) -> None:
        """See `Ledger.claim_instance`."""
        if self.path is not None:
            self._claim = FileClaim(self.path)
        else:
            self._claimed = True
            try:
                with self.writing():
                    pass  # claims as every first write on a connection does
            except LedgerError:
                self._claimed = False
                raise

    def close(self) -> None:
        """Close every connection and give up the claim."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self.engine.dispose()
            if self._claim is not None:
                self._claim.release()
                self._claim = None

    def _begin(self, connection: Connection) -> None:
        if self._identity is not None:
            self._identity.check()
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        try:
            self._enter(connection)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The server was restarted since the last transaction; this one has done nothing yet.
            connection.rollback()
            self._enter(connection)

    def _enter(self, connection: Connection) -> None:
        # The claim is the writing session's: lost with it, and taken again before
        # anything is written by a new one. Two daemons can so never both write.
        if self._claimed and "claimed" not in connection.info:
            claim_session(connection, self.where)
            connection.info["claimed"] = True
        connection.exec_driver_sql(_WRITE_LOCK)


def connect(url: str) -> Database:
    """Open a URL for reading and writing; makes nothing, see `migration.bring_up_to_date`."""
    parsed = _parse(url)
    if parsed.drivername != "sqlite":
        return _postgresql(parsed, read_only=False)
    return open_file(_path(parsed))


def connect_read_only(url: str) -> Database:
    """Open a URL for reading alone."""
    parsed = _parse(url)
    if parsed.drivername != "sqlite":
        return _postgresql(parsed, read_only=True)
    return open_file(_path(parsed), "ro")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not shown: what cannot be taken apart may hold a password.
        raise LedgerError(
            "`ledger.url` is not a URL. Write `sqlite:///path/to/ledger.db` or "
            "`postgresql://user@host/database`."
        ) from None
    if parsed.drivername not in {"sqlite", "postgresql"}:
        raise LedgerError(
            f"`ledger.url`: `{parsed.drivername}` is not known. "
            "Write `sqlite:///path/to/ledger.db` or `postgresql://user@host/database`."
        )
    return parsed


def _path(url: URL) -> Path:
    if url.host or url.database in {None, "", ":memory:"}:
        raise LedgerError(
            "`ledger.url` names no file. Write `sqlite:///relative/path.db` (three slashes) or "
            "`sqlite:////absolute/path.db` (four)."
        )
    # Resolved: two names of one file must give one lock file beside it.
    return Path(str(url.database)).resolve()


def open_file(path: Path, mode: Literal["rw", "ro"] = "rw") -> Database:
    """Open a SQLite file, which must be there once something is asked of it."""

    def connect_to_file() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # we write BEGIN ourselves: sqlite3 begins too late
            check_same_thread=False,  # the pool hands each to one thread at a time
            cached_statements=256,
        )
        # FULL although NORMAL is several times quicker: in WAL mode NORMAL may lose
        # the last transactions when the power fails. A lost `sending` or `sent`
        # would send that lead a second time.
        connection.execute("PRAGMA synchronous = FULL")
        # On macOS fsync leaves the data in the drive's cache; elsewhere this does nothing.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # see `scrub`
        if mode == "ro":
            connection.execute("PRAGMA query_only = ON")
        return connection

    engine = sa.create_engine(
        "sqlite://", creator=connect_to_file, poolclass=QueuePool, hide_parameters=True
    )
    return Database(engine, f"Ledger {path}", path)


def _postgresql(url: URL, *, read_only: bool) -> Database:
    options = {
        "application_name": session_name(),
        # A server that vanishes without a word must not hold the daemon for hours.
        "connect_timeout": "10",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "tcp_user_timeout": "60000",
    }
    fit_postgresql()
    # Whatever server, database, role or URL say: a `sending` that is lost when the power
    # fails would send that lead a second time.
    settings = ["SET lock_timeout = '30s'", "SET synchronous_commit = on"]
    if read_only:
        settings.append("SET default_transaction_read_only = on")
    named = url.set(drivername="postgresql+psycopg").update_query_dict(
        {key: value for key, value in options.items() if key not in url.query}
    )
    try:
        engine = sa.create_engine(named, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise LedgerError(
            "`ledger.url` names PostgreSQL, whose driver is not installed. "
            "Run `pip install 'mailbridge[postgresql]'`."
        ) from None

    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        with_cursor = connection.cursor()
        for setting in settings:
            with_cursor.execute(setting)
        with_cursor.close()
        connection.commit()

    sa.event.listen(engine, "connect", prepare)
    host = url.host or url.query.get("host") or "this machine"
    where = f"Ledger {url.database} on {host}:{url.port or 5432} (PostgreSQL)"
    return Database(engine, where, None)
