"""A refusal of an authorisation server: its words, and the pause before it is asked again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from mailbridge.errors import InboxRefused
from mailbridge.signin.grants import Refused

FIRST_REST, LONGEST_REST = 60.0, 3600.0
"""Seconds for which a server is left alone that refused to renew, doubling each time."""


@dataclass(slots=True)
class Rest:
    """Leaves a server alone after a refusal, until its time is over or the cause has changed."""

    clock: Callable[[], float]
    refusal: InboxRefused | None = None
    _cause: str = field(default="", repr=False)
    """The token with which it came."""
    _seconds: float = 0.0
    _until: float = 0.0

    def check(self, cause: str) -> None:
        """Raise the refusal again while it holds."""
        if self.refusal and cause != self._cause:
            self.end()
        if self.refusal and self.clock() < self._until:
            raise self.refusal

    def begin(self, cause: str, refusal: InboxRefused) -> InboxRefused:
        """Note a refusal, and give it back."""
        self._seconds = min(2 * self._seconds or FIRST_REST, LONGEST_REST)
        self._until = self.clock() + self._seconds
        self._cause, self.refusal = cause, refusal
        return refusal

    def end(self) -> None:
        """Forget the refusal: all is well again."""
        self.refusal, self._seconds = None, 0.0


def explain_refusal(inbox: str, refusal: Refused) -> InboxRefused:
    """Build the error for a registration that the provider does not accept."""
    return InboxRefused(
        f"Inbox {inbox}: the provider does not accept this application ({refusal}). Check the keys "
        "below `oauth`, the secret's day of expiry and the application's rights: docs/sign-in.md."
    )


def show_time(seconds: float) -> str:
    """Write seconds since 1970 for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
