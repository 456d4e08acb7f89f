"""The line: one inbox's one connection, kept between polls and made anew with patience.

The connection that polls is also the one that waits in IDLE, so that an inbox takes one
login and one of its connections, whose number providers limit (Gmail 15, shared by all of
an office's mail programs), and the news come on the connection that fetches: no second login,
no second handshake before the mail can be had. The price is that IDLE is left for each poll
and each mark, two short exchanges, and that nothing is heard meanwhile; the way back into IDLE
finds what came then. Not for use by two threads at once.
"""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import LoginRefused
from mailbridge.inbox.imap import ImapInbox, connect

FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
"""How long a server is left alone that refused the login, doubling each time."""


class Line:
    """Gives the connection when it is needed, and lets it wait for news between."""

    def __init__(self, account: Account, clock: Callable[[], datetime]) -> None:
        """Prepare; connects when first asked."""
        self.account = account
        self.clock = clock
        self.rest = timedelta()
        """How long the server is left alone, having refused the last login."""
        self._rest_until: datetime | None = None
        self._refusal: LoginRefused | None = None
        self._refused_login = ""
        """Which sign-in (OAuth) was refused: after another one the rest is over."""
        self._inbox: ImapInbox | None = None

    def inbox(self) -> ImapInbox:
        """Give a connection that answers and is out of IDLE; servers end those left alone.

        Raises InboxError, without asking the server while it is left alone.
        """
        if self._inbox is not None:
            try:
                self._inbox.answer()
            except InboxUnreachable:
                self.close()
            except InboxRefused:
                pass  # it answers, whatever it says
        if self._inbox is None:
            self._inbox = self._logged_in()
        return self._inbox

    def wait(self, folder: str, uidvalidity: int, next_uid: int) -> socket.socket | None:
        """Have the server say what arrives in a folder that was read up to `next_uid`.

        Gives what then becomes readable; None where the server says nothing by itself, or
        there is no connection. Raises InboxError.
        """
        if self._inbox is None:
            return None
        if self._inbox.waits_on is None:
            self._inbox.wait(folder, uidvalidity, next_uid)
        return self._inbox.waits_on

    def news(self) -> bool:
        """Whether what the server has said by itself calls for a poll; never waits."""
        return self._inbox is not None and self._inbox.news()

    @property
    def progress(self) -> object:
        """Something that is another after each exchange; read by whoever watches, at any time."""
        inbox = self._inbox
        return (id(inbox), inbox.exchanges) if inbox else None

    def close(self) -> None:
        """Give the connection up; `inbox` makes a new one."""
        inbox, self._inbox = self._inbox, None
        if inbox:
            inbox.close()

    def _logged_in(self) -> ImapInbox:
        """Connect, but not at every poll while the login is refused: servers lock accounts.

        Whatever else is refused (a certificate) costs no login, and is tried at each poll.
        """
        rests = self._rest_until is not None and self.clock() < self._rest_until
        if self._refusal and rests and self._login() == self._refused_login:
            raise self._refusal
        try:
            inbox = connect(self.account)
        except LoginRefused as refusal:
            self.rest = min(2 * self.rest or FIRST_REST, LONGEST_REST)
            self._rest_until = self.clock() + self.rest
            self._refusal, self._refused_login = refusal, self._login()
            raise
        self._refusal, self.rest = None, timedelta()
        return inbox

    def _login(self) -> str:
        return self.account.tokens.login if self.account.tokens else ""
