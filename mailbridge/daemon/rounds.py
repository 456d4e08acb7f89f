"""Rounds: what is done when it is an inbox's turn: poll, mark, and listen again.

What a poll is, is the bridge's; when a turn comes is said by the interval, by `push`, and
by a lead that was sent.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Thread

from mailbridge.bridge import Bridge
from mailbridge.daemon.pulse import Pulse
from mailbridge.daemon.push import RENEWAL, Push
from mailbridge.daemon.turns import Turns, Work
from mailbridge.errors import InboxError
from mailbridge.log import logger
from mailbridge.outcomes import Outcome

THREADS = 16
"""For all inboxes together. So many servers may hang, each for its timeout, before others wait."""


class Rounds:
    """Attends to all inboxes, with few threads, until it is closed."""

    def __init__(
        self,
        bridges: Mapping[str, Bridge],
        intervals: Mapping[str, float],
        *,
        prepare: Callable[[], None],
        recorded: Callable[[], None],
        stopping: Callable[[], bool],
        fail: Callable[[BaseException], None],
        pulse: Pulse,
        renewal: float = RENEWAL,
    ) -> None:
        """`intervals` are in seconds; `recorded` and `stopping` are for `Bridge.poll`.

        `prepare` is called before each poll, and may take a few seconds.
        `fail` is told what nobody's mistake but mailbridge's is.
        """
        self._bridges = bridges
        self._intervals = intervals
        self._prepare = prepare
        self._recorded, self._stopping, self._fail = recorded, stopping, fail
        self._pulse = pulse
        self._pushed: dict[str, bool] = {}
        self._turns = Turns(self._take, min(THREADS, len(bridges)))
        self._push = Push(self._turns.ask, renewal=renewal)
        self._listener = Thread(target=self._listen, name="push")

    def start(self) -> None:
        """Listen to the inboxes that will have been polled."""
        self._listener.start()

    def poll(self, name: str) -> None:
        """Ask for a poll; returns at once."""
        self._turns.ask(name, Work.POLL)

    def mark(self) -> None:
        """Ask that marks are placed wherever they are due; returns at once."""
        for name in self._bridges:
            self._turns.ask(name, Work.MARK)

    def close(self) -> None:
        """Begin nothing new, let the turns under way come to their end, give up connections."""
        self._turns.close()
        self._push.end()
        self._listener.join()
        for bridge in self._bridges.values():
            bridge.close()

    def _take(self, name: str, work: Work) -> None:
        bridge = self._bridges[name]
        self._push.leave(name)
        failing = "inbox not polled"
        try:
            called = Work.LISTEN in work and bridge.line.news()
            seen = self._poll(bridge) if called or Work.POLL in work else None
            failing = "not marked yet"
            if Work.MARK in work:
                bridge.mark()
            failing = "inbox does not push"
            if not self._stopping():
                self._wait(bridge, vain=called and not seen)
        except InboxError as error:
            # In the ledger for `status`; it is tried again.
            logger().warning(failing, inbox=name, error=str(error))
            self._push.failed(name, self._intervals[name])
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)

    def _poll(self, bridge: Bridge) -> Counter[Outcome]:
        self._prepare()
        with self._pulse.polling(bridge):
            seen = bridge.poll(self._recorded, self._stopping)
        self._push.polled(bridge.name, found=bool(seen))
        if seen:
            logger().info("polled", inbox=bridge.name, **{o.value: n for o, n in seen.items()})
        return seen

    def _wait(self, bridge: Bridge, *, vain: bool) -> None:
        sock = bridge.wait()
        if self._pushed.get(bridge.name) is not bool(sock):
            self._pushed[bridge.name] = bool(sock)
            how = "the server tells of new mail" if sock else "no push, new mail is polled for"
            logger().info(how, inbox=bridge.name)
        if sock and not vain and bridge.line.news():
            self._turns.ask(bridge.name, Work.LISTEN)  # it came before anybody could select on it
        else:
            self._push.listen(bridge.name, sock, vain=vain)

    def _listen(self) -> None:
        try:
            self._push.run()
        except BaseException as defect:  # noqa: BLE001  (kept, and raised by `run`)
            self._fail(defect)
