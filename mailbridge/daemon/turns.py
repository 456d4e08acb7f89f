"""Turns: each inbox is dealt with by one thread at a time, of few for all.

What is asked for while an inbox has its turn is kept for the next one, so that no
wish is lost and none is done twice. It must not know what a turn does.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Flag, auto
from threading import Lock


class Work(Flag):
    """What an inbox's turn is for."""

    POLL = auto()
    MARK = auto()
    LISTEN = auto()
    """See whether what the server said by itself calls for a poll."""


class Turns:
    """Gives turns until it is closed."""

    def __init__(self, take: Callable[[str, Work], None], threads: int) -> None:
        """`take` is called with an inbox's name and the work wanted; it must not raise."""
        self._take = take
        self._wanted: dict[str, Work] = {}
        self._under_way: set[str] = set()
        self._closed = False
        self._lock = Lock()
        # It makes a thread only when all that it has are busy.
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inbox")

    def ask(self, name: str, work: Work) -> None:
        """Ask for work on an inbox; returns at once."""
        with self._lock:
            self._wanted[name] = self._wanted.get(name, Work(0)) | work
            if name not in self._under_way:
                self._begin(name)

    def close(self) -> None:
        """Begin nothing new, and wait for the turns that are under way."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, name: str) -> None:
        if not self._closed:
            self._under_way.add(name)
            self._pool.submit(self._turn, name)

    def _turn(self, name: str) -> None:
        with self._lock:
            work = self._wanted.pop(name)
        self._take(name, work)
        with self._lock:
            self._under_way.discard(name)
            if name in self._wanted:  # at the end of the line: the others come first
                self._begin(name)
