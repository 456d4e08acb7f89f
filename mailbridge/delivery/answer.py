"""What a destination's answer means; known where the answer is read, as one value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The lead is stored there."""

    status: int
    remote_id: str | None = ""
    """The destination's id; empty where the answer could not be read (unconfirmed), None where
    a destination of that kind names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Refused for good; a person must look."""

    status: int
    excerpt: str = ""
    """Start of what the server said, one line, without our own values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unauthorised:
    """The key is wrong: the whole destination pauses, every lead stays queued."""

    status: int
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """Asked to come back later (408, 425, 429): the destination pauses."""

    status: int
    retry_after: float | None = None
    """Seconds, as the server asked; None where it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The server failed (5xx): tried again a bounded number of times."""

    status: int
    excerpt: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """The request never reached the server: tried again without limit."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """The request was written and no answer came: it may have been stored."""

    reason: str


Answer = Accepted | Rejected | Unauthorised | Busy | Failed | Unreachable | InDoubt
