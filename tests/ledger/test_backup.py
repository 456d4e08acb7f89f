"""A copy made while the daemon writes, by the very commands of docs/operations.md, and restored."""

import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import T0, lead, mail, settled

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
COPIES = 6


@pytest.fixture(scope="module")
def commands() -> list[list[str]]:
    """The commands of the chapter on backup: to copy, to restore."""
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed. Install it with: apt-get install sqlite3")
    chapter = DOCS.read_text(encoding="utf-8").split("## Backup\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", chapter, re.DOTALL)
    return [[line[2:] for line in block.splitlines() if line.startswith("$ ")] for block in blocks]


def do(commands: list[str], ledger: Path, backup: Path) -> str:
    script = "set -eu\n" + "\n".join(commands)
    script = script.replace("/var/lib/mailbridge", str(ledger.parent))
    script = script.replace("/backup/", f"{backup}/")
    done = subprocess.run(
        ["sh", "-c", script],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def daemon(sqlite_url: str) -> Iterator["subprocess.Popen[str]"]:
    """It records, claims and settles as fast as it can."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.worker", sqlite_url, "1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        try:
            yield worker
        finally:
            worker.kill()
            worker.communicate()


def promised(daemon: "subprocess.Popen[str]", mails: int) -> int:
    """Read what it says until it has recorded so many; the last that was posted before."""
    assert daemon.stdout is not None
    posted = 0
    for line in daemon.stdout:
        word, *numbers = line.split()
        if word == "posted":
            posted = int(numbers[0])
        if word == "recorded" and int(numbers[0]) >= mails:
            return posted
    raise EOFError


def holds(url: str, mails: int, posted: int) -> None:
    """Everything promised is in it, and it is one moment: no half of anything."""
    with Ledger.open(url) as ledger:
        cursor = ledger.cursor("sales", "INBOX")
        assert cursor is not None
        assert len(ledger.mails(limit=100_000)) == cursor.next_uid - 1 >= mails
        sent = [m for m in ledger.mails(limit=100_000) if m.outcome == "sent"]
        assert len(sent) >= posted - 1
        ledger.claim_instance()
        assert len(ledger.recover(T0, None)) <= 1
        claimed = ledger.claim(T0)
        assert claimed is None or claimed.lead > posted
        while claimed is not None:
            claimed = ledger.settle_and_claim(settled(claimed, State.SENT), T0)
        assert ledger.summary().queued == 0


def test_copies_made_while_the_daemon_writes_are_whole(
    commands: list[list[str]], daemon: "subprocess.Popen[str]", sqlite_url: str, tmp_path: Path
) -> None:
    copy, _restore = commands
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for number in range(1, COPIES + 1):
        mails = 12 * number
        posted = promised(daemon, mails)
        backup = tmp_path / f"backup-{number}"
        backup.mkdir()
        assert do(copy, path, backup) == "ok\n"
        [made] = backup.iterdir()
        assert made.stat().st_mode & 0o777 == 0o600
        holds(f"sqlite:///{made}", mails, posted)
    assert daemon.poll() is None


def test_a_copy_is_restored_over_what_a_crash_left(
    commands: list[list[str]], daemon: "subprocess.Popen[str]", sqlite_url: str, tmp_path: Path
) -> None:
    copy, restore = commands
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    posted = promised(daemon, 10)
    do(copy, path, tmp_path)
    [made] = tmp_path.glob("ledger-*.db")
    made.rename(tmp_path / "ledger-2026-11-03-020000.db")
    promised(daemon, 40)
    daemon.kill()
    daemon.wait(30)
    assert path.with_name("ledger.db-wal").stat().st_size
    path.write_bytes(b"ruined")
    do(restore, path, tmp_path)
    holds(sqlite_url, 10, posted)


def test_copying_the_file_alone_would_lose_what_was_promised(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Why the document warns of it; should this fail, the warning may go."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    # In this process: one that goes on writing would move its journal into the file meanwhile.
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([mail(n, lead(n), raw=b"x" * 9_000) for n in range(20)], None, T0)
        shutil.copyfile(path, tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as database:
        [(mails,)] = database.execute("SELECT count(*) FROM mails").fetchall()
    database.close()
    assert mails < 20
