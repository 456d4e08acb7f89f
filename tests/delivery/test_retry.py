"""The retry policy as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.delivery.answer import (
    Accepted,
    Busy,
    Failed,
    InDoubt,
    Rejected,
    Unauthorised,
    Unreachable,
)
from mailbridge.delivery.retry import Next, OnDoubt, Policy, after

POLICY = Policy()
ACCEPTED = Accepted(status=200)
REJECTED = Rejected(status=422)
UNAUTHORISED = Unauthorised(status=401)
BUSY = Busy(status=429)
FAILED = Failed(status=503)
UNREACHABLE = Unreachable(reason="refused")
IN_DOUBT = InDoubt(reason="read timeout")


def follow(answer, *, policy=POLICY, **counters):
    given = {"failures": 0, "faults": 0, "resent": False, "streak": 0, "random": 0.0, **counters}
    return after(answer, policy=policy, **given)


def deferred(wait, pause, streak, *, counts=False):
    return Next(state="deferred", wait=wait, pause=pause, counts=counts, streak=streak)


@pytest.mark.parametrize(
    ("answer", "counters", "expected"),
    [
        (ACCEPTED, {}, Next(state="sent")),
        (ACCEPTED, {"streak": 9, "failures": 3, "resent": True}, Next(state="sent")),
        (REJECTED, {}, Next(state="rejected")),
        (REJECTED, {"streak": 9}, Next(state="rejected")),
        (UNAUTHORISED, {}, deferred(300.0, 300.0, 1)),
        (UNAUTHORISED, {"streak": 2}, deferred(1200.0, 1200.0, 3)),
        (UNAUTHORISED, {"streak": 20}, deferred(3600.0, 3600.0, 21)),
        (UNAUTHORISED, {"failures": 99}, deferred(300.0, 300.0, 1)),
        (BUSY, {}, deferred(5.0, 5.0, 1)),
        (BUSY, {"streak": 3}, deferred(40.0, 40.0, 4)),
        (BUSY, {"streak": 99}, deferred(900.0, 900.0, 100)),
        (Busy(status=429, retry_after=30.0), {}, deferred(30.0, 30.0, 1)),
        (Busy(status=429, retry_after=7200.0), {}, deferred(7200.0, 7200.0, 1)),
        (Busy(status=429, retry_after=0.0), {}, deferred(1.0, 1.0, 1)),
        (Busy(status=429, retry_after=0.0), {"streak": 99}, deferred(60.0, 60.0, 100)),
        (FAILED, {}, deferred(5.0, 1.0, 1, counts=True)),
        (FAILED, {"failures": 4}, deferred(80.0, 1.0, 1, counts=True)),
        (FAILED, {"failures": 10}, deferred(900.0, 1.0, 1, counts=True)),
        (FAILED, {"streak": 3}, deferred(8.0, 8.0, 4, counts=True)),
        (FAILED, {"streak": 50}, deferred(60.0, 60.0, 51, counts=True)),
        (Failed(status=503, retry_after=90.0), {}, deferred(90.0, 90.0, 1, counts=True)),
        (
            Failed(status=503, retry_after=0.0),
            {"failures": 4},
            deferred(80.0, 1.0, 1, counts=True),
        ),
        (
            FAILED,
            {"failures": 12, "faults": 12, "streak": 2},
            Next(state="rejected", pause=4.0, counts=True, streak=3),
        ),
        (FAILED, {"failures": 99, "faults": 11}, deferred(900.0, 1.0, 1, counts=True)),
        (FAILED, {"failures": 698}, deferred(900.0, 1.0, 1, counts=True)),
        (FAILED, {"failures": 699}, Next(state="rejected", pause=1.0, counts=True, streak=1)),
        (UNREACHABLE, {}, deferred(5.0, 5.0, 1)),
        (UNREACHABLE, {"streak": 2}, deferred(20.0, 20.0, 3)),
        (UNREACHABLE, {"streak": 100_000, "failures": 99}, deferred(900.0, 900.0, 100_001)),
        (IN_DOUBT, {}, Next(state="in_doubt", wait=600.0, pause=5.0, streak=1)),
        (IN_DOUBT, {"streak": 2}, Next(state="in_doubt", wait=600.0, pause=20.0, streak=3)),
        (IN_DOUBT, {"resent": True}, Next(state="in_doubt", wait=None, pause=5.0, streak=1)),
    ],
)
def test_what_follows(answer, counters, expected):
    assert follow(answer, **counters) == expected


def test_doubt_may_be_held_for_a_person():
    held = follow(IN_DOUBT, policy=Policy(doubt=OnDoubt.HOLD))
    assert held == Next(state="in_doubt", wait=None, pause=5.0, streak=1)


def test_the_last_failure_allowed_may_be_the_first():
    assert follow(FAILED, policy=Policy(failures=1)).state == "rejected"


def test_chance_shortens_a_backoff_and_lengthens_what_was_asked():
    assert follow(UNREACHABLE, random=0.5).pause == pytest.approx(4.5)
    assert follow(Busy(status=429, retry_after=30.0), random=0.5).pause == pytest.approx(33.0)
    assert follow(FAILED, failures=4, random=0.5).wait == pytest.approx(72.0)


ANSWERS = st.one_of(
    st.sampled_from([ACCEPTED, REJECTED, UNAUTHORISED, UNREACHABLE, IN_DOUBT]),
    st.floats(0, 86_400).map(lambda s: Busy(status=429, retry_after=s)),
    st.none().map(lambda s: Busy(status=429, retry_after=s)),
    st.none().map(lambda s: Failed(status=500, retry_after=s)),
    st.floats(0, 86_400).map(lambda s: Failed(status=500, retry_after=s)),
)


@given(
    answer=ANSWERS,
    failures=st.integers(0, 10**9),
    faults=st.integers(0, 10**9),
    resent=st.booleans(),
    streak=st.integers(0, 10**9),
    random=st.floats(0, 1, exclude_max=True),
)
def test_every_wait_is_bounded_and_no_loop_is_hot(answer, failures, faults, resent, streak, random):
    counters = {"failures": failures, "faults": faults, "resent": resent, "streak": streak}
    follows = follow(answer, **counters, random=random)
    if isinstance(answer, Accepted | Rejected):
        assert (follows.wait, follows.pause, follows.streak) == (None, 0.0, 0)
        return
    assert 1.0 <= follows.pause <= 86_400 * 1.2
    assert follows.streak == streak + 1
    assert follows.wait is None or follows.wait >= follows.pause
    assert follows.counts == isinstance(answer, Failed)
