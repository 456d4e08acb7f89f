"""The rules of a running daemon: rule files that change are taken up without a restart.

Looks at the files' traces (a few stats), and compiles them anew when these changed and hold
still. Rules that are wrong change nothing: those before stay in use, and the problems are
kept for whoever tells of them. Must not know who decides by the rules, nor what they say.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Protocol

from mailbridge.errors import BadDocument
from mailbridge.log import logger
from mailbridge.problems import Problem
from mailbridge.rules.judgement import Portals

STILL = 1.0
"""Seconds for which the files must not have changed: an editor may write one in several goes."""

LOOKS = 5
"""Times that files are waited for which go on changing; then the rules before serve this time."""

Trace = tuple[tuple[str, int, int, int, int], ...]


def _nobody(_: object) -> None:
    """Tell nobody."""


class Source(Protocol):
    """Where rules come from."""

    def rule_files(self) -> Iterable[Path]:
        """Give the files and folders whose change changes the rules. May raise OSError."""

    def compile_portals(self) -> Portals:
        """Compile what stands there now. Raises BadDocument."""


@dataclass(slots=True)
class Rulebook:
    """Keeps the rules in use at what the files say. For any thread."""

    source: Source
    tell: Callable[[tuple[Problem, ...]], None] = _nobody
    """Learns what is wrong with the files, and that nothing is any more."""
    take_up: Callable[[Portals], None] = field(default=_nobody, init=False)
    """Has what is asked from now on decided by these rules; returns at once."""
    portals: Portals = field(init=False)
    """Those in use."""
    problems: tuple[Problem, ...] = field(default=(), init=False)
    """What is wrong with the files, so that older rules are in use; none where all is well."""
    _known: Trace = field(init=False)
    """Of the files that were compiled last, well or not."""
    _ended: bool = field(default=False, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        """Compile what is there. Raises BadDocument: at the start there is nothing before it."""
        self._known = self._trace()  # before: what changes meanwhile is seen by the next look
        self.portals = self.source.compile_portals()

    def refresh(self, *, force: bool = False) -> None:
        """Return once the rules in use are those of the files, or the files are wrong.

        Takes a few stats where nothing changed; waits for files that are being written, a
        few seconds at most. `force` compiles even where nothing seems to have changed.
        """
        with self._lock:
            if self._trace() == self._known and not force:
                return
            for _ in range(LOOKS):
                trace = self._still()
                if trace is None:
                    return
                outcome = self._compile()
                if self._trace() == trace:  # else it was made of two states of the files
                    self._known = trace
                    self._settle(outcome)
                    return

    def close(self) -> None:
        """Wait for no file any more; takes no lock, so that a signal's handler may call it."""
        self._ended = True

    def _still(self) -> Trace | None:
        """Wait until the files hold still; None where they do not, or nobody wants it any more."""
        trace = self._trace()
        for _ in range(LOOKS):
            if self._ended:
                return None
            sleep(STILL)
            before, trace = trace, self._trace()
            if trace == before:
                return trace
        return None

    def _compile(self) -> Portals | tuple[Problem, ...]:
        try:
            return self.source.compile_portals()
        except BadDocument as bad:
            return bad.problems

    def _settle(self, outcome: Portals | tuple[Problem, ...]) -> None:
        if isinstance(outcome, Portals):
            self.portals, self.problems = outcome, ()
            self.take_up(outcome)
            logger().info("rules taken up", portals=len(outcome.all))
        else:
            self.problems = outcome
            said = [str(problem) for problem in outcome]
            logger().warning("rules not taken up, those before stay in use", problems=said)
        self.tell(self.problems)

    def _trace(self) -> Trace:
        try:
            files = sorted(self.source.rule_files())
        except OSError:
            return ()  # the folder went away, or may not be read: compiling tells what is wrong
        return tuple(_trace_of(file) for file in files)


def _trace_of(file: Path) -> tuple[str, int, int, int, int]:
    try:
        found = os.stat(file)  # noqa: PTH116  (as quick as it gets: each poll asks)
    except OSError:
        return (str(file), 0, 0, 0, 0)
    # The change time too: a copy may keep size and date, and a right that is given changes no more.
    return (str(file), found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
