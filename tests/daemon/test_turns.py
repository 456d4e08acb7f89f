"""One thread at a time for an inbox, few for all, and no wish lost."""

import threading
from collections import Counter

import pytest

from mailbridge.daemon.turns import Turns, Work

SOON = 10.0


def test_what_is_asked_during_a_turn_is_one_turn_more() -> None:
    taken: list[Work] = []
    begun, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def take(name: str, work: Work) -> None:
        taken.append(work)
        begun.set()
        assert go_on.wait(SOON)
        if len(taken) == 2:
            over.set()

    turns = Turns(take, 4)
    turns.ask("one", Work.POLL)
    assert begun.wait(SOON)
    for work in (Work.MARK, Work.LISTEN, Work.MARK):
        turns.ask("one", work)
    go_on.set()
    assert over.wait(SOON)
    turns.close()
    assert taken == [Work.POLL, Work.MARK | Work.LISTEN]


def test_nobody_has_two_turns_at_once_and_threads_are_few() -> None:
    under_way: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    threads: set[str] = set()
    most: list[int] = []
    lock = threading.Lock()

    def take(name: str, work: Work) -> None:
        with lock:
            under_way[name] += 1
            most.append(under_way[name])
            threads.add(threading.current_thread().name)
        with lock:
            under_way[name] -= 1
            seen[name] += 1
            if seen[name] < 20:
                again.append(name)
        turns.ask(name, Work.POLL) if seen[name] < 20 else done(name)

    again: list[str] = []
    finished: set[str] = set()
    all_done = threading.Event()

    def done(name: str) -> None:
        with lock:
            finished.add(name)
            if len(finished) == 10:
                all_done.set()

    turns = Turns(take, 3)
    for number in range(10):
        turns.ask(str(number), Work.POLL)
    assert all_done.wait(SOON)
    turns.close()
    assert max(most) == 1
    assert len(threads) <= 3
    assert set(seen.values()) == {20}


def test_after_the_end_nothing_begins_and_what_is_under_way_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def take(name: str, work: Work) -> None:
        begun.set()
        assert go_on.wait(SOON)
        taken.append(name)

    turns = Turns(take, 1)
    turns.ask("one", Work.POLL)
    assert begun.wait(SOON)
    turns.ask("one", Work.POLL)
    turns.ask("two", Work.POLL)
    shut = turns._pool.shutdown

    def shut_down(**how: bool) -> None:
        """As the pool does, and let the turn end only once it is shut."""
        shut(wait=False, **how)
        go_on.set()
        shut(**how)

    monkeypatch.setattr(turns._pool, "shutdown", shut_down)
    turns.close()
    turns.ask("three", Work.POLL)
    assert taken == ["one"]
