"""The queue: claimed in order, settled with the mail's outcome, recovered. On both databases."""

from datetime import timedelta

import pytest

from mailbridge.ledger.answers import DecidedAnew, NotRetried, Requeued
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Settlement, State
from mailbridge.outcomes import Outcome
from tests.ledger.making import MINUTE, T0, lead, mail, outcome, sent_mail, settled


def test_leads_are_claimed_in_order_and_once(ledger: Ledger) -> None:
    ids = ledger.record([mail(2, lead(1)), mail(1, lead(2), lead(3, part=2))], None, T0)
    claimed = [ledger.claim(T0) for _ in range(4)]
    assert [(at.mail, at.payload["sender_message"]) for at in claimed if at] == [
        (ids[0], "Inquiry 1"),
        (ids[1], "Inquiry 2"),
        (ids[1], "Inquiry 3"),
    ]
    assert claimed[3] is None
    assert [(at.failures, at.resent) for at in claimed if at] == [(0, False)] * 3


def test_a_claim_is_written_ahead(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1))], None, T0)
    ledger.claim(T0 + MINUTE)
    found = ledger.mail(number)
    assert found is not None
    assert found.leads[0].state is State.SENDING
    [attempt] = found.leads[0].attempts
    assert (attempt.started, attempt.ended, attempt.state) == (T0 + MINUTE, None, "sending")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.SENT, Outcome.SENT),
        (State.REJECTED, Outcome.REJECTED),
        (State.IN_DOUBT, Outcome.IN_DOUBT),
        (State.DEFERRED, Outcome.DEFERRED),
        (State.QUEUED, Outcome.DEFERRED),
    ],
)
def test_a_settlement_is_recorded_whole(ledger: Ledger, state: State, expected: Outcome) -> None:
    [number] = ledger.record([mail(1, lead(1))], None, T0)
    claimed = ledger.claim(T0)
    assert claimed is not None
    ledger.settle(
        Settlement(
            lead=claimed.lead,
            mail=claimed.mail,
            state=state,
            at=T0 + MINUTE,
            status=418,
            detail="as said",
            remote_id="r-1",
            next_attempt=T0 + 5 * MINUTE,
        )
    )
    found = ledger.mail(number)
    assert found is not None
    assert found.outcome is expected
    [at] = found.leads
    assert (at.state, at.remote_id, at.next_attempt) == (state, "r-1", T0 + 5 * MINUTE)
    [attempt] = at.attempts
    assert (attempt.started, attempt.ended) == (T0, T0 + MINUTE)
    assert (attempt.state, attempt.status, attempt.detail) == (state, 418, "as said")


def test_settle_and_claim_is_both(ledger: Ledger) -> None:
    ids = ledger.record([mail(1, lead(1)), mail(2, lead(2))], None, T0)
    first = ledger.claim(T0)
    second = ledger.settle_and_claim(settled(first, State.SENT), T0)
    assert second is not None
    assert second.mail == ids[1]
    assert ledger.settle_and_claim(settled(second, State.REJECTED), T0) is None
    assert [outcome(ledger, n) for n in ids] == [Outcome.SENT, Outcome.REJECTED]


def test_only_a_lead_that_is_being_sent_is_settled(ledger: Ledger) -> None:
    sent_mail(ledger, 1)
    [other] = ledger.record([mail(2, lead(2))], None, T0)
    claimed = ledger.claim(T0)
    assert claimed is not None
    ledger.settle(settled(claimed, State.SENT))
    with pytest.raises(RuntimeError, match="not being sent"):
        ledger.settle(settled(claimed, State.REJECTED))
    with pytest.raises(ValueError, match="no exchange ends as sending"):
        ledger.settle(settled(claimed, State.SENDING))
    assert outcome(ledger, other) is Outcome.SENT


def test_a_mail_of_several_leads_waits_for_the_last(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1), lead(2, part=2))], None, T0)
    second = ledger.settle_and_claim(settled(ledger.claim(T0), State.SENT), T0)
    assert outcome(ledger, number) is Outcome.DEFERRED
    assert ledger.to_mark("sales", 9) == []
    ledger.settle(settled(second, State.IN_DOUBT))
    assert outcome(ledger, number) is Outcome.IN_DOUBT


