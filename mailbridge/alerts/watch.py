"""The round of the alerts: facts, causes, what is owed to whom, sent and noted.

Must not hurt delivery: a channel that fails is logged and tried again at the next
round, and what is noted stands in a transaction of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

from mailbridge.alerts import layout, silence
from mailbridge.alerts.causes import Cause
from mailbridge.alerts.conditions import Facts, find_causes
from mailbridge.alerts.messages import Message, compose
from mailbridge.alerts.telling import Patience, advance, cause_of, given, owed
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.standing import Alert
from mailbridge.log import logger
from mailbridge.recipient import DEFAULT, Recipient

FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
"""How long a channel is left alone that failed, doubling each time."""


class Outlet(Protocol):
    """Where messages go."""

    @property
    def name(self) -> str:
        """Tell it from the others, now and after a restart."""

    def send(self, message: Message) -> bool:
        """Send; False where it must be tried again."""


@dataclass(slots=True)
class Alerts:
    """Tells people through channels what the ledger says."""

    ledger: Ledger
    inboxes: Sequence[str]
    channels: Sequence[Outlet]
    destinations: Sequence[Recipient] = (DEFAULT,)
    patience: Patience = field(default_factory=Patience)
    bad_rules: Callable[[], int] = lambda: 0
    """Tells how many mistakes rule files hold that are not in use for that."""
    signed_out: Callable[[], frozenset[str]] = frozenset
    """Names the inboxes to which a person must sign in."""
    _rests: dict[str, tuple[timedelta, datetime]] = field(default_factory=dict, init=False)
    """By channel that failed: for how long it rests, and until when."""
    _lock: Lock = field(default_factory=Lock, init=False)

    def tell(self, at: datetime, stopping: Callable[[], bool] = lambda: False) -> int:
        """Find out what holds at this time and tell what is owed; give how many were sent.

        A crash between sending and noting tells that message again: better twice than never.
        """
        with self._lock:
            known = {cause_of(alert): alert for alert in self.ledger.list_alerts()}
            lasting = {cause: alert for cause, alert in known.items() if not alert.over}
            found = find_causes(self._facts(at), lasting, at)
            then = advance(known, found, self.patience, at)
            self._note(known, then)
            return sum(self._serve(channel, then, at, stopping) for channel in self.channels)

    def _facts(self, at: datetime) -> Facts:
        inboxes = tuple(one for one in self.ledger.inboxes() if one.inbox in self.inboxes)
        arrivals = tuple(self.ledger.arrivals(at - silence.PAST))
        watched = {health.inbox: health.last_success for health in inboxes}
        same_hours = {}
        for one in arrivals:
            if until := watched.get(one.inbox):
                spans = silence.same_hours(one.first, one.last, until)
                counts = self.ledger.count_arrivals(one.portal, one.inbox, spans)
                same_hours[one.portal, one.inbox] = counts
        portals = {one.portal for one in arrivals}
        return Facts(
            standing=self.ledger.standing(),
            inboxes=inboxes,
            signed_out=self.signed_out(),
            arrivals=arrivals,
            same_hours=same_hours,
            destinations=tuple(self.destinations),
            complete=self.ledger.completeness(portals, layout.MOST),
            bad_rules=self.bad_rules(),
        )

    def _note(self, known: Mapping[Cause, Alert], then: Mapping[Cause, Alert]) -> None:
        changed = [alert for cause, alert in then.items() if known.get(cause) != alert]
        gone = [alert for cause, alert in known.items() if cause not in then]
        if changed or gone:
            self.ledger.write_alerts(changed, gone)

    def _serve(
        self,
        channel: Outlet,
        alerts: dict[Cause, Alert],
        at: datetime,
        stopping: Callable[[], bool],
    ) -> int:
        """Give a channel all that it is owed, the oldest first; give how many it took."""
        rest, until = self._rests.get(channel.name, (timedelta(), at))
        sent = 0
        for cause, alert in sorted(alerts.items(), key=lambda pair: pair[1].noticed):
            telling = owed(alert, channel.name)
            if telling is None or at < until or stopping():
                continue
            what = {"kind": alert.kind, "portal": alert.portal, "inbox": alert.inbox}
            if alert.destination:
                what["destination"] = alert.destination
            if not channel.send(compose(alert, telling)):
                rest = min(2 * rest or FIRST_REST, LONGEST_REST)
                self._rests[channel.name] = rest, at + rest
                logger().warning("alert not sent yet", channel=str(channel), **what)
                break
            self._rests.pop(channel.name, None)
            rest = timedelta()
            alerts[cause] = given(alert, channel.name, telling)
            self.ledger.write_alerts([alerts[cause]])
            logger().info("alert sent", channel=str(channel), telling=telling.value, **what)
            sent += 1
        return sent
