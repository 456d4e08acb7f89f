"""What a ledger promises where leads go to several destinations; the same on both databases."""

from dataclasses import replace

import sqlalchemy as sa

from mailbridge.ledger.answers import Requeued
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Claimed, NewLead, State, Word
from mailbridge.ledger.views import Waiting
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT, Kind, Recipient
from tests.ledger.making import MINUTE, T0, lead, mail, outcome, settled

CRM = Recipient("crm", Kind.WEBHOOK)
AGENCY = Recipient("agency", Kind.REALFORCE_AGENCY)


def to(recipient: Recipient, number: int, **values: int) -> NewLead:
    return replace(lead(number, **values), to=recipient)


def claimed(found: Claimed | None) -> int | None:
    return found.lead if found else None


def test_each_destination_gets_its_own_leads_in_order(ledger: Ledger) -> None:
    ledger.record(
        [mail(1, to(CRM, 1)), mail(2, lead(2)), mail(3, to(CRM, 3)), mail(4, to(AGENCY, 4))],
        None,
        T0,
    )
    first, second = ledger.claim(T0, CRM), ledger.claim(T0)
    assert (claimed(first), claimed(second)) == (1, 2)
    assert claimed(ledger.settle_and_claim(settled(first, State.SENT), T0, CRM)) == 3
    assert claimed(ledger.settle_and_claim(settled(second, State.SENT), T0)) is None
    assert claimed(ledger.claim(T0, AGENCY)) == 4
    found = [ledger.mail(number) for number in (1, 2, 3, 4)]
    assert [one.leads[0].to for one in found if one] == [CRM, DEFAULT, CRM, AGENCY]


def test_a_name_with_another_kind_is_another_destination(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1))], None, T0)
    for stranger in (DEFAULT, Recipient("crm"), Recipient("crm", Kind.REALFORCE_AGENCY)):
        assert ledger.claim(T0, stranger) is None
        assert ledger.next_due(stranger) is None
    assert claimed(ledger.claim(T0, CRM)) == 1


def test_what_is_due_and_made_due_is_each_ones_own(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1)), mail(2, lead(2))], None, T0)
    for recipient in (CRM, DEFAULT):
        failed = settled(ledger.claim(T0, recipient), State.DEFERRED, next_attempt=T0 + 90 * MINUTE)
        ledger.settle(failed)
    ledger.make_due(T0 + MINUTE, CRM)
    assert ledger.next_due(CRM) == T0 + MINUTE
    assert ledger.next_due() == T0 + 90 * MINUTE


def test_after_a_crash_each_is_recovered_by_its_own_rule(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1)), mail(2, lead(2)), mail(3, to(AGENCY, 3))], None, T0)
    for recipient in (CRM, DEFAULT, AGENCY):
        assert ledger.claim(T0, recipient)
    later = T0 + MINUTE
    assert ledger.recover(later, later, CRM) == [1]
    assert ledger.next_due(CRM) == later
    assert ledger.next_due() is None  # still being sent, for all that is known
    assert ledger.recover(later, None) == [2, 3]  # all that is left: a person decides
    assert ledger.next_due() is None
    assert [outcome(ledger, number) for number in (1, 2, 3)] == [Outcome.IN_DOUBT] * 3
    assert claimed(ledger.claim(later, CRM)) == 1


def test_a_lead_keeps_its_destination_when_a_person_acts(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1)), mail(2, to(CRM, 2))], None, T0)
    ledger.settle(settled(ledger.claim(T0, CRM), State.REJECTED))
    ledger.settle(settled(ledger.claim(T0, CRM), State.IN_DOUBT))
    assert isinstance(ledger.retry(1, T0), Requeued)
    ledger.resolve(2, Word.NOT_SENT, T0)
    assert ledger.claim(T0) is None
    assert claimed(ledger.claim(T0, CRM)) == 1
    assert claimed(ledger.claim(T0, CRM)) == 2


def test_a_lead_that_nobody_fetches_can_be_closed_by_hand(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1))], None, T0)
    ledger.resolve(1, Word.SENT, T0)
    assert outcome(ledger, 1) is Outcome.SENT
    assert ledger.claim(T0, CRM) is None


def test_one_mail_decided_anew_may_go_elsewhere(ledger: Ledger) -> None:
    """The settings changed since, and it was never tried."""
    ledger.record([mail(1, to(CRM, 1))], None, T0)
    with ledger.writing() as book:
        assert book.redecide(1, mail(1, to(AGENCY, 1)))
    assert ledger.claim(T0, CRM) is None
    assert ledger.claim(T0, AGENCY)


def test_queues_are_counted_apart(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1)), mail(2, lead(2)), mail(3, to(CRM, 3))], None, T0)
    ledger.record([mail(4, to(AGENCY, 4))], None, T0 + MINUTE)
    ledger.settle(settled(ledger.claim(T0), State.SENT, status=200, detail="accepted"))
    ledger.settle(settled(ledger.claim(T0, CRM), State.DEFERRED, status=503, detail="failed"))
    with ledger.looking() as look:
        assert look.waiting() == {
            CRM: Waiting(leads=2, oldest=T0),
            AGENCY: Waiting(leads=1, oldest=T0 + MINUTE),
        }
    summary = ledger.summary()
    assert (summary.queued, summary.oldest_queued) == (3, T0)
    told = {
        recipient: (one.queued, one.last_attempt and one.last_attempt.status)
        for recipient, one in summary.destinations.items()
    }
    assert told == {DEFAULT: (0, 200), CRM: (2, 503), AGENCY: (1, None)}


def test_a_refused_key_is_one_destinations(ledger: Ledger) -> None:
    ledger.record([mail(1, to(CRM, 1)), mail(2, lead(2)), mail(3, lead(3))], None, T0)
    ledger.settle(settled(ledger.claim(T0), State.SENT, status=200))
    ledger.settle(settled(ledger.claim(T0, CRM), State.DEFERRED, status=401))
    ledger.settle(settled(ledger.claim(T0), State.SENT, status=200))
    told = ledger.standing().destinations
    assert told[CRM].key_refused
    assert DEFAULT not in told


def test_a_full_queue_does_not_slow_the_others(ledger: Ledger) -> None:
    """The index begins with the destination: the rows of another are not looked at."""
    ledger.record([mail(n, to(CRM, n)) for n in range(1, 400)], None, T0)
    ledger.record([mail(400, lead(400))], None, T0)
    with ledger._database.reading() as connection:
        if connection.dialect.name != "sqlite":
            return  # PostgreSQL plans by its statistics
        plan = connection.execute(
            sa.text(
                "EXPLAIN QUERY PLAN SELECT id FROM leads WHERE destination = 'default' "
                "AND destination_kind = 'realforce' "
                "AND state IN ('queued', 'sending', 'deferred', 'in_doubt') ORDER BY id LIMIT 1"
            )
        ).all()
    assert "leads_unsettled (destination=? AND destination_kind=?)" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
