"""Health: what the pulse and the queue mean. Pure: no clock, no I/O.

Two questions. Is something dead, so that only a new start helps (the systemd
watchdog)? And is there anything that a person should know (`/healthz`)? A lead API
that is down is the second, never the first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailbridge.daemon.pulse import Vitals
from mailbridge.ledger.views import Waiting
from mailbridge.recipient import Recipient

INTERVALS = 3
"""Intervals that an inbox may go without a good poll."""
MARGIN = 60.0
"""Seconds on top of each limit: for a busy machine, the ledger's lock, the resolver."""
ERASURE = 3600.0
"""Seconds that an erasure may keep everybody waiting: it writes the ledger's file anew."""
QUEUE_PATIENCE = 900.0
"""Seconds that a lead may wait while none is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxLimits:
    """How long an inbox may take for what; seconds, from its settings."""

    every: float
    deadline: float
    """Of one exchange with the mail server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on something is wrong; seconds."""

    inboxes: Mapping[str, InboxLimits] = field(default_factory=dict)
    delivery: float
    """The longest pause between two signs of a delivery thread: its sleep, or one exchange."""
    scheduler: float
    """The interval of the look that the scheduler runs."""


def find_dead(vitals: Vitals, limits: Limits) -> tuple[str, ...]:
    """Name what hangs; a poll may last for hours, as long as it comes forward."""
    return tuple(_dead(vitals, limits))


def _dead(vitals: Vitals, limits: Limits) -> Iterator[str]:
    if (silent := vitals.at - vitals.scheduled) > limits.scheduler + MARGIN:
        yield f"the scheduler has run nothing for {silent:.0f} s"
    if vitals.erasing is not None:
        if (lasted := vitals.at - vitals.erasing) > ERASURE:
            yield f"contents have been erased for {lasted:.0f} s"
        return  # who waits for the ledger does not hang
    for to, delivery in vitals.deliveries.items():
        if (silent := vitals.at - delivery.delivered) > limits.delivery + MARGIN:
            yield f"{to}: the delivery thread has given no sign for {silent:.0f} s"
    for name, inbox in vitals.inboxes.items():
        silent = vitals.at - inbox.moved
        if inbox.polling and silent > limits.inboxes[name].deadline + MARGIN:
            yield f"inbox {name}: the poll has not come forward for {silent:.0f} s"


def find_problems(
    vitals: Vitals, limits: Limits, waiting: Mapping[Recipient, Waiting] | None, at: datetime
) -> tuple[str, ...]:
    """Name everything that is wrong, without a personal value; none where all is well.

    `waiting` are the queues that are not empty, None where the ledger could not be read;
    `at` is the time of day.
    """
    return (
        *_dead(vitals, limits),
        *_unread(vitals, limits),
        *_unsent(vitals, waiting, at),
        *(f"rules not taken up, those before stay in use: {wrong}" for wrong in vitals.rules),
    )


def _unread(vitals: Vitals, limits: Limits) -> Iterator[str]:
    for name, inbox in vitals.inboxes.items():
        if inbox.polling and not inbox.failing:
            continue  # a long one; whether it hangs was asked before
        since = vitals.started if inbox.succeeded is None else inbox.succeeded
        silent = vitals.at - since
        if silent > INTERVALS * limits.inboxes[name].every + MARGIN:
            why = "see `mailbridge status`" if inbox.failing else "no poll was begun"
            yield f"inbox {name}: not read for {silent:.0f} s; {why}"


def _unsent(
    vitals: Vitals, waiting: Mapping[Recipient, Waiting] | None, at: datetime
) -> Iterator[str]:
    if waiting is None:
        yield "the ledger cannot be read"
        return
    for to, queue in waiting.items():
        delivery = vitals.deliveries.get(to)
        if delivery is None:
            yield (
                f"{to} ({to.kind}): not in the settings, leads waiting: {queue.leads}; "
                "see `mailbridge status`"
            )
            continue
        still = vitals.at - (vitals.started if delivery.accepted is None else delivery.accepted)
        waited = (at - queue.oldest).total_seconds()
        if min(still, waited) > QUEUE_PATIENCE:
            yield (
                f"{to}: the queue does not move: leads waiting: {queue.leads}, the oldest for "
                f"{waited:.0f} s; see `mailbridge mails --outcome deferred`"
            )
