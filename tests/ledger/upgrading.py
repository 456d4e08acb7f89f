"""Ledgers of earlier schemas, brought back from schemas/*.sql, on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from mailbridge.ledger import migration
from mailbridge.ledger.database import connect
from tests.ledger.freeze import SCHEMAS

NEXT_SCHEMA = Path(__file__).parent / "next_schema"
Rows = dict[str, list[dict[str, Any]]]
"""Of each table, in the order of their keys."""

_shipped = migration._config


def revisions() -> list[str]:
    """From the first to today's."""
    found = ScriptDirectory.from_config(_shipped()).walk_revisions()
    return [script.revision for script in found][::-1]


def next_config() -> Config:
    """The shipped migrations and one more."""
    config = _shipped()
    shipped = Path(migration.__file__).parent / "migrations" / "versions"
    config.set_main_option("version_locations", f"{shipped}:{NEXT_SCHEMA}")
    return config


def bring_back(url: str, revision: str) -> Rows:
    """Make the ledger that people of that schema have; what is in it."""
    frozen = sqlite3.connect(":memory:")
    frozen.executescript((SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8"))
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True)
        target = sqlite3.connect(path)
        frozen.backup(target)
        target.execute("PRAGMA journal_mode = WAL")
        target.close()
    else:
        _into_postgresql(frozen, url, revision)
    frozen.close()
    return rows(url)


def _into_postgresql(frozen: sqlite3.Connection, url: str, revision: str) -> None:
    """By the migrations up to that revision; the rows are the same."""
    frozen.row_factory = sqlite3.Row
    with _writing(url) as connection:
        config = _shipped()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            for row in frozen.execute(f'SELECT * FROM "{table.name}"'):  # noqa: S608
                values = {c.name: _value(c.type, row[c.name]) for c in table.columns}
                connection.execute(table.insert().values(values))
            if table.c.get("id") is not None:
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id))"  # noqa: S608
                    f" FROM {table.name}"
                )


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, sa.Boolean):
        return bool(value)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def rows(url: str) -> Rows:
    """Everything that the database holds, whatever its schema."""
    with _writing(url) as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    sa.select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name != "alembic_version"
        }


@contextmanager
def _writing(url: str) -> Iterator[sa.Connection]:
    database = connect(url)
    try:
        with database.writing() as connection:
            yield connection
    finally:
        database.close()


def missing(before: Rows, after: Rows) -> Rows:
    """The rows of which not every value is there any more."""
    lost: Rows = {}
    for table, of_table in before.items():
        there = after.get(table, [])
        for row in of_table:
            if not any(row.items() <= other.items() for other in there):
                lost.setdefault(table, []).append(row)
    return lost
