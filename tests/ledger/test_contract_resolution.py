"""A person says what became of a mail; the outcome follows. On both databases."""

import pytest

from mailbridge.ledger.answers import (
    AlreadyResolved,
    DecidedAnew,
    NotResolved,
    NotRetried,
    Requeued,
    Resolved,
)
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State, Word
from mailbridge.outcomes import Outcome
from tests.ledger.making import FOREVER, MINUTE, T0, lead, mail, outcome, sent_mail, settled

SENT, NOT_SENT = Word.SENT, Word.NOT_SENT
LATER = T0 + 5 * MINUTE

REVIEWED = [o for o in Outcome if o.for_review and o not in {Outcome.REJECTED, Outcome.IN_DOUBT}]


def reviewed(ledger: Ledger, uid: int, decided: Outcome = Outcome.INCOMPLETE) -> int:
    [number] = ledger.record([mail(uid, outcome=decided, portal="p", raw=b"raw")], None, T0)
    return number


def states(ledger: Ledger, number: int) -> list[State]:
    found = ledger.mail(number)
    assert found is not None
    return [at.state for at in found.leads]


def deeds(ledger: Ledger, number: int) -> list[tuple[str, str]]:
    found = ledger.mail(number)
    assert found is not None
    return [(act.name, act.before) for act in found.acts]


# What each word means


@pytest.mark.parametrize(
    ("state", "word", "becomes", "expected"),
    [
        (State.IN_DOUBT, SENT, State.BY_HAND, Outcome.SENT),
        (State.IN_DOUBT, NOT_SENT, State.QUEUED, Outcome.DEFERRED),
        (State.REJECTED, SENT, State.BY_HAND, Outcome.SENT),
        (State.REJECTED, NOT_SENT, State.DROPPED, Outcome.IGNORED),
        (State.DEFERRED, SENT, State.BY_HAND, Outcome.SENT),
    ],
)
def test_what_a_word_makes_of_a_lead(
    ledger: Ledger, state: State, word: Word, becomes: State, expected: Outcome
) -> None:
    number = sent_mail(ledger, 1, state, next_attempt=T0 + 90 * MINUTE)
    before = outcome(ledger, number)
    answer = ledger.resolve(number, word, LATER)
    assert isinstance(answer, Resolved)
    assert answer.outcome is outcome(ledger, number) is expected
    assert states(ledger, number) == [becomes]
    queued = ledger.claim(LATER)
    assert (queued is not None) is (becomes is State.QUEUED)
    assert bool(answer.queued) is (becomes is State.QUEUED)
    assert bool(answer.closed) is (becomes is not State.QUEUED)
    found = ledger.mail(number)
    assert found is not None
    assert [(a.at, a.name, a.lead, a.before) for a in found.acts] == [
        (LATER, word, found.leads[0].id, state)
    ]
    assert before is not expected


@pytest.mark.parametrize("decided", REVIEWED)
@pytest.mark.parametrize(("word", "expected"), [(SENT, Outcome.SENT), (NOT_SENT, Outcome.IGNORED)])
def test_what_a_word_makes_of_a_mail_without_a_lead(
    ledger: Ledger, decided: Outcome, word: Word, expected: Outcome
) -> None:
    number = reviewed(ledger, 1, decided)
    ledger.marked({number: "review"}, {})
    assert ledger.resolve(number, word, LATER) == Resolved(mail=number, outcome=expected)
    assert outcome(ledger, number) is expected
    assert [(m.id, m.outcome, m.marked) for m in ledger.to_mark("sales", 9)] == [
        (number, expected, "review")
    ]
    assert deeds(ledger, number) == [(word, decided)]
    assert ledger.summary().for_review == 0


def test_a_lead_that_is_sent_again_may_be_in_doubt_again(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1, State.IN_DOUBT)
    ledger.resolve(number, NOT_SENT, LATER)
    claimed = ledger.claim(LATER)
    assert claimed is not None
    assert claimed.resent  # by a person; not once more by itself
    ledger.settle(settled(claimed, State.IN_DOUBT))
    assert isinstance(ledger.resolve(number, SENT, LATER), Resolved)
    assert deeds(ledger, number) == [("not_sent", "in_doubt"), ("sent", "in_doubt")]


# A mail with several leads


