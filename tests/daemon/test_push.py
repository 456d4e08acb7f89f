"""When an inbox is called for: readable sockets and times, by a clock that the test turns."""

import os
import socket
import threading
from collections.abc import Iterator
from queue import Empty, Queue

import pytest

from mailbridge.daemon.push import FIRST_PAUSE, LONGEST_PAUSE, RENEWAL, Push
from mailbridge.daemon.turns import Work

SOON = 10.0


class Rig:
    """A push whose clock stands, with a server's end and ours of some connections."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: Queue[tuple[str, Work]] = Queue()
        self.push = Push(lambda name, work: self.calls.put((name, work)), lambda: self.now)
        self.pairs = [socket.socketpair() for _ in range(3)]

    def call(self) -> tuple[str, Work]:
        return self.calls.get(timeout=SOON)

    def silent(self) -> bool:
        """Whether nobody is called for: the bell is heard, and then nothing."""
        self.push.leave("bell")
        try:
            self.calls.get(timeout=0.1)
        except Empty:
            return True
        return False

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.push.leave("bell")  # looks at the clock anew


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    thread = threading.Thread(target=rig.push.run)
    thread.start()
    yield rig
    rig.push.end()
    thread.join(SOON)
    assert not thread.is_alive()
    for pair in rig.pairs:
        for end in pair:
            end.close()


def test_who_has_something_to_read_is_called_for_once(rig: Rig) -> None:
    (theirs, ours), (_, others), _ = rig.pairs
    rig.push.listen("one", ours, vain=False)
    rig.push.listen("two", others, vain=False)
    theirs.send(b"*")
    assert rig.call() == ("one", Work.LISTEN)
    assert rig.silent(), "it is still readable, but has its turn"
    rig.push.listen("one", ours, vain=False)
    assert rig.call() == ("one", Work.LISTEN)


def test_who_has_a_turn_is_not_listened_to(rig: Rig) -> None:
    theirs, ours = rig.pairs[0]
    rig.push.listen("one", ours, vain=False)
    rig.push.leave("one")
    theirs.send(b"*")
    assert rig.silent()


def test_a_closed_connection_calls_and_its_number_may_be_used_again(rig: Rig) -> None:
    theirs, ours = rig.pairs[0]
    rig.push.listen("one", ours, vain=False)
    theirs.close()
    assert rig.call() == ("one", Work.LISTEN)
    rig.push.leave("one")
    theirs, another = socket.socketpair()
    # Closes ours, and nobody else gets its number before the next connection does.
    number = os.dup2(another.fileno(), ours.detach(), inheritable=False)
    another.close()
    with theirs, socket.socket(fileno=number) as anew:
        rig.push.listen("one", anew, vain=False)
        theirs.send(b"*")
        assert rig.call() == ("one", Work.LISTEN)


def test_a_connection_closed_while_it_is_listened_to_does_no_harm(rig: Rig) -> None:
    ours = rig.pairs[0][1]
    rig.push.listen("one", ours, vain=False)
    assert rig.silent()
    ours.close()
    rig.push.listen("one", None, vain=False)
    assert rig.silent()
    rig.push.leave("one")
    assert rig.silent()


def test_who_waits_for_long_is_polled(rig: Rig) -> None:
    rig.push.listen("one", rig.pairs[0][1], vain=False)
    rig.pass_time(RENEWAL - 1)
    assert rig.silent()
    rig.pass_time(1)
    assert rig.call() == ("one", Work.POLL)
    assert rig.silent()


def test_turns_that_leave_idle_alone_do_not_put_off_its_renewal(rig: Rig) -> None:
    for _ in range(3):
        rig.push.listen("one", rig.pairs[0][1], vain=False)
        rig.pass_time(RENEWAL / 3)
        rig.push.leave("one")
    rig.push.listen("one", rig.pairs[0][1], vain=False)
    assert rig.call() == ("one", Work.POLL)
    rig.push.polled("one", found=False)
    rig.push.listen("one", rig.pairs[0][1], vain=False)
    rig.pass_time(RENEWAL - 1)
    assert rig.silent()


def test_who_calls_in_vain_is_listened_to_later_and_later(rig: Rig) -> None:
    theirs, ours = rig.pairs[0]
    theirs.send(b"*")
    pause = FIRST_PAUSE
    for _ in range(12):
        rig.push.listen("one", ours, vain=True)
        assert rig.silent()
        rig.push.listen("one", ours, vain=False)  # it was marked meanwhile
        rig.pass_time(pause - 0.5)
        assert rig.silent()
        rig.pass_time(0.5)
        assert rig.call() == ("one", Work.LISTEN)
        pause = min(2 * pause, LONGEST_PAUSE)
    rig.push.polled("one", found=True)
    rig.push.listen("one", ours, vain=False)
    assert rig.call() == ("one", Work.LISTEN)


def test_who_calls_in_vain_seldom_is_listened_to_again_soon(rig: Rig) -> None:
    ours = rig.pairs[0][1]
    for _ in range(5):
        rig.push.listen("one", ours, vain=True)
        rig.pass_time(FIRST_PAUSE)
        assert rig.call() == ("one", Work.LISTEN)
        rig.push.listen("one", ours, vain=False)
        rig.pass_time(200)


def test_who_cannot_be_reached_is_tried_again_before_a_long_interval_is_over(rig: Rig) -> None:
    for pause in (FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE):
        rig.push.failed("one", 3600)
        rig.push.listen("one", None, vain=False)  # nothing is changed by a turn to mark
        rig.pass_time(pause - 0.5)
        assert rig.silent()
        rig.pass_time(0.5)
        assert rig.call() == ("one", Work.POLL)
    rig.push.polled("one", found=False)
    rig.push.failed("one", FIRST_PAUSE)
    rig.pass_time(10 * FIRST_PAUSE)
    assert rig.silent(), "the interval comes sooner"
