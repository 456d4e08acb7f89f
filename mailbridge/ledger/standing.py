"""How things stand, for `status`, alerts and pages: plain values, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailbridge.ledger.records import Attempt
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxHealth:
    """The last poll of one inbox."""

    inbox: str
    last_poll: datetime | None
    last_success: datetime | None
    last_mail: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationHealth:
    """What the ledger knows of one destination."""

    queued: int = 0
    """Leads for it that are not accepted yet, whether tried or not."""
    oldest_queued: datetime | None = None
    last_attempt: Attempt | None = None
    """The last exchange with it that has ended; None where there was none lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts for `status`."""

    outcomes: Mapping[Outcome, int]
    portals: Mapping[str, Mapping[Outcome, int]]
    queued: int
    """Leads not accepted yet, whether tried or not."""
    oldest_queued: datetime | None
    for_review: int
    oldest_for_review: datetime | None
    inboxes: tuple[InboxHealth, ...] = field(default=())
    last_attempt: Attempt | None = None
    """The last exchange with a destination that has ended."""
    destinations: Mapping[Recipient, DestinationHealth] = field(default_factory=dict)
    """Those for which leads wait or to which some went lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What was told of one cause; kept for a while after it was over."""

    kind: str
    portal: str
    inbox: str
    """Which portal and inbox it is about; empty where it is about none."""
    destination: str = ""
    """Which destination; empty where it is about none, or about the lead API without a name."""
    noticed: datetime
    """Since when it has been so."""
    absent: datetime | None = None
    """Since when it has no longer been so; it may come back."""
    over: datetime | None = None
    """When it counted as over."""
    told: datetime | None = None
    """When it last became something to tell; None while it may still pass by itself."""
    tellings: int = 0
    """How often it became something to tell."""
    spells: int = 1
    """How often it has come back within a day."""
    count: int = 0
    """The least count since it was last told: growth is measured from here."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What was found, for the message: counts and durations only."""
    channels: Mapping[str, int] = field(default_factory=dict)
    """By channel: which telling it has been given; absent where none, or that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """One portal's inquiries in one inbox, by the time at which they arrived there."""

    portal: str
    inbox: str
    first: datetime
    """The first within the time asked for."""
    last: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationStanding:
    """What there is to be told of the leads for one destination."""

    key_refused: bool = False
    """Whether its key was refused, and no lead has been accepted since."""
    waiting: int = 0
    """Leads not accepted yet, whether tried or not."""
    deferred: int = 0
    """Those of them that were tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is to be told of leads and mails."""

    for_review: int
    """Mails that wait for a person; not those whose lead in doubt is sent again by itself."""
    slow: Mapping[str, int]
    """By portal: mails unreadable because a pattern ran out of its time."""
    destinations: Mapping[Recipient, DestinationStanding] = field(default_factory=dict)
    """Those of which there is something to tell."""
