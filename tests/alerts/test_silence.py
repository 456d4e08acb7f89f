"""Silent portals: told in time, hardly ever wrongly, never those with few mails."""

import random
from datetime import timedelta

import pytest

from mailbridge.alerts import silence
from tests.alerts.past import HOUR, MONDAY, WEEK, inquiries, told_silent, until_told

DAY = timedelta(days=1)


def test_the_same_hours_are_those_of_the_weeks_before() -> None:
    last = MONDAY + 10 * WEEK + 9 * HOUR
    spans = silence.same_hours(MONDAY, last, last + 5 * HOUR)
    assert spans[0] == (last - WEEK, last - WEEK + 5 * HOUR)
    assert spans[-1] == (last - 8 * WEEK, last - 8 * WEEK + 5 * HOUR)
    assert len(spans) == 8


def test_a_long_silence_is_compared_with_spans_that_do_not_overlap() -> None:
    last = MONDAY + 26 * WEEK
    spans = silence.same_hours(MONDAY, last, last + 10 * DAY)
    assert [start for start, _ in spans] == [last - 2 * n * WEEK for n in range(1, 9)]
    assert all(end <= last for _, end in spans)


@pytest.mark.parametrize(
    ("first", "length"),
    [(3 * WEEK, 5 * HOUR), (26 * WEEK, timedelta(hours=2, minutes=59)), (26 * WEEK, 7 * WEEK)],
    ids=["a young portal", "a short pause", "a silence longer than the past allows"],
)
def test_nothing_is_said_without_enough_to_compare_with(
    first: timedelta, length: timedelta
) -> None:
    last = MONDAY + 26 * WEEK
    assert silence.same_hours(last - first, last, last + length) == []


def test_the_limit() -> None:
    # 3,650 a year at ten a day: ln 3650 = 8.2, and eight spans of n: n * 8 / 2 * ln(9/8) = 0.47 n
    assert not silence.is_silent([17] * 8, 1_820, silence.PAST)
    assert silence.is_silent([18] * 8, 1_820, silence.PAST)


@pytest.mark.parametrize("counts", [[], [50] * 3, [50] * 7 + [0]])
def test_too_few_spans_or_an_empty_one_say_nothing(counts: list[int]) -> None:
    assert not silence.is_silent(counts, 1_820, silence.PAST)


def test_a_portal_with_few_mails_never_alarms() -> None:
    assert not silence.is_silent([29] * 8, 29, silence.PAST)
    times = [MONDAY + n * WEEK for n in range(26)]
    assert until_told(times, 8 * WEEK) is None


@pytest.mark.parametrize(
    ("per_day", "least", "most"),
    [(1, 7 * DAY, 18 * DAY), (10, 1 * DAY, 3 * DAY), (50, 5 * HOUR, 1 * DAY)],
)
def test_a_silence_is_told_in_time(per_day: float, least: timedelta, most: timedelta) -> None:
    rng = random.Random(f"silence {per_day}")
    for _ in range(5):
        told = until_told(inquiries(rng, per_day, 20), most + DAY)
        assert told is not None
        assert least <= told <= most


@pytest.mark.parametrize(("per_day", "season"), [(1, 1.0), (5, 1.0), (1, 0.5), (5, 0.5), (30, 0.5)])
def test_pauses_and_holidays_are_hardly_ever_told(per_day: float, season: float) -> None:
    """At half the rate one in a year is allowed; these are two times half a year."""
    rng = random.Random(f"false alarms {per_day} {season}")
    wrong = 0
    for _ in range(2):
        times = inquiries(rng, per_day, 34, lambda week: season if week >= 26 else 1.0)
        wrong += sum(
            told_silent(times[: number + 1], end)
            for number, end in enumerate(times[1:])
            if end > MONDAY + 26 * WEEK
        )
    assert wrong <= (0 if season == 1.0 else 2)
