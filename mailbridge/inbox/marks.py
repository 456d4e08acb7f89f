"""Marks: what people see of a mail's outcome in their mail program. Values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Mark(StrEnum):
    """What a mail is marked as."""

    SENT = "sent"
    REVIEW = "review"
    IGNORED = "ignored"

    @property
    def keyword(self) -> str:
        """The IMAP keyword of this mark, as `MailbridgeSent`."""
        return f"Mailbridge{self.value.capitalize()}"


class Marking(StrEnum):
    """How marks are made (design, "Marking")."""

    AUTO = "auto"
    """The best that the server allows; a wish only, never what was done."""
    KEYWORDS = "keywords"
    FOLDERS = "folders"
    LEDGER = "ledger"
    """Not at all on the server; the ledger alone knows."""


FOLDERS: Mapping[Mark, str] = MappingProxyType(
    {Mark.SENT: "Leads/Sent", Mark.REVIEW: "Leads/Review"}
)
"""Where mails are moved if nothing else is set; an ignored mail stays where it is."""


def marks_of(flags: Iterable[str]) -> Mark | None:
    """Tell the mark that a mail's flags show, None where it has none.

    Keywords ignore case (RFC 9051, section 2.3.2). A crash between setting one
    and removing another leaves two: then `sent` wins, so that nothing is sent twice.
    """
    seen = {flag.lower() for flag in flags}
    return next((mark for mark in Mark if mark.keyword.lower() in seen), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a moved mail lies now."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What became of the mails that were to be marked, by UID."""

    done: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    """No longer in the folder: deleted or moved by somebody else, or marked before."""
    moved: Mapping[int, Place] = field(default_factory=dict)
    """Old UID to new place, as far as the server tells (COPYUID, RFC 4315)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the server can do, as `check --online` shows it."""

    capabilities: tuple[str, ...]
    """As the server lists them after login, sorted."""
    writable: bool
    """Whether the folder may be changed at all."""
    keywords: bool
    """Whether own keywords are allowed (PERMANENTFLAGS has `\\*`)."""
    move: bool
    uidplus: bool
    idle: bool

    @property
    def folders(self) -> bool:
        """Whether a mail can be moved without touching any other."""
        return self.writable and (self.move or self.uidplus)
