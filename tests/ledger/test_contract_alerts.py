"""What alerts ask of a ledger, and what it keeps of them; the same on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.ledger.standing import Alert, Arrivals, DestinationStanding, Standing
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT
from tests.ledger.making import MINUTE, T0, lead, mail, place, sent_mail, settled

PORTAL = "portal.example.org"
NOTHING = Standing(for_review=0, slow={})


def test_an_empty_ledger_has_nothing_to_tell(ledger: Ledger) -> None:
    assert ledger.standing() == NOTHING
    assert ledger.arrivals(T0) == []
    assert ledger.list_alerts() == []


def test_what_waits_for_a_person_is_counted(ledger: Ledger) -> None:
    ledger.record([mail(1, outcome=Outcome.INCOMPLETE), mail(2)], None, T0)
    sent_mail(ledger, 3)
    sent_mail(ledger, 4, State.REJECTED)
    assert ledger.standing() == replace(NOTHING, for_review=2)


def test_a_lead_in_doubt_counts_only_where_a_person_must_settle_it(ledger: Ledger) -> None:
    sent_mail(ledger, 1, State.IN_DOUBT, next_attempt=T0 + MINUTE)
    assert ledger.standing() == NOTHING
    sent_mail(ledger, 2, State.IN_DOUBT)
    assert ledger.standing() == replace(NOTHING, for_review=1)


@pytest.mark.parametrize("status", [401, 403])
def test_the_key_is_refused_until_a_lead_is_accepted(ledger: Ledger, status: int) -> None:
    later = T0 + MINUTE
    sent_mail(ledger, 1, State.DEFERRED, status=status, next_attempt=later)
    told = DestinationStanding(key_refused=True, waiting=1, deferred=1)
    refused = replace(NOTHING, destinations={DEFAULT: told})
    assert ledger.standing() == refused
    for answer in (500, 0, 429):  # say nothing of the key
        ledger.settle(settled(ledger.claim(later), State.DEFERRED, status=answer))
        ledger.make_due(later)
        assert ledger.standing() == refused
    ledger.settle(settled(ledger.claim(later), State.SENT, status=200))
    assert ledger.standing() == NOTHING


def test_patterns_that_ran_out_of_their_time_by_portal(ledger: Ledger) -> None:
    slow = (Problem(code="pattern-timeout", text="slow"),)
    values = {"outcome": Outcome.UNREADABLE, "portal": PORTAL}
    ledger.record(
        [
            mail(1, **values, problems=slow),
            mail(2, **values, problems=slow),
            mail(3, **values, problems=(Problem(code="too-large", text="pattern-timeout"),)),
            mail(4, outcome=Outcome.INCOMPLETE, portal=PORTAL),
        ],
        None,
        T0,
    )
    assert ledger.standing().slow == {PORTAL: 2}


def test_arrivals_by_portal_and_inbox(ledger: Ledger) -> None:
    def at(uid: int, hours: int, inbox: str = "sales", **values: object) -> None:
        received = T0 + timedelta(hours=hours)
        new = mail(uid, lead(uid), place=place(uid, inbox=inbox), received=received, **values)
        ledger.record([new], None, T0)

    for uid, hours in enumerate([-1, 0, 1, 2, 5], start=1):
        at(uid, hours)
    at(6, 3, "rent")
    ledger.record([mail(7, portal=PORTAL, outcome=Outcome.IGNORED, received=T0)], None, T0)
    ledger.record([mail(8, received=T0)], None, T0)
    hour = timedelta(hours=1)
    assert sorted(ledger.arrivals(T0), key=lambda one: one.inbox) == [
        Arrivals(portal=PORTAL, inbox="rent", first=T0 + 3 * hour, last=T0 + 3 * hour, count=1),
        Arrivals(portal=PORTAL, inbox="sales", first=T0, last=T0 + 5 * hour, count=4),
    ]
    spans = [(T0, T0 + 2 * hour), (T0 + 2 * hour, T0 + 6 * hour), (T0 + 6 * hour, T0 + 7 * hour)]
    assert ledger.count_arrivals(PORTAL, "sales", spans) == [2, 2, 0]
    assert ledger.count_arrivals(PORTAL, "sales", []) == []


def test_completeness_with_the_newest_first(ledger: Ledger) -> None:
    outcomes = [
        Outcome.INCOMPLETE,
        Outcome.UNREADABLE,
        Outcome.UNTRUSTED,  # says nothing of the layout
        Outcome.IGNORED,
    ]
    ledger.record(
        [mail(uid, portal=PORTAL, outcome=what) for uid, what in enumerate(outcomes, start=1)],
        None,
        T0,
    )
    sent_mail(ledger, 9)
    sent_mail(ledger, 10, State.REJECTED)  # complete, whatever the destination said of it
    ledger.record([mail(11, lead(11, duplicate_of=1))], None, T0)
    assert ledger.completeness([PORTAL, "other"], 240) == {
        PORTAL: (True, True, True, False, False),
        "other": (),
    }
    assert ledger.completeness([PORTAL], 4) == {PORTAL: (True, True, True, False)}


def test_alerts_are_kept_changed_and_forgotten(ledger: Ledger) -> None:
    key = Alert(kind="key-refused", portal="", inbox="", noticed=T0)
    down = Alert(
        kind="inbox-down",
        portal="",
        inbox="sales",
        noticed=T0,
        absent=T0 + MINUTE,
        over=T0 + 2 * MINUTE,
        told=T0,
        tellings=3,
        spells=2,
        count=7,
        detail={"hours": 5},
        channels={"1": 3},
    )
    ledger.write_alerts([key, down])
    assert sorted(ledger.list_alerts(), key=lambda alert: alert.kind) == [down, key]
    changed = replace(key, told=T0, tellings=1, channels={"1": 1})
    ledger.write_alerts([changed], [down])
    assert ledger.list_alerts() == [changed]


def test_a_portals_past_is_read_from_its_index(sqlite_url: str) -> None:
    """Else each round costs more with every mail ever seen."""
    with Ledger.open(sqlite_url) as ledger:
        plans: list[str] = []

        def explain(connection: sa.Connection, _c: object, statement: str, values: object,
                    _x: object, _m: object) -> None:  # fmt: skip
            if "mails" in statement and not statement.startswith("EXPLAIN"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
                plans.append(str(rows.all()))

        sa.event.listen(ledger._database.engine, "before_cursor_execute", explain)
        ledger.arrivals(T0)
        ledger.count_arrivals(PORTAL, "sales", [(T0, T0 + MINUTE)] * 8)
        ledger.completeness([PORTAL], 240)
    assert len(plans) == 3
    assert all("COVERING INDEX mails_portal" in plan for plan in plans)
    assert "SCAN mails USING COVERING INDEX" in plans[0]
    assert all("SEARCH mails" in plan for plan in plans[1:])
