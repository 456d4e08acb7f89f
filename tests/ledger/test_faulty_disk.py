"""A disk that fills up or fails under a bridge: it ends with one message and loses nothing.

strace lets the bridge's own system calls fail, from one of them on.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from mailbridge.ledger.ledger import Ledger
from tests.ledger.making import T0, lead, mail
from tests.ledger.promises import Promises

pytestmark = pytest.mark.usefixtures("strace")

FULL = "The disk is full. Free some space; nothing recorded so far is lost."
BROKEN = "The disk reported an error"


def record_with(fault: str, url: str) -> tuple[Promises, int, str]:
    """What a recorder said until the fault ended it, its exit code and its complaint."""
    done = subprocess.run(
        [
            *("strace", "-f", "--seccomp-bpf", "-o", "/dev/null"),
            *("-e", f"trace={fault.partition(':')[0]}", "-e", f"inject={fault}"),
            *(sys.executable, "-m", "tests.ledger.recorder", url, "20"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    promises = Promises()
    for line in done.stdout.splitlines():
        word, number = line.split()
        promises.hear(word, int(number))
    return promises, done.returncode, done.stderr


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("pwrite64:error=ENOSPC:when=180+", FULL),
        ("pwrite64:error=ENOSPC:when=237+", FULL),
        ("pwrite64:error=ENOSPC:when=350+", FULL),
        ("pwrite64:error=EDQUOT:when=250+", BROKEN),
        ("pwrite64:error=EIO:when=261+", BROKEN),
        ("fdatasync:error=EIO:when=20+", BROKEN),
        ("fdatasync:error=EIO:when=33", BROKEN),
    ],
)
def test_it_ends_with_one_message_and_keeps_its_promises(
    sqlite_url: str, fault: str, told: str
) -> None:
    promises, code, complaint = record_with(fault, sqlite_url)
    assert code == 1, complaint
    assert told in complaint
    assert complaint.count("\n") == 1
    assert promises.opened
    assert 0 < promises.recorded < 20
    with Ledger.open(sqlite_url) as ledger:  # some space was freed
        promises.hold_in(ledger)
        assert ledger.record([mail(9_999, lead(9_999))], None, T0)


@pytest.mark.parametrize("write", [1, 9, 40])
def test_a_disk_that_is_full_at_the_first_start_leaves_no_half_of_a_ledger(
    sqlite_url: str, write: int
) -> None:
    promises, code, complaint = record_with(f"pwrite64:error=ENOSPC:when={write}+", sqlite_url)
    assert (code, promises.opened) == (1, False)
    path = sqlite_url.removeprefix("sqlite:///")
    assert complaint == f"Ledger {path}: {FULL}\n"
    assert list(Path(path).parent.iterdir()) == []
    Ledger.open(sqlite_url).close()


def test_a_ledger_is_opened_on_a_full_disk(sqlite_url: str) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([mail(1, lead(1))], None, T0)
    _, code, complaint = record_with("pwrite64:error=ENOSPC:when=1+", sqlite_url)
    assert code == 1
    assert FULL in complaint
    with Ledger.read_only(sqlite_url) as ledger:
        assert ledger.summary().queued == 1
