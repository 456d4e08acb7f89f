"""A SQLite ledger that cannot be used: one clear message with its remedy each; and its files."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mailbridge.errors import LedgerError, LedgerMissing
from mailbridge.ledger.ledger import Ledger
from tests.ledger.making import T0, lead, mail


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_folder_and_file_are_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    before = os.umask(0)
    try:
        with Ledger.open(url_of(path)) as ledger:
            ledger.claim_instance()
            ledger.record([mail(1)], None, T0)
            files = {p.name: p.stat().st_mode & 0o777 for p in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(files) == {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"}
    assert set(files.values()) == {0o600}


def test_what_was_written_is_there_when_opened_again(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ids = ledger.record([mail(1, lead(1))], None, T0)
    with Ledger.open(sqlite_url, migrate=False) as ledger:
        assert [m.id for m in ledger.mails()] == ids


def test_each_commit_is_synced_to_the_disk(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger, ledger._database.writing() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.parametrize("migrate", [True, False])
def test_no_database_file(tmp_path: Path, migrate: bool) -> None:
    path = tmp_path / "ledger.db"
    path.write_text("Dear diary, " * 1_000)
    with pytest.raises(LedgerError, match=r"ledger\.db: This is not a database\."):
        Ledger.open(url_of(path), migrate=migrate)
    with pytest.raises(LedgerError, match="This is not a database"):
        Ledger.read_only(url_of(path))
    assert path.read_text().startswith("Dear diary")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="database of another program"):
        Ledger.open(url_of(path))
    assert path.read_bytes() == before


def test_a_damaged_file(sqlite_url: str, tmp_path: Path) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([mail(n, lead(n)) for n in range(300)], None, T0)
    path = tmp_path / "state" / "ledger.db"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)  # only page 1, the schema, is left
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="file is damaged"):
        Ledger.open(sqlite_url)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "ledger.db", Path("/proc/ledger.db")):
        with pytest.raises(LedgerError, match="cannot be opened for writing") as caught:
            Ledger.open(url_of(path))
        assert "Give this user the right" in str(caught.value)


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="this is a folder"):
        Ledger.open(url_of(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "ledger.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://server/ledger.db",
        "mysql://user:hush-hush@host/db",
        "postgresql://user:hush-hush@host:port/db",
        "user:hush-hush@host",
    ],
)
def test_a_url_that_is_none_is_told_without_its_password(url: str) -> None:
    with pytest.raises(LedgerError, match="sqlite:///") as caught:
        Ledger.open(url)
    assert "hush-hush" not in str(caught.value)


def test_read_only_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing, match="there is none yet"):
        Ledger.read_only(url_of(tmp_path / "none" / "ledger.db"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LedgerMissing, match="there is none yet"):
        Ledger.open(url_of(tmp_path / "none" / "ledger.db"), migrate=False)
    assert list(tmp_path.iterdir()) == []


def test_read_only_reads_beside_the_daemon_and_cannot_write(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as daemon:
        daemon.claim_instance()
        with Ledger.read_only(sqlite_url) as reader:
            ids = daemon.record([mail(1, lead(1))], None, T0)
            assert [m.id for m in reader.mails()] == ids
            with daemon.writing() as book:
                book.record([mail(2)], None, T0)
                assert len(reader.mails()) == 1  # neither waits nor sees the half
            assert reader.summary().queued == 1
            with pytest.raises(LedgerError, match="cannot be written"):
                reader.claim(T0)


def test_a_person_can_retry_beside_the_daemon(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as daemon, Ledger.open(sqlite_url) as person:
        daemon.claim_instance()
        [number] = daemon.record([mail(1)], None, T0)
        person.retry(number, T0)
        assert daemon.to_decide_again("sales") == [number]


def test_one_daemon_per_ledger(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as first, Ledger.open(sqlite_url) as second:
        first.claim_instance()
        with pytest.raises(LedgerError, match="another mailbridge is running") as caught:
            second.claim_instance()
        assert f"(pid {os.getpid()})" in str(caught.value)
        first.close()
        second.claim_instance()


def test_locked_by_another_program(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailbridge.ledger.database._BUSY_SECONDS", 0.05)
    with Ledger.open(sqlite_url) as ledger:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="Another program keeps it locked"):
            ledger.record([mail(1)], None, T0)
        other.close()
        assert ledger.record([mail(1)], None, T0)


def test_a_full_disk_undoes_the_transaction_and_no_more(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        [kept] = ledger.record([mail(1, lead(1))], None, T0)
        with ledger._database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        big = [mail(n, lead(n), raw=os.urandom(20_000)) for n in range(2, 9)]
        with pytest.raises(LedgerError, match=r"The disk is full\. Free some space"):
            ledger.record(big, None, T0)
        assert [m.id for m in ledger.mails()] == [kept]
        with ledger._database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        assert len(ledger.record(big, None, T0)) == len(big)


def test_a_ledger_that_is_up_to_date_opens_without_alembic(sqlite_url: str) -> None:
    Ledger.open(sqlite_url).close()
    script = (
        "import sys; from mailbridge.ledger.ledger import Ledger;"
        "Ledger.open(sys.argv[1]).close(); Ledger.read_only(sys.argv[1]).close();"
        "print('alembic' in sys.modules, 'sqlalchemy.orm' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, sqlite_url], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
