"""The power fails: what the ledger promised is there, whatever of the rest reached the disk."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from mailbridge.ledger.ledger import Ledger
from tests.ledger.disk import SYSCALLS, Call, Disk, calls
from tests.ledger.making import T0, lead, mail
from tests.ledger.promises import Promises

MAILS = 20
CUTS = 120
SEED = 20261104


def record(url: str, log: Path) -> None:
    done = subprocess.run(
        [
            *("strace", "-f", "--seccomp-bpf", "-xx", "-s", "1000000", "-o", str(log)),
            *("-e", f"trace={SYSCALLS}"),
            *(sys.executable, "-m", "tests.ledger.recorder", url, str(MAILS)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def said(call: Call) -> tuple[str, int] | None:
    if call.name != "write" or call.words[0] != "1":
        return None
    word, number = call.strings[0].split()
    return word.decode(), int(number)


def touched(done: list[Call]) -> list[int]:
    """Places in the log after which the disk or the promises are others than before."""
    names = {"pwrite64", "fsync", "fdatasync", "ftruncate", "mkdir", "unlink", "link", "linkat"}
    return [n for n, call in enumerate(done) if call.name in names or said(call)]


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("strace")
def test_every_promise_outlives_the_power(tmp_path: Path) -> None:
    """What the process did to its files is recorded, and cut at hundreds of places."""
    (tmp_path / "disk").mkdir()
    record(f"sqlite:///{tmp_path}/disk/state/of/ledger.db", tmp_path / "log")
    done = list(calls(tmp_path / "log"))
    random = Random(SEED)
    places = touched(done)
    # The first ones are the ledger's making, where the names are new: all of them.
    cuts = {*places[:80], *random.sample(places, CUTS)}
    disk, promises = Disk(tmp_path / "disk"), Promises()
    kept = 0
    for number, call in enumerate(done):
        disk.do(call)
        if heard := said(call):
            promises.hear(*heard)
        if number not in cuts:
            continue
        left = tmp_path / f"left-{number}"
        left.mkdir()
        disk.lose_power(left, random)
        path = left / "state" / "of" / "ledger.db"
        assert path.exists() or not promises.opened, f"cut after call {number}"
        kept += path.exists()
        with Ledger.open(f"sqlite:///{path}") as ledger:
            promises.hold_in(ledger)
            assert len(ledger.record([mail(9_999, lead(9_999))], None, T0)) == 1
        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.close()
    assert kept > CUTS / 2
    assert promises.recorded == MAILS
    assert len(promises.settled) == MAILS - 1


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, list[int]]:
    """Database and WAL as a crash leaves them; the WAL's length before its last transaction."""
    folder = tmp_path_factory.mktemp("crashed")
    with Ledger.open(f"sqlite:///{folder}/live/ledger.db") as ledger:
        wal = folder / "live" / "ledger.db-wal"
        ids = ledger.record([mail(1, lead(1))], None, T0)
        ids += ledger.record([mail(2, lead(2), raw=b"x" * 5_000)], None, T0)
        before = wal.stat().st_size
        ids += ledger.record([mail(3, lead(3))], None, T0)
        for end in ("", "-wal"):
            (folder / f"ledger.db{end}").write_bytes(
                (folder / "live" / f"ledger.db{end}").read_bytes()
            )
    return folder, before, ids


def read_after(folder: Path, wal: bytes, database: bytes) -> list[int]:
    (folder / "ledger.db").write_bytes(database)
    (folder / "ledger.db-wal").write_bytes(wal)
    connection = sqlite3.connect(folder / "ledger.db")
    try:
        found = connection.execute("SELECT id FROM mails ORDER BY id").fetchall()
        return [number for (number,) in found]
    finally:
        connection.close()
        for end in ("", "-wal", "-shm"):
            (folder / f"ledger.db{end}").unlink(missing_ok=True)


def damaged_from(wal: bytes, at: int, damage: str) -> bytes:
    match damage:
        case "cut off":
            return wal[:at]
        case "zeros":
            return wal[:at] + bytes(len(wal) - at)
        case _:
            return wal[:at] + bytes([wal[at] ^ 0xFF]) + wal[at + 1 :]


@pytest.mark.parametrize("damage", ["cut off", "zeros", "garbled"])
def test_a_wal_damaged_at_any_byte_of_its_last_transaction_keeps_the_others(
    crashed: tuple[Path, int, list[int]], tmp_path: Path, damage: str
) -> None:
    folder, before, ids = crashed
    wal, database = (folder / "ledger.db-wal").read_bytes(), (folder / "ledger.db").read_bytes()
    assert read_after(tmp_path, wal, database) == ids
    assert before < len(wal)
    # Every byte around the frames' heads and the ends, else every 151st.
    frames = range(before, len(wal), 24 + 4096)
    close = {at + near for at in frames for near in range(-2, 27)}
    end = range(len(wal) - 40, len(wal))
    for at in sorted({*close, *end, *range(before, len(wal), 151)}):
        if not before <= at < len(wal):
            continue
        damaged = damaged_from(wal, at, damage)
        found = read_after(tmp_path, damaged, database)
        # Zeros in place of zeros damage nothing.
        assert found == (ids if damaged == wal else ids[:-1]), f"damaged from byte {at}"


def test_the_ledger_opens_on_a_damaged_wal(
    crashed: tuple[Path, int, list[int]], tmp_path: Path
) -> None:
    folder, before, ids = crashed
    wal = (folder / "ledger.db-wal").read_bytes()
    (tmp_path / "ledger.db").write_bytes((folder / "ledger.db").read_bytes())
    (tmp_path / "ledger.db-wal").write_bytes(wal[: before + 5_000])
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        assert sorted(m.id for m in ledger.mails()) == ids[:-1]
        assert ledger.record([mail(3, lead(3))], None, T0)
