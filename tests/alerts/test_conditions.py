"""From facts to causes, by literals."""

from dataclasses import asdict
from datetime import timedelta

from mailbridge.alerts.causes import Cause, Finding, Kind
from mailbridge.alerts.conditions import find_causes
from mailbridge.alerts.layout import Drop
from mailbridge.ledger.standing import DestinationStanding
from mailbridge.recipient import DEFAULT, Recipient
from mailbridge.recipient import Kind as Form
from tests.alerts.making import (
    DAY,
    DOWN,
    HOUR,
    KEY,
    LAYOUT,
    REVIEW,
    SILENT,
    T0,
    alert,
    arrivals,
    facts,
    health,
    standing,
    standing_of,
)

MISSED = {("portal.example", "main"): [30] * 8}


def test_nothing_is_found_where_all_is_well() -> None:
    assert find_causes(facts(), {}, T0) == {}


def test_what_the_leads_say() -> None:
    found = find_causes(
        facts(
            standing=standing(
                for_review=3,
                slow={"portal.example": 1},
                destinations={DEFAULT: DestinationStanding(waiting=2, deferred=2)},
            )
        ),
        {},
        T0,
    )
    assert found == {
        REVIEW: Finding(3),
        Cause(Kind.LEADS_WAITING): Finding(2),
        Cause(Kind.PATTERN_SLOW, "portal.example"): Finding(1),
    }


def test_each_destination_has_its_own_cause() -> None:
    crm, old = Recipient("crm", Form.WEBHOOK), Recipient("old", Form.WEBHOOK)
    known = (DEFAULT, crm)
    told = {
        DEFAULT: DestinationStanding(key_refused=True, waiting=3, deferred=1),
        crm: DestinationStanding(waiting=2, deferred=2),
        old: DestinationStanding(waiting=4),
        Recipient("gone"): DestinationStanding(key_refused=True),  # and nothing waits for it
    }
    assert find_causes(facts(standing=standing(destinations=told), destinations=known), {}, T0) == {
        KEY: Finding(1),
        Cause(Kind.LEADS_WAITING, destination="crm"): Finding(2),
        Cause(Kind.DESTINATION_GONE, destination="old"): Finding(4),
    }


def test_leads_that_wait_for_the_key_are_one_cause_with_it() -> None:
    found = find_causes(
        facts(standing=standing_of(key_refused=True, waiting=5, deferred=5)), {}, T0
    )
    assert found == {KEY: Finding(5)}


def test_each_inbox_is_a_cause_of_its_own() -> None:
    inboxes = (health("main", error="gone"), health("second"), health("third", error="gone"))
    found = find_causes(facts(inboxes=inboxes), {}, T0)
    assert set(found) == {DOWN, Cause(Kind.INBOX_DOWN, inbox="third")}


def test_an_inbox_to_which_somebody_must_sign_in_is_told_as_that_alone() -> None:
    inboxes = (health("main", error="gone"), health("second"))
    both = frozenset({"main", "second"})
    found = find_causes(facts(inboxes=inboxes, signed_out=both), {}, T0)
    assert found == {Cause(Kind.SIGN_IN, inbox="main"): Finding()}


def test_a_portal_is_silent_in_one_inbox() -> None:
    both = (arrivals(T0 - 30 * HOUR), arrivals(T0 - HOUR, inbox="second"))
    inboxes = (health(), health("second"))
    found = find_causes(facts(inboxes=inboxes, arrivals=both, same_hours=MISSED), {}, T0)
    last = int((T0 - 30 * HOUR).timestamp())
    detail = {"last": last, "hours": 30, "least": 30, "most": 30, "spans": 8}
    assert found == {SILENT: Finding(detail=detail)}


def test_the_silence_of_an_inbox_that_was_never_read_is_no_portals() -> None:
    never = (health(last_success=None, error="gone"),)
    given = facts(inboxes=never, arrivals=(arrivals(T0 - 30 * HOUR),), same_hours=MISSED)
    assert set(find_causes(given, {}, T0)) == {DOWN}


def test_a_silence_lasts_until_an_inquiry_comes() -> None:
    old, new = arrivals(T0 - 30 * HOUR), arrivals(T0 - timedelta(seconds=1))
    known = {SILENT: alert(SILENT, detail={"last": int(old.last.timestamp())})}
    later = T0 + 40 * DAY
    for past in ((old,), ()):  # not found by its numbers any more; gone from the half year
        assert set(find_causes(facts(arrivals=past), known, later)) == {SILENT}
    assert find_causes(facts(arrivals=(new,)), known, later) == {}


def test_the_silence_of_an_inbox_that_was_removed_ends() -> None:
    known = {SILENT: alert(SILENT, detail={"last": 0})}
    assert find_causes(facts(inboxes=(health("second"),)), known, T0) == {}


def test_a_layout_lasts_until_inquiries_are_complete_again() -> None:
    past = [True] * 200
    found = find_causes(facts(complete={"portal.example": [False] * 5 + past}), {}, T0)
    assert found == {LAYOUT: Finding(5, asdict(Drop(5, 5, 0, 200)))}
    known = {LAYOUT: alert(LAYOUT, count=5, detail=found[LAYOUT].detail)}
    for newest in ([False] * 240, [True] * 9 + [False] * 5 + past):
        assert find_causes(facts(complete={"portal.example": newest}), known, T0) == found
    assert find_causes(facts(), known, T0 + timedelta(weeks=30)) == found  # nothing came
    assert find_causes(facts(complete={"portal.example": past}), known, T0) == {}


def test_rule_files_with_mistakes_are_one_cause() -> None:
    assert find_causes(facts(bad_rules=3), {}, T0) == {Cause(Kind.RULES_WRONG): Finding(3)}
    assert find_causes(facts(bad_rules=0), {Cause(Kind.RULES_WRONG): alert(DOWN)}, T0) == {}
