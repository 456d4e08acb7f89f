"""Push: one thread that waits for all inboxes whose servers say by themselves what arrives.

It selects over their connections, which are in IDLE, and keeps the times at which an
inbox wants a turn without being called: the renewal, and another try after a fault. It
never reads from a connection: an inbox's turn does that.
"""

import math
import selectors
import socket
import time
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from mailbridge.daemon.turns import Work

RENEWAL = 9 * 60.0
"""Seconds after which a waiting inbox is polled whatever its interval, and IDLE begun anew.

Servers end it after 30 minutes (RFC 2177 asks for 29 at most), routers forget silent
connections much sooner, and one that died without a word is noticed then at the latest.
"""

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds, doubling: between tries to reach an inbox again, and before an inbox is listened to
again that called for nothing; a server that ends each IDLE at once costs no login storm."""

SELDOM = 20
"""So many pauses without another fault, and the pauses begin anew: who fails seldom is listened
to nearly all the time."""


@dataclass(slots=True)
class _Pause:
    """Grows from fault to fault."""

    seconds: float = 0.0
    last: float = -math.inf

    def grow(self, now: float) -> float:
        if now - self.last > SELDOM * (self.seconds + 1):
            self.seconds = 0.0
        self.seconds = min(2 * self.seconds or FIRST_PAUSE, LONGEST_PAUSE)
        self.last = now
        return self.seconds


@dataclass(slots=True)
class _Waiting:
    """One inbox, as long as the daemon runs."""

    sock: socket.socket | None = None
    """What is selected on; None in its turn, while not listened to, and without push."""
    due: float = math.inf
    """When it wants a turn without being called."""
    work: Work = Work.POLL
    """What that turn is for."""
    deaf_until: float = -math.inf
    vain: _Pause = field(default_factory=_Pause)
    faults: _Pause = field(default_factory=_Pause)


class Push:
    """Calls for an inbox's turn when its server says something, or when its time has come."""

    def __init__(
        self,
        ask: Callable[[str, Work], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        renewal: float = RENEWAL,
    ) -> None:
        """`ask` must return at once."""
        self._ask = ask
        self._clock = clock
        self._renewal = renewal
        self._inboxes: dict[str, _Waiting] = {}
        self._ended = False
        self._lock = Lock()
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0)
        self._ear.settimeout(0)

    def leave(self, name: str) -> None:
        """Stop listening to an inbox: it has its turn, which uses the connection."""
        with self._lock:
            self._of(name).sock = None
        self._ring()

    def listen(self, name: str, sock: socket.socket | None, *, vain: bool) -> None:
        """Listen to an inbox after its turn; `vain` where it had called, and there was nothing.

        Without a socket it cannot push, and its times stay as they are.
        """
        with self._lock:
            inbox, now = self._of(name), self._clock()
            if vain:
                inbox.deaf_until = now + inbox.vain.grow(now)
            if sock is None:
                pass
            elif now < inbox.deaf_until:
                inbox.due, inbox.work = inbox.deaf_until, Work.LISTEN
            else:
                inbox.sock = sock
                if math.isinf(inbox.due):  # else IDLE is as old as before, or a poll is owed
                    inbox.due, inbox.work = now + self._renewal, Work.POLL
        self._ring()

    def polled(self, name: str, *, found: bool) -> None:
        """Note that an inbox could be polled, and whether mail was new.

        Only mail ends the pauses at once: a server may take each login and go at each IDLE.
        """
        with self._lock:
            inbox = self._of(name)
            inbox.due = math.inf
            if found:
                inbox.faults, inbox.vain, inbox.deaf_until = _Pause(), _Pause(), -math.inf

    def failed(self, name: str, interval: float) -> None:
        """Note that an inbox could not be polled; it is tried again before its interval is over."""
        with self._lock:
            inbox, now = self._of(name), self._clock()
            pause = inbox.faults.grow(now)
            inbox.due, inbox.work = now + pause if pause < interval else math.inf, Work.POLL
        self._ring()

    def run(self) -> None:
        """Listen until `end`."""
        with self._bell, self._ear, selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            while not self._ended:
                ready = {key.fileobj for key, _ in selector.select(self._prepare(selector))}
                with suppress(BlockingIOError):
                    self._ear.recv(4096)
                for name, work in list(self._called(ready)):
                    self._ask(name, work)

    def end(self) -> None:
        """Let `run` come to its end; nothing else may be called afterwards."""
        self._ended = True
        self._ring()

    def _of(self, name: str) -> _Waiting:
        return self._inboxes.setdefault(name, _Waiting())

    def _prepare(self, selector: selectors.BaseSelector) -> float | None:
        """Select on those connections alone that wait now; give the seconds until one is due.

        In the lock, so that no turn closes a connection meanwhile.
        """
        with self._lock:
            waiting = {inbox.sock for inbox in self._inboxes.values() if inbox.sock}
            known = {key.fileobj for key in selector.get_map().values()} - {self._ear}
            for sock in known - waiting:
                selector.unregister(sock)
            for sock in waiting - known:
                selector.register(sock, selectors.EVENT_READ)
            due = min((inbox.due for inbox in self._inboxes.values()), default=math.inf)
            return None if math.isinf(due) else max(0.0, due - self._clock())

    def _called(self, ready: Container[object]) -> Iterator[tuple[str, Work]]:
        with self._lock:
            now = self._clock()
            for name, inbox in self._inboxes.items():
                if inbox.sock in ready:
                    inbox.sock = None  # until its turn is over
                    yield name, Work.LISTEN
                if inbox.due <= now:
                    inbox.due = math.inf
                    yield name, inbox.work

    def _ring(self) -> None:
        with suppress(OSError):  # full: it has been rung; closed: nobody listens any more
            self._bell.send(b"!")
