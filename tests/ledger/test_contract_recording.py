"""Recording: once per place, whole or not at all, in step with the cursor. On both databases."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import KnownLead, KnownMail, State
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from tests.ledger.making import (
    FOREVER,
    MINUTE,
    T0,
    cursor,
    lead,
    mail,
    outcome,
    place,
    sent_mail,
    settled,
)


def test_a_mail_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    new = mail(
        5,
        lead(1),
        lead(2, part=2),
        problems=(Problem(code="charset-unknown", text="The charset is unknown."),),
        text="Grüezi 👋\n\ttab",
        text_part="html",
        raw=b"From: a@example.org\r\n\r\n\xff\x00",
        subject="Besichtigung möglich?",
        received=datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
    )
    [number] = ledger.record([new], None, T0)
    found = ledger.mail(number)
    assert found is not None
    assert (found.place, found.identity, found.message_id) == (
        new.place,
        new.identity,
        new.message_id,
    )
    assert found.received == new.received
    assert found.received.utcoffset() == timedelta(0)
    assert (found.seen, found.size, found.portal) == (T0, new.size, new.portal)
    assert (found.subject, found.problems) == (new.subject, new.problems)
    assert (found.text, found.text_part, found.raw) == (new.text, new.text_part, new.raw)
    assert (found.outcome, found.marked, found.duplicate_of) == (Outcome.DEFERRED, "", None)
    assert [(at.part, at.state, at.payload, at.fields, at.fingerprint) for at in found.leads] == [
        (at.part, State.QUEUED, at.payload, at.fields, at.fingerprint) for at in new.leads
    ]
    assert ledger.mail(number + 1) is None


def test_what_no_database_takes_stops_no_mail(ledger: Ledger) -> None:
    hostile = "a\0b\ud800c"
    new = mail(
        1,
        replace(lead(1), payload={"sender_message": hostile}),
        subject=hostile,
        text=hostile,
        message_id="m" + "\N{GRINNING FACE}" * 3_000,
        problems=(Problem(code="x", text=hostile),),
    )
    [number] = ledger.record([new], None, T0)
    found = ledger.mail(number)
    assert found is not None
    assert found.subject == "a\N{REPLACEMENT CHARACTER}b?c"
    assert (found.text, found.problems[0].text) == (hostile, hostile)
    assert found.leads[0].payload == {"sender_message": hostile}
    assert [m.id for m in ledger.mails(search=new.message_id)] == [number]


def test_a_known_place_changes_nothing_and_gives_its_id(ledger: Ledger) -> None:
    first = ledger.record([mail(1, lead(1)), mail(2)], None, T0)
    changed = mail(1, lead(9), subject="other", outcome=Outcome.LEAD)
    second = ledger.record([mail(3), changed, mail(2), mail(3)], None, T0 + MINUTE)
    assert second[1:3] == first
    assert second[0] == second[3]
    assert len(ledger.mails()) == 3
    found = ledger.mail(first[0])
    assert found is not None
    assert (found.subject, found.seen) == ("Inquiry 1", T0)
    assert [at.fingerprint for at in found.leads] == ["fingerprint-1"]


def test_another_mail_at_a_known_place_takes_it_over(ledger: Ledger) -> None:
    """A restored folder gives UIDs a second time: neither mail is lost."""
    [first] = ledger.record([mail(1, lead(1))], None, T0)
    [second] = ledger.record([mail(1, lead(9), identity="identity-9")], None, T0 + MINUTE)
    assert second != first
    places = {found.id: found.place for found in ledger.mails()}
    assert places[second] == place(1)
    assert places[first].uidvalidity == 0
    claimed = ledger.claim(T0)
    assert claimed is not None
    ledger.settle(settled(claimed, State.REJECTED))
    assert [due.place.uidvalidity for due in ledger.to_mark("sales", 10)] == [0]
    assert ledger.relocate(first, place(2)), "it may turn up again"


@pytest.mark.parametrize(
    "other",
    [{"folder": "Other"}, {"uidvalidity": 8}, {"inbox": "rent"}],
    ids=["folder", "uidvalidity", "inbox"],
)
def test_each_part_of_the_place_tells_mails_apart(ledger: Ledger, other: dict[str, str]) -> None:
    new = [mail(1), mail(1, place=place(1, **other))]  # type: ignore[arg-type]
    assert len(set(ledger.record(new, None, T0))) == 2


def test_more_mails_than_one_query_takes(ledger: Ledger) -> None:
    new = [mail(uid, lead(uid)) for uid in range(1, 1_203)]
    ids = ledger.record(new, None, T0)
    assert len(set(ids)) == 1_202
    with ledger.writing() as book:
        known = book.history(
            [m.identity for m in new], [m.leads[0].fingerprint for m in new], FOREVER
        )
        assert book.record(new, None, T0) == ids
    assert [known.mails[m.identity].id for m in new] == ids
    assert [known.leads[m.leads[0].fingerprint].mail for m in new] == ids


def test_the_cursor_goes_with_the_mails_or_not_at_all(ledger: Ledger) -> None:
    assert ledger.cursor("sales", "INBOX") is None
    ledger.record([mail(1)], cursor(2), T0)
    assert ledger.cursor("sales", "INBOX") == cursor(2)

    def fail_halfway() -> None:
        with ledger.writing() as book:
            book.record([mail(2, lead(2))], cursor(3), T0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert ledger.cursor("sales", "INBOX") == cursor(2)
    assert len(ledger.mails()) == 1
    assert ledger.claim(T0) is None
    later = cursor(9, uidvalidity=8, fresh_from=4, backlog_since=T0 - MINUTE)
    ledger.set_cursor(later)
    ledger.set_cursor(cursor(1, folder="Other"))
    assert ledger.cursor("sales", "INBOX") == later


def test_defects_of_the_caller_are_told(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="aware"):
        ledger.claim(T0.replace(tzinfo=None))
    with pytest.raises(ValueError, match="without a lead"):
        ledger.record([mail(1, outcome=Outcome.LEAD)], None, T0)
    with pytest.raises(RuntimeError, match="inside another"), ledger.writing():
        ledger.claim(T0)
    assert ledger.mails() == []


# History


def test_history_knows_mails_whenever_and_leads_since(ledger: Ledger) -> None:
    old = T0 - timedelta(days=100)
    ids = ledger.record(
        [
            mail(1, lead(1), received=old),
            mail(2, lead(2), received=old),
            mail(3, outcome=Outcome.IGNORED, received=old),
            mail(4, identity="identity-3", outcome=Outcome.DUPLICATE, duplicate_of=3),
        ],
        None,
        old,
    )
    ledger.record([mail(5, lead(2), received=T0)], None, T0)
    with ledger.writing() as book:
        known = book.history(
            ["identity-1", "identity-3", "identity-9"],
            ["fingerprint-1", "fingerprint-2", "fingerprint-9"],
            T0,
        )
    assert dict(known.mails) == {
        "identity-1": KnownMail(
            id=ids[0], place=place(1), outcome=Outcome.DEFERRED, leads=(State.QUEUED,)
        ),
        "identity-3": KnownMail(id=ids[2], place=place(3), outcome=Outcome.IGNORED, leads=()),
    }
    later = ledger.mails(search="m5@portal.example.org")[0]
    found = known.leads["fingerprint-2"]
    assert set(known.leads) == {"fingerprint-2"}
    assert found == KnownLead(id=found.id, mail=later.id, state=State.QUEUED, identity="identity-5")


@pytest.mark.parametrize("field", ["received", "seen"])
def test_a_lead_counts_by_either_time(ledger: Ledger, field: str) -> None:
    times = {"received": T0 - 5 * MINUTE, "seen": T0 - 5 * MINUTE, field: T0}
    ledger.record([mail(1, lead(1), received=times["received"])], None, times["seen"])
    with ledger.writing() as book:
        assert book.history([], ["fingerprint-1"], T0).leads
        assert not book.history([], ["fingerprint-1"], T0 + MINUTE).leads


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (State.SENT, True),
        (State.DEFERRED, True),
        (State.IN_DOUBT, True),
        (State.REJECTED, False),
    ],
)
def test_only_what_may_have_been_accepted_makes_a_duplicate(
    ledger: Ledger, state: State, counts: bool
) -> None:
    number = sent_mail(ledger, 1, state)
    with ledger.writing() as book:
        known = book.history(["identity-1"], ["fingerprint-1"], FOREVER)
    assert ("fingerprint-1" in known.leads) is counts
    assert known.mails["identity-1"].id == number
    assert known.mails["identity-1"].leads == (state,)


def test_a_lead_being_sent_counts_and_a_duplicate_does_not(ledger: Ledger) -> None:
    ledger.record([mail(1, lead(1))], None, T0)
    claimed = ledger.claim(T0)
    assert claimed is not None
    copy = lead(2, duplicate_of=claimed.lead)
    [number] = ledger.record([mail(2, copy)], None, T0)
    with ledger.writing() as book:
        known = book.history([], ["fingerprint-1", "fingerprint-2"], FOREVER)
    assert {f: at.state for f, at in known.leads.items()} == {"fingerprint-1": State.SENDING}
    assert outcome(ledger, number) is Outcome.DUPLICATE
    found = ledger.mail(number)
    assert found is not None
    assert found.leads[0].duplicate_of == claimed.lead


# Found elsewhere, decided anew


def test_a_mail_found_elsewhere_keeps_its_decision(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1)
    ledger.marked({number: "sent"}, {})
    assert ledger.to_mark("sales", 10) == []
    assert ledger.relocate(number, place(40, uidvalidity=8))
    [again] = ledger.to_mark("sales", 10)
    assert (again.id, again.place, again.marked) == (number, place(40, uidvalidity=8), "sent")
    assert outcome(ledger, number) is Outcome.SENT
    here = mail(40, place=place(40, uidvalidity=8), identity="identity-1")
    assert ledger.record([here], None, T0) == [number]


def test_a_place_that_is_taken_is_not_taken_twice(ledger: Ledger) -> None:
    first, second = ledger.record([mail(1), mail(2)], None, T0)
    assert not ledger.relocate(first, place(2))
    assert ledger.relocate(second, place(2))
    found = ledger.mail(first)
    assert found is not None
    assert found.place == place(1)


def test_a_new_decision_replaces_the_old_one(ledger: Ledger) -> None:
    problem = Problem(code="reference-missing", text="No reference was found.")
    [number] = ledger.record(
        [mail(1, outcome=Outcome.INCOMPLETE, problems=(problem,), raw=b"raw", text="old")],
        None,
        T0,
    )
    ledger.marked({number: "review"}, {})
    ledger.retry(number, T0 + MINUTE)
    assert ledger.to_decide_again("sales") == [number]
    asked = ledger.mail(number)
    assert asked is not None
    assert asked.raw == b"raw"
    assert ledger.to_decide_again("rent") == []
    for _ in range(2):  # a crash in between may repeat it
        with ledger.writing() as book:
            assert book.redecide(number, mail(1, lead(1), text="new", text_part="text"))
    assert ledger.to_decide_again("sales") == []
    found = ledger.mail(number)
    assert found is not None
    assert (found.outcome, found.problems, found.raw) == (Outcome.DEFERRED, (), b"")
    assert (found.text, found.text_part, found.marked) == ("new", "text", "review")
    assert len(found.leads) == 1
    ledger.settle(settled(ledger.claim(T0), State.SENT))
    assert [m.outcome for m in ledger.to_mark("sales", 9)] == [Outcome.SENT]


def test_a_decision_is_never_replaced_once_a_lead_was_tried(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1, State.DEFERRED, next_attempt=T0 + 9 * MINUTE)
    with ledger.writing() as book:
        assert not book.redecide(number, mail(1, lead(7)))
    found = ledger.mail(number)
    assert found is not None
    assert [at.fingerprint for at in found.leads] == ["fingerprint-1"]
    assert len(found.leads[0].attempts) == 1
