"""What goes into the ledger and what comes out of it: plain values, no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT, Recipient


class State(StrEnum):
    """Where a lead is on its way (design, "Delivery and doubt")."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    DUPLICATE = "duplicate"
    BY_HAND = "by_hand"
    """A person says that it is in the CRM."""
    DROPPED = "dropped"
    """A person says that it is not needed."""


class Word(StrEnum):
    """What a person says of a mail that waited for one (`resolve`)."""

    SENT = "sent"
    """The lead is in the CRM: it arrived after all, or was typed in."""
    NOT_SENT = "not_sent"
    """It is not: what was in doubt is sent again, anything else needs no lead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies; UIDVALIDITY is part of its identity (RFC 9051, section 2.3.1.1)."""

    inbox: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a folder has been read.

    UIDs from `next_uid` on are unread. Those below `fresh_from` lay there before
    mailbridge came (or came back after a new UIDVALIDITY) and count only when
    received at or after `backlog_since`; None means not at all.
    """

    inbox: str
    folder: str
    uidvalidity: int
    next_uid: int
    fresh_from: int
    backlog_since: datetime | None
    first_started: datetime
    """When this folder was first watched, whatever UIDVALIDITY it had then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLead:
    """A lead that a decision wants sent."""

    part: int
    """From 1; a mail that holds several inquiries has several."""
    payload: Mapping[str, Any]
    """As it will be POSTed."""
    fingerprint: str
    """Same inquiry, same fingerprint: portal, contact, target and message, hashed."""
    fields: Mapping[str, Any]
    """Evidence by field name: value, raw, source, span, pattern."""
    duplicate_of: int | None = None
    """Id of the lead that made this one a duplicate; such a lead is never sent."""
    to: Recipient = DEFAULT
    """For whom `payload` was written: it goes there and nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail seen and decided, to be recorded in one transaction."""

    place: Place
    identity: str
    """Hash of Message-ID, date, sender, subject and text: the same mail wherever it lies."""
    message_id: str
    received: datetime
    size: int
    outcome: Outcome
    """What was decided. While the mail has leads the ledger's outcome follows them; one
    decided for review (a part of it is incomplete) stays so once its leads are sent."""
    portal: str = ""
    subject: str = ""
    problems: tuple[Problem, ...] = ()
    leads: tuple[NewLead, ...] = ()
    text: str = ""
    """The canonical text that the rule saw, for `show`; empty unless a portal's."""
    text_part: str = ""
    """`text` or `html`."""
    raw: bytes = b""
    """The mail itself, for those for review; else empty."""
    duplicate_of: int | None = None
    """Id of the mail that is the same mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A lead that is ours to send now: it stands as `sending` in the ledger."""

    lead: int
    mail: int
    payload: Mapping[str, Any]
    failures: int
    """How many answers 5xx it has had."""
    resent: bool = False
    """Whether it was in doubt before and may have been accepted then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of one exchange."""

    lead: int
    mail: int
    state: State
    at: datetime
    status: int = 0
    detail: str = ""
    """One line for people: what the destination said, or why it could not be reached."""
    remote_id: str = ""
    next_attempt: datetime | None = None
    """When a deferred or doubted lead is due again; None for never by itself."""
    failed: bool = False
    """Whether this counts against the bounded number of failures (5xx)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One exchange with the destination."""

    started: datetime
    ended: datetime | None
    state: str
    status: int
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRecord:
    """A lead as the ledger has it."""

    id: int
    mail: int
    part: int
    state: State
    payload: Mapping[str, Any]
    fields: Mapping[str, Any]
    fingerprint: str
    remote_id: str
    duplicate_of: int | None
    next_attempt: datetime | None
    attempts: tuple[Attempt, ...] = ()
    to: Recipient = DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person did about a mail, or about one of its leads."""

    at: datetime
    name: str
    """`retry`, `forget`, or a Word."""
    lead: int | None
    """None where it was about the mail as a whole."""
    before: str
    """The lead's state or the mail's outcome until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRecord:
    """A mail as the ledger has it; `leads`, `acts`, `text` and `raw` only from `mail()`."""

    id: int
    place: Place
    identity: str
    message_id: str
    received: datetime
    seen: datetime
    size: int
    outcome: Outcome
    portal: str
    subject: str
    problems: tuple[Problem, ...]
    marked: str
    """The mark that the mail bears on the server, as `sent`; empty while none."""
    duplicate_of: int | None
    answer: str = ""
    """What the destination said last; set in a list of mails, `mail()` has every attempt."""
    emptied: datetime | None = None
    """When its contents were erased; None while they stand, or where it never had any."""
    leads: tuple[LeadRecord, ...] = ()
    acts: tuple[Act, ...] = ()
    text: str = ""
    text_part: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMail:
    """A mail of the past, found again by its identity."""

    id: int
    place: Place
    outcome: Outcome
    leads: tuple[State, ...]
    """State of each lead in the order of the parts; empty where it has none."""
    emptied: bool = False
    """Whether its contents were erased, and should not be stored once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLead:
    """A lead of the past that was sent, or still may be, found again by its fingerprint."""

    id: int
    mail: int
    state: State
    identity: str
    """Of its mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger knows about mails that are being decided; the oldest of each wins."""

    mails: Mapping[str, KnownMail] = field(default_factory=dict)
    """By identity."""
    leads: Mapping[str, KnownLead] = field(default_factory=dict)
    """By fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToMark:
    """A mail whose mark on the server no longer says its outcome."""

    id: int
    place: Place
    outcome: Outcome
    marked: str
    """The mark that it bears now; empty while none."""