def test_those_in_doubt_are_meant_first(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1), lead(2, part=2), lead(3, part=3))], None, T0)
    claimed = ledger.claim(T0)
    for state in (State.IN_DOUBT, State.REJECTED, State.SENT):
        assert claimed is not None
        claimed = ledger.settle_and_claim(settled(claimed, state), T0)
    answer = ledger.resolve(number, SENT, LATER)
    assert isinstance(answer, Resolved)
    assert answer.outcome is Outcome.REJECTED
    assert states(ledger, number) == [State.BY_HAND, State.REJECTED, State.SENT]
    answer = ledger.resolve(number, NOT_SENT, LATER)
    assert isinstance(answer, Resolved)
    assert answer.outcome is Outcome.SENT
    assert states(ledger, number) == [State.BY_HAND, State.DROPPED, State.SENT]


def test_a_part_that_is_incomplete_is_closed_by_a_word_of_its_own(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1), outcome=Outcome.INCOMPLETE)], None, T0)
    ledger.settle(settled(ledger.claim(T0), State.IN_DOUBT))
    answer = ledger.resolve(number, SENT, LATER)
    assert isinstance(answer, Resolved)
    assert answer.outcome is Outcome.INCOMPLETE
    answer = ledger.resolve(number, NOT_SENT, LATER)
    assert isinstance(answer, Resolved)
    assert outcome(ledger, number) is Outcome.SENT


# Safe to repeat, and to take back


@pytest.mark.parametrize("word", list(Word))
@pytest.mark.parametrize("state", [State.IN_DOUBT, State.REJECTED])
def test_the_same_word_again_changes_nothing(ledger: Ledger, state: State, word: Word) -> None:
    number = sent_mail(ledger, 1, state)
    ledger.resolve(number, word, LATER)
    then = ledger.mail(number)
    assert isinstance(ledger.resolve(number, word, LATER + MINUTE), AlreadyResolved)
    assert ledger.mail(number) == then


@pytest.mark.parametrize("word", list(Word))
def test_the_same_word_of_a_mail_again_changes_nothing(ledger: Ledger, word: Word) -> None:
    number = reviewed(ledger, 1)
    ledger.resolve(number, word, LATER)
    assert isinstance(ledger.resolve(number, word, LATER + MINUTE), AlreadyResolved)
    assert len(deeds(ledger, number)) == 1


def test_a_mistaken_word_is_taken_back_by_the_opposite_one(ledger: Ledger) -> None:
    doubted = sent_mail(ledger, 1, State.IN_DOUBT)
    refused = sent_mail(ledger, 2, State.REJECTED)
    plain = reviewed(ledger, 3)
    for number in (doubted, refused, plain):
        ledger.resolve(number, SENT, LATER)
        assert outcome(ledger, number) is Outcome.SENT
        assert isinstance(ledger.resolve(number, NOT_SENT, LATER), Resolved)
    assert states(ledger, doubted) == [State.QUEUED]
    assert states(ledger, refused) == [State.DROPPED]
    assert outcome(ledger, plain) is Outcome.IGNORED
    for number in (doubted, refused, plain):
        assert isinstance(ledger.resolve(number, SENT, LATER), Resolved)
        assert outcome(ledger, number) is Outcome.SENT


# What makes no sense


def test_what_waits_for_nobody_is_refused_with_a_reason(ledger: Ledger) -> None:
    accepted = sent_mail(ledger, 1)
    deferred = sent_mail(ledger, 2, State.DEFERRED, next_attempt=T0 + 90 * MINUTE)
    ignored, same = ledger.record(
        [
            mail(3, outcome=Outcome.IGNORED),
            mail(4, outcome=Outcome.DUPLICATE, duplicate_of=accepted),
        ],
        None,
        T0,
    )
    [under_way] = ledger.record([mail(5, lead(5))], None, T0)
    ledger.claim(T0)
    for number, word, part in (
        (accepted, SENT, "was sent and accepted"),
        (accepted, NOT_SENT, "was sent and accepted"),
        (deferred, NOT_SENT, "waits in the queue and will be sent. If a person"),
        (ignored, SENT, "is ignored and waits for nobody"),
        (same, NOT_SENT, "is duplicate and waits for nobody"),
        (under_way, SENT, "being sent at this moment"),
        (999_999, SENT, "no mail 999999"),
    ):
        answer = ledger.resolve(number, word, LATER)
        assert isinstance(answer, NotResolved)
        assert part in answer.reason
        if number != 999_999:
            assert deeds(ledger, number) == []


