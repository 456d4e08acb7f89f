"""A look at the ledger, for those who only watch: `status`, `audit`, monitoring.

Everything asked of one look stands in one snapshot. Changes nothing.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.engine import Connection

from mailbridge.ledger import alerts, arrivals, audit, browsing, cursors, health, lag
from mailbridge.ledger.records import Cursor, State
from mailbridge.ledger.standing import Summary
from mailbridge.ledger.views import (
    Delivered,
    ForReview,
    Hour,
    Lag,
    MailFilter,
    MailPage,
    Standing,
    Waiting,
)
from mailbridge.recipient import Recipient


class Look:
    """The ledger at one moment."""

    def __init__(self, connection: Connection) -> None:
        """Read on this connection; who made it ends it."""
        self._connection = connection

    def summary(self) -> Summary:
        """Count everything for `status`, with the health of the inboxes."""
        return health.summarize(self._connection)

    def lags(self) -> dict[str, Lag]:
        """See `lag.measure_lags`."""
        return lag.measure_lags(self._connection)

    def waiting(self) -> dict[Recipient, Waiting]:
        """See `lag.count_waiting`."""
        return lag.count_waiting(self._connection)

    def oldest_for_review(self) -> ForReview | None:
        """See `lag.find_oldest_for_review`."""
        return lag.find_oldest_for_review(self._connection)

    def browse(self, wanted: MailFilter, before: int | None, limit: int) -> MailPage:
        """See `browsing.browse`."""
        return browsing.browse(self._connection, wanted, before, limit)

    def portals(self) -> list[str]:
        """See `browsing.list_portals`."""
        return browsing.list_portals(self._connection)

    def leads_by_hour(self, since: datetime) -> list[Hour]:
        """See `arrivals.count_leads_by_hour`."""
        return list(arrivals.count_leads_by_hour(self._connection, since))

    def completeness(self, portals: Iterable[str], most: int) -> dict[str, tuple[bool, ...]]:
        """See `alerts.list_completeness`."""
        return alerts.list_completeness(self._connection, portals, most)

    def leads(self) -> dict[State, int]:
        """See `audit.count_leads`."""
        return audit.count_leads(self._connection)

    def cursor(self, inbox: str, folder: str) -> Cursor | None:
        """Tell how far the folder has been read; None where it was never watched."""
        return cursors.read_cursor(self._connection, inbox, folder)

    def standings(
        self, inbox: str, folder: str, uidvalidity: int, uids: Collection[int]
    ) -> dict[int, Standing]:
        """See `audit.find_standings`."""
        return audit.find_standings(self._connection, inbox, folder, uidvalidity, uids)

    def standings_of(self, inbox: str, message_ids: Collection[str]) -> dict[str, list[Standing]]:
        """See `audit.find_by_message_id`."""
        return audit.find_by_message_id(self._connection, inbox, message_ids)

    def delivered(self, after: int, limit: int, *, payloads: bool) -> list[Delivered]:
        """See `audit.list_delivered`."""
        return audit.list_delivered(self._connection, after, limit, payloads=payloads)
