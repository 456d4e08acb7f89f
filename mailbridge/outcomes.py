"""The last word on a mail: every mail seen has exactly one outcome."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a mail, or would become of it in a dry-run."""

    LEAD = "lead"
    """Dry-run only: this would be sent."""
    SENT = "sent"
    """Accepted by the destination."""
    DUPLICATE = "duplicate"
    """The same inquiry was accepted before; the record names which one."""
    IGNORED = "ignored"
    """A rule says that this mail of a portal is no inquiry."""
    UNMATCHED = "unmatched"
    """No portal's rule applies."""
    INCOMPLETE = "incomplete"
    """A portal's inquiry, but something required is missing or contradictory."""
    AMBIGUOUS = "ambiguous"
    """Two portals' rules apply with different results."""
    UNTRUSTED = "untrusted"
    """Looks like a portal's mail, but the sender's domain failed authentication."""
    UNREADABLE = "unreadable"
    """Beyond parsing, or over a limit."""
    REJECTED = "rejected"
    """The destination refused it for good."""
    DEFERRED = "deferred"
    """Not accepted yet; will be tried again."""
    IN_DOUBT = "in_doubt"
    """It may or may not have been accepted."""

    @property
    def for_review(self) -> bool:
        """Whether a person must look."""
        return self in _FOR_REVIEW


_FOR_REVIEW = frozenset(
    {
        Outcome.INCOMPLETE,
        Outcome.AMBIGUOUS,
        Outcome.UNTRUSTED,
        Outcome.UNREADABLE,
        Outcome.REJECTED,
        Outcome.IN_DOUBT,
    }
)
