"""A queue's way to its destination: claim, POST, record, one lead after another.

Knows nothing of mails and inboxes, so leads go out while no inbox can be reached,
and mail goes on being read while the destination is down. Knows of one destination
alone, so that none waits for another: pauses, doubt and order are each one's own.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from mailbridge.delivery.answer import (
    Accepted,
    Answer,
    Busy,
    Failed,
    InDoubt,
    Rejected,
    Unauthorised,
    Unreachable,
)
from mailbridge.delivery.retry import Next, Policy, after, backoff
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Claimed, Settlement, State
from mailbridge.log import logger
from mailbridge.recipient import DEFAULT, Kind, Recipient


@dataclass(frozen=True, slots=True)
class _Failing:
    """A lead that the destination fails on."""

    faults: int
    """How often it did so although others had got through meanwhile."""
    settled: int
    """What others had been settled when it did so last."""


class Destination(Protocol):
    """Where leads go. Whatever happens is an Answer, never an exception."""

    def deliver(self, payload: Any) -> Answer:
        """Hand over one lead."""

    def reach(self) -> Unreachable | None:
        """See whether it answers at all, without a lead."""


def now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Dispatch:
    """Delivers one destination's queue, in order, from one thread."""

    ledger: Ledger
    destination: Destination
    policy: Policy
    to: Recipient = DEFAULT
    """Whose leads these are: of the ledger's, only those that were written for it."""
    clock: Callable[[], datetime] = now
    paused_until: datetime | None = None
    """Nothing is sent before this; None while the destination works."""
    trouble: str = field(default="", init=False)
    """Why the last lead was not settled; empty while the destination works."""
    _streak: int = field(default=0, init=False)
    _silent: bool = field(default=False, init=False)
    """The last lead got no answer: no other is put in doubt before the destination answers."""
    _settled: int = field(default=0, init=False)
    """Leads that the destination has accepted or rejected."""
    _failing: dict[int, "_Failing"] = field(default_factory=dict, init=False)
    """By lead, since the start: a restart only lengthens our patience."""

    def recover(self) -> int:
        """Put what a crash left half sent in doubt; give how many leads that were."""
        at = self.clock()
        hold = self.policy.doubt.value == "hold"
        due = None if hold else at + timedelta(seconds=self.policy.doubt_wait)
        leads = self.ledger.recover(at, due, self.to)
        for lead in leads:
            logger().warning("lead in doubt after a crash", lead=lead)
        return len(leads)

    def deliver(self, stopping: Callable[[], bool]) -> int:
        """Send what is due until nothing is, the destination pauses, or `stopping`.

        The lead in flight is always finished and recorded. Gives how many leads
        were accepted.
        """
        if self.paused_until and self.clock() < self.paused_until:
            return 0
        self.paused_until = None
        if self._silent and not stopping() and not self._answers():
            return 0
        accepted = 0
        claimed = None if stopping() else self.ledger.claim(self.clock(), self.to)
        while claimed:
            answer = self.destination.deliver(claimed.payload)
            accepted += isinstance(answer, Accepted)
            settlement, pause = self._settle(claimed, answer)
            if pause or stopping():
                self.ledger.settle(settlement)
                break
            claimed = self.ledger.settle_and_claim(settlement, self.clock(), self.to)
        return accepted

    def _answers(self) -> bool:
        """See whether the destination answers again, where a lead waits for it."""
        at = self.clock()
        due = self.ledger.next_due(self.to)
        if due is None or due > at:
            return True  # nothing would be sent
        unreachable = self.destination.reach()
        self._silent = unreachable is not None
        if unreachable is None:
            return True
        pause = backoff(self._streak, random.random(), self.policy)  # noqa: S311
        self.paused_until = at + timedelta(seconds=pause)
        self._streak += 1
        self.trouble = describe(unreachable)
        logger().warning("the destination does not answer", seconds=round(pause), **_named(self.to))
        return False

    def next_due(self) -> datetime | None:
        """Tell when there is something to do again; None while the queue is empty."""
        due = self.ledger.next_due(self.to)
        if due and self.paused_until:
            return max(due, self.paused_until)
        return due

    def _settle(self, claimed: Claimed, answer: Answer) -> tuple[Settlement, bool]:
        at = self.clock()
        failing = self._failing.pop(claimed.lead, None)
        faults = failing.faults + (self._settled > failing.settled) if failing else 0
        step = after(
            answer,
            failures=claimed.failures,
            faults=faults,
            resent=claimed.resent,
            streak=self._streak,
            random=random.random(),  # noqa: S311  (spreads retries; guards nothing)
            policy=self.policy,
        )
        self.trouble = describe(answer, self.to) if step.streak else ""
        recovered = self._streak > 0 and step.streak == 0
        self._streak = step.streak
        self._silent = isinstance(answer, InDoubt)
        if step.counts and step.state == "deferred":
            self._failing[claimed.lead] = _Failing(faults, self._settled)
        self._settled += step.streak == 0
        if step.pause:
            self.paused_until = at + timedelta(seconds=step.pause)
        if recovered:
            # What failed with the destination need not sit out its own wait: the
            # others stand behind it, and order is kept.
            self.ledger.make_due(at, self.to)
        _log(claimed, answer, step, self.to)
        settlement = Settlement(
            lead=claimed.lead,
            mail=claimed.mail,
            state=State(step.state),
            at=at,
            status=getattr(answer, "status", 0),
            detail=describe(answer, self.to),
            remote_id=(answer.remote_id or "") if isinstance(answer, Accepted) else "",
            next_attempt=None if step.wait is None else at + timedelta(seconds=step.wait),
            failed=step.counts,
        )
        return settlement, bool(step.pause)


def describe(answer: Answer, to: Recipient = DEFAULT) -> str:
    """Say in one line what an answer means, for `show` and the log."""
    match answer:
        case Accepted(remote_id=""):
            return "accepted, unconfirmed: the answer could not be read"
        case Accepted():
            return "accepted"
        case Rejected():
            return f"refused: {answer.excerpt}" if answer.excerpt else "refused"
        case Unauthorised():
            return f"{_NOT_ADMITTED[to.kind]} was refused; check {_place_of_key(to)}"
        case Busy():
            return "asked to come back later"
        case Failed():
            return f"the server failed: {answer.excerpt}" if answer.excerpt else "the server failed"
        case Unreachable():
            return f"not reached: {answer.reason}"
        case InDoubt():
            return f"in doubt: {answer.reason}"


_NOT_ADMITTED = {
    Kind.REALFORCE: "the API key",
    Kind.REALFORCE_AGENCY: "the private key",
    Kind.WEBHOOK: "the signature",
}


def _place_of_key(to: Recipient) -> str:
    name = "secret" if to.kind is Kind.WEBHOOK else "key"
    return f"destination.{name}" if to.name == DEFAULT.name else f"the {name} of {to}"


def _named(to: Recipient) -> dict[str, str]:
    """Give what the log says of a destination; that of a single one goes without saying."""
    return {} if to.name == DEFAULT.name else {"destination": to.name}


def _log(claimed: Claimed, answer: Answer, step: Next, to: Recipient) -> None:
    # Ids and statuses only: what a server says may quote what we sent.
    say = logger().info if isinstance(answer, Accepted) else logger().warning
    say(
        "lead " + step.state.replace("_", " "),
        lead=claimed.lead,
        mail=claimed.mail,
        status=getattr(answer, "status", 0),
        remote_id=getattr(answer, "remote_id", "") or "",
        answer=type(answer).__name__,
        **_named(to),
    )