# With retry


def test_what_was_closed_as_needless_is_opened_by_retry(ledger: Ledger) -> None:
    refused, plain = sent_mail(ledger, 1, State.REJECTED), reviewed(ledger, 2)
    for number in (refused, plain):
        ledger.resolve(number, NOT_SENT, LATER)
    assert isinstance(ledger.retry(refused, LATER), Requeued)
    assert ledger.claim(LATER) is not None
    assert ledger.retry(plain, LATER) == DecidedAnew(mail=plain)
    assert outcome(ledger, plain) is Outcome.INCOMPLETE
    assert deeds(ledger, plain)[-1] == ("retry", "ignored")


def test_what_was_closed_as_sent_is_not_retried(ledger: Ledger) -> None:
    doubted, plain = sent_mail(ledger, 1, State.IN_DOUBT), reviewed(ledger, 2)
    for number in (doubted, plain):
        ledger.resolve(number, SENT, LATER)
        answer = ledger.retry(number, LATER)
        assert isinstance(answer, NotRetried)
        assert "closed as sent by hand" in answer.reason
    assert ledger.claim(LATER) is None
    assert ledger.to_decide_again("sales") == []


def test_a_word_ends_the_wish_for_a_new_decision(ledger: Ledger) -> None:
    number = reviewed(ledger, 1)
    ledger.retry(number, LATER)
    ledger.resolve(number, SENT, LATER)
    assert ledger.to_decide_again("sales") == []


def test_asking_twice_is_one_act(ledger: Ledger) -> None:
    number = reviewed(ledger, 1)
    assert ledger.retry(number, LATER) == ledger.retry(number, LATER) == DecidedAnew(mail=number)
    assert deeds(ledger, number) == [("retry", "incomplete")]


def test_a_new_decision_keeps_what_people_did(ledger: Ledger) -> None:
    number = reviewed(ledger, 1)
    ledger.retry(number, LATER)
    with ledger.writing() as book:
        book.redecide(number, mail(1, lead(1)))
    assert deeds(ledger, number) == [("retry", "incomplete")]


def test_all_of_an_outcome_are_retried_but_what_people_closed(ledger: Ledger) -> None:
    first, second = reviewed(ledger, 1), reviewed(ledger, 2)
    [ignored] = ledger.record([mail(3, outcome=Outcome.IGNORED)], None, T0)
    assert ledger.to_retry(Outcome.INCOMPLETE) == [first, second]
    ledger.resolve(first, NOT_SENT, LATER)
    assert ledger.to_retry(Outcome.INCOMPLETE) == [second]
    assert ledger.to_retry(Outcome.IGNORED) == [ignored]


# What the word means for others


def test_a_lead_sent_by_hand_makes_the_next_one_a_duplicate(ledger: Ledger) -> None:
    by_hand, dropped = sent_mail(ledger, 1, State.IN_DOUBT), sent_mail(ledger, 2, State.REJECTED)
    ledger.resolve(by_hand, SENT, LATER)
    ledger.resolve(dropped, NOT_SENT, LATER)
    known = ledger.history([], ["fingerprint-1", "fingerprint-2"], FOREVER)
    assert {f: at.mail for f, at in known.leads.items()} == {"fingerprint-1": by_hand}


def test_a_duplicate_stays_one_whatever_becomes_of_the_first(ledger: Ledger) -> None:
    first = sent_mail(ledger, 1, State.IN_DOUBT)
    of = ledger.mail(first)
    assert of is not None
    [copy] = ledger.record([mail(2, lead(1, duplicate_of=of.leads[0].id))], None, T0)
    for word in (SENT, NOT_SENT):
        ledger.resolve(first, word, LATER)
        assert outcome(ledger, copy) is Outcome.DUPLICATE


def test_each_act_has_a_number_above_the_last(ledger: Ledger) -> None:
    number = reviewed(ledger, 1)
    seen = [ledger.last_act()]
    ledger.retry(number, T0)
    seen.append(ledger.last_act())
    ledger.resolve(number, SENT, LATER)
    seen.append(ledger.last_act())
    assert seen[0] == 0
    assert seen == sorted(set(seen))
