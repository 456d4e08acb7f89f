"""The daemon: polls each inbox when it calls or its interval is over, and delivers beside it.

Owns the threads and nothing else: what a poll or a delivery does is the bridge's.
"""

import math
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING

from mailbridge.alerts.watch import Alerts
from mailbridge.bridge import Bridge
from mailbridge.daemon.alerting import schedule_alerts, tell_safely
from mailbridge.daemon.delivering import Deliverer
from mailbridge.daemon.pulse import Attendant, Pulse
from mailbridge.daemon.rounds import Rounds
from mailbridge.daemon.wishes import EVERY, Wishes
from mailbridge.dispatch import Dispatch, now
from mailbridge.erasure import Retention
from mailbridge.errors import InboxError, LedgerError, MailbridgeError
from mailbridge.ledger.ledger import Ledger
from mailbridge.listings import Refresher
from mailbridge.log import logger
from mailbridge.rulebook import Rulebook

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

PATIENCE = 1.0
"""Seconds for which reading waits for a batch's leads: a slow destination must not hold it up."""

LOOK = 2.0
"""Seconds between two looks at the rule files, beside those before each poll."""

HEED = 0.5
"""Seconds between two looks whether the rules are to be read anew at once (SIGHUP)."""


@dataclass(slots=True)
class Daemon:
    """Runs until it is told to stop."""

    bridges: Sequence[Bridge]
    intervals: Sequence[timedelta]
    ledger: Ledger
    dispatches: Sequence[Dispatch]
    """One for each destination."""
    retention: Retention
    alerts: Alerts | None = None
    refresher: Refresher | None = None
    """Reads the CRM's lists, where they are wanted."""
    clock: Callable[[], datetime] = now
    pulse: Pulse = field(default_factory=Pulse)
    attendant: Attendant | None = None
    rulebook: Rulebook | None = None
    """None: the rules stay what they are."""
    _asked: Event = field(default_factory=Event, init=False)
    """Somebody wants the end: nothing new is begun."""
    _deliverers: list[Deliverer] = field(default_factory=list, init=False)
    _defects: list[BaseException] = field(default_factory=list, init=False)
    _reload: Event = field(default_factory=Event, init=False)
    """Somebody wants the rule files read again, changed or not (SIGHUP)."""

    def __post_init__(self) -> None:
        """Prepare the delivery to each destination."""
        self._deliverers = [
            Deliverer(dispatch, self.pulse, self._asked.is_set, self._fail, self.clock)
            for dispatch in self.dispatches
        ]

    def run(self) -> None:
        """Poll and deliver until SIGTERM, SIGINT or `stop`; the lead in flight is finished.

        SIGHUP has the rule files read again. Raises what a job raised that is nobody's
        mistake but mailbridge's.
        """
        from apscheduler.executors.pool import ThreadPoolExecutor  # not needed by `once`
        from apscheduler.schedulers.background import BackgroundScheduler

        self._recover()
        rounds = Rounds(
            {bridge.name: bridge for bridge in self.bridges},
            {
                bridge.name: interval.total_seconds()
                for bridge, interval in zip(self.bridges, self.intervals, strict=True)
            },
            prepare=self.rulebook.refresh if self.rulebook else _nothing,
            recorded=self._let_send,
            stopping=self._asked.is_set,
            fail=self._fail,
            pulse=self.pulse,
        )
        scheduler = BackgroundScheduler(
            executors={
                "default": ThreadPoolExecutor(2),  # to ask for turns, and for retention
                "attendant": ThreadPoolExecutor(1),  # never behind a poll that hangs
                "listings": ThreadPoolExecutor(1),  # minutes, where the CRM has many
            },
            job_defaults={
                "max_instances": 1,
                "coalesce": True,  # what was due while the machine slept is run once,
                "misfire_grace_time": None,  # however late: the default drops it after 1 s.
            },
            timezone="UTC",
        )
        for bridge, interval in zip(self.bridges, self.intervals, strict=True):
            scheduler.add_job(
                rounds.poll,
                "interval",
                seconds=interval.total_seconds(),
                args=[bridge.name],
                id=bridge.name,
                next_run_time=self.clock(),  # else the first run comes after one interval
            )
        scheduler.add_job(
            self._erase, "interval", days=1, id="retention", next_run_time=self.clock()
        )
        if self.refresher:
            scheduler.add_job(
                self._refresh,
                "interval",
                seconds=self.refresher.look_every.total_seconds(),
                executor="listings",
                next_run_time=self.clock(),
                args=[self.refresher],
            )
        wishes = Wishes(
            self.ledger,
            [bridge.name for bridge in self.bridges],
            send=self._send,
            mark=rounds.mark,
            poll=rounds.poll,
        )
        scheduler.add_job(self._heed, "interval", seconds=EVERY, args=[wishes], id="wishes")
        tell_soon = schedule_alerts(scheduler, self.alerts, self.clock, self._asked.is_set)
        watcher = Thread(target=self._watch, args=[tell_soon], name="rules")
        with _signals(self.stop, self._reload.set), self._attended(scheduler):
            scheduler.start()
            rounds.start()
            for deliverer in self._deliverers:
                deliverer.start(rounds.mark, tell_soon)
            watcher.start()
            logger().info("started", inboxes=len(self.bridges))
            self._asked.wait()
            logger().info("stopping")
            if self.attendant:
                self.attendant.stopping()
            watcher.join()
            scheduler.shutdown(wait=True)
            rounds.close()
            self._end_delivery()
        logger().info("stopped")
        if self._defects:
            raise self._defects[0]

    def once(self) -> list[InboxError]:
        """Poll every inbox once, deliver what is due, mark; give the inboxes' errors."""
        self._recover()
        polled: list[Bridge] = []
        errors: list[InboxError] = []
        with _signals(self.stop, _nothing):
            # Sending begins while mail is still being read.
            for deliverer in self._deliverers:
                deliverer.start(_nothing, _nothing)
            try:
                for bridge in self.bridges:
                    if self._asked.is_set():
                        break
                    try:
                        bridge.poll(self._let_send, self._asked.is_set)
                    except InboxError as error:
                        errors.append(error)
                    else:
                        polled.append(bridge)
            finally:
                self._end_delivery()
            if self._defects:
                raise self._defects[0]
            errors += _mark(polled)
            for bridge in self.bridges:
                bridge.close()
            if self.alerts:
                tell_safely(self.alerts, self.clock(), self._asked.is_set)
            self._erase()
            if self.refresher:
                self._refresh(self.refresher)
            if self._defects:
                raise self._defects[0]
        return errors

    def stop(self) -> None:
        """Ask for the end; returns at once."""
        self._asked.set()
        for deliverer in self._deliverers:
            deliverer.end()
        if self.rulebook:
            self.rulebook.close()

    @property
    def troubles(self) -> list[str]:
        """Name the destinations that do not work, each with what is wrong."""
        return [f"the {one.to}: {one.trouble}" for one in self.dispatches if one.trouble]

    def _recover(self) -> None:
        """Put in doubt what a crash left half sent, and say what no destination waits for."""
        for dispatch in self.dispatches:
            dispatch.recover()
        # What is left was on its way to a destination that is no longer set: a person decides.
        for lead in self.ledger.recover(self.clock(), None):
            logger().warning("lead in doubt after a crash", lead=lead)
        known = {dispatch.to for dispatch in self.dispatches}
        with self.ledger.looking() as look:
            stranded = {to: one for to, one in look.waiting().items() if to not in known}
        for to, waiting in stranded.items():
            logger().warning(
                "leads wait for a destination that the settings do not name",
                destination=to.name,
                kind=to.kind.value,
                leads=waiting.leads,
            )

    def _end_delivery(self) -> None:
        for deliverer in self._deliverers:
            deliverer.end()
        for deliverer in self._deliverers:
            deliverer.join()

    def _send(self) -> None:
        for deliverer in self._deliverers:
            deliverer.wake()

    def _watch(self, mistaken: Callable[[], None]) -> None:
        """Look at the rule files; `mistaken` is called where they become wrong, or right again."""
        rulebook, looked = self.rulebook, -math.inf
        if rulebook is None:
            return
        problems = rulebook.problems
        try:
            while not self._asked.wait(HEED):
                wanted = self._reload.is_set()
                if not wanted and monotonic() - looked < LOOK:
                    continue
                self._reload.clear()
                rulebook.refresh(force=wanted)
                if rulebook.problems != problems:
                    problems = rulebook.problems
                    mistaken()
                looked = monotonic()
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _let_send(self) -> None:
        """Let the leads just recorded go out before more mail is read, but not for long.

        Reading and sending at once would only contend for the interpreter: that
        takes a third more CPU, and the oldest leads would wait for the newest mails.
        """
        self._send()
        until = monotonic() + PATIENCE
        for deliverer in self._deliverers:
            deliverer.wait_until_idle(max(0.0, until - monotonic()))

    @contextmanager
    def _attended(self, scheduler: "BackgroundScheduler") -> Iterator[None]:
        """Let the attendant look after us, from the scheduler, so that it knows of its end."""
        self.pulse.start(self.bridges, [dispatch.to for dispatch in self.dispatches])
        if self.attendant is None:
            yield
            return
        self.attendant.begin()
        try:
            scheduler.add_job(
                self._attend,
                "interval",
                seconds=self.attendant.every,
                args=[self.attendant],
                executor="attendant",
                next_run_time=self.clock(),
            )
            yield
        finally:
            self.attendant.end()

    def _attend(self, attendant: Attendant) -> None:
        try:
            attendant.look()
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _heed(self, wishes: Wishes) -> None:
        try:
            wishes.look()
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _erase(self) -> None:
        try:
            with self.pulse.erasing():
                self.retention.apply(self.ledger, self.clock())
        except LedgerError as error:
            # No room to rewrite the file, or somebody holds it: tomorrow is another day.
            logger().warning("contents not erased", error=str(error))
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _refresh(self, refresher: Refresher) -> None:
        try:
            refresher.refresh_if_due(self.clock(), self._asked.is_set)
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _fail(self, defect: BaseException) -> None:
        if not isinstance(defect, MailbridgeError):  # what the user can mend needs no traceback
            logger().error("a defect in mailbridge", exc_info=defect)
        self._defects.append(defect)
        self.stop()


