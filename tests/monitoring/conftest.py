"""A daemon in this process whose every part can be made to hang, and its service manager."""

import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import pytest

from mailbridge.daemon.daemon import Daemon
from mailbridge.daemon.pulse import Pulse, TimedDestination
from mailbridge.delivery.answer import Accepted, Answer, Unreachable
from mailbridge.delivery.retry import OnDoubt, Policy
from mailbridge.dispatch import Dispatch
from mailbridge.erasure import Retention
from mailbridge.errors import InboxUnreachable
from mailbridge.ledger.ledger import Ledger
from mailbridge.monitoring.health import InboxLimits, Limits
from mailbridge.monitoring.monitor import Monitor
from mailbridge.monitoring.systemd import Notifier
from mailbridge.outcomes import Outcome

SECONDS = 30.0
AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Clock:
    """Seconds that go on when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def time_of_day(self) -> datetime:
        return AT + timedelta(seconds=self.seconds - 1000)


@dataclass
class Held:
    """Something that waits inside until it may go on."""

    entered: Event = field(default_factory=Event)
    go: Event = field(default_factory=Event)

    def pass_through(self) -> None:
        self.entered.set()
        assert self.go.wait(3 * SECONDS)


class Inbox:
    """As a Bridge, for the daemon: polls that go well, fail, or hang."""

    name = "main"

    def __init__(self) -> None:
        self.progress: object = 0
        self.held: Held | None = None
        self.refusal = ""
        self.polled = Event()

    def poll(self, *_: object) -> Counter[Outcome]:
        try:
            if self.held:
                self.held.pass_through()
            if self.refusal:
                raise InboxUnreachable(self.refusal)
        finally:
            self.polled.set()
        return Counter()

    def mark(self) -> None:
        pass

    def wait(self) -> None:
        """Cannot push."""

    def close(self) -> None:
        pass


class Crm:
    """A destination that accepts, once it may."""

    def __init__(self) -> None:
        self.held: Held | None = None

    def deliver(self, _payload: Any) -> Answer:
        if self.held:
            self.held.pass_through()
        return Accepted(status=200, remote_id="r-1")

    def reach(self) -> Unreachable | None:
        return None


class Manager:
    """A service manager's end of $NOTIFY_SOCKET, which hears whatever the test is doing.

    The system keeps ten messages, and who sends one more waits or loses it.
    """

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._told: Queue[dict[str, str]] = Queue()
        self._lock = Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(self.address)
        self._bell, self._ear = socket.socketpair()
        self._reader = Thread(target=self._read, name="manager")
        self._reader.start()

    def receive(self, seconds: float = SECONDS) -> dict[str, str]:
        """The next message; raises queue.Empty."""
        return self._told.get(timeout=seconds)

    def wait_for(self, key: str) -> dict[str, str]:
        """The next message with that key; bounded in number."""
        for _ in range(1000):
            if key in (told := self.receive()):
                return told
        raise TimeoutError(key)

    def drain(self) -> list[dict[str, str]]:
        """What has come already."""
        with self._lock:
            self._take()
            return [self._told.get() for _ in range(self._told.qsize())]

    def close(self) -> None:
        self._bell.close()
        self._reader.join(SECONDS)
        self._ear.close()
        self._socket.close()

    def _read(self) -> None:
        while self._ear not in select.select([self._socket, self._ear], [], [])[0]:
            with self._lock:
                self._take()

    def _take(self) -> None:
        with suppress(BlockingIOError):
            while True:
                lines = self._socket.recv(4096).decode().splitlines()
                self._told.put(dict(line.split("=", 1) for line in lines))


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


class WatchedPulse(Pulse):
    """Tells when the first erasure is over, at which everybody has his time anew."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.erased = Event()

    @contextmanager
    def erasing(self) -> Iterator[None]:
        try:
            with super().erasing():
                yield
        finally:
            self.erased.set()


@dataclass
class Stage:
    """The daemon and everything around it."""

    clock: Clock
    pulse: WatchedPulse
    inbox: Inbox
    crm: Crm
    ledger: Ledger
    monitor: Monitor
    daemon: Daemon
    manager: Manager

    def wait_until_polled(self) -> None:
        """Wait until the first poll is over, and noted."""
        assert self.inbox.polled.wait(SECONDS)
        end = monotonic() + SECONDS
        while (vitals := self.pulse.look().inboxes["main"]).well + vitals.failed == 0:
            assert monotonic() < end

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it, without signals: those belong to the main thread of a process of its own."""
        thread = Thread(target=self.daemon.run)
        thread.start()
        try:
            assert self.pulse.erased.wait(SECONDS)
            yield
        finally:
            for held in (self.inbox.held, self.crm.held):
                if held:
                    held.go.set()
            self.daemon.stop()
            thread.join(SECONDS)
            assert not thread.is_alive()


@pytest.fixture
def stage(tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    @contextmanager
    def no_signals(*_: Callable[[], None]) -> Iterator[None]:
        yield

    monkeypatch.setattr("mailbridge.daemon.daemon._signals", no_signals)
    clock, inbox, crm = Clock(), Inbox(), Crm()
    pulse = WatchedPulse(clock)
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        limits = Limits(
            inboxes={"main": InboxLimits(every=60, deadline=300)}, delivery=40.0, scheduler=0.05
        )
        monitor = Monitor(
            pulse,
            ledger,
            limits,
            notifier=Notifier(manager.address, 0.1),
            address=("127.0.0.1", 0),
            clock=clock.time_of_day,
        )
        daemon = Daemon(
            bridges=[inbox],  # type: ignore[list-item]
            intervals=[timedelta(seconds=3600)],
            retention=Retention(timedelta(days=90), timedelta(days=365)),
            ledger=ledger,
            dispatches=[
                Dispatch(
                    ledger, TimedDestination(crm, pulse), Policy(doubt=OnDoubt.HOLD, doubt_wait=0)
                )
            ],
            pulse=pulse,
            attendant=monitor,
        )
        yield Stage(clock, pulse, inbox, crm, ledger, monitor, daemon, manager)
