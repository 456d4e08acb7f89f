"""A process of its own for the bench: a hostile mail or rule harms it alone, and only for a while.

It is ended and begun anew, with the same mails, when it overruns its time or memory, and
when it does not let go of a text although a newer one is there. Must not know of pages and files.
"""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Self

from mailbridge.confinement import START, Confined, Defect, serving, tell_defect
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.log import logger
from mailbridge.problems import Problem
from mailbridge.rules.drafting.draft import Draft
from mailbridge.workbench.bench import Bench, OverrunError, Part
from mailbridge.workbench.findings import MailView, Study
from mailbridge.workbench.samples import CaseText, Ground, People, Sample

BUDGET = 4.0
"""Seconds that the process gives one question before it says how far it came."""

PATIENCE = 8.0
"""Seconds after which it is ended: it is stuck where Python cannot stop it."""

GRACE = 0.5
"""Seconds in which it must let go of a text when there is a newer one."""

_STOP = "stop"

_LOOK = 0.02
"""Seconds between looks whether a newer text is there; an answer is seen at once."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """What the user can mend; an error with more than a message is not carried over by itself."""

    problems: tuple[Problem, ...]


class LostError(MailbridgeError):
    """The process died or was too slow; the message says which."""


class _NewerError(Exception):
    """There is a newer text: this one is not wanted any more."""


class Worker:
    """Asks the process, and starts it anew when it is lost. For any thread."""

    def __init__(
        self,
        ground: Ground,
        *,
        budget: float = BUDGET,
        patience: float = PATIENCE,
        kind: Callable[[Ground], Bench] = Bench,
    ) -> None:
        """Start at once; `kind` makes the bench, in the other process."""
        self._ground = ground
        self._kind = kind
        self._budget = budget
        self._patience = patience
        self._samples: dict[str, Sample] = {}
        self._cases: dict[str, CaseText] = {}
        self._harmful: dict[str, Problem] = {}
        self._newest = 0
        self._closed = False
        self._turn = Lock()
        self._process = _Process(ground, kind, budget)

    def take(self, sample: Sample) -> None:
        """Put a mail on the bench; one that ends the process is told in every study."""
        with self._turn:
            self._samples[sample.key] = sample

    def take_case(self, case: CaseText) -> None:
        """Put a case on the bench; one of the same name is replaced."""
        with self._turn:
            self._cases[case.name] = case
            self._process.cases.discard(case.name)

    def drop(self, key: str) -> None:
        """Take a mail off the bench."""
        with self._turn:
            self._samples.pop(key, None)
            self._harmful.pop(key, None)
            if key in self._process.samples and not self._closed:
                self._exchange("drop", key)
                self._process.samples.discard(key)

    def drop_case(self, name: str) -> None:
        """Forget a case."""
        with self._turn:
            if self._cases.pop(name, None) and name in self._process.cases and not self._closed:
                self._exchange("drop_case", name)
                self._process.cases.discard(name)

    @property
    def busy(self) -> bool:
        """Whether a question is under way."""
        return self._turn.locked()

    def study(self, text: str) -> Study | None:
        """Study a text; None where a newer one came meanwhile."""
        self._newest += 1
        mine = self._newest
        with self._turn:
            if mine != self._newest:
                return None
            try:
                self._load()
                study: Study = self._exchange("study", text, wanted=lambda: mine == self._newest)
            except _NewerError:
                return None
            except LostError as lost:
                return Study(problems=(_told(lost, self._ground.file),))
        harmful = tuple(self._harmful.items())
        return replace(study, unread=(*study.unread, *harmful))

    def view(self, key: str, text: str) -> MailView | None:
        """Give a mail's texts; None where it cannot be read. Raises LostError."""
        view: MailView | None = self._ask("view", key, text)
        return view

    def mark(self, text: str, key: str, part: Part, name: str, span: tuple[int, int]) -> Draft:
        """Mend the text so that a field yields what was marked. Raises LostError."""
        draft: Draft = self._ask("mark", text, key, part, name, span)
        return draft

    def draft(self, portal: str, keys: tuple[str, ...]) -> Draft:
        """Draft a rule text from mails of the bench. Raises LostError."""
        draft: Draft = self._ask("draft", portal, keys)
        return draft

    def make_case(self, text: str, key: str, name: str, people: People) -> CaseText:
        """Make a case of a mail. Raises LostError, and BadDocument as `Bench.make_case`."""
        case: CaseText = self._ask("make_case", text, key, name, people)
        return case

    def close(self) -> None:
        """End the process; a study under way is given up."""
        self._newest += 1
        with self._turn:
            self._closed = True
            self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, name: str, *words: Any) -> Any:
        with self._turn:
            self._load()
            return self._exchange(name, *words)

    def _load(self) -> None:
        """Bring over what the process has not read yet; leave out what ends it."""
        if self._closed:
            raise LostError("This bench was cleared. Open the rule anew.")
        while True:
            process = self._process
            waiting = [
                s
                for key, s in self._samples.items()
                if key not in process.samples and key not in self._harmful
            ]
            if not waiting:
                break
            sample = waiting[0]
            try:
                self._exchange("take", sample)
                process.samples.add(sample.key)
            except LostError as lost:
                self._harmful[sample.key] = Problem(code="undecided", text=str(lost))
        for name, case in self._cases.items():
            if name not in self._process.cases:
                self._exchange("take_case", case)
                self._process.cases.add(name)

    def _exchange(self, name: str, *words: Any, wanted: Callable[[], bool] = lambda: True) -> Any:
        """Ask and wait. Raises LostError, after the process was begun anew, and _NewerError."""
        try:
            result = self._process.ask(name, words, self._patience, wanted)
        except LostError:
            status = self._begin_anew()
            logger().warning("the process of the workbench was lost", status=status)
            raise
        except _NewerError:
            if self._process.stuck:
                self._begin_anew()
            raise
        if isinstance(result, Defect):
            logger().error("a defect in mailbridge", trace=result.trace)
            raise LostError("This failed by a defect in mailbridge; see the log.")
        if isinstance(result, _Refused):
            raise BadDocument(result.problems)
        return result

    def _begin_anew(self) -> int:
        status = self._process.end()
        self._process = _Process(self._ground, self._kind, self._budget)
        return status


