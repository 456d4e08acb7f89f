"""The record of one sign-in, as it is kept. A value; no I/O."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from mailbridge.signin.grants import Granted

MARGIN = 300.0
"""Seconds before its end at which a token is renewed; a fifth of a short one's life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Tokens, whose they are and how long they last. Times are seconds since 1970."""

    made_for: str
    """Hash of the registration; tokens are never sent to another one's server."""
    login: str
    """Which sign-in they come from; stays when they are renewed."""
    since: float
    """When the person signed in."""
    refresh: str = field(repr=False)
    access: str = field(repr=False)
    begun: float
    ends: float

    @classmethod
    def of(cls, granted: Granted, *, made_for: str, login: str, at: float) -> Self | None:
        """Make the record of a new sign-in; None without a refresh token."""
        if granted.refresh is None:
            return None
        return cls(
            made_for=made_for,
            login=login,
            since=at,
            refresh=granted.refresh,
            access=granted.access,
            begun=at,
            ends=at + granted.lasts,
        )

    def renewed(self, granted: Granted, at: float) -> "Record":
        """Give it with new tokens; a server that names no refresh token means the same."""
        return replace(
            self,
            refresh=granted.refresh or self.refresh,
            access=granted.access,
            begun=at,
            ends=at + granted.lasts,
        )

    def is_fresh(self, at: float) -> bool:
        """Whether the access token need not be renewed yet."""
        return self.begun <= at < self.ends - min(MARGIN, (self.ends - self.begun) / 5)

    def write(self) -> str:
        """Write it as JSON."""
        return json.dumps({"version": 1, **asdict(self)})

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read it; None where it is none."""
        try:
            found = json.loads(text)
            if found.pop("version") != 1:
                return None
            record = cls(**found)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        texts = (record.made_for, record.login, record.refresh, record.access)
        times = (record.since, record.begun, record.ends)
        sound = all(isinstance(text, str) for text in texts) and all(
            isinstance(time, (int, float)) for time in times
        )
        return record if sound else None
