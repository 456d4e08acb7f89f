"""One agency's mailbridge, run as people run it, with a proxy before each of its servers.

The bridge is a process of its own (`python -m mailbridge run`) that may be ended by
SIGKILL at any moment; inbox, lead API and ledger are real and outlive it.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from mailbridge.inbox.account import Account
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord
from mailbridge.sandbox.server import Sandbox
from tests.conftest import account_on, mailbox_on
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.postgresql import PostgreSQL
from tests.servers.proxy import Kind, Proxy, before_dovecot, before_sandbox

SECONDS = 60.0
"""How long anything may take on a busy machine."""

_SENDING = """
SELECT message_id FROM mails JOIN leads ON leads.mail = mails.id
WHERE state = 'sending'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What differs from one installation to another."""

    marking: str = "auto"
    on_doubt: str = "hold"
    doubt_wait: str = "0s"
    batch: int = 100


class Running:
    """A bridge that runs, and what it wrote to stderr."""

    def __init__(self, words: tuple[str, ...], folder: Path, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "mailbridge", *words],
            cwd=folder,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read, name="stderr", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        # Its end of the pipe is also that of every process that it started: they end with it.
        self._reader.join(SECONDS)
        assert not self._reader.is_alive(), "something that mailbridge started lives on"
        assert self.process.stderr is not None
        self.process.stderr.close()

    def kill(self, _: object = None) -> None:
        """SIGKILL, and wait until the process is no more. Harmless when it is not."""
        self.process.kill()
        self.process.wait(SECONDS)

    @property
    def killed(self) -> bool:
        """Whether it ended by SIGKILL."""
        return self.process.poll() == -signal.SIGKILL

    def wait_for(self, text: str) -> None:
        """Wait until it said so in its log."""
        with self._more:
            if not self._more.wait_for(lambda: any(text in one for one in self.said), SECONDS):
                raise TimeoutError(f"{text!r} was not said: {self.said}")

    def end(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self.process.wait(SECONDS)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.said.append(line.rstrip())
                self._more.notify_all()


class Doom:
    """The kill of a bridge that is yet to start, so that no piece of its can pass too early."""

    def __init__(self) -> None:
        self._running: Future[Running] = Future()

    def of(self, running: Running) -> None:
        """Tell whom it meets; until then who calls for it waits."""
        self._running.set_result(running)

    def kill(self, _: object = None) -> None:
        """SIGKILL."""
        self._running.result(SECONDS).kill()


@dataclass(slots=True)
class Installation:
    """Everything that stands around the process."""

    folder: Path
    setup: Setup
    account: Account
    """As the bridge reaches it, through the proxy."""
    mailbox: Mailbox
    """The same inbox as a person sees it, without any proxy."""
    api: Sandbox
    imap: Proxy
    http: Proxy
    ledger_url: str
    postgresql: Proxy | None

    def start(self, *words: str) -> Running:
        """Start the bridge, as `run` unless told otherwise."""
        return Running(words or ("run",), self.folder, self._env)

    def once(self) -> None:
        """Do one whole pass, which must go well."""
        with self.start("run", "--once") as running:
            assert running.end() == 0, running.said

    def tell(self, *words: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "mailbridge", *words],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def mails(self) -> list[MailRecord]:
        """What the ledger knows, oldest first, each with its leads."""
        with Ledger.read_only(self.ledger_url) as ledger:
            found = [ledger.mail(mail.id) for mail in ledger.mails(limit=100_000)]
        return [mail for mail in reversed(found) if mail is not None]

    def sending(self) -> set[str]:
        """Message-IDs of what the ledger holds for being sent; for a time when no bridge runs.

        Asked of a copy: opening the ledger itself would already recover it.
        """
        if self.postgresql is not None:
            with psycopg.connect(self.ledger_url) as session:
                try:
                    return {name for (name,) in session.execute(_SENDING)}
                except psycopg.errors.UndefinedTable:
                    return set()  # killed before there were any
        copy = self.folder / "copy"
        copy.mkdir(exist_ok=True)
        for name in ("ledger.db", "ledger.db-wal"):
            (copy / name).unlink(missing_ok=True)
            if (self.folder / name).exists():
                shutil.copyfile(self.folder / name, copy / name)
        with closing(sqlite3.connect(copy / "ledger.db")) as ledger:
            tables = "SELECT count(*) FROM sqlite_master WHERE name IN ('leads', 'mails')"
            if ledger.execute(tables).fetchone() != (2,):
                return set()
            return {name for (name,) in ledger.execute(_SENDING)}

    @property
    def wal(self) -> int:
        """Octets of SQLite's write-ahead log."""
        try:
            return (self.folder / "ledger.db-wal").stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def writing_forbidden(self) -> Iterator["Lock"]:
        """Keep the bridge from writing its SQLite ledger while the block's lock is taken."""
        lock = Lock(self.folder / "ledger.db")
        try:
            yield lock
        finally:
            lock.release()

    @property
    def _env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "TMPDIR"}}
        return {
            **kept,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HOME": str(self.folder),
            "COLUMNS": "200",
            "MAIL_PASSWORD": self.account.password,
            "REALFORCE_KEY": self.api.key,
        }

    def configure(self) -> None:
        """Write the settings file."""
        a, s = self.account, self.setup
        (self.folder / "config.yaml").write_text(
            f"inboxes:\n  - name: {a.name}\n    host: {a.host}\n    port: {self.imap.port}\n"
            f"    user: {a.user}\n    password: {{env: MAIL_PASSWORD}}\n    ca_file: {a.ca_file}\n"
            f"    every: 5s\n    start: 2000-01-01\n    marking: {s.marking}\n"
            f"    batch: {s.batch}\n    timeout: 20s\n"
            f"destination:\n  url: {self.http.url}\n  key: {{env: REALFORCE_KEY}}\n"
            f"  on_doubt: {s.on_doubt}\n  doubt_wait: {s.doubt_wait}\n"
            f"ledger:\n  url: {self.ledger_url}\n"
        )


class Lock:
    """SQLite's only write lock, in the test's hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def take(self, _: object = None) -> None:
        """Take it as soon as nobody writes."""
        self._connection = sqlite3.connect(
            self._path, timeout=SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        """Give it back, nothing written."""
        if self._connection is not None:
            self._connection.rollback()
            self._connection.close()
            self._connection = None


@contextmanager
def installed(
    folder: Path,
    dovecot: Dovecot,
    setup: Setup,
    postgresql: PostgreSQL | None = None,
) -> Iterator[Installation]:
    """Set up a new inbox, lead API and ledger (SQLite unless there is a PostgreSQL)."""
    with ExitStack() as stack:
        account = account_on(dovecot)
        mailbox = stack.enter_context(contextmanager(mailbox_on)(dovecot, account))
        api = stack.enter_context(Sandbox(key="test-key"))
        imap = stack.enter_context(before_dovecot(dovecot))
        http = stack.enter_context(before_sandbox(api))
        between = None
        url = f"sqlite:///{folder / 'ledger.db'}"
        if postgresql is not None:
            between = stack.enter_context(Proxy(Kind.POSTGRESQL, ("127.0.0.1", postgresql.port)))
            url = postgresql.url(postgresql.new_schema()).replace(
                f":{postgresql.port}/", f":{between.port}/"
            )
            url += "&sslmode=disable&gssencmode=disable"
        made = Installation(folder, setup, account, mailbox, api, imap, http, url, between)
        made.configure()
        yield made