class _Process:
    """The process, from this side."""

    def __init__(self, ground: Ground, kind: Callable[[Ground], Bench], budget: float) -> None:
        self.samples: set[str] = set()
        self.cases: set[str] = set()
        self.stuck = False
        """It did not let go of a text."""
        self._first: tuple[Any, ...] | None = (ground, kind, budget)
        self._process = Confined("mailbridge.workbench.worker")
        self._connection = self._process.connection

    def ask(
        self, name: str, words: Sequence[Any], patience: float, wanted: Callable[[], bool]
    ) -> Any:
        """Ask one question. Raises LostError and _NewerError."""
        try:
            if self._first:
                # Not before: what is larger than the pipe waits for the other side to begin.
                self._connection.send(self._first)
                self._wait(START, lambda: True)
                self._first = None
            self._connection.send((name, words))
            return self._wait(patience, wanted)
        except (OSError, EOFError):
            raise LostError("Reading this ended the process that did it.") from None

    def end(self) -> int:
        """End it, if it has not ended; give its exit status."""
        return self._process.end()

    def _wait(self, seconds: float, wanted: Callable[[], bool]) -> Any:
        deadline = monotonic() + seconds
        while not self._connection.poll(_LOOK):
            if not wanted():
                self._stop()
                raise _NewerError
            if monotonic() > deadline:
                raise LostError(f"This took more than {seconds:g} s.")
        return self._connection.recv()

    def _stop(self) -> None:
        """Make it let go; its answer, which may be on the way already, is not wanted."""
        self._connection.send(_STOP)
        answer = None
        while answer != _STOP:
            if not self._connection.poll(GRACE):
                self.stuck = True
                return
            answer = self._connection.recv()


def serve(descriptor: int) -> None:
    """Answer what is asked over a connection until the other side is gone."""
    signal.signal(signal.SIGALRM, _overrun)
    with serving(descriptor) as connection:
        ground, kind, budget = connection.recv()
        bench: Bench = kind(ground)
        connection.send("ready")

        def keep_on() -> None:
            if connection.poll(0):
                raise _NewerError

        while True:
            question = connection.recv()
            if question == _STOP:
                connection.send(_STOP)
                continue
            with suppress(_NewerError):
                connection.send(_answer(bench, question, budget, keep_on))


def _answer(
    bench: Bench,
    question: tuple[str, Sequence[Any]],
    budget: float,
    keep_on: Callable[[], None],
) -> Any:
    name, words = question
    try:
        if name != "study":
            return getattr(bench, name)(*words)
        signal.setitimer(signal.ITIMER_REAL, budget)
        try:
            return bench.study(words[0], keep_on)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except MemoryError:
        os._exit(1)  # what is left of the memory is nothing to go on with
    except BadDocument as bad:
        return _Refused(bad.problems)
    except _NewerError:
        raise
    except Exception as defect:  # noqa: BLE001  (a boundary: one question must not end the others)
        return tell_defect(defect)


def _overrun(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (as signal calls it)
    raise OverrunError


def _told(lost: LostError, file: str) -> Problem:
    return Problem(
        file,
        code="overrun",
        text=f"Trying this text was given up. {lost}",
        remedy="Undo the last change; a pattern in it takes too much time or memory.",
    )
