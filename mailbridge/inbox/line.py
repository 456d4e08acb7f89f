"""The line: one inbox's one connection, kept between polls and made anew with patience.

The connection that polls is also the one that waits in IDLE, so that an inbox takes one
login and one of its connections, whose number providers limit (Gmail 15, shared by all of
an office's mail programs), and the news come on the connection that fetches: no second login,
no second handshake before the mail can be had. The price is that IDLE is left for each poll
and each mark, two short exchanges, and that nothing is heard meanwhile; the way back into IDLE
finds what came then. A server that refuses one command, or wants to be left alone, keeps
the connection: only one that is dead or cannot be understood is made anew, since logins are
what providers count (Microsoft 365). Not for use by two threads at once.
"""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from mailbridge.errors import InboxError, InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.faults import LoginRefused, NotLetIn, Throttled, UidValidityChanged
from mailbridge.inbox.imap import ImapInbox, connect

FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
"""How long a server is left alone that refused the login, doubling each time."""

SHORT_REST = timedelta(seconds=2)
"""The same for one that hung up at the login, or wants to be left alone and does not say how long:
the first time it may just have been about to end."""


class Line:
    """Gives the connection when it is needed, and lets it wait for news between."""

    def __init__(self, account: Account, clock: Callable[[], datetime]) -> None:
        """Prepare; connects when first asked."""
        self.account = account
        self.clock = clock
        self.rest = timedelta()
        """How long the server is left alone, having refused the last login or asked for it."""
        self._rest_until: datetime | None = None
        self._refusal: LoginRefused | Throttled | None = None
        self._refused_login = ""
        """Which sign-in (OAuth) was refused: after another one the rest is over."""
        self._inbox: ImapInbox | None = None

    def inbox(self) -> ImapInbox:
        """Give a connection that answers and is out of IDLE; servers end those left alone.

        Raises InboxError, without asking the server while it is left alone.
        """
        if self._refusal and self._rests(self._refusal):
            raise self._refusal
        if self._inbox is not None:
            try:
                self._inbox.answer()
            except Throttled as refusal:
                self.failed(refusal)
                raise
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

    def well(self) -> None:
        """Note that all that was asked of the server was answered."""
        self._refusal, self.rest = None, timedelta()

    def failed(self, error: InboxError) -> None:
        """Note what became of something asked; the connection is kept where it still stands.

        What the server refused to do, it refuses on a new connection as well.
        """
        if isinstance(error, Throttled) and error is not self._refusal:
            self._leave_alone(error, error.seconds)
        stands = isinstance(error, Throttled | UidValidityChanged | InboxRefused)
        usable = stands and not isinstance(error, NotLetIn)
        if self._inbox is not None and (self._inbox.lost or not usable):
            self.close()

    def _rests(self, refusal: LoginRefused | Throttled) -> bool:
        if self._rest_until is None or self.clock() >= self._rest_until:
            return False
        return isinstance(refusal, Throttled) or self._login() == self._refused_login

    def _logged_in(self) -> ImapInbox:
        """Connect, but not at every poll while the login is refused: servers lock accounts.

        Whatever else is refused (a certificate) costs no login, and is tried at each poll.
        """
        try:
            return connect(self.account)
        except LoginRefused as refusal:
            self._leave_alone(refusal, None)
            raise
        except Throttled as refusal:
            self._leave_alone(refusal, refusal.seconds)
            raise

    def _leave_alone(self, refusal: LoginRefused | Throttled, seconds: float | None) -> None:
        if seconds is None:
            short = not isinstance(refusal, LoginRefused | NotLetIn)
            first = SHORT_REST if short else FIRST_REST
            self.rest = min(max(2 * self.rest, first), LONGEST_REST)
        else:
            self.rest = min(timedelta(seconds=seconds), LONGEST_REST)
        self._rest_until = self.clock() + self.rest
        self._refusal, self._refused_login = refusal, self._login()

    def _login(self) -> str:
        return self.account.tokens.login if self.account.tokens else ""
