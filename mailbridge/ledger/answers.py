"""What the ledger answers to a person's `retry` and `resolve`: plain values, no SQL."""

from dataclasses import dataclass

from mailbridge.outcomes import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeued:
    """The mail's leads are due again."""

    mail: int
    leads: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAnew:
    """The mail has no lead: it will be read and decided again."""

    mail: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRetried:
    """Nothing was changed; `reason` is one sentence for people."""

    mail: int
    reason: str


Retried = Requeued | DecidedAnew | NotRetried


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The person's word is on record."""

    mail: int
    outcome: Outcome
    """What the mail is now; for review still where another part of it is."""
    closed: tuple[int, ...] = ()
    """Leads that need nothing more."""
    queued: tuple[int, ...] = ()
    """Leads that are sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyResolved:
    """The same was said before; nothing was changed. `said` is one sentence for people."""

    mail: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotResolved:
    """Nothing was changed; `reason` is one sentence or two for people."""

    mail: int
    reason: str


Resolution = Resolved | AlreadyResolved | NotResolved
