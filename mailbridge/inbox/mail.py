"""The mail: raw bytes and where they lie. Values only; nothing here does I/O."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail as the server hands it over.

    Folder, UIDVALIDITY and UID together are its identity on the server (RFC 3501,
    section 2.3.1.1).
    """

    folder: str
    uidvalidity: int
    uid: int
    raw: bytes = field(repr=False)
    """The whole mail, or where `cut` is set, what `structure` puts together of it."""
    received: datetime
    """When the server got it (INTERNALDATE), in UTC."""
    flags: frozenset[str]
    size: int
    """Octets of the mail on the server, whatever was fetched of it."""
    cut: bool = False
    """It was over the size limit and came without its attachments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A mail that the server has, but does not hand over; the next one goes on."""

    folder: str
    uidvalidity: int
    uid: int
    reason: str
    """One sentence for a person; holds nothing of the mail's content."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """What STATUS says about a folder; enough to see that nothing is new."""

    uidvalidity: int
    uidnext: int
    """Every mail that arrives from now on has this UID or a higher one."""
    messages: int
