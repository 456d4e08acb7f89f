"""A SQLite file that is damaged, gone, replaced or not ours to write: told, never begun anew."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mailbridge.errors import LedgerError
from mailbridge.ledger.faults import DAMAGED
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import FOREVER, T0, cursor, lead, mail, sent_mail, settled

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of some pages, closed: everything is in the one file."""
    path = tmp_path / "ledger.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        for uid in range(1, 30):
            sent_mail(ledger, uid)
        raw = Random(1).randbytes(9_000)
        ledger.record([mail(99, lead(99), text="words " * 999, raw=raw)], cursor(100), T0)
        ledger.poll_ended("sales", T0)
    return path


def read_everything(ledger: Ledger) -> list[object]:
    found: list[object] = [ledger.mail(m.id) for m in ledger.mails(limit=1_000)]
    return [
        *found,
        ledger.summary(),
        ledger.next_due(),
        ledger.to_mark("sales", 1_000),
        ledger.to_decide_again("sales"),
        ledger.cursor("sales", "INBOX"),
        ledger.history([f"identity-{n}" for n in range(100)], ["fingerprint-99"], FOREVER),
    ]


def cut_to(size: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, size)


def overwrite(start: int, data: bytes) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(start)
            file.write(data)

    return do


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_to(0), r"the file is empty.*Restore it from a backup"),
        (cut_to(1), "file is empty|not a database|damaged"),
        (cut_to(100), "not a database|damaged"),
        (cut_to(PAGE), "damaged.*restore it from a backup"),
        (cut_to(3 * PAGE + 1_000), "damaged.*restore it from a backup"),
        (overwrite(0, b"\0" * PAGE), "not a database"),
        (overwrite(0, b"Dear diary, "), "not a database"),
        (overwrite(100, b"\xff" * (PAGE - 100)), "damaged.*restore it from a backup"),
    ],
    ids=["empty", "byte", "header", "page 1", "page 3", "zeros", "text", "schema"],
)
def test_a_file_of_which_the_beginning_is_left(
    path: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(path)
    before = path.read_bytes()
    url = f"sqlite:///{path}"
    for act in (Ledger.open, Ledger.read_only, lambda u: Ledger.open(u, migrate=False)):
        with pytest.raises(LedgerError, match=message) as caught, act(url) as ledger:
            read_everything(ledger)
        assert str(path) in str(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("filling", ["zeros", "ones", "chance"])
def test_each_page_that_goes_bad_is_told_and_never_a_defect(path: Path, filling: str) -> None:
    """Read to the end, and written: the answer is right, or a LedgerError."""
    whole = path.read_bytes()
    with Ledger.open(f"sqlite:///{path}") as ledger:
        right = read_everything(ledger)
    told = []
    random = Random(7)
    for page in range(1, len(whole) // PAGE):
        bad = {"zeros": bytes(PAGE), "ones": b"\xff" * PAGE, "chance": random.randbytes(PAGE)}
        path.write_bytes(whole[: page * PAGE] + bad[filling] + whole[(page + 1) * PAGE :])
        try:
            with Ledger.open(f"sqlite:///{path}") as ledger:
                assert read_everything(ledger) == right
                ledger.record([mail(200, lead(200))], cursor(201), T0)
                ledger.settle(settled(ledger.claim(T0), State.SENT))
        except LedgerError as error:
            told.append(str(error))
    assert len(told) > (len(whole) // PAGE) / 2
    assert {message.partition(": ")[2] for message in told} == {DAMAGED}


def test_text_that_is_none_is_told_without_it(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("UPDATE mails SET subject = CAST(x'4d722e20ff' AS TEXT) WHERE id = 3")
    database.commit()
    database.close()
    with (
        Ledger.open(f"sqlite:///{path}") as ledger,
        pytest.raises(LedgerError, match="The file is damaged") as caught,
    ):
        ledger.mail(3)
    assert "Mr." not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_database_without_a_table_is_what_is_left_of_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    made = sqlite3.connect(path)
    made.execute("PRAGMA journal_mode = WAL")
    made.close()
    assert path.stat().st_size
    for act in (Ledger.open, Ledger.read_only):
        with pytest.raises(LedgerError, match="the file is empty"):
            act(f"sqlite:///{path}")


def test_a_wal_without_its_database_is_kept(path: Path) -> None:
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.record([mail(200)], None, T0)
        wal = path.with_name("ledger.db-wal").read_bytes()
    path.unlink()
    path.with_name("ledger.db-wal").write_bytes(wal)
    for act in (Ledger.open, Ledger.read_only):
        with pytest.raises(LedgerError, match=r"ledger\.db-wal, which belongs to it, is still"):
            act(f"sqlite:///{path}")
    assert path.with_name("ledger.db-wal").read_bytes() == wal
    assert not path.exists()


# While it runs


@pytest.mark.parametrize("how", ["removed", "moved", "replaced", "emptied"])
def test_a_file_that_goes_while_it_is_used_is_noticed_before_the_next_lead(
    path: Path, tmp_path: Path, how: str
) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(path, copy)
    with Ledger.open(f"sqlite:///{path}") as ledger:
        ledger.claim_instance()
        ledger.record([mail(200, lead(200))], None, T0)
        match how:
            case "removed":
                path.unlink()
            case "moved":
                path.rename(tmp_path / "elsewhere.db")
            case "replaced":
                copy.replace(path)
            case _:
                os.truncate(path, 0)
        for _ in range(2):
            with pytest.raises(LedgerError, match="removed or replaced while mailbridge was run"):
                ledger.claim(T0)
    if how == "replaced":
        path.with_name("ledger.db-wal").unlink(missing_ok=True)
        with Ledger.open(f"sqlite:///{path}") as ledger:
            assert ledger.claim(T0) is not None


def test_two_names_of_one_file_are_one_ledger(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with (
        Ledger.open(f"sqlite:///{path}") as first,
        Ledger.open(f"sqlite:///{tmp_path}/link/ledger.db") as second,
    ):
        first.claim_instance()
        with pytest.raises(LedgerError, match="another mailbridge is running"):
            second.claim_instance()


# Not ours to write


LESSER = """
import os, sys, encodings.ascii
import filelock, sqlalchemy.dialects.sqlite, mailbridge.ledger.ledger as room
from mailbridge.errors import LedgerError
from tests.ledger.making import T0, mail
Ledger = room.Ledger
if os.geteuid() == 0:  # root may write everything; everything needed is imported by now
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with Ledger.open(sys.argv[1]) as ledger:
        ledger.claim_instance()
        ledger.record([mail(500)], None, T0)
except LedgerError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("file", "folder", "told"),
    [
        (0o666, 0o777, ""),
        (0o444, 0o777, "cannot be opened for writing"),
        (0o000, 0o777, "cannot be opened for writing"),
        (0o666, 0o555, "cannot be opened for writing"),
        (0o666, 0o000, "cannot be read"),
        (None, 0o555, "cannot be opened for writing"),
    ],
    ids=["all", "file read-only", "file closed", "folder read-only", "folder closed", "no file"],
)
def test_who_may_not_write_is_told_at_the_start(
    path: Path, file: int | None, folder: int, told: str
) -> None:
    # Not tmp_path: another user may not enter that.
    with tempfile.TemporaryDirectory(prefix="mbld-") as place:
        Path(place).chmod(0o755)
        (Path(place) / "state").mkdir()
        target = Path(place) / "state" / "ledger.db"
        if file is not None:
            shutil.copyfile(path, target)
            target.chmod(file)
        target.parent.chmod(folder)
        try:
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", LESSER, f"sqlite:///{target}"],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            target.parent.chmod(0o755)
        assert done.stderr == ""
        assert done.stdout.count("\n") == bool(told)
        assert told in done.stdout
        assert "Give this user the right" in done.stdout or not told