def _mark(bridges: Sequence[Bridge]) -> Iterator[InboxError]:
    for bridge in bridges:
        try:
            bridge.mark()
        except InboxError as error:
            yield error


def _nothing() -> None:
    """Do nothing: marks, alerts and rules follow a single pass anyway."""


@contextmanager
def _signals(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT ask for the end instead of ending us in the middle of a lead.

    SIGHUP asks for the rule files to be read again; on a terminal it says that this is gone,
    and is as good as SIGTERM.
    """
    on_terminal = sys.stdin is not None and sys.stdin.isatty()
    hangup = stop if on_terminal else reload
    wanted: dict[int, Callable[[], None]] = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGHUP: hangup,
    }
    bell, ear = socket.socketpair()
    bell.settimeout(0)

    def listen() -> None:
        while heard := ear.recv(1):
            wanted.get(heard[0], _nothing)()

    # Not in the handler: that runs in the midst of whatever the main thread does, which may
    # hold the lock of the very Event that is to be set, and would wait for itself for ever.
    listener = Thread(target=listen, name="signals")
    with bell, ear:
        rung_before = signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
        listener.start()
        before = {number: signal.signal(number, _heard) for number in wanted}
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)
            signal.set_wakeup_fd(rung_before)
            bell.shutdown(socket.SHUT_WR)
            listener.join()


def _heard(number: int, frame: FrameType | None) -> None:
    """Do nothing in the main thread: the bell has rung already."""
