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
from pathlib import Path
from statistics import median

from bench.contestants import write_settings
from bench.job import Job
from bench.stage import fill_mailbox, make_job, start_dovecot
from mailbridge import log
from mailbridge.app import App
from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from tests.servers.dovecot import Dovecot

COUNTS = (1_000, 10_000, 100_000)
WARM_UP = 3
"""Polls before the clock runs: the first one meets the mailbox for the first time."""
POLLS = 30
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
    """Yield small inquiries: a poll must not read them, so that their size is of no account."""
    for number in range(count):
        yield (
            "From: Homegate <interested@homegate.ch>\r\nTo: agency@example.net\r\n"
            f"Subject: Nouvelle demande\r\nMessage-ID: <{number:06d}.poll@example.com>\r\n"
            "Date: Mon, 02 Nov 2026 07:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            f"Objet d'intérêt:\r\nRéférence: [A.1.{number:06d}]\r\n"
            "La personne suivante est intéressée:\r\nPrénom: Aline\r\nNom: Favre\r\n"
            f"E-mail: visitor-{number:06d}@example.org\r\nTon message\r\nBonjour.\r\n"
        ).encode()


@contextmanager
def open_bare(job: Job) -> Iterator[Poll]:
    """Connect, log in, EXAMINE, ask for what is new, log out."""
    context = ssl.create_default_context(cafile=job.ca_file)

    def poll() -> None:
        with imaplib.IMAP4_SSL(job.host, job.port, ssl_context=context, timeout=60) as inbox:
            inbox.login(job.user, job.password)
            inbox.select("INBOX", readonly=True)
            following = int((inbox.response("UIDNEXT")[1][0] or b"0").decode())
            inbox.uid("SEARCH", "UID", f"{following}:*")

    yield poll


@contextmanager
def open_mailbridge(job: Job) -> Iterator[Poll]:
    """Build the daemon, and yield what it calls at each interval.

    The first poll takes in the whole mailbox and knows every mail by its mark, so that the
    ledger has a row for each: that, not the polls timed, is what takes minutes.
    """
    log.configure("warning")
    app = App.load(write_settings(job, Path(job.ledger).parent), secrets=True)
    with Ledger.open(app.ledger_url) as ledger:
        [bridge] = app.daemon(ledger).bridges
        seen = bridge.poll()
        print(f"  mailbridge took in {seen.total():,} mails", file=sys.stderr)
        yield lambda: _expect_nothing(bridge.poll())
        bridge.close()


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