def test_what_is_incomplete_in_part_comes_back_to_review(ledger: Ledger) -> None:
    new = mail(1, lead(1), outcome=Outcome.INCOMPLETE)
    [number] = ledger.record([new], None, T0)
    assert outcome(ledger, number) is Outcome.DEFERRED
    ledger.settle(settled(ledger.claim(T0), State.SENT))
    assert outcome(ledger, number) is Outcome.INCOMPLETE


# When a lead is due


@pytest.mark.parametrize(
    ("state", "wait", "early", "late"),
    [
        (State.DEFERRED, 5 * MINUTE, False, True),
        (State.DEFERRED, None, True, True),
        (State.IN_DOUBT, 5 * MINUTE, False, True),
        (State.IN_DOUBT, None, False, False),
        (State.QUEUED, None, True, True),
        (State.SENT, 5 * MINUTE, False, False),
        (State.REJECTED, 5 * MINUTE, False, False),
    ],
)
def test_when_a_lead_is_due_again(
    ledger: Ledger, state: State, wait: timedelta | None, early: bool, late: bool
) -> None:
    sent_mail(ledger, 1, state, next_attempt=None if wait is None else T0 + wait)
    due = ledger.next_due()
    if early:
        assert due is not None
        assert due <= T0
    else:
        assert due == (T0 + 5 * MINUTE if late else None)
    if not early:
        assert ledger.claim(T0 + 4 * MINUTE) is None
    assert (ledger.claim(T0 + 5 * MINUTE) is not None) is late


def test_a_waiting_lead_lets_the_next_one_pass(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.DEFERRED, next_attempt=T0 + 5 * MINUTE)
    [second] = ledger.record([mail(2, lead(2))], None, T0)
    claimed = ledger.claim(T0 + MINUTE)
    assert claimed is not None
    assert claimed.mail == second


def test_failures_are_counted_and_others_are_not(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1))], None, T0)
    claimed = ledger.claim(T0)
    seen = []
    for failed in (True, False, True):
        claimed = ledger.settle_and_claim(settled(claimed, State.DEFERRED, failed=failed), T0)
        assert claimed is not None
        seen.append(claimed.failures)
    assert seen == [1, 1, 2]


def test_once_the_destination_is_back_deferred_leads_go_now(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.DEFERRED, next_attempt=T0 + 50 * MINUTE)
    doubted = sent_mail(ledger, 2, State.IN_DOUBT, next_attempt=T0 + 50 * MINUTE)
    ledger.make_due(T0 + MINUTE)
    assert ledger.next_due() == T0 + MINUTE
    assert ledger.claim(T0 + MINUTE) is not None
    assert ledger.claim(T0 + MINUTE) is None
    assert outcome(ledger, doubted) is Outcome.IN_DOUBT


# After a crash


def test_what_was_being_sent_is_in_doubt(ledger: Ledger) -> None:
    ids = ledger.record([mail(n, lead(n)) for n in (1, 2, 3)], None, T0)
    first = ledger.claim(T0)
    ledger.settle(settled(first, State.SENT))
    second = ledger.claim(T0)
    assert second is not None
    assert ledger.next_due() == T0  # the third
    assert ledger.recover(T0 + MINUTE, T0 + 5 * MINUTE) == [second.lead]
    assert ledger.recover(T0 + MINUTE, T0 + 5 * MINUTE) == []
    assert [outcome(ledger, n) for n in ids] == [
        Outcome.SENT,
        Outcome.IN_DOUBT,
        Outcome.DEFERRED,
    ]
    found = ledger.mail(ids[1])
    assert found is not None
    [attempt] = found.leads[0].attempts
    assert (attempt.ended, attempt.state) == (T0 + MINUTE, State.IN_DOUBT)


