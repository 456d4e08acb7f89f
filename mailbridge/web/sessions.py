"""Who is logged in: login links that work once, and the sessions that they begin.

Kept in memory alone: when the server ends, everybody is out. Must not know requests.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

IDLE = timedelta(hours=12)
"""How long a session lasts that nobody uses: a working day, not a night."""
LONGEST = timedelta(days=7)
"""How long one lasts that is used all the time."""
MOST = 32
"""Sessions at once; the one that was unused longest makes room."""
_BYTES = 32
"""Of randomness in each token: nobody guesses 256 bits."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What came of something that a visitor did."""

    kind: str
    """`good`, `wait` or `bad`."""
    text: str
    language: str = ""
    """Of the text, where it is not the page's."""


@dataclass(slots=True)
class Session:
    """One browser that came in through a login link."""

    name: str
    """What its cookie holds. A secret."""
    csrf: str
    """What its forms and scripts must show with everything that changes something."""
    begun: datetime
    used: datetime
    told: list[Notice] = field(default_factory=list)
    """For the next page that is shown."""

    def ended(self, at: datetime) -> bool:
        """Tell whether it is too old."""
        return at - self.used > IDLE or at - self.begun > LONGEST


@dataclass(slots=True)
class Sessions:
    """All sessions of one server. For any thread."""

    _links: set[str] = field(default_factory=set)
    _open: dict[str, Session] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def new_link(self) -> str:
        """Make a login token, the only one that is good from now on."""
        token = secrets.token_urlsafe(_BYTES)
        with self._lock:
            self._links = {token}
        return token

    def enter(self, token: str, at: datetime) -> Session | None:
        """Begin a session with a login token, which is used up by that; None for a wrong one."""
        with self._lock:
            known = [link for link in self._links if _same(link, token)]
            if not known:
                return None
            self._links.difference_update(known)
            session = Session(
                name=secrets.token_urlsafe(_BYTES),
                csrf=secrets.token_urlsafe(_BYTES),
                begun=at,
                used=at,
            )
            self._drop_old(at)
            self._open[session.name] = session
            return session

    def find(self, name: str, at: datetime) -> Session | None:
        """Give the session of a cookie, which is used by that; None where it ended or never was."""
        with self._lock:
            session = self._open.get(name)
            if session is None:
                return None
            if session.ended(at):
                del self._open[name]
                return None
            session.used = max(session.used, at)
            return session

    def leave(self, session: Session) -> None:
        """End it."""
        with self._lock:
            self._open.pop(session.name, None)

    def _drop_old(self, at: datetime) -> None:
        for name in [name for name, session in self._open.items() if session.ended(at)]:
            del self._open[name]
        while len(self._open) >= MOST:
            del self._open[min(self._open, key=lambda name: self._open[name].used)]


def _same(ours: str, given: str) -> bool:
    return secrets.compare_digest(ours.encode(), given.encode("utf-8", "replace"))


def shows_token(session: Session, given: str) -> bool:
    """Tell whether this is the session's CSRF token."""
    return _same(session.csrf, given)
