"""How things stand: what `status` and the overview both say, out of one look at the ledger.

Values only; how they are shown is for the faces. Changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailbridge.ledger.look import Look
from mailbridge.ledger.standing import DestinationHealth, InboxHealth, Summary
from mailbridge.ledger.views import ForReview, Lag
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem
from mailbridge.recipient import Recipient

TOLD = tuple(outcome for outcome in Outcome if outcome is not Outcome.LEAD)
"""What a mail in the ledger can have come to."""

_COMPLETE = (
    Outcome.SENT,
    Outcome.DUPLICATE,
    Outcome.DEFERRED,
    Outcome.IN_DOUBT,
    Outcome.REJECTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the ledger says at one moment."""

    at: datetime
    summary: Summary
    lags: Mapping[str, Lag]
    oldest: ForReview | None
    inboxes: tuple[InboxHealth, ...]
    """Those of the ledger, and those of the settings that were never polled."""
    destinations: tuple[Recipient, ...]
    """Those of the settings."""
    rules: tuple[Problem, ...] = ()
    """What is wrong with the rule files: a running daemon goes on with those before."""


def take_status(
    look: Look,
    inboxes: Iterable[str],
    destinations: Iterable[Recipient],
    at: datetime,
    rules: tuple[Problem, ...] = (),
) -> Status:
    """Read how things stand; `inboxes` and `destinations` are those of the settings."""
    summary = look.summary()
    known = {health.inbox: health for health in summary.inboxes}
    for inbox in inboxes:
        known.setdefault(inbox, _never_polled(inbox))
    return Status(
        at=at,
        summary=summary,
        lags=look.lags(),
        oldest=look.oldest_for_review(),
        inboxes=tuple(known[name] for name in sorted(known)),
        destinations=tuple(destinations),
        rules=rules,
    )


def list_destinations(status: Status) -> list[tuple[Recipient, DestinationHealth]]:
    """Give those of the settings, and others that leads wait for."""
    known = status.summary.destinations
    stranded = {to for to, health in known.items() if health.queued}
    shown = {*status.destinations, *stranded}
    return [(to, known.get(to, DestinationHealth())) for to in sorted(shown)]


def _never_polled(inbox: str) -> InboxHealth:
    return InboxHealth(inbox=inbox, last_poll=None, last_success=None, last_mail=None, error="")


def share_complete(counts: Mapping[Outcome, int]) -> float | None:
    """Tell the share of a portal's inquiries that became leads; None where there was none.

    Ignored mails are no inquiries and count neither way. A duplicate is complete,
    and so is a lead on its way, in doubt or refused by the destination: each was
    read in full. The rest could not be: incomplete, ambiguous, untrusted, unreadable.
    """
    total = sum(n for outcome, n in counts.items() if outcome is not Outcome.IGNORED)
    return sum(counts.get(outcome, 0) for outcome in _COMPLETE) / total if total else None


def failing_since(health: InboxHealth) -> datetime | None:
    """Since when mail may lie unread: from the last good poll on; None where none ever was."""
    return health.last_success if health.error else None
