"""A destination's thread: it delivers what is due and sleeps until something is again.

One for each destination, so that one that is slow or down keeps no other waiting.
Owns its thread's turns and nothing else: what a delivery does is the dispatch's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

from mailbridge.daemon.pulse import Pulse
from mailbridge.dispatch import Dispatch, now

IDLE = 30.0
"""Seconds after which the thread looks again by itself."""


@dataclass(slots=True)
class Deliverer:
    """Delivers one destination's queue until it is told to end."""

    dispatch: Dispatch
    pulse: Pulse
    stopping: Callable[[], bool]
    """Whether nothing new is to be begun; the lead in flight is finished all the same."""
    fail: Callable[[BaseException], None]
    """Told of what a delivery raised."""
    clock: Callable[[], datetime] = now
    _end: Event = field(default_factory=Event, init=False)
    """The thread is to end when nothing is due."""
    _work: Event = field(default_factory=Event, init=False)
    _idle: Event = field(default_factory=Event, init=False)
    """Set while there is nothing that is due."""
    _thread: Thread | None = field(default=None, init=False)

    def start(self, delivered: Callable[[], None], failed: Callable[[], None]) -> None:
        """Begin; `delivered` is called when leads were accepted, `failed` at a new trouble."""
        name = f"delivery to {self.dispatch.to.name}"
        self._thread = Thread(target=self._run, args=[delivered, failed], name=name)
        self._thread.start()

    def wake(self) -> None:
        """Tell that there may be something to send."""
        self._idle.clear()
        self._work.set()

    def wait_until_idle(self, seconds: float) -> None:
        """Wait until nothing is due any more, at most so long."""
        self._idle.wait(seconds)

    def end(self) -> None:
        """Ask for the end; returns at once."""
        self._end.set()
        self._work.set()

    def join(self) -> None:
        """Wait for the end; all that was due when it was asked for has been tried."""
        if self._thread:
            self._thread.join()

    def _run(self, delivered: Callable[[], None], failed: Callable[[], None]) -> None:
        try:
            ending = False
            while not ending:
                ending = self._end.is_set()  # asked first: what was recorded before is sent
                self._work.clear()
                before = self.dispatch.trouble
                self.pulse.delivering(self.dispatch.to)
                if self.dispatch.deliver(self.stopping):
                    delivered()
                if self.dispatch.trouble not in {"", before}:
                    failed()
                self._idle.set()
                if not self._end.is_set():
                    self._work.wait(self._seconds_to_wait())
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by the daemon)
            self._idle.set()
            self.fail(defect)

    def _seconds_to_wait(self) -> float:
        due = self.dispatch.next_due()
        if due is None:
            return IDLE
        return max(0.05, min(IDLE, (due - self.clock()).total_seconds()))
