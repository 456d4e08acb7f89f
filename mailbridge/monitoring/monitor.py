"""The monitor: looks after a running daemon and tells systemd and whoever asks over HTTP."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Lock

from mailbridge.daemon.pulse import Pulse
from mailbridge.errors import LedgerError
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.views import Waiting
from mailbridge.monitoring.health import Limits, find_dead, find_problems
from mailbridge.monitoring.server import Page, PageServer
from mailbridge.monitoring.systemd import Notifier
from mailbridge.recipient import Recipient

EVERY = 10.0
"""Seconds between two looks, unless the watchdog wants a sign more often."""

STOPPING = "mailbridge is stopping"


class Monitor:
    """The daemon's Attendant."""

    def __init__(
        self,
        pulse: Pulse,
        ledger: Ledger,
        limits: Limits,
        *,
        notifier: Notifier | None,
        address: tuple[str, int] | None,
        clock: Callable[[], datetime],
    ) -> None:
        """`address` is where the pages are served; None for nowhere."""
        self._pulse, self._ledger, self._limits = pulse, ledger, limits
        self._notifier, self._address, self._clock = notifier, address, clock
        self._server: PageServer | None = None
        self._ready = False
        self._stopping = Event()
        self._telling = Lock()
        """What is told at the end is the last word, whatever look is under way."""

    @property
    def every(self) -> float:
        """Seconds between two looks: half of what the watchdog allows (sd_watchdog_enabled(3))."""
        return look_interval(self._notifier)

    @property
    def port(self) -> int:
        """Where the pages are; 0 while they are not served."""
        return self._server.port if self._server else 0

    def begin(self) -> None:
        """Serve the pages. Raises MailbridgeError where the address cannot be had."""
        if self._address:
            pages = {"/healthz": self._healthz, "/metrics": self._metrics}
            self._server = PageServer(*self._address, pages)
            self._server.start()

    def look(self) -> None:
        """Tell systemd that the daemon lives, unless something in it does not."""
        self._pulse.scheduled()
        if self._notifier is None or self._stopping.is_set():
            return
        vitals = self._pulse.look()
        waiting = self._waiting()
        problems = find_problems(vitals, self._limits, waiting, self._clock())
        told = {"STATUS": "; ".join(problems) or _all_well(len(vitals.inboxes), waiting)}
        if not self._ready:
            told["READY"] = "1"
        if self._notifier.watchdog and not find_dead(vitals, self._limits):
            told["WATCHDOG"] = "1"
        with self._telling:
            if not self._stopping.is_set():
                self._notifier.tell(**told)
        self._ready = True

    def stopping(self) -> None:
        """Tell everybody that the end was asked for."""
        with self._telling:
            self._stopping.set()
            if self._notifier:
                self._notifier.tell(STOPPING="1", STATUS=STOPPING)

    def end(self) -> None:
        """Serve no more."""
        if self._server:
            self._server.stop()
            self._server = None

    def _waiting(self) -> Mapping[Recipient, Waiting] | None:
        try:
            with self._ledger.looking() as look:
                return look.waiting()
        except LedgerError:
            return None

    def _healthz(self) -> Page:
        waiting, at = self._waiting(), self._clock()
        vitals = self._pulse.look()
        problems = list(find_problems(vitals, self._limits, waiting, at))
        if self._stopping.is_set():
            problems.insert(0, STOPPING)
        queues = waiting or {}
        oldest = min((one.oldest for one in queues.values()), default=None)
        told = {
            "healthy": not problems,
            "problems": problems,
            "inboxes": {
                name: {
                    "polling": inbox.polling,
                    "failing": inbox.failing,
                    "seconds_since_success": None
                    if inbox.succeeded is None
                    else round(vitals.at - inbox.succeeded, 1),
                }
                for name, inbox in vitals.inboxes.items()
            },
            "queue": {
                "leads": _count(waiting),
                "oldest": oldest.isoformat(timespec="seconds") if oldest else None,
            },
            "destinations": {
                to.name: {
                    "leads": None if waiting is None else queues[to].leads if to in queues else 0,
                    "seconds_since_accepted": None
                    if one.accepted is None
                    else round(vitals.at - one.accepted, 1),
                }
                for to, one in vitals.deliveries.items()
            },
        }
        body = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        return Page(503 if problems else 200, "application/json", body)

    def _metrics(self) -> Page:
        from mailbridge.monitoring.metrics import CONTENT_TYPE, Figures, write_metrics

        try:
            with self._ledger.looking() as look:
                summary, leads = look.summary(), look.leads()
        except LedgerError:
            return Page(503, "text/plain", b"The ledger cannot be read.\n")
        figures = Figures(at=self._clock(), summary=summary, leads=leads, vitals=self._pulse.look())
        return Page(200, CONTENT_TYPE, write_metrics(figures))


def look_interval(notifier: Notifier | None) -> float:
    """Seconds between two looks."""
    if notifier is None or notifier.watchdog is None:
        return EVERY
    return min(EVERY, notifier.watchdog / 2)


def _count(waiting: Mapping[Recipient, Waiting] | None) -> int | None:
    return None if waiting is None else sum(one.leads for one in waiting.values())


def _all_well(inboxes: int, waiting: Mapping[Recipient, Waiting] | None) -> str:
    watched = "1 inbox" if inboxes == 1 else f"{inboxes} inboxes"
    leads = _count(waiting)
    return f"{watched} watched, leads waiting: {'?' if leads is None else leads}"
