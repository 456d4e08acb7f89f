"""A layout that has changed: seen after few mails, and hardly ever where nothing changed."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.alerts.layout import Drop, find_drop, has_recovered

GOOD, BAD = True, False


def after(*newest: bool, past: int = 200) -> list[bool]:
    """The newest first, as the ledger gives them."""
    return [*newest, *[GOOD] * past]


@pytest.mark.parametrize(("past", "needed"), [(20, 5), (60, 4), (200, 3)])
def test_a_portal_that_was_always_complete_alarms_within_five(past: int, needed: int) -> None:
    assert find_drop(after(*[BAD] * (needed - 1), past=past)) is None
    found = find_drop(after(*[BAD] * needed, past=past))
    assert found is not None
    assert found.broken == needed


def test_a_portal_with_few_mails_never_alarms() -> None:
    assert find_drop([BAD] * 5 + [GOOD] * 19) is None
    assert find_drop([BAD] * 24) is None
    assert find_drop([]) is None


def test_two_broken_mails_are_no_layout() -> None:
    assert find_drop(after(BAD, BAD)) is None


def test_a_layout_of_one_language_is_found_too() -> None:
    half = [BAD, GOOD] * 5
    assert find_drop(after(*half)) is not None


def test_a_portal_that_was_never_complete_does_not_alarm() -> None:
    assert find_drop([BAD] * 240) is None


def test_chance_is_fishers_exact_test() -> None:
    # 5 of 5 broken and none before: one way in C(25, 5).
    assert Drop(5, 5, 0, 20).chance() == pytest.approx(1 / 53_130)
    # Counted out: of all ways to break 3 of 8, those with two or more among the first 3.
    ways = [sum(at < 3 for at in broken) for broken in combinations(range(8), 3)]
    assert Drop(2, 3, 1, 5).chance() == pytest.approx(sum(n >= 2 for n in ways) / len(ways))


@given(st.integers(0, 40), st.integers(0, 200), st.data())
def test_chance_is_a_probability_and_falls_with_each_broken_one(
    latest: int, past: int, data: st.DataObject
) -> None:
    past_broken = data.draw(st.integers(0, past))
    chances = [Drop(broken, latest, past_broken, past).chance() for broken in range(latest + 1)]
    assert all(0 <= chance <= 1 + 1e-9 for chance in chances)
    assert all(a >= b - 1e-9 for a, b in pairwise(chances))


def test_it_is_over_when_the_newest_are_complete_again() -> None:
    found = find_drop(after(*[BAD] * 5))
    assert found is not None
    assert not has_recovered(after(*[GOOD] * 9, *[BAD] * 5), found)
    assert has_recovered(after(*[GOOD] * 10, *[BAD] * 5), found)


def test_broken_mails_that_become_the_past_do_not_end_it() -> None:
    found = find_drop(after(*[BAD] * 5))
    assert found is not None
    assert not has_recovered([BAD] * 240, found)


def test_what_is_over_is_not_found_again_because_of_the_same_mails() -> None:
    for good in range(10, 45):
        assert find_drop(after(*[GOOD] * good, *[BAD] * 5)) is None
        assert find_drop(after(BAD, *[GOOD] * good, *[BAD] * 5)) is None


def test_what_the_newest_no_longer_show_is_not_begun() -> None:
    """Else it would be over as soon as it was told."""
    past = [BAD, *[GOOD] * 9] * 20  # one in ten
    drop = [BAD] * 10
    assert find_drop([*drop, *past]) is not None
    assert find_drop([*[BAD, *[GOOD] * 4] * 2, *drop, *past]) is None


@pytest.mark.parametrize("share", [0.02, 0.05, 0.1, 0.3])
def test_forgetful_visitors_are_no_layout(share: float) -> None:
    """The limit is one in 10,000 mails; 4,000 are looked at."""
    rng = random.Random(f"layout {share}")
    mails = [rng.random() >= share for _ in range(4_000)]
    alarms = sum(find_drop(mails[start : start + 240]) is not None for start in range(3_760))
    # Looks overlap: one alarm is seen at several.
    assert alarms <= 10