def test_a_lead_in_doubt_is_sent_again_by_itself_only_once(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1))], None, T0)
    ledger.claim(T0)
    ledger.recover(T0 + MINUTE, T0 + 5 * MINUTE)
    again = ledger.claim(T0 + 5 * MINUTE)
    assert again is not None
    assert again.resent
    assert outcome(ledger, number) is Outcome.DEFERRED
    ledger.recover(T0 + 6 * MINUTE, T0 + 10 * MINUTE)
    assert ledger.next_due() is None
    assert ledger.claim(T0 + 100 * MINUTE) is None
    assert outcome(ledger, number) is Outcome.IN_DOUBT


def test_policy_hold_keeps_a_doubted_lead(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1))], None, T0)
    ledger.claim(T0)
    assert len(ledger.recover(T0 + MINUTE, None)) == 1
    assert ledger.claim(T0 + 100 * MINUTE) is None


def test_resent_is_remembered_over_a_deferral(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.IN_DOUBT, next_attempt=T0)
    again = ledger.settle_and_claim(settled(ledger.claim(T0), State.DEFERRED), T0)
    assert again is not None
    assert again.resent


# A person asks for another try


@pytest.mark.parametrize("state", [State.REJECTED, State.IN_DOUBT, State.DEFERRED])
def test_what_was_not_accepted_is_queued_afresh(ledger: Ledger, state: State) -> None:
    later = None if state is State.IN_DOUBT else T0 + 90 * MINUTE
    number = sent_mail(ledger, 1, state, failed=True, next_attempt=later)
    answer = ledger.retry(number, T0 + MINUTE)
    claimed = ledger.claim(T0 + MINUTE)
    assert claimed is not None
    assert answer == Requeued(mail=number, leads=(claimed.lead,))
    assert claimed.failures == 0
    assert claimed.resent is (state is State.IN_DOUBT)
    assert outcome(ledger, number) is Outcome.DEFERRED


def test_only_the_leads_that_need_it_are_queued_again(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1, lead(1), lead(2, part=2))], None, T0)
    second = ledger.settle_and_claim(settled(ledger.claim(T0), State.SENT), T0)
    ledger.settle(settled(second, State.REJECTED))
    assert second is not None
    assert ledger.retry(number, T0) == Requeued(mail=number, leads=(second.lead,))


@pytest.mark.parametrize(
    "decided",
    [
        Outcome.INCOMPLETE,
        Outcome.AMBIGUOUS,
        Outcome.UNTRUSTED,
        Outcome.UNREADABLE,
        Outcome.UNMATCHED,
        Outcome.IGNORED,
    ],
)
def test_a_mail_without_a_lead_is_decided_anew(ledger: Ledger, decided: Outcome) -> None:
    [number] = ledger.record([mail(1, outcome=decided)], None, T0)
    assert ledger.retry(number, T0) == DecidedAnew(mail=number)
    assert ledger.to_decide_again("sales") == [number]


def test_what_was_accepted_is_not_sent_again(ledger: Ledger) -> None:
    accepted = sent_mail(ledger, 1)
    waiting, under_way = ledger.record([mail(2, lead(2)), mail(3, lead(3))], None, T0)
    copy, same = ledger.record(
        [
            mail(4, lead(4, duplicate_of=1)),
            mail(5, outcome=Outcome.DUPLICATE, duplicate_of=accepted),
        ],
        None,
        T0,
    )
    reasons = {
        accepted: "was sent",
        copy: "is a duplicate",
        same: f"is a duplicate (mail {accepted})",
        waiting: "waits in the queue",
        999_999: "no mail 999999",
    }
    for number, part in reasons.items():
        answer = ledger.retry(number, T0)
        assert isinstance(answer, NotRetried)
        assert part in answer.reason
    ledger.claim(T0)
    ledger.claim(T0)
    answer = ledger.retry(under_way, T0)
    assert isinstance(answer, NotRetried)
    assert "being sent at this moment" in answer.reason
    assert outcome(ledger, accepted) is Outcome.SENT
    assert ledger.to_decide_again("sales") == []
