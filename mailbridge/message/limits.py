"""How much of a mail is read, and what is said when there is more.

Every number bounds work that a sender chooses. A mail over a limit becomes
Unreadable and is kept for a person; nothing is cut silently.
"""

from dataclasses import dataclass

from mailbridge.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The settings `limits.<name>`; the defaults suit any portal seen so far."""

    mail_size: int = 5_000_000
    """Size of the mail as given."""
    header_size: int = 256_000
    """Size of one header block, of the mail or of a part."""
    header_fields: int = 1_000
    """Fields in one header block."""
    parts: int = 500
    """MIME parts, multiparts included."""
    nesting: int = 20
    """Multiparts inside each other; an attached mail is not opened and counts as none."""
    text_size: int = 2_000_000
    """Size of all text/plain and text/html parts after transfer decoding."""
    text_length: int = 1_000_000
    """Characters of the plain text form, and of the HTML source."""
    html_tags: int = 20_000
    """Tags in the HTML: nesting them costs the HTML parser quadratic time."""


class LimitExceeded(Exception):
    """Ends the reading of one mail; never leaves the room (`reader.read` catches it)."""

    def __init__(self, problem: Problem) -> None:
        """Carry the problem that the Unreadable will show."""
        self.problem = problem
        super().__init__(str(problem))


_WORDS = {
    "mail_size": "The mail is larger than {} bytes.",
    "header_size": "A header block of the mail is larger than {} bytes.",
    "header_fields": "A header block of the mail has more than {} fields.",
    "parts": "The mail has more than {} MIME parts.",
    "nesting": "MIME parts of the mail lie more than {} deep inside each other.",
    "text_size": "The text parts of the mail are larger than {} bytes.",
    "text_length": "The text of the mail is longer than {} characters.",
    "html_tags": "The HTML of the mail has more than {} tags.",
}


def ensure(limits: Limits, name: str, found: int) -> None:
    """Raise LimitExceeded when `found` is more than the limit called `name`."""
    allowed: int = getattr(limits, name)
    if found > allowed:
        raise LimitExceeded(
            Problem(
                code="limit-" + name.replace("_", "-"),
                text=_WORDS[name].format(f"{allowed:,}"),
                remedy=f"Look at the mail; if mails like it are wanted, raise limits.{name}.",
            )
        )
