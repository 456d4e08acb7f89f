"""What `status`, `audit` and monitoring ask. On both databases."""

from datetime import timedelta

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.ledger.views import Delay, Delivered, ForReview, Standing, Waiting
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT
from tests.ledger.making import MINUTE, T0, cursor, lead, mail, place, sent_mail, settled

HOUR = timedelta(hours=1)


def test_nothing_is_seen_in_an_empty_ledger(ledger: Ledger) -> None:
    with ledger.looking() as look:
        assert look.lags() == {}
        assert look.waiting() == {}
        assert look.oldest_for_review() is None
        assert look.leads() == {}
        assert look.standings("sales", "INBOX", 7, [1]) == {}
        assert look.standings_of("sales", {"m1@portal.example.org", ""}) == {}
        assert look.delivered(0, 10, payloads=True) == []


def test_lags_tell_median_and_longest_wait(ledger: Ledger) -> None:
    for number, minutes in ((1, 1), (2, 2), (3, 9)):
        ledger.record([mail(number, lead(number), received=T0)], None, T0 + minutes * MINUTE)
        ledger.settle(settled(ledger.claim(T0), State.SENT, at=T0 + (minutes + 1) * MINUTE))
    ledger.record([mail(4, received=T0)], None, T0 + MINUTE)
    with ledger.looking() as look:
        lag = look.lags()["sales"]
    assert lag.seen == Delay(mails=4, median=1.5 * MINUTE, longest=9 * MINUTE)
    assert lag.sent == Delay(mails=3, median=3 * MINUTE, longest=10 * MINUTE)


def test_a_mail_with_two_leads_waits_for_the_last(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1), lead(2, part=2))], None, T0)
    for minutes in (1, 5):
        ledger.settle(settled(ledger.claim(T0), State.SENT, at=T0 + minutes * MINUTE))
    with ledger.looking() as look:
        sent = look.lags()["sales"].sent
    assert sent == Delay(mails=1, median=5 * MINUTE, longest=5 * MINUTE)


def test_an_attempt_that_failed_is_no_end_of_the_wait(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.DEFERRED)
    with ledger.looking() as look:
        assert look.lags()["sales"].sent is None


def test_old_mail_and_other_inboxes_do_not_count(ledger: Ledger) -> None:
    ledger.set_cursor(cursor(9, folder="Archive", first_started=T0 + HOUR))
    ledger.set_cursor(cursor(9))
    new = [
        mail(1, received=T0 - HOUR),  # lay there before the first start
        mail(2, received=T0 + MINUTE),
        mail(3, place=place(3, inbox="rent"), received=T0),
    ]
    ledger.record(new, None, T0 + 3 * MINUTE)
    with ledger.looking() as look:
        lags = look.lags()
    assert lags["sales"].seen == Delay(mails=1, median=2 * MINUTE, longest=2 * MINUTE)
    assert lags["rent"].seen.median == 3 * MINUTE


def test_a_mail_of_the_first_second_counts(ledger: Ledger) -> None:
    """The server's times have no fractions: it seems to be older than the start."""
    ledger.set_cursor(cursor(9, first_started=T0 + timedelta(milliseconds=700)))
    ledger.record([mail(1, received=T0)], None, T0 + MINUTE)
    with ledger.looking() as look:
        assert look.lags()["sales"].seen.mails == 1


def test_a_server_with_a_fast_clock_gives_no_negative_wait(ledger: Ledger) -> None:
    ledger.record([mail(1, received=T0 + HOUR)], None, T0)
    with ledger.looking() as look:
        assert look.lags()["sales"].seen.longest == timedelta()


def test_the_queue_is_counted_without_what_is_in_doubt(ledger: Ledger) -> None:
    sent_mail(ledger, 1)
    sent_mail(ledger, 2, State.IN_DOUBT)
    sent_mail(ledger, 3, State.REJECTED)
    sent_mail(ledger, 4, State.DEFERRED, next_attempt=T0 + HOUR)
    ledger.record([mail(5, lead(5))], None, T0 + MINUTE)
    with ledger.looking() as look:
        assert look.waiting() == {DEFAULT: Waiting(leads=2, oldest=T0)}
        assert look.leads() == {
            State.SENT: 1,
            State.IN_DOUBT: 1,
            State.REJECTED: 1,
            State.DEFERRED: 1,
            State.QUEUED: 1,
        }


def test_the_oldest_for_review_is_named(ledger: Ledger) -> None:
    late = mail(1, outcome=Outcome.UNREADABLE)
    early = mail(2, outcome=Outcome.INCOMPLETE, portal="portal.example.org")
    ledger.record([late], None, T0 + HOUR)
    [number] = ledger.record([early], None, T0)
    ledger.record([mail(3, outcome=Outcome.IGNORED)], None, T0 - HOUR)
    with ledger.looking() as look:
        assert look.oldest_for_review() == ForReview(
            mail=number, seen=T0, outcome=Outcome.INCOMPLETE, portal="portal.example.org"
        )


def test_standings_are_found_by_place_alone(ledger: Ledger) -> None:
    here, *_ = ledger.record(
        [
            mail(1, outcome=Outcome.IGNORED),
            mail(2, place=place(2, folder="Archive")),
            mail(3, place=place(3, uidvalidity=8)),
            mail(4, place=place(4, inbox="rent")),
        ],
        None,
        T0,
    )
    ledger.marked({here: "ignored"}, {})
    with ledger.looking() as look:
        assert look.standings("sales", "INBOX", 7, range(1, 2000)) == {
            1: Standing(mail=here, outcome=Outcome.IGNORED, marked="ignored", mark_due=False)
        }


def test_standings_are_found_by_message_id(ledger: Ledger) -> None:
    long = "x" * 600
    ids = ledger.record(
        [
            mail(1, message_id="a@example.org"),
            mail(2, message_id="a@example.org"),
            mail(3, message_id=long),
            mail(4, message_id="a@example.org", place=place(4, inbox="rent")),
            mail(5, message_id=""),
        ],
        None,
        T0,
    )
    with ledger.looking() as look:
        found = look.standings_of("sales", {"a@example.org", long, "", "b@example.org"})
    assert {name: [one.mail for one in some] for name, some in found.items()} == {
        "a@example.org": ids[:2],
        long: [ids[2]],
    }


def test_delivered_leads_come_in_portions(ledger: Ledger) -> None:
    one = sent_mail(ledger, 1, remote_id="r-1")
    sent_mail(ledger, 2, State.REJECTED)
    three = sent_mail(ledger, 3, State.IN_DOUBT)
    four = sent_mail(ledger, 4, remote_id="r-4")
    with ledger.looking() as look:
        first = look.delivered(0, 2, payloads=True)
        rest = look.delivered(first[-1].lead, 2, payloads=False)
    assert [found.mail for found in first] == [one, three]
    assert first[0] == Delivered(
        lead=first[0].lead,
        mail=one,
        state=State.SENT,
        remote_id="r-1",
        received=T0,
        payload={"sender_message": "Inquiry 1", "date": 1_772_352_001},
    )
    assert [(found.mail, found.remote_id, found.payload) for found in rest] == [(four, "r-4", None)]
