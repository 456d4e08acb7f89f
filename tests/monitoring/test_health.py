"""What counts as dead and what as a problem: by literals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbridge.daemon.pulse import DeliveryVitals, Durations, InboxVitals, Vitals
from mailbridge.ledger.views import Waiting
from mailbridge.monitoring.health import InboxLimits, Limits, find_dead, find_problems
from mailbridge.recipient import DEFAULT, Kind, Recipient

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
NONE: dict[Recipient, Waiting] = {}
CRM = Recipient("crm", Kind.WEBHOOK)
LIMITS = Limits(
    inboxes={"main": InboxLimits(every=60, deadline=300)}, delivery=40.0, scheduler=10.0
)


def inbox(
    *,
    polling: bool = False,
    moved: float = 1000,
    succeeded: float | None = 1000,
    failing: bool = False,
) -> InboxVitals:
    return InboxVitals(
        polling=polling,
        moved=moved,
        succeeded=succeeded,
        failing=failing,
        well=1,
        failed=0,
        durations=Durations(),
    )


def vitals(
    main: InboxVitals | None = None,
    *,
    started: float = 0,
    scheduled: float = 1000,
    delivered: float = 1000,
    erasing: float | None = None,
    accepted: float | None = None,
) -> Vitals:
    return Vitals(
        at=1000,
        started=started,
        scheduled=scheduled,
        erasing=erasing,
        inboxes={"main": main or inbox()},
        deliveries={DEFAULT: DeliveryVitals(delivered=delivered, accepted=accepted, posts={})},
    )


def waiting(seconds: float, to: Recipient = DEFAULT) -> dict[Recipient, Waiting]:
    return {to: Waiting(leads=3, oldest=AT - timedelta(seconds=seconds))}


def test_each_destination_is_judged_by_itself() -> None:
    both = replace(
        vitals(),
        deliveries={
            DEFAULT: DeliveryVitals(delivered=1000, accepted=990, posts={}),
            CRM: DeliveryVitals(delivered=899, accepted=10, posts={}),
        },
    )
    assert find_dead(both, LIMITS) == (
        "destination crm: the delivery thread has given no sign for 101 s",
    )
    problems = find_problems(both, LIMITS, waiting(2000) | waiting(2000, CRM), AT)
    assert len(problems) == 2
    assert problems[1].startswith("destination crm: the queue does not move: leads waiting: 3")


def test_leads_for_a_destination_that_is_gone_are_told_at_once() -> None:
    assert find_problems(vitals(), LIMITS, waiting(1, CRM), AT) == (
        (
            "destination crm (webhook): not in the settings, leads waiting: 3; "
            "see `mailbridge status`"
        ),
    )


def test_all_is_well() -> None:
    assert find_dead(vitals(), LIMITS) == ()
    assert find_problems(vitals(), LIMITS, NONE, AT) == ()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (vitals(scheduled=929), "the scheduler has run nothing for 71 s"),
        (vitals(delivered=899), "lead API: the delivery thread has given no sign for 101 s"),
        (
            vitals(inbox(polling=True, moved=639)),
            "inbox main: the poll has not come forward for 361 s",
        ),
    ],
)
def test_what_hangs_is_dead_and_a_problem(found: Vitals, said: str) -> None:
    assert find_dead(found, LIMITS) == (said,)
    assert said in find_problems(found, LIMITS, NONE, AT)


@pytest.mark.parametrize(
    "found",
    [
        vitals(scheduled=930),
        vitals(delivered=900),
        vitals(inbox(polling=True, moved=640)),
        vitals(inbox(polling=False, moved=0)),
    ],
)
def test_what_is_within_its_limit_is_alive(found: Vitals) -> None:
    assert find_dead(found, LIMITS) == ()


def test_who_waits_for_an_erasure_does_not_hang() -> None:
    hanging = inbox(polling=True, moved=0)
    assert find_dead(vitals(hanging, delivered=0, erasing=1), LIMITS) == ()
    found = replace(vitals(hanging, delivered=0, erasing=1), at=3602, scheduled=3602)
    assert find_dead(found, LIMITS) == ("contents have been erased for 3601 s",)


def test_a_server_that_is_away_is_a_problem_but_nothing_is_dead() -> None:
    found = vitals(inbox(succeeded=759, failing=True))
    assert find_dead(found, LIMITS) == ()
    [problem] = find_problems(found, LIMITS, NONE, AT)
    assert problem == "inbox main: not read for 241 s; see `mailbridge status`"


def test_a_long_poll_that_comes_forward_is_no_problem() -> None:
    assert find_problems(vitals(inbox(polling=True, succeeded=None)), LIMITS, NONE, AT) == ()


def test_the_next_attempt_on_a_server_that_is_away_hides_nothing() -> None:
    found = vitals(inbox(polling=True, succeeded=700, failing=True))
    assert len(find_problems(found, LIMITS, NONE, AT)) == 1


def test_an_inbox_that_never_went_well_has_time_from_the_start() -> None:
    never = inbox(succeeded=None, failing=True)
    assert find_problems(vitals(never, started=760), LIMITS, NONE, AT) == ()
    assert find_problems(vitals(never, started=759), LIMITS, NONE, AT)


@pytest.mark.parametrize(
    ("accepted", "oldest", "moves"),
    [(None, 901, False), (None, 900, True), (100, 5000, True), (99, 5000, False)],
)
def test_the_queue_moves_while_leads_are_accepted(
    accepted: float | None, oldest: float, *, moves: bool
) -> None:
    found = find_problems(vitals(accepted=accepted), LIMITS, waiting(oldest), AT)
    assert (found == ()) is moves
    assert moves or "lead API: the queue does not move: leads waiting: 3" in found[0]


def test_a_ledger_that_cannot_be_read_is_a_problem() -> None:
    assert find_problems(vitals(), LIMITS, None, AT) == ("the ledger cannot be read",)
