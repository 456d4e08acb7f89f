"""What can be worth a message. Pure: names and numbers only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a message is about."""

    REVIEW = "review"
    """Mails wait for a person."""
    PORTAL_SILENT = "portal-silent"
    """A portal sends nothing to an inbox any more."""
    PORTAL_LAYOUT = "portal-layout"
    """A portal's inquiries are no longer complete: its layout has changed."""
    PATTERN_SLOW = "pattern-slow"
    """A portal's pattern ran out of its time."""
    INBOX_DOWN = "inbox-down"
    """An inbox cannot be read."""
    SIGN_IN = "sign-in"
    """An inbox cannot be read, because a person must sign in anew (OAuth)."""
    KEY_REFUSED = "key-refused"
    """The destination refuses the key."""
    LEADS_WAITING = "leads-waiting"
    """The destination takes no leads, and it is not the key."""
    RULES_WRONG = "rules-wrong"
    """Rule files were changed and hold mistakes: older rules are in use."""
    DESTINATION_GONE = "destination-gone"
    """Leads wait for a destination that the settings no longer name."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing to be told of once, whatever number of mails it shows in."""

    kind: Kind
    portal: str = ""
    inbox: str = ""
    destination: str = ""
    """Its name; empty for the lead API without a name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How a cause stands now."""

    count: int = 0
    """How many mails or leads; where it grows, a person may be told again."""
    detail: Mapping[str, int] = field(default_factory=dict)
    """More numbers for the message."""
