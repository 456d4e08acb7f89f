"""Has a portal gone silent? Judged by the same hours of its own past. Pure.

**The test.** Let a portal's last inquiry have arrived at `last`. The time since is
laid over the past, moved back by whole weeks, so that nights meet nights and Sundays
meet Sundays (for a silence of more than a week, by as many weeks as it is long). In
the `m` spans found so, eight at most, `S` inquiries arrived. Were all as ever, each of
the `S` (and those that did not come) could as well have fallen into the present span:
that none did has the probability `(m / (m + 1)) ** S`, whatever the portal's rate
(exact for a Poisson process whose rate has the period of a week; given the total, the
counts of equal spans are multinomial).

**False alarms.** Rates are not that constant: holidays, campaigns, bursts of one
visitor. So `S` is halved: the test holds in a season in which only half as many come.
And since each pause between two inquiries is a new chance to err, the limit is one in
the number of a year's inquiries (at the rate of the past): in such a half-empty season
that is one false alarm in a year at most, and at the usual rate, where the probability
counts twice in the exponent, about one in as many years as inquiries come in a year.
Measured by simulation: tests/alerts/test_silence.py.

**Few mails.** A portal with under 30 inquiries in the half year looked at, with fewer
than four spans in it (so less than four weeks of past, and no silence of over five weeks
is first found), or with a span in which nothing arrived either, never alarms; nor does
any within three hours.

**Quickness**, by the same simulation: one inquiry a day, told after twelve days; three,
after five; ten, within two; fifty, after half a day.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import log

PAST = timedelta(weeks=26)
"""How far the past counts."""
LEAST_SILENCE = timedelta(hours=3)
LEAST_COUNT = 30
FEWEST_SPANS, MOST_SPANS = 4, 8

_WEEK = timedelta(weeks=1)
_YEAR = timedelta(days=365)

Span = tuple[datetime, datetime]


def same_hours(first: datetime, last: datetime, until: datetime) -> list[Span]:
    """Give the spans of the past that are like that from `last` to `until`, the latest first.

    They lie between `first`, the portal's first inquiry, and `last`. Empty where
    there are too few, or the silence is too short to say anything.
    """
    length = until - last
    if length < LEAST_SILENCE:
        return []
    step = _WEEK * (-(-length // _WEEK))
    spans = [(last - n * step, until - n * step) for n in range(1, MOST_SPANS + 1)]
    spans = [(start, end) for start, end in spans if start >= first]
    return spans if len(spans) >= FEWEST_SPANS else []


def is_silent(counts: Sequence[int], total: int, past: timedelta) -> bool:
    """Judge by the spans' counts; `total` is how many came in the whole `past`."""
    if total < LEAST_COUNT or len(counts) < FEWEST_SPANS or not all(counts):
        return False
    spans = len(counts)
    chance = sum(counts) / 2 * log(spans / (spans + 1))
    return chance <= -log(max(1.0, total * (_YEAR / past)))
