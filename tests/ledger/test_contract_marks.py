"""Marks: due when the outcome changes, until they are made. On both databases."""

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State, ToMark
from mailbridge.outcomes import Outcome
from tests.ledger.making import MINUTE, T0, lead, mail, place, sent_mail, settled


def due(ledger: Ledger, inbox: str = "sales") -> list[tuple[int, Outcome]]:
    return [(m.id, m.outcome) for m in ledger.to_mark(inbox, 100)]


def test_what_is_decided_is_marked_and_what_waits_is_not(ledger: Ledger) -> None:
    ids = ledger.record(
        [
            mail(1),
            mail(2, lead(2)),
            mail(3, outcome=Outcome.INCOMPLETE),
            mail(4, place=place(4, inbox="rent")),
        ],
        None,
        T0,
    )
    assert ledger.to_mark("sales", 100) == [
        ToMark(id=ids[0], place=place(1), outcome=Outcome.UNMATCHED, marked=""),
        ToMark(id=ids[2], place=place(3), outcome=Outcome.INCOMPLETE, marked=""),
    ]
    assert [m.id for m in ledger.to_mark("sales", 1)] == [ids[0]]
    assert due(ledger, "rent") == [(ids[3], Outcome.UNMATCHED)]


def test_a_mark_is_made_once(ledger: Ledger) -> None:
    first, second = ledger.record([mail(1), mail(2)], None, T0)
    ledger.marked({first: "unmatched"}, {}, {first: Outcome.UNMATCHED})
    assert due(ledger) == [(second, Outcome.UNMATCHED)]
    found = ledger.mail(first)
    assert found is not None
    assert found.marked == "unmatched"
    ledger.marked({}, {})
    assert due(ledger) == [(second, Outcome.UNMATCHED)]


def test_each_change_of_the_outcome_wants_a_new_mark(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1, State.IN_DOUBT, next_attempt=T0)
    assert due(ledger) == [(number, Outcome.IN_DOUBT)]
    ledger.marked({number: "review"}, {})
    claimed = ledger.claim(T0)
    assert due(ledger) == []
    ledger.settle(settled(claimed, State.SENT))
    [again] = ledger.to_mark("sales", 9)
    assert (again.id, again.outcome, again.marked) == (number, Outcome.SENT, "review")


def test_a_change_while_the_mark_is_made_is_not_lost(ledger: Ledger) -> None:
    number = sent_mail(ledger, 1, State.IN_DOUBT, next_attempt=T0)
    [seen] = ledger.to_mark("sales", 9)
    ledger.settle(settled(ledger.claim(T0), State.SENT))
    ledger.marked({number: "review"}, {}, {number: seen.outcome})
    [again] = ledger.to_mark("sales", 9)
    assert (again.outcome, again.marked) == (Outcome.SENT, "review")


def test_a_mail_that_was_moved_is_known_at_its_new_place(ledger: Ledger) -> None:
    [number] = ledger.record([mail(1)], None, T0)
    there = place(77, folder="Leads/Review", uidvalidity=3)
    ledger.marked({number: "review"}, {number: there})
    assert due(ledger) == []
    found = ledger.mail(number)
    assert found is not None
    assert (found.place, found.marked) == (there, "review")
    assert ledger.record([mail(1, place=there)], None, T0 + MINUTE) == [number]


def test_a_move_onto_a_recorded_place_leaves_both(ledger: Ledger) -> None:
    first, second = ledger.record([mail(1), mail(2)], None, T0)
    ledger.marked({first: "review"}, {first: place(2)})
    assert due(ledger) == [(second, Outcome.UNMATCHED)]
    found = ledger.mail(first)
    assert found is not None
    assert found.place == place(1)
