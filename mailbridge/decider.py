"""A process of its own that decides: mails in, decisions out.

`decide` is pure, so that it can be done anywhere. Done elsewhere, a mail that kills
the parser (a C library), eats the memory, or takes longer than it may costs itself alone, and
mails are read while leads are sent: in one process both would wait for the same
interpreter. Must not know inboxes, the ledger or the destination.
"""

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from mailbridge.confinement import START, Confined, Defect, serving, tell_defect
from mailbridge.decision import Decision, Policy, decide, undecided
from mailbridge.log import logger
from mailbridge.message.message import Message
from mailbridge.rules.judgement import Portals

PATIENCE = 30.0
"""Seconds that mails asked together may take, and then each of them alone."""

ATTEMPTS = 2
"""Times that a mail is decided alone before it is given up: something else may have been ill."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision needs to know of one mail."""

    raw: bytes
    received: datetime
    signed: frozenset[str] = frozenset()
    """Domains whose DKIM signature was verified."""


class _LostError(Exception):
    """The process died or was too slow."""


class Decider:
    """Asks the process, and starts it anew when it is lost. For any thread."""

    def __init__(self, portals: Portals, *, patience: float = PATIENCE) -> None:
        """Start at once: what the process imports, it imports while others log in."""
        self.portals = portals
        """The rules by which is decided what is asked from now on."""
        self._patience = patience
        self.exchanges = 0
        """How many there were; each ends in time, so that whoever watches sees it go on."""
        self._queue = ThreadPoolExecutor(1, "decider")
        self._started_with = portals
        self._process = _Process(portals)

    def ask(
        self, cases: Sequence[Case], policy: Policy, portals: Portals | None = None
    ) -> Future[list[Decision]]:
        """Have mails decided, each for itself; the decisions in their order.

        They hold what is recorded of a mail: without its texts, headers and attachments.
        All are decided by the same rules: by `portals`, for which the caller prepared
        them, or by those of now; `renew` changes nothing about what was asked before.
        """
        return self._queue.submit(self._answer, cases, policy, portals or self.portals)

    def renew(self, portals: Portals) -> None:
        """Have what is asked from now on decided by other rules; returns at once."""
        self.portals = portals
        self._queue.submit(self._begin_with, portals)

    def close(self) -> None:
        """End the process; what was asked is answered before."""
        self._queue.shutdown()
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

    def _answer(self, cases: Sequence[Case], policy: Policy, portals: Portals) -> list[Decision]:
        self._begin_with(portals)
        if len(cases) > 1:
            try:
                return self._exchange(cases, policy)
            except _LostError:
                logger().warning("mails are decided one by one", mails=len(cases))
        return [self._answer_one(case, policy) for case in cases]

    def _begin_with(self, portals: Portals) -> None:
        """Let the process be one that knows these rules; in the queue's thread alone."""
        if portals is not self._started_with:
            self._process.end()
            self._started_with = portals
            self._process = _Process(portals)

    def _answer_one(self, case: Case, policy: Policy) -> Decision:
        reason = ""
        for _ in range(ATTEMPTS):
            try:
                return self._exchange([case], policy)[0]
            except _LostError as lost:
                reason = str(lost)
        return undecided(case.raw, reason)

    def _exchange(self, cases: Sequence[Case], policy: Policy) -> list[Decision]:
        self.exchanges += 1
        try:
            results = self._process.ask(cases, policy, self._patience)
        except _LostError:
            status = self._process.end()
            logger().warning("the deciding process was lost", status=status)
            self._process = _Process(self._started_with)
            raise
        return [_without_defect(*pair) for pair in zip(cases, results, strict=True)]


class _Process:
    """The process, from this side."""

    def __init__(self, portals: Portals) -> None:
        self._process = Confined("mailbridge.decider")
        self._connection = self._process.connection
        self._ready = False
        with suppress(OSError):  # it is dead already: the first question will tell
            self._connection.send(portals)

    def ask(
        self, cases: Sequence[Case], policy: Policy, patience: float
    ) -> Sequence[Decision | Defect]:
        """Have cases decided. Raises _LostError."""
        try:
            if not self._ready:
                self._wait(START)
                self._ready = True
            self._connection.send((cases, policy))
            results: Sequence[Decision | Defect] = self._wait(patience)
        except (OSError, EOFError):
            raise _LostError("Reading this mail ended the process that did it.") from None
        return results

    def end(self) -> int:
        """End it, if it has not ended; give its exit status."""
        return self._process.end()

    def _wait(self, seconds: float) -> Any:
        if not self._connection.poll(seconds):
            raise _LostError(f"Reading this mail took more than {seconds:g} s.")
        return self._connection.recv()


def _without_defect(case: Case, result: Decision | Defect) -> Decision:
    if isinstance(result, Defect):
        logger().error("a defect in mailbridge", trace=result.trace)
        return undecided(
            case.raw, "Reading this mail failed by a defect in mailbridge; see the log."
        )
    return result


def serve(descriptor: int) -> None:
    """Decide what is asked over a connection until the other side is gone."""
    with serving(descriptor) as connection:
        portals: Portals = connection.recv()
        connection.send("ready")
        while True:
            cases, policy = connection.recv()
            connection.send([_decide(case, portals, policy) for case in cases])


def _decide(case: Case, portals: Portals, policy: Policy) -> Decision | Defect:
    try:
        return _lighten(decide(case.raw, case.received, portals, policy, case.signed))
    except MemoryError:
        os._exit(1)  # what is left of the memory is nothing to go on with
    except Exception as defect:  # noqa: BLE001  (a boundary: a mail must not stop the others)
        return tell_defect(defect)


def _lighten(decision: Decision) -> Decision:
    """Leave out what nobody records: it would only be carried over."""
    message, inside, reading = decision.message, decision.inside, decision.reading
    return replace(
        decision,
        message=_without_texts(message) if isinstance(message, Message) else message,
        inside=_without_texts(inside) if inside else None,
        reading=replace(reading, sections={}, fields={}) if reading else None,
    )


def _without_texts(message: Message) -> Message:
    return replace(message, headers={}, text=None, html_source=None, html_form=None, attachments=())
