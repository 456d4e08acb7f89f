"""A mail's outcome from the states of its leads and a person's word: one pure function, no SQL."""

from collections.abc import Collection

from mailbridge.ledger.records import State, Word
from mailbridge.outcomes import Outcome

_DONE = {State.SENT, State.BY_HAND}


def outcome_of(decided: Outcome, states: Collection[State], word: Word | None = None) -> Outcome:
    """Outcome of a mail that was decided as `decided` and has leads in these states.

    What a person must look at wins over what still moves, and that over what is
    done. A mail decided for review although it has leads (one of its inquiries is
    incomplete) returns to review when they are done: else that part were lost.
    `word` is what a person said of a mail decided for review, and closes it.
    """
    present = set(states)
    if State.IN_DOUBT in present:
        return Outcome.IN_DOUBT
    if State.REJECTED in present:
        return Outcome.REJECTED
    if present & {State.QUEUED, State.SENDING, State.DEFERRED}:
        return Outcome.DEFERRED
    if decided.for_review and word is None:
        return decided
    if present & _DONE or (decided.for_review and word is Word.SENT):
        return Outcome.SENT
    if State.DUPLICATE in present:
        return Outcome.DUPLICATE
    if State.DROPPED in present or decided.for_review:
        return Outcome.IGNORED
    return decided
