"""A mail's outcome from the states of its leads: one pure function, no SQL."""

from collections.abc import Collection

from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome


def outcome_of(decided: Outcome, states: Collection[State]) -> Outcome:
    """Outcome of a mail that was decided as `decided` and has leads in these states.

    What a person must look at wins over what still moves, and that over what is
    done. A mail decided for review although it has leads (one of its inquiries is
    incomplete) returns to review when they are done: else that part were lost.
    """
    if not states:
        return decided
    present = set(states)
    if State.IN_DOUBT in present:
        return Outcome.IN_DOUBT
    if State.REJECTED in present:
        return Outcome.REJECTED
    if present & {State.QUEUED, State.SENDING, State.DEFERRED}:
        return Outcome.DEFERRED
    if decided.for_review:
        return decided
    if present == {State.DUPLICATE}:
        return Outcome.DUPLICATE
    return Outcome.SENT
