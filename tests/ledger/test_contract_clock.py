"""A clock set back: nothing is lost, sent twice, or put off for years. On both databases."""

from datetime import timedelta

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from tests.ledger.making import FOREVER, MINUTE, T0, lead, mail, sent_mail, settled

YEARS = timedelta(days=1_000)


def test_leads_go_out_in_the_order_of_their_recording(ledger: Ledger) -> None:
    ids = ledger.record([mail(1, lead(1))], None, T0 + YEARS)
    ids += ledger.record([mail(2, lead(2))], None, T0)
    due = ledger.next_due()
    assert due is not None
    assert due <= T0
    first = ledger.claim(T0)
    second = ledger.settle_and_claim(settled(first, State.SENT), T0 - MINUTE)
    assert [at.mail for at in (first, second) if at] == ids


def test_what_was_tried_in_the_future_is_due_after_a_restart(ledger: Ledger) -> None:
    ledger.record([mail(n, lead(n)) for n in (1, 2)], None, T0)
    then = T0 + YEARS
    first = ledger.claim(then)
    second = ledger.settle_and_claim(
        settled(first, State.DEFERRED, at=then, next_attempt=then + 5 * MINUTE), then
    )
    ledger.settle(settled(second, State.IN_DOUBT, at=then, next_attempt=then + 5 * MINUTE))
    assert ledger.claim(T0) is None
    ledger.recover(T0, None)
    claimed = [ledger.claim(T0), ledger.claim(T0)]
    assert [at.lead for at in claimed if at] == [at.lead for at in (first, second) if at]
    assert [at.resent for at in claimed if at] == [False, True]


def test_a_restart_hurries_nothing_while_the_clock_is_right(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.DEFERRED, next_attempt=T0 + 5 * MINUTE)
    ledger.recover(T0 + MINUTE, None)
    assert ledger.claim(T0 + MINUTE) is None
    assert ledger.next_due() == T0 + 5 * MINUTE


def test_a_lead_in_doubt_for_good_stays_with_the_person(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1))], None, T0)
    ledger.settle(settled(ledger.claim(T0 + YEARS), State.IN_DOUBT))
    ledger.recover(T0, None)
    assert ledger.next_due() is None
    assert ledger.claim(T0 + YEARS) is None


def test_an_inquiry_from_the_future_makes_a_duplicate_all_the_same(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1), received=T0 + YEARS)], None, T0 + YEARS)
    assert ledger.history([], ["fingerprint-1"], T0).leads
    assert ledger.history(["identity-1"], [], FOREVER).mails
