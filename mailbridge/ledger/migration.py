"""The schema's version: told by plain SQL, raised by Alembic only where it is behind."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection

from mailbridge.errors import LedgerError, LedgerMissing
from mailbridge.ledger.database import Database, open_file
from mailbridge.ledger.file import hollow, new_file, require_usable, require_wholeness
from mailbridge.ledger.tables import SCHEMA, metadata

if TYPE_CHECKING:
    from alembic.config import Config


def bring_up_to_date(database: Database) -> None:
    """Create the tables, or migrate an older ledger; a newer one is refused."""
    if database.path is not None:
        if not require_wholeness(database.path):
            _create_file(database.path)
        require_usable(database.path)
    with database.reading() as connection:
        at_head = _revision(connection, database.where) == SCHEMA
    if database.path is not None:
        _use_wal(database)
    if at_head:
        return
    with database.writing() as connection:
        # Read again, now that nobody else can write: another process may have been quicker.
        revision = _revision(connection, database.where)
        if not revision:
            _create(connection)
        elif revision != SCHEMA:
            _upgrade(connection, revision, database.where)


def require_up_to_date(database: Database) -> None:
    """Refuse a ledger that this version cannot use as it stands; changes nothing."""
    if database.path is not None and not require_wholeness(database.path):
        raise LedgerMissing(f"{database.where}: there is none yet. `mailbridge run` creates it.")
    with database.reading() as connection:
        revision = _revision(connection, database.where)
    if revision == SCHEMA:
        return
    if not revision:
        raise LedgerMissing(f"{database.where}: it is empty. `mailbridge run` sets it up.")
    if _is_known(revision):
        raise LedgerError(
            f"{database.where}: it is from an older mailbridge. `mailbridge run` brings it up "
            "to date; make a copy first."
        )
    raise _newer(database.where)


def _revision(connection: Connection, where: str) -> str:
    """Revision of the tables; empty where there are none, which is an error in a file."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' "
            "ESCAPE '!'"
        )
        names = set(rows.scalars())
        if not names:
            raise hollow(where)
        if "alembic_version" not in names:
            raise LedgerError(
                f"{where}: it is the database of another program. Name another file in "
                "`ledger.url`."
            )
    else:
        # Not to_regclass: after waiting for the write lock it may answer from a stale cache.
        found = connection.exec_driver_sql(
            "SELECT 1 FROM pg_class WHERE relname = 'alembic_version' AND pg_table_is_visible(oid)"
        )
        if found.scalar() is None:
            return ""
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def _create_file(path: Path) -> None:
    with new_file(path) as building:
        database = open_file(building)
        database.where = f"Ledger {path}"
        try:
            _use_wal(database)
            with database.writing() as connection:
                _create(connection)
        finally:
            database.close()  # the last connection: everything is in the one file now


def _use_wal(database: Database) -> None:
    """WAL: readers never wait, and a commit is one fsync. The file remembers it."""
    with database.explained(), database.engine.connect() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar()
    if mode != "wal":
        raise LedgerError(
            f"{database.where}: this file system cannot hold a ledger (no WAL). "
            "Keep the ledger on a local disk."
        )


def _create(connection: Connection) -> None:
    """Make the tables as they are today, without the way there: a test compares the two."""
    # Unasked whether a table is there: one of another program must be an error.
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": SCHEMA})


def _upgrade(connection: Connection, revision: str, where: str) -> None:
    from alembic import command  # half a second to import, needed once per version

    if revision and not _is_known(revision):
        raise _newer(where)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_known(revision: str) -> bool:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "mailbridge.ledger:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _newer(where: str) -> LedgerError:
    return LedgerError(
        f"{where}: it is from a newer mailbridge. Install that version again, or restore the "
        "copy from before it."
    )
