"""The retry policy: what follows from an answer, as values.

Pure: no clock, no randomness of its own, no lead. The caller keeps two counters,
the lead's failures and the destination's streak, and acts on the `Next`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, assert_never

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

_GREATEST_EXPONENT = 63
"""Beyond it every wait is at its longest, and a float would overflow sooner or later."""


class OnDoubt(StrEnum):
    """What to do with a lead that may or may not have been stored."""

    RESEND = "resend"
    """Send once more after a pause, then leave it to a person: rather twice than never."""
    HOLD = "hold"
    """Leave it to a person at once: rather never than twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient delivery is. All times in seconds."""

    first_wait: float = 5.0
    factor: float = 2.0
    longest_wait: float = 900.0
    jitter: float = 0.2
    """Greatest share by which chance changes a wait, so that many bridges do not knock at once."""
    faults: int = 12
    """Answers 5xx to one lead, others getting through meanwhile, after which it is left to a
    person: it is the lead that breaks the server."""
    failures: int = 700
    """Answers 5xx, whatever others get, after which it is so too; a week with the waits above."""
    doubt: OnDoubt = OnDoubt.RESEND
    doubt_wait: float = 600.0
    first_rest: float = 1.0
    """First pause of the destination after a 5xx, doubling up to `longest_rest`."""
    longest_rest: float = 60.0
    key_wait: float = 300.0
    """First pause after a refused key, growing up to `longest_key_wait`."""
    longest_key_wait: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What follows from one answer."""

    state: Literal["sent", "rejected", "deferred", "in_doubt"]
    """The lead's new state, spelt as in the ledger."""
    wait: float | None = None
    """Seconds until this lead is due again; None for never by itself."""
    pause: float = 0.0
    """Seconds for which nothing is sent to the destination."""
    counts: bool = False
    """Whether this counts as one of the lead's failures."""
    streak: int = 0
    """The destination's streak after this answer, to be handed in with the next one."""


def after(
    answer: Answer,
    *,
    failures: int,
    faults: int,
    resent: bool,
    streak: int,
    random: float,
    policy: Policy,
) -> Next:
    """Decide what follows from this answer.

    `failures` are the 5xx answers that the lead had before this one; `faults` are those,
    this one included, before which others had got through since the one before; `resent`
    says that it is in doubt for the second time, `streak` are the answers in a row, before
    this one, that neither accepted nor rejected a lead, `random` is from 0 to below 1.

    Accepted      sent.
    Rejected      rejected: the same request gets the same refusal. The destination
                  works, so the streak ends and nothing pauses.
    Unauthorised  deferred without limit: no lead is at fault. Everything pauses, first
                  for minutes, since only a person can mend a key, and each further try
                  may lock it.
    Busy          deferred without limit; everything pauses for as long as the server
                  asks, never for less than the short rest (it may ask for 0), else with
                  backoff.
    Failed        deferred with the lead's own backoff, and only so many times: it may be
                  this lead that breaks the server. That shows where others get through;
                  a server that fails for all of them, be it for days, costs none.
                  Everything rests for a moment only, so that one bad lead does not hold
                  up the others, and for as long as the server asks, where it does.
    Unreachable   deferred without limit, since nothing was sent; everything pauses with
                  backoff, and this lead is the first afterwards.
    InDoubt       in doubt; sent once more after a pause if the policy says so, then held.
                  Everything pauses with backoff: a server that takes leads and does not
                  answer would put the whole queue in doubt, one after the other. The next
                  lead is sent when the server has answered to anything (`Dispatch`).
    """
    grown = backoff(streak, random, policy)
    rest = _doubled(policy.first_rest, streak, policy.longest_rest)
    match answer:
        case Accepted():
            return Next(state="sent")
        case Rejected():
            return Next(state="rejected")
        case Unauthorised():
            pause = _doubled(policy.key_wait, streak, policy.longest_key_wait)
        case Busy(retry_after=None) | Unreachable():
            pause = grown
        case Busy(retry_after=asked):
            pause = _later(max(asked or 0.0, rest), random, policy)
        case Failed():
            return _after_failure(answer, failures, faults, rest, streak, random, policy)
        case InDoubt():
            again = policy.doubt is OnDoubt.RESEND and not resent
            wait = max(policy.doubt_wait, grown) if again else None
            return Next(state="in_doubt", wait=wait, pause=grown, streak=streak + 1)
        case _:
            assert_never(answer)
    return Next(state="deferred", wait=pause, pause=pause, streak=streak + 1)


def backoff(streak: int, random: float, policy: Policy) -> float:
    """Give the seconds for which a destination is left alone that did not answer."""
    return _spread(_grown(policy.first_wait, streak, policy), random, policy)


def _after_failure(
    answer: Failed,
    failures: int,
    faults: int,
    rest: float,
    streak: int,
    random: float,
    policy: Policy,
) -> Next:
    if answer.retry_after is not None:
        rest = _later(max(answer.retry_after, rest), random, policy)
    if faults >= policy.faults or failures + 1 >= policy.failures:
        return Next(state="rejected", pause=rest, counts=True, streak=streak + 1)
    own = _spread(_grown(policy.first_wait, failures, policy), random, policy)
    return Next(state="deferred", wait=max(own, rest), pause=rest, counts=True, streak=streak + 1)


def _grown(first: float, times: int, policy: Policy) -> float:
    return min(first * policy.factor ** min(times, _GREATEST_EXPONENT), policy.longest_wait)


def _doubled(first: float, times: int, longest: float) -> float:
    return float(min(first * 2 ** min(times, _GREATEST_EXPONENT), longest))


def _spread(seconds: float, random: float, policy: Policy) -> float:
    """Shorten by chance: the longest wait stays the longest."""
    return seconds * (1 - policy.jitter * random)


def _later(seconds: float, random: float, policy: Policy) -> float:
    """Lengthen by chance: never earlier than the server asked."""
    return seconds * (1 + policy.jitter * random)
