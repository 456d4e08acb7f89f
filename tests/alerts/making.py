"""Facts and alerts for these tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mailbridge.alerts.causes import Cause, Kind
from mailbridge.alerts.conditions import Facts
from mailbridge.ledger.standing import Alert, Arrivals, DestinationStanding, InboxHealth, Standing
from mailbridge.recipient import DEFAULT, Recipient

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

REVIEW = Cause(Kind.REVIEW)
KEY = Cause(Kind.KEY_REFUSED)
DOWN = Cause(Kind.INBOX_DOWN, inbox="main")
SILENT = Cause(Kind.PORTAL_SILENT, "portal.example", "main")
LAYOUT = Cause(Kind.PORTAL_LAYOUT, "portal.example")


def standing(**values: Any) -> Standing:
    given: dict[str, Any] = {"for_review": 0, "slow": {}}
    return Standing(**(given | values))


def standing_of(to: Recipient = DEFAULT, **values: Any) -> Standing:
    """One destination's leads and nothing else."""
    return standing(destinations={to: DestinationStanding(**values)})


def health(inbox: str = "main", **values: Any) -> InboxHealth:
    given: dict[str, Any] = {"last_poll": T0, "last_success": T0, "last_mail": T0, "error": ""}
    return InboxHealth(inbox=inbox, **(given | values))


def arrivals(last: datetime, count: int = 1_820, inbox: str = "main") -> Arrivals:
    first = T0 - timedelta(weeks=26)
    return Arrivals(portal="portal.example", inbox=inbox, first=first, last=last, count=count)


def facts(**values: Any) -> Facts:
    given: dict[str, Any] = {"standing": standing(), "inboxes": (health(),)}
    return Facts(**(given | values))


def alert(cause: Cause, **values: Any) -> Alert:
    given: dict[str, Any] = {"noticed": T0}
    named = {
        "kind": cause.kind,
        "portal": cause.portal,
        "inbox": cause.inbox,
        "destination": cause.destination,
    }
    return Alert(**(named | given | values))
