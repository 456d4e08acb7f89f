"""One message for each cause and one when it is over, whatever the cause does."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from mailbridge.alerts.causes import Cause, Finding, Kind
from mailbridge.alerts.telling import Patience, Telling, advance, given, owed
from mailbridge.ledger.standing import Alert
from tests.alerts.making import DAY, DOWN, HOUR, KEY, MINUTE, REVIEW, T0

BEGUN, GROWN, OVER = Telling.BEGUN, Telling.GROWN, Telling.OVER
PATIENCE = Patience()


@dataclass
class Office:
    """Looks each time it is asked, and takes what each channel is owed."""

    channels: tuple[str, ...] = ("1",)
    broken: set[str] = field(default_factory=set)
    alerts: dict[Cause, Alert] = field(default_factory=dict)
    told: list[tuple[str, Cause, Telling, datetime]] = field(default_factory=list)

    def look(self, found: Mapping[Cause, int], at: datetime) -> list[Telling]:
        findings = {cause: Finding(count) for cause, count in found.items()}
        self.alerts = advance(self.alerts, findings, PATIENCE, at)
        new = []
        for channel in self.channels:
            for cause, alert in self.alerts.items():
                telling = owed(alert, channel)
                if telling and channel not in self.broken:
                    self.alerts[cause] = given(alert, channel, telling)
                    self.told.append((channel, cause, telling, at))
                    new.append(telling)
        return new

    def watch(self, cause: Cause, counts: Iterable[int], step: timedelta = MINUTE) -> list[Telling]:
        """Look again and again, the cause being there where its count is not 0."""
        return [
            telling
            for number, count in enumerate(counts)
            for telling in self.look({cause: count} if count else {}, T0 + number * step)
        ]


def test_a_refused_key_is_told_at_once_and_once() -> None:
    assert Office().watch(KEY, [1]) == [BEGUN]
    assert Office().watch(KEY, [1] * 3_000) == [BEGUN]


def test_it_is_over_after_it_was_absent_for_a_while() -> None:
    assert Office().watch(KEY, [1] + [0] * 15) == [BEGUN]
    assert Office().watch(KEY, [1] + [0] * 16) == [BEGUN, OVER]
    assert Office().watch(KEY, [1] + [0] * 3_000) == [BEGUN, OVER]


def test_an_inbox_is_told_after_some_minutes() -> None:
    assert Office().watch(DOWN, [1] * 10) == []
    assert Office().watch(DOWN, [1] * 11) == [BEGUN]


def test_a_failure_that_passes_is_not_told() -> None:
    office = Office()
    assert office.watch(DOWN, ([1] * 9 + [0]) * 50) == []
    assert office.alerts == {}


def test_leads_may_wait_for_an_hour() -> None:
    assert Office().watch(Cause(Kind.LEADS_WAITING), [1] * 60) == []
    assert Office().watch(Cause(Kind.LEADS_WAITING), [1] * 61) == [BEGUN]


def test_all_is_forgotten_a_day_after_it_was_over() -> None:
    office = Office()
    office.watch(KEY, [1] + [0] * (16 + 24 * 60))
    assert office.alerts == {}


def test_what_comes_and_goes_is_one_cause() -> None:
    assert Office().watch(KEY, ([1] + [0] * 14) * 200) == [BEGUN]


def test_what_comes_back_within_a_day_must_be_absent_for_longer() -> None:
    spell = [1] + [0] * 20
    assert Office().watch(KEY, spell * 2) == [BEGUN, OVER, BEGUN]
    assert Office().watch(KEY, spell * 100) == [BEGUN, OVER, BEGUN]


def test_failures_that_pass_do_not_make_it_longer() -> None:
    spell = [1] * 11 + [0] * 16
    passing = ([1] * 5 + [0] * 5) * 10
    again = [1] * 11 + [0] * 31  # twice 15 minutes, as though nothing had been between
    assert Office().watch(DOWN, spell + passing + again) == [BEGUN, OVER, BEGUN, OVER]


def test_what_comes_back_after_a_day_is_over_as_soon_as_the_first_time() -> None:
    office = Office(channels=("1", "2"))
    office.look({KEY: 1}, T0)
    office.broken = {"2"}  # keeps the alert, for it has not heard of the end
    for minutes in (1, 16):
        office.look({}, T0 + minutes * MINUTE)
    later = T0 + 2 * DAY
    assert office.look({KEY: 1}, later) == [BEGUN]
    assert office.look({}, later + MINUTE) == []
    assert office.look({}, later + 16 * MINUTE) == [OVER]


@pytest.mark.parametrize("gap", [16, 31, 61, 121, 241, 481])
def test_however_it_flaps_its_messages_are_few(gap: int) -> None:
    office = Office()
    office.watch(KEY, ([1] + [0] * gap) * (10 * 24 * 60 // gap))
    first_day = [told for told in office.told if told[3] < T0 + DAY]
    assert len(first_day) <= 2 * 7
    assert len(office.told) <= 2 * 7 + 10


def test_review_is_told_again_only_when_it_grows_and_ever_less_often() -> None:
    assert Office().watch(REVIEW, [5] * 3_000) == [BEGUN]
    office = Office()
    office.watch(REVIEW, range(1, 3 * 24 * 60))  # a mail for review each minute, for three days
    hours = [round((at - T0) / HOUR) for _, _, _, at in office.told]
    assert hours == [0, 1, 3, 7, 15, 31, 55]
    assert [telling for _, _, telling, _ in office.told] == [BEGUN, *[GROWN] * 6]


def test_growth_is_measured_from_what_is_left() -> None:
    worked_down = [8, 8, 5, 2] + [2] * 60
    assert Office().watch(REVIEW, worked_down) == [BEGUN]
    office = Office()
    assert office.watch(REVIEW, [*worked_down, 3]) == [BEGUN, GROWN]
    assert office.alerts[REVIEW].count == 3


def test_growth_of_anything_else_is_not_told() -> None:
    assert Office().watch(KEY, range(1, 3_000)) == [BEGUN]


def test_a_channel_that_fails_is_told_later_and_the_others_not_twice() -> None:
    office = Office(channels=("1", "2"), broken={"2"})
    assert office.watch(KEY, [1] * 5) == [BEGUN]
    office.broken = set()
    assert office.look({KEY: 1}, T0 + 5 * MINUTE) == [BEGUN]
    assert [(channel, telling) for channel, _, telling, _ in office.told] == [
        ("1", BEGUN),
        ("2", BEGUN),
    ]


def test_what_was_over_before_a_channel_could_be_told_is_not_told_there() -> None:
    office = Office(broken={"1"})
    office.watch(KEY, [1] * 5 + [0])
    office.broken = set()
    assert office.look({}, T0 + 7 * MINUTE) == []
    assert office.look({}, T0 + HOUR) == []


def test_who_has_not_heard_that_it_was_over_is_not_told_anew() -> None:
    office = Office()
    office.watch(KEY, [1])
    office.broken = {"1"}
    office.look({}, T0 + MINUTE)
    office.look({}, T0 + HOUR)
    office.broken = set()
    assert office.look({KEY: 1}, T0 + 2 * HOUR) == []


def test_a_channel_that_is_new_is_told_what_holds() -> None:
    office = Office()
    office.watch(KEY, [1])
    office.channels = ("1", "2")
    assert office.look({KEY: 1}, T0 + MINUTE) == [BEGUN]


LOOKS = st.lists(
    st.tuples(
        st.integers(1, 2 * 24 * 60),
        st.sets(st.sampled_from([KEY, DOWN])),
        st.integers(0, 9),
        st.sets(st.sampled_from(["1", "2"])),
    ),
    max_size=60,
)


@hypothesis_given(LOOKS)
def test_begun_and_over_take_turns_and_nothing_is_told_in_between(
    looks: list[tuple[int, set[Cause], int, set[str]]],
) -> None:
    office, at = Office(channels=("1", "2")), T0
    for minutes, present, review, broken in looks:
        at += minutes * MINUTE
        office.broken = broken
        office.look({**dict.fromkeys(present, 1), **({REVIEW: review} if review else {})}, at)
    # In the end all is well and all channels work: each hears that it is over.
    for _ in range(4):
        at += DAY - MINUTE
        office.broken = set()
        office.look({}, at)
    for channel in office.channels:
        for cause in (KEY, DOWN, REVIEW):
            told = [(t, when) for c, k, t, when in office.told if (c, k) == (channel, cause)]
            states = [t for t, _ in told if t is not GROWN]
            assert states == [BEGUN, OVER] * (len(states) // 2)
            if cause is not REVIEW:
                assert GROWN not in [t for t, _ in told]
            over = [when for t, when in told if t is OVER]
            assert all(b - a >= PATIENCE.over for a, b in itertools.pairwise(over))
    at += 2 * DAY
    office.look({}, at)
    assert office.alerts == {}
