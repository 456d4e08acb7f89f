"""Leads per day as bars: where each goes in a drawing. Pure; the template draws them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import count

from mailbridge.ledger.views import Hour

DAYS = 30
SERIES = 5
"""Portals that have a colour of their own; the rest share one."""
WIDTH, HEIGHT = 880, 190
"""Of the bars' field, in units of the drawing."""
_GAP = 0.3
"""Share of a day's width that stays empty."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One portal's leads of one day."""

    series: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    day: date
    x: float
    width: float
    total: int
    counts: tuple[int, ...]
    """By series."""
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn."""

    series: tuple[str, ...]
    """The portals, those with the most leads first; an empty name is all the rest."""
    totals: tuple[int, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[int, float], ...]
    """Numbers of the axis and their heights from above."""

    @property
    def total(self) -> int:
        """All leads."""
        return sum(self.totals)


def first_day(at: datetime) -> datetime:
    """Give the moment at which the first day shown begins; `at` is aware, in the zone of days."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def draw(hours: Iterable[Hour], at: datetime) -> Chart:
    """Place the leads of the last days up to `at`, which is aware, in the zone of days."""
    by_portal = _count(hours, at.tzinfo)
    ranked = sorted(by_portal, key=lambda portal: (-sum(by_portal[portal].values()), portal))
    named, rest = ranked[:SERIES], ranked[SERIES:]
    series = (*named, "") if rest else tuple(named)
    days = [first_day(at).date() + timedelta(days=number) for number in range(DAYS)]
    counts = [
        tuple(
            [by_portal[portal].get(day, 0) for portal in named]
            + ([sum(by_portal[portal].get(day, 0) for portal in rest)] if rest else [])
        )
        for day in days
    ]
    step = _step(max(map(sum, counts)))
    top = max(step, -(-max(map(sum, counts)) // step) * step)
    width = WIDTH / DAYS
    bars = tuple(
        Bar(
            day=day,
            x=round(number * width + width * _GAP / 2, 2),
            width=round(width * (1 - _GAP), 2),
            total=sum(of_day),
            counts=of_day,
            segments=tuple(_stack(of_day, top)),
        )
        for number, (day, of_day) in enumerate(zip(days, counts, strict=True))
    )
    return Chart(
        series=series,
        totals=tuple(sum(of_day[number] for of_day in counts) for number in range(len(series))),
        bars=bars,
        ticks=tuple((n, round(HEIGHT - n * HEIGHT / top, 2)) for n in range(0, top + 1, step)),
    )


def _count(hours: Iterable[Hour], zone: tzinfo | None) -> Mapping[str, dict[date, int]]:
    by_portal: dict[str, dict[date, int]] = {}
    for hour in hours:
        days = by_portal.setdefault(hour.portal, {})
        day = hour.begins.astimezone(zone).date()
        days[day] = days.get(day, 0) + hour.leads
    return by_portal


def _stack(counts: Sequence[int], top: int) -> Iterable[Segment]:
    below = 0.0
    for series, number in enumerate(counts):
        if number:
            height = number * HEIGHT / top
            below += height
            yield Segment(series, round(HEIGHT - below, 2), round(height, 2))


def _step(most: int) -> int:
    """Give the distance of the axis' numbers: 1, 2 or 5 times a power of ten, four at most."""
    for power in count():
        for factor in (1, 2, 5):
            if factor * 10**power * 4 >= most:
                return int(factor * 10**power)
    raise AssertionError
