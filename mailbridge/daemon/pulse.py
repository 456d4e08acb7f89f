"""The pulse: what the daemon's threads did last, and when. Values for those who watch it.

Every time here is that of a clock that only goes forward, in seconds. The threads
tell, nobody is asked, and nothing is judged: that is `monitoring.health`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from mailbridge.delivery.answer import Accepted, Answer, Unreachable
from mailbridge.dispatch import Destination
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT, Recipient

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends, in seconds, of the classes that durations are counted in; one more is above."""


class Poller(Protocol):
    """Whoever polls an inbox."""

    @property
    def name(self) -> str:
        """What the user calls the inbox."""

    @property
    def progress(self) -> object:
        """Something that is another after each exchange with the mail server."""


class Attendant(Protocol):
    """Whoever watches over a running daemon and tells others of it."""

    @property
    def every(self) -> float:
        """Seconds between two looks."""

    def begin(self) -> None:
        """Get ready, before the first poll. May raise MailbridgeError."""

    def look(self) -> None:
        """Look after the daemon; called by its scheduler."""

    def stopping(self) -> None:
        """Learn that the end was asked for."""

    def end(self) -> None:
        """Let go of everything."""


@dataclass(slots=True)
class Durations:
    """How long something took, counted in classes."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    """By class, not added up."""
    total: float = 0.0

    def note(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def copy(self) -> "Durations":
        """Give the state of now."""
        return Durations(list(self.counts), self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxVitals:
    """One inbox: its poll of now, and those before."""

    polling: bool
    moved: float
    """When its poll, or the last one, was last seen to begin, come forward or end."""
    succeeded: float | None
    """When the last poll that went well ended; None while none has."""
    failing: bool
    """Whether the last poll that ended failed."""
    well: int
    failed: int
    durations: Durations


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryVitals:
    """Delivery to one destination."""

    delivered: float
    """When its thread last gave a sign."""
    accepted: float | None
    """When the destination last accepted a lead; None while it has not."""
    posts: Mapping[str, Durations]
    """By kind of answer, as `Accepted`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Everything that is known at one moment."""

    at: float
    started: float
    scheduled: float
    """When the scheduler last ran a job of ours."""
    erasing: float | None
    """Since when contents are being erased, which keeps everybody from writing; None if not."""
    inboxes: Mapping[str, InboxVitals]
    deliveries: Mapping[Recipient, DeliveryVitals]
    rules: tuple[Problem, ...] = ()
    """What is wrong with the rule files, so that older rules are in use."""


@dataclass(slots=True)
class _Inbox:
    poller: Poller
    began: float | None = None
    moved: float = 0.0
    progress: object = None
    succeeded: float | None = None
    failing: bool = False
    well: int = 0
    failed: int = 0
    durations: Durations = field(default_factory=Durations)


@dataclass(slots=True)
class _Delivery:
    delivered: float
    accepted: float | None = None
    posts: dict[str, Durations] = field(default_factory=dict)


class Pulse:
    """Takes the signs of life of all threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` gives seconds that never go back."""
        self._clock = clock
        self._lock = Lock()
        self._inboxes: dict[str, _Inbox] = {}
        self._deliveries: dict[Recipient, _Delivery] = {}
        self._erasing: float | None = None
        self._rules: tuple[Problem, ...] = ()
        self._started = self._scheduled = clock()

    def start(self, pollers: Iterable[Poller], destinations: Iterable[Recipient]) -> None:
        """Begin to count: the daemon starts now."""
        with self._lock:
            at = self._clock()
            self._started = self._scheduled = at
            self._deliveries = {to: _Delivery(at) for to in destinations}
            self._inboxes = {poller.name: _Inbox(poller, moved=at) for poller in pollers}

    @contextmanager
    def polling(self, poller: Poller) -> Iterator[None]:
        """Watch one poll, from its begin to its end; it went well unless it raises."""
        with self._lock:
            inbox = self._inboxes.setdefault(poller.name, _Inbox(poller))
            began = inbox.began = inbox.moved = self._clock()
        well = False
        try:
            yield
            well = True
        finally:
            with self._lock:
                at = self._clock()
                inbox.began, inbox.moved = None, at
                inbox.durations.note(at - began)
                inbox.failing = not well
                inbox.well += well
                inbox.failed += not well
                if well:
                    inbox.succeeded = at

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """Watch an erasure: the file is written anew, and whoever writes has to wait for it."""
        self._erasing = self._clock()
        try:
            yield
        finally:
            with self._lock:
                at = self._clock()
                for inbox in self._inboxes.values():
                    inbox.moved = at
                for delivery in self._deliveries.values():
                    delivery.delivered = at
                self._erasing = None

    def scheduled(self) -> None:
        """Note that the scheduler runs jobs."""
        self._scheduled = self._clock()

    def delivering(self, to: Recipient = DEFAULT) -> None:
        """Note that a destination's delivery thread is at work, or awake."""
        with self._lock:
            at = self._clock()
            self._deliveries.setdefault(to, _Delivery(at)).delivered = at

    def posted(self, answer: Answer, began: float, to: Recipient = DEFAULT) -> None:
        """Note that an exchange with a destination ended."""
        with self._lock:
            at = self._clock()
            delivery = self._deliveries.setdefault(to, _Delivery(at))
            delivery.delivered = at
            delivery.posts.setdefault(type(answer).__name__, Durations()).note(at - began)
            if isinstance(answer, Accepted):
                delivery.accepted = at

    def note_rules(self, problems: tuple[Problem, ...]) -> None:
        """Note what is wrong with the rule files; nothing, where they are in use."""
        self._rules = problems

    def now(self) -> float:
        """Give this pulse's time."""
        return self._clock()

    def look(self) -> Vitals:
        """Tell what is known now; a poll's progress is noticed from look to look."""
        with self._lock:
            at = self._clock()
            for inbox in self._inboxes.values():
                progress = inbox.poller.progress
                if inbox.began is not None and progress != inbox.progress:
                    inbox.moved = at
                inbox.progress = progress
            return Vitals(
                at=at,
                started=self._started,
                scheduled=self._scheduled,
                erasing=self._erasing,
                inboxes={name: _vitals(inbox) for name, inbox in self._inboxes.items()},
                rules=self._rules,
                deliveries={
                    to: DeliveryVitals(
                        delivered=one.delivered,
                        accepted=one.accepted,
                        posts={name: durations.copy() for name, durations in one.posts.items()},
                    )
                    for to, one in self._deliveries.items()
                },
            )


def _vitals(inbox: _Inbox) -> InboxVitals:
    return InboxVitals(
        polling=inbox.began is not None,
        moved=inbox.moved,
        succeeded=inbox.succeeded,
        failing=inbox.failing,
        well=inbox.well,
        failed=inbox.failed,
        durations=inbox.durations.copy(),
    )


@dataclass(frozen=True, slots=True)
class TimedDestination:
    """A destination whose exchanges the pulse knows of."""

    destination: Destination
    pulse: Pulse
    to: Recipient = DEFAULT

    def deliver(self, payload: Any) -> Answer:
        """Hand over one lead."""
        self.pulse.delivering(self.to)
        began = self.pulse.now()
        answer = self.destination.deliver(payload)
        self.pulse.posted(answer, began, self.to)
        return answer

    def reach(self) -> Unreachable | None:
        """See whether it answers at all."""
        self.pulse.delivering(self.to)
        return self.destination.reach()
