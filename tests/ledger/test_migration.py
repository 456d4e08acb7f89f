"""The schema: what the migrations make is what `tables.py` says; versions are told apart."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mailbridge.errors import LedgerError
from mailbridge.ledger import migration
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.marks import TO_MARK
from mailbridge.ledger.migration import _config
from mailbridge.ledger.queue import FIRST_DUE
from mailbridge.ledger.tables import SCHEMA, metadata
from tests.ledger.making import T0, mail


def set_revision(url: str, revision: str) -> None:
    database = sqlite3.connect(url.removeprefix("sqlite:///"))
    database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.commit()
    database.close()


def statements(path: Path) -> dict[str, set[str]]:
    """Each table and index of a SQLite file, as the set of its comma-separated clauses."""
    database = sqlite3.connect(path)
    rows = database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    database.close()
    return {
        name: {clause.strip(" )") for clause in " ".join(sql.split()).split(", ")}
        for name, sql in rows
        if name not in {"alembic_version", "sqlite_sequence"}
    }


def test_the_newest_migration_is_the_schema_of_the_tables() -> None:
    assert ScriptDirectory.from_config(_config()).get_heads() == [SCHEMA]


@pytest.fixture
def migrated(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger that came all the way by migrations, as the oldest ones will have."""

    def go_all_the_way(connection: sa.Connection) -> None:
        migration._upgrade(connection, "", "here")

    monkeypatch.setattr(migration, "_create", go_all_the_way)
    with Ledger.open(url) as ledger:
        yield ledger


def test_migrations_make_what_the_tables_say(migrated: Ledger) -> None:
    with migrated._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert migration._revision(connection, "here") == SCHEMA


def test_a_new_ledger_needs_no_migration(ledger: Ledger) -> None:
    with ledger._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert context.get_current_revision() == SCHEMA
        assert compare_metadata(context, metadata) == []


def test_migrations_make_it_word_for_word(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Partial indexes and AUTOINCREMENT too, which Alembic does not compare."""
    Ledger.open(f"sqlite:///{tmp_path}/direct.db").close()
    monkeypatch.setattr(migration, "_create", lambda c: migration._upgrade(c, "", "here"))
    Ledger.open(sqlite_url).close()
    made = statements(Path(sqlite_url.removeprefix("sqlite:///")))
    assert "CREATE TABLE mails ( id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT" in made["mails"]
    assert made == statements(tmp_path / "direct.db")


def test_a_newer_ledger_is_refused_and_left_alone(sqlite_url: str) -> None:
    Ledger.open(sqlite_url).close()
    set_revision(sqlite_url, "9999")
    for act in (Ledger.open, Ledger.read_only, lambda u: Ledger.open(u, migrate=False)):
        with pytest.raises(LedgerError, match="from a newer mailbridge"):
            act(sqlite_url)


def test_a_newer_ledger_on_postgresql(postgresql_url: str) -> None:
    with Ledger.open(postgresql_url) as ledger, ledger._database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="from a newer mailbridge"):
        Ledger.open(postgresql_url)


def test_a_migration_that_fails_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class PowerCut(BaseException):
        pass

    def fail(*_: object) -> None:
        raise PowerCut

    # The version is written last: everything was created when this raises.
    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
    monkeypatch.setattr(migration, "_create", lambda c: migration._upgrade(c, "", "here"))
    with pytest.raises(PowerCut):
        Ledger.open(url)
    monkeypatch.undo()
    with Ledger.open(url) as ledger:
        assert ledger.record([mail(1)], None, T0)


def test_two_that_open_a_new_ledger_at_once_both_can(url: str) -> None:
    barrier = Barrier(4)
    failures: list[BaseException] = []

    def open_it() -> None:
        barrier.wait()
        try:
            Ledger.open(url).close()
        except BaseException as error:  # noqa: BLE001 -- reported by the main thread
            failures.append(error)

    threads = [Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


@pytest.mark.parametrize(
    ("statement", "index"), [(FIRST_DUE, "leads_unsettled"), (TO_MARK, "mails_to_mark")]
)
def test_the_daemons_questions_are_answered_from_an_index(
    sqlite_url: str, statement: sa.Select[tuple[object]], index: str
) -> None:
    """Else each costs more with every mail ever seen."""
    with Ledger.open(sqlite_url) as ledger, ledger._database.reading() as connection:
        given = {"now": T0, "of_inbox": "sales", "most": 10}
        compiled = statement.compile(connection.engine)
        values = tuple(
            str(given.get(name, compiled.params[name])) for name in compiled.positiontup or ()
        )
        # Bound, as in the daemon: a literal might meet a partial index that a parameter does not.
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
        assert index in str(plan)
