"""Lists, counts and health. On both databases."""

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.ledger.standing import InboxHealth
from mailbridge.outcomes import Outcome
from tests.ledger.making import MINUTE, T0, lead, mail, place, sent_mail


def test_mails_are_listed_newest_first(ledger: Ledger) -> None:
    ids = ledger.record([mail(n) for n in range(1, 6)], None, T0)
    assert [m.id for m in ledger.mails()] == ids[::-1]
    assert [m.id for m in ledger.mails(limit=2)] == [ids[4], ids[3]]
    assert [m.id for m in ledger.mails(limit=2, before_id=ids[3])] == [ids[2], ids[1]]


def test_a_list_holds_no_contents(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1), text="text", raw=b"raw")], None, T0)
    [found] = ledger.mails()
    assert (found.leads, found.text, found.raw) == ((), "", b"")


def test_each_filter_narrows_the_list(ledger: Ledger) -> None:
    one, two, three = ledger.record(
        [
            mail(1, lead(1)),
            mail(2, outcome=Outcome.IGNORED, portal="other.example.net"),
            mail(3, place=place(3, inbox="rent")),
        ],
        None,
        T0,
    )

    def listed(**filters: object) -> list[int]:
        return [m.id for m in ledger.mails(**filters)]  # type: ignore[arg-type]

    assert listed(outcomes=[Outcome.DEFERRED, Outcome.IGNORED]) == [two, one]
    assert listed(outcomes=[]) == []
    assert listed(inbox="rent") == [three]
    assert listed(portal="other.example.net") == [two]
    assert listed(search=str(two)) == [two]
    assert listed(search=" <m3@portal.example.org> ") == [three]
    assert listed(search="m3@portal") == []
    assert listed(search="9" * 40) == []
    assert listed(search="m3@portal.example.org", inbox="sales") == []


def test_the_summary_of_nothing(ledger: Ledger) -> None:
    found = ledger.summary()
    assert (dict(found.outcomes), dict(found.portals), found.inboxes) == ({}, {}, ())
    assert (found.queued, found.oldest_queued) == (0, None)
    assert (found.for_review, found.oldest_for_review) == (0, None)


def test_the_summary_counts(ledger: Ledger) -> None:
    sent_mail(ledger, 1)
    sent_mail(ledger, 2, State.IN_DOUBT)
    sent_mail(ledger, 3, State.DEFERRED, next_attempt=T0 + 90 * MINUTE)
    new = [mail(4, lead(4)), mail(5, lead(5)), mail(6, outcome=Outcome.INCOMPLETE)]
    ledger.record(new, None, T0 + MINUTE)
    ledger.record([mail(7)], None, T0)
    found = ledger.summary()
    assert found.outcomes == {
        Outcome.SENT: 1,
        Outcome.IN_DOUBT: 1,
        Outcome.DEFERRED: 3,
        Outcome.INCOMPLETE: 1,
        Outcome.UNMATCHED: 1,
    }
    assert found.portals == {
        "portal.example.org": {Outcome.SENT: 1, Outcome.IN_DOUBT: 1, Outcome.DEFERRED: 3}
    }
    assert (found.queued, found.oldest_queued) == (3, T0)
    assert (found.for_review, found.oldest_for_review) == (2, T0)


def test_health_tells_the_last_poll_and_the_last_good_one(ledger: Ledger) -> None:
    ledger.poll_started("sales", T0)
    ledger.poll_ended("sales", T0 + MINUTE, last_mail=T0)
    ledger.poll_started("sales", T0 + 2 * MINUTE)
    ledger.poll_ended("sales", T0 + 3 * MINUTE, "mail.example.org does not answer")
    ledger.poll_started("rent", T0)
    rent, sales = ledger.summary().inboxes
    assert sales == InboxHealth(
        inbox="sales",
        last_poll=T0 + 2 * MINUTE,
        last_success=T0 + MINUTE,
        last_mail=T0,
        error="mail.example.org does not answer",
    )
    assert (rent.inbox, rent.last_success, rent.error) == ("rent", None, "")
    ledger.poll_ended("sales", T0 + 4 * MINUTE)
    assert ledger.summary().inboxes[1].error == ""
    assert ledger.summary().inboxes[1].last_mail == T0
