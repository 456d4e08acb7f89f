"""Tokens for an inbox that an application is granted by its own secret; kept in memory only.

Errors are those of the inbox; none holds a token.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from mailbridge.errors import InboxUnreachable
from mailbridge.signin.grants import Answer, Granted, Refused, Unavailable
from mailbridge.signin.record import MARGIN
from mailbridge.signin.rest import Rest, explain_refusal, show_time


class Granting(Protocol):
    """A provider that grants tokens to an application itself."""

    def grant(self) -> Answer:
        """Ask for a token."""


@dataclass(slots=True)
class ApplicationTokens:
    """What an application is granted by its own secret."""

    inbox: str
    provider: Granting
    clock: Callable[[], float]
    login: str = ""
    """There is none."""
    wants_login: bool = False
    _access: str = field(default="", init=False, repr=False)
    _renew_at: float = field(default=0.0, init=False)
    _ends: float = field(default=0.0, init=False)
    _rest: Rest = field(init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        """Prepare; nothing is asked yet."""
        self._rest = Rest(self.clock)

    def current(self) -> str:
        """See `inbox.account.Tokens`."""
        return self.renewed("")

    def renewed(self, refused: str) -> str:
        """See `inbox.account.Tokens`."""
        with self._lock:
            if self._access != refused and self.clock() < self._renew_at:
                return self._access
            self._rest.check("")
            answer = self.provider.grant()
            now = self.clock()
            match answer:
                case Granted():
                    self._access, self._ends = answer.access, now + answer.lasts
                    self._renew_at = self._ends - min(MARGIN, answer.lasts / 5)
                    self._rest.end()
                    return self._access
                case Refused():
                    raise self._rest.begin("", explain_refusal(self.inbox, answer))
                case Unavailable():
                    if self._access not in {"", refused} and now < self._ends:
                        return self._access
                    raise InboxUnreachable(f"Inbox {self.inbox}: no token is had: {answer}.")

    def describe(self) -> str:
        """Say how the sign-in stands."""
        until = f", the token lasts until {show_time(self._ends)}" if self._access else ""
        return f"by the application's own secret{until}; nothing is kept"
