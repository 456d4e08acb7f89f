"""What a poll with nothing new costs, in mailboxes of 1,000, 10,000 and 100,000 handled mails.

Every mail bears the mark of a lead that was sent, and the ledger knows it. The cost must not
grow with the mailbox, and mailbridge's must stay under 20 ms of CPU. CPU is the client's own,
TLS included. The bare line is the least that a poll on a new connection can do with the
standard library; mailbridge keeps its connection.

Run: `python -m bench.poll`.
"""

import imaplib
import ssl
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.contestants import write_settings
from bench.job import Job
from bench.stage import fill_mailbox, make_job, start_dovecot
from mailbridge import log
from mailbridge.app import App
from mailbridge.assembly import assemble
from mailbridge.filing import MARKS
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Cursor, NewLead, NewMail, Place
from mailbridge.outcomes import Outcome
from tests.servers.dovecot import Dovecot

COUNTS = (1_000, 10_000, 100_000)
WARM_UP = 3
"""Polls before the clock runs: the first one meets the mailbox for the first time."""
POLLS = 30
FOLDER = "INBOX"
ROWS = 1_000
"""Mails recorded in one transaction."""
KEYWORD_A = "a"
"""Flag of a Maildir file name that stands for the first keyword."""

NOWHERE = "http://localhost:9/api/v1/lead"
"""Nothing is ever sent."""

Poll = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one poll: the median, in milliseconds."""

    cpu: float
    wall: float


def make_mails(count: int) -> Iterator[bytes]:
    """Yield small mails: a poll must not read them, so that what they say is of no account."""
    for number in range(count):
        yield (
            "From: Homegate <interested@homegate.ch>\r\nTo: agency@example.net\r\n"
            f"Subject: Nouvelle demande\r\nMessage-ID: <{number + 1}.poll@example.com>\r\n"
            "Date: Mon, 02 Nov 2026 07:00:00 +0000\r\n\r\nBonjour.\r\n"
        ).encode()


def connect(job: Job) -> imaplib.IMAP4_SSL:
    """Connect, log in, EXAMINE."""
    context = ssl.create_default_context(cafile=job.ca_file)
    inbox = imaplib.IMAP4_SSL(job.host, job.port, ssl_context=context, timeout=60)
    inbox.login(job.user, job.password)
    inbox.select(FOLDER, readonly=True)
    return inbox


def read_number(inbox: imaplib.IMAP4, name: str) -> int:
    """Return what the server said of the folder when it was opened, as UIDNEXT."""
    return int((inbox.response(name)[1][0] or b"0").decode())


@contextmanager
def open_bare(job: Job) -> Iterator[Poll]:
    """Connect, ask for what is new, log out."""

    def poll() -> None:
        with connect(job) as inbox:
            inbox.uid("SEARCH", "UID", f"{read_number(inbox, 'UIDNEXT')}:*")

    yield poll


@contextmanager
def open_mailbridge(job: Job) -> Iterator[Poll]:
    """Build the daemon on a ledger that knows every mail; yield what it calls at each interval."""
    log.configure("warning")
    app = App.load(write_settings(job, Path(job.ledger).parent), secrets=True)
    with Ledger.open(app.ledger_url) as ledger, assemble(app, ledger) as daemon:
        [bridge] = daemon.bridges
        record_handled(job, ledger, bridge.name)
        yield lambda: _expect_nothing(bridge.poll())
        bridge.close()


def record_handled(job: Job, ledger: Ledger, name: str) -> None:
    """Put every mail into the ledger, decided and marked, as if mailbridge had read it.

    By the ledger's own functions. Leads are recorded as duplicates, which are settled from the
    start, because to claim and settle each would take minutes and leave the same rows.
    """
    with connect(job) as inbox:
        uidvalidity, following = read_number(inbox, "UIDVALIDITY"), read_number(inbox, "UIDNEXT")
    at = datetime.now(UTC)
    for first in range(1, following, ROWS):
        end = min(first + ROWS, following)
        cursor = Cursor(
            inbox=name,
            folder=FOLDER,
            uidvalidity=uidvalidity,
            next_uid=end,
            fresh_from=1,
            backlog_since=None,
            first_started=at,
        )
        mails = [
            NewMail(
                place=Place(name, FOLDER, uidvalidity, uid),
                identity=f"mail-{uid}",
                message_id=f"{uid}.poll@example.com",
                received=at,
                size=1_000,
                outcome=Outcome.DUPLICATE,
                portal="homegate.ch",
                leads=(
                    NewLead(part=1, payload={}, fingerprint=str(uid), fields={}, duplicate_of=1),
                ),
            )
            for uid in range(first, end)
        ]
        ids = ledger.record(mails, cursor, at)
        ledger.marked(dict.fromkeys(ids, MARKS[Outcome.DUPLICATE].value), {})


def _expect_nothing(seen: Counter[Outcome]) -> None:
    if seen:
        raise AssertionError(f"nothing is new, but the poll took in {seen}")


OPENERS: dict[str, Callable[[Job], AbstractContextManager[Poll]]] = {
    "bare": open_bare,
    "mailbridge": open_mailbridge,
}


def time_polls(poll: Poll) -> Cost:
    """Poll some times, each by itself under both clocks."""
    for _ in range(WARM_UP):
        poll()
    cpu, wall = [], []
    for _ in range(POLLS):
        began, began_cpu = time.perf_counter(), time.process_time()
        poll()
        cpu.append((time.process_time() - began_cpu) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    return Cost(median(cpu), median(wall))


def prepare(server: Dovecot, count: int, folder: Path) -> Job:
    """Make a mailbox of that many handled mails; Dovecot indexes it once."""
    user = f"poll-{count}"
    began = time.perf_counter()
    fill_mailbox(server, user, make_mails(count), flags=KEYWORD_A)
    print(f"  {count:,} mails made in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    place = folder / user
    place.mkdir()
    return make_job(server, user, NOWHERE, place)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_dovecot() as server:
        jobs = [prepare(server, count, Path(folder)) for count in COUNTS]
        print(f"ms for one poll, median of {POLLS}: CPU / on the clock")
        print(f"{'':12}" + "".join(f"{count:>18,}" for count in COUNTS))
        for name, opener in OPENERS.items():
            cells = ""
            for job in jobs:
                with opener(job) as poll:
                    cost = time_polls(poll)
                cells += f"{f'{cost.cpu:.1f} / {cost.wall:.1f}':>18}"
            print(f"{name:12}{cells}", flush=True)


if __name__ == "__main__":
    main()
