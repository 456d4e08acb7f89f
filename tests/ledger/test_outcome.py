"""A mail's outcome from its leads' states, by a table."""

import pytest

from mailbridge.ledger.outcome import outcome_of
from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome

QUEUED, SENDING, SENT = State.QUEUED, State.SENDING, State.SENT
DEFERRED, REJECTED = State.DEFERRED, State.REJECTED
IN_DOUBT, DUPLICATE = State.IN_DOUBT, State.DUPLICATE


@pytest.mark.parametrize(
    ("decided", "states", "expected"),
    [
        (Outcome.UNMATCHED, [], Outcome.UNMATCHED),
        (Outcome.INCOMPLETE, [], Outcome.INCOMPLETE),
        (Outcome.LEAD, [QUEUED], Outcome.DEFERRED),
        (Outcome.LEAD, [SENDING], Outcome.DEFERRED),
        (Outcome.LEAD, [DEFERRED], Outcome.DEFERRED),
        (Outcome.LEAD, [SENT], Outcome.SENT),
        (Outcome.LEAD, [REJECTED], Outcome.REJECTED),
        (Outcome.LEAD, [IN_DOUBT], Outcome.IN_DOUBT),
        (Outcome.LEAD, [DUPLICATE], Outcome.DUPLICATE),
        (Outcome.LEAD, [DUPLICATE, DUPLICATE], Outcome.DUPLICATE),
        (Outcome.LEAD, [DUPLICATE, SENT], Outcome.SENT),
        (Outcome.LEAD, [DUPLICATE, QUEUED], Outcome.DEFERRED),
        (Outcome.LEAD, [SENT, QUEUED], Outcome.DEFERRED),
        (Outcome.LEAD, [SENT, REJECTED, QUEUED], Outcome.REJECTED),
        (Outcome.LEAD, [REJECTED, IN_DOUBT, SENT], Outcome.IN_DOUBT),
        (Outcome.INCOMPLETE, [QUEUED], Outcome.DEFERRED),
        (Outcome.INCOMPLETE, [REJECTED], Outcome.REJECTED),
        (Outcome.INCOMPLETE, [SENT], Outcome.INCOMPLETE),
        (Outcome.INCOMPLETE, [DUPLICATE], Outcome.INCOMPLETE),
        (Outcome.DUPLICATE, [DUPLICATE], Outcome.DUPLICATE),
    ],
)
def test_the_outcome_follows_the_leads(
    decided: Outcome, states: list[State], expected: Outcome
) -> None:
    assert outcome_of(decided, states) is expected
