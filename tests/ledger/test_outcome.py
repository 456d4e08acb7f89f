"""A mail's outcome from its leads' states, by a table."""

import pytest

from mailbridge.ledger.outcome import outcome_of
from mailbridge.ledger.records import State, Word
from mailbridge.outcomes import Outcome

QUEUED, SENDING, SENT = State.QUEUED, State.SENDING, State.SENT
DEFERRED, REJECTED = State.DEFERRED, State.REJECTED
IN_DOUBT, DUPLICATE = State.IN_DOUBT, State.DUPLICATE
BY_HAND, DROPPED = State.BY_HAND, State.DROPPED


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
        (Outcome.LEAD, [BY_HAND], Outcome.SENT),
        (Outcome.LEAD, [DROPPED], Outcome.IGNORED),
        (Outcome.LEAD, [DROPPED, DUPLICATE], Outcome.DUPLICATE),
        (Outcome.LEAD, [DROPPED, SENT], Outcome.SENT),
        (Outcome.LEAD, [DROPPED, BY_HAND], Outcome.SENT),
        (Outcome.LEAD, [BY_HAND, IN_DOUBT], Outcome.IN_DOUBT),
        (Outcome.LEAD, [DROPPED, REJECTED], Outcome.REJECTED),
        (Outcome.LEAD, [BY_HAND, QUEUED], Outcome.DEFERRED),
        (Outcome.INCOMPLETE, [BY_HAND], Outcome.INCOMPLETE),
        (Outcome.INCOMPLETE, [DROPPED], Outcome.INCOMPLETE),
    ],
)
def test_the_outcome_follows_the_leads(
    decided: Outcome, states: list[State], expected: Outcome
) -> None:
    assert outcome_of(decided, states) is expected


@pytest.mark.parametrize("decided", list(Outcome))
@pytest.mark.parametrize(
    ("states", "word", "expected"),
    [
        ([], Word.SENT, Outcome.SENT),
        ([], Word.NOT_SENT, Outcome.IGNORED),
        ([SENT], Word.NOT_SENT, Outcome.SENT),
        ([DROPPED], Word.SENT, Outcome.SENT),
        ([DUPLICATE], Word.NOT_SENT, Outcome.DUPLICATE),
        ([QUEUED], Word.SENT, Outcome.DEFERRED),
        ([REJECTED], Word.SENT, Outcome.REJECTED),
        ([IN_DOUBT], Word.NOT_SENT, Outcome.IN_DOUBT),
    ],
)
def test_a_word_closes_what_was_decided_for_review_and_nothing_else(
    decided: Outcome, states: list[State], word: Word, expected: Outcome
) -> None:
    if decided.for_review:
        assert outcome_of(decided, states, word) is expected
    else:
        assert outcome_of(decided, states, word) is outcome_of(decided, states)
