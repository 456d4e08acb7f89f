"""A portal's past, made up: inquiries by day more than by night, on weekdays more than on Sundays.

Of a period of a week, but for the `season`: the share of the usual rate that comes.
"""

import bisect
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from mailbridge.alerts import silence

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def _usual(hour: int) -> float:
    by_day = 0.05 if hour % 24 < 7 or hour % 24 > 22 else 1.0
    return by_day * (0.5 if hour // 24 >= 5 else 1.0)


_DAILY = sum(map(_usual, range(168))) / 7


def inquiries(
    rng: random.Random,
    per_day: float,
    weeks: int,
    season: Callable[[int], float] = lambda _week: 1.0,
) -> list[datetime]:
    """Arrivals of a Poisson process."""
    times = []
    for hour in range(weeks * 168):
        rate = per_day * _usual(hour % 168) / _DAILY * season(hour // 168)
        at = rng.expovariate(rate)
        while at < 1:
            times.append(MONDAY + (hour + at) * HOUR)
            at += rng.expovariate(rate)
    return times


def told_silent(times: Sequence[datetime], at: datetime) -> bool:
    """What is said at that time of a portal whose inquiries came at these times."""
    known = times[bisect.bisect_left(times, at - silence.PAST) : bisect.bisect_left(times, at)]
    spans = silence.same_hours(known[0], known[-1], at)
    counts = [bisect.bisect_left(known, end) - bisect.bisect_left(known, s) for s, end in spans]
    return silence.is_silent(counts, len(known), min(at - known[0], silence.PAST))


def until_told(times: Sequence[datetime], most: timedelta) -> timedelta | None:
    """How long after the last inquiry the silence is told; looked at each hour."""
    for hours in range(int(most / HOUR)):
        if told_silent(times, times[-1] + hours * HOUR):
            return hours * HOUR
    return None
