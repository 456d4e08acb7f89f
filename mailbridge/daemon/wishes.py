"""Wishes: what a person asks for (`retry`, `resolve`, the web page) is taken up within a second.

The ledger is the only way by which they reach the daemon. It must not know what a wish is for.
"""

from collections.abc import Callable, Sequence

from mailbridge.errors import LedgerError
from mailbridge.ledger.ledger import Ledger

EVERY = 1.0
"""Seconds between two looks; each is one row by its primary key."""


class Wishes:
    """Looks whether somebody did something since the last look."""

    def __init__(
        self,
        ledger: Ledger,
        inboxes: Sequence[str],
        *,
        send: Callable[[], None],
        mark: Callable[[], None],
        poll: Callable[[str], None],
    ) -> None:
        """`send` has the queue looked at, `mark` and `poll` inboxes; each returns at once."""
        self._ledger, self._inboxes = ledger, inboxes
        self._send, self._mark, self._poll = send, mark, poll
        # What was asked for until now is found by the first poll and the first delivery.
        self._last = ledger.last_act()

    def look(self) -> None:
        """Have done what was wished for."""
        try:
            last = self._ledger.last_act()
            if last == self._last:
                return
            asked = [name for name in self._inboxes if self._ledger.to_decide_again(name)]
        except LedgerError:
            return  # whoever writes meets the same and tells; the next look is in a second
        self._last = last
        self._send()
        self._mark()
        for name in asked:
            self._poll(name)
