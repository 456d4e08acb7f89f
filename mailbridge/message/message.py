"""The message: what was read out of a mail. Values only; nothing here does I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from mailbridge.problems import Problem


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header (RFC 5322, section 3.4)."""

    name: str
    """Display name, decoded; never used to recognise a sender."""
    address: str
    """`local@domain` with the domain in lower case; empty when unusable."""

    @property
    def domain(self) -> str:
        """What stands after the last `@`, lower case; empty when there is none."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Link:
    """A link's target as written, with the text that a reader sees."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Body:
    """One canonical text (design, "Text form") and the links found in it."""

    text: str
    links: tuple[Link, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    """Start and end in `text` of each table cell that has text."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not body text; `name` is for showing only, never a path to write to."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    """A mail as rules see it.

    `text` and `html` are the canonical forms of the text/plain and the
    text/html part. Turning HTML into text is the dearest step of reading, so it
    is done when first asked for.
    """

    message_id: str
    """Without angle brackets; empty where the header is missing or unusable."""
    date: datetime | None
    """From the Date header, aware; None where missing or impossible."""
    sender: Address
    """The first From address; empty where missing."""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    subject: str = ""
    """Decoded, one line, NFC, blanks unified."""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All header fields: lower-case name to decoded, unfolded values in order."""
    text: Body | None = None
    """Canonical form of the text/plain parts; None where there is none."""
    html_source: str | None = None
    """The text/html parts as decoded, untouched; None where there is none."""
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What had to be mended while reading, as `charset-unknown`."""
    render: Callable[[str], Body] = field(repr=False, compare=False)
    """Turns HTML into a Body; set by the reader."""
    html_form: Callable[[], Body | None] | None = field(default=None, repr=False, compare=False)
    """Gives `html` where there is no source: a forwarded mail's is a part of another text."""

    @cached_property
    def html(self) -> Body | None:
        """Canonical form of the text/html parts; None where there is none."""
        if self.html_form is not None:
            return self.html_form()
        return None if self.html_source is None else self.render(self.html_source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A mail beyond parsing or over a limit; `problems` says why."""

    problems: tuple[Problem, ...]
    message_id: str = ""
    subject: str = ""
