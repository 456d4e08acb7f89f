"""Has a portal changed its layout? Judged by its share of complete inquiries. Pure.

**The test.** The newest 5 (10, 20, 40) inquiries are compared with up to 200 before
them by Fisher's exact test, one-sided: given all the incomplete ones, how likely is it
that so many of them are among the newest? Exact for any number, so no share has to be
guessed for a portal that was always complete. Several lengths, since a new layout
breaks all mails (five are enough), and one that holds for a language or for rentals
only breaks some.

**False alarms.** The limit is 1 in 10,000 for each look, and a look needs at least
three incomplete ones, and twenty inquiries before. Looks overlap and are far from
independent; by simulation (tests/alerts/test_layout.py) portals whose visitors leave
out something in 2 to 30 % of the mails give less than one false alarm in 10,000 mails.

**Quickness.** A portal that was always complete: five incomplete mails in a row after
20, four after 60, three after 200.

**The end.** The share before is kept with the alert, for the broken mails soon become
the past themselves. It is over when the newest ten, seen alone, would no longer be
strange (1 in 20): ten complete ones for a portal that was always complete, whether new
or decided anew by `retry`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

LATEST = (5, 10, 20, 40)
PAST = 200
LEAST_PAST = 20
LEAST_BROKEN = 3
LIMIT = 1e-4

RECOVERED = 10
"""So many of the newest tell that it is over."""
USUAL = 0.05
LEAST_RECENT = 2
"""Incomplete ones among these ten, else what is long mended would be found again."""

MOST = LATEST[-1] + PAST
"""How many inquiries of a portal are ever looked at."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The newest inquiries against those before."""

    broken: int
    latest: int
    past_broken: int
    past: int

    def chance(self) -> float:
        """Give the probability of so many broken among the latest, were all as ever."""
        total = self.broken + self.past_broken
        ways = sum(
            comb(self.latest, among) * comb(self.past, total - among)
            for among in range(self.broken, min(self.latest, total) + 1)
        )
        return ways / comb(self.latest + self.past, total)


def find_drop(complete: Sequence[bool]) -> Drop | None:
    """Look for a drop; `complete` says of each inquiry, the newest first, whether it was."""
    if complete[:RECOVERED].count(False) < LEAST_RECENT:
        return None
    drops = [drop for drop in _drops(complete) if drop.chance() < LIMIT]
    found = min(drops, key=Drop.chance, default=None)
    return None if found is None or has_recovered(complete, found) else found


def has_recovered(complete: Sequence[bool], found: Drop) -> bool:
    """Tell whether the newest inquiries are as usual before the drop that was found."""
    newest = complete[:RECOVERED]
    broken = newest.count(False)
    return Drop(broken, len(newest), found.past_broken, found.past).chance() > USUAL


def _drops(complete: Sequence[bool]) -> Iterator[Drop]:
    for latest in LATEST:
        broken, past = complete[:latest].count(False), complete[latest : latest + PAST]
        if broken >= LEAST_BROKEN and len(past) >= LEAST_PAST:
            yield Drop(broken, latest, past.count(False), len(past))
