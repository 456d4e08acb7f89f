"""What those who look at the ledger get from it (`status`, `audit`, monitoring): values, no SQL."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailbridge.ledger.records import MailRecord, State
from mailbridge.outcomes import Outcome
from mailbridge.recipient import DEFAULT, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long mails had to wait for something; never negative, though clocks differ."""

    mails: int
    """How many mails this is about; at least one."""
    median: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How long an inbox's newest mails waited since the mail server got them (INTERNALDATE).

    Mails that lay there before the folder was first watched say nothing and are left out.
    """

    seen: Delay
    """Until they were read and decided."""
    sent: Delay | None
    """Until their lead was accepted, the last one where a mail has several; None where none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Leads that are not accepted yet, whether tried or not; those in doubt are not among them."""

    leads: int
    """At least one."""
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForReview:
    """A mail that a person must look at."""

    mail: int
    seen: datetime
    outcome: Outcome
    portal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A recorded mail as far as the mailbox can contradict it."""

    mail: int
    outcome: Outcome
    marked: str
    """The mark that it bears on the server, as `sent`; empty while none."""
    mark_due: bool
    """A mark is still to be placed: what the server shows now means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A lead that went out, or may have: sent, in doubt, or said by a person to be there."""

    lead: int
    mail: int
    state: State
    remote_id: str
    received: datetime
    """When the mail server got its mail."""
    payload: Mapping[str, Any] | None
    """As it was POSTed; None where it was erased since."""
    to: Recipient = DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Leads of one portal whose mails arrived within one hour."""

    portal: str
    begins: datetime
    leads: int
    """Mails that became leads; one that holds several counts once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFilter:
    """Which mails are wanted; what is left empty says nothing."""

    outcomes: Collection[Outcome] | None = None
    portal: str = ""
    inbox: str = ""
    since: datetime | None = None
    """Received then or later."""
    until: datetime | None = None
    """Received before."""
    words: str = ""
    """All of them must stand in the mail, see `browsing`; a mail's id is found as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPage:
    """Some mails, the newest first, without leads, text and raw."""

    mails: tuple[MailRecord, ...]
    leads: Mapping[int, Mapping[str, Any]]
    """By mail: its first lead as sent, where it has one whose contents stand."""
    before: int | None
    """The id below which the next page begins; None where there is none."""
