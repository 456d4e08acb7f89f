"""When a cause is told, told again, and told to be over. Pure: alerts in, alerts out.

- *Told* once it has held for its patience: most at once, an inbox after some minutes.
- *Over* once it has been absent for a while without a break, so that one that comes and
  goes is one cause. Each time it comes back within a day that while doubles, up to a
  day: whatever the rhythm of a flapping cause, it is told seven times at most on its first
  day, and once a day from then on.
- *Told again* only what is for review, and only when it has grown since it was last
  told. A person who works the list down lowers the mark that growth is measured from.
  The pause before it is told again is an hour, doubling with each time up to a day:
  at most six messages in the first day, then one a day, however many mails there are.
- Each channel has its own account of what it was given. One that fails is tried again
  with what then holds, not with what has passed; the others are not told twice. What was
  over before a channel could be told is not told there at all; that it is over, within
  a week or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from mailbridge.alerts.causes import Cause, Finding, Kind
from mailbridge.ledger.standing import Alert

FIRST_PAUSE = timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LEADS_PATIENCE = timedelta(hours=1)
"""How long leads may wait for the destination before it is worth a message."""


class Telling(Enum):
    """What a channel is to be told."""

    BEGUN = "begun"
    GROWN = "grown"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may last before they are told."""

    inbox_down: timedelta = timedelta(minutes=10)
    over: timedelta = timedelta(minutes=15)

    def before(self, kind: str) -> timedelta:
        """Give how long a cause of this kind must hold before it is told."""
        match kind:
            case Kind.INBOX_DOWN:
                return self.inbox_down
            case Kind.LEADS_WAITING:
                return LEADS_PATIENCE
            case _:
                return timedelta()


def cause_of(alert: Alert) -> Cause:
    """Name what an alert is about."""
    return Cause(Kind(alert.kind), alert.portal, alert.inbox, alert.destination)


def advance(
    known: Mapping[Cause, Alert],
    found: Mapping[Cause, Finding],
    patience: Patience,
    at: datetime,
) -> dict[Cause, Alert]:
    """Give the alerts as they stand now; those that are missing can be forgotten."""
    then = {
        cause: _present(cause, known.get(cause), finding, patience, at)
        for cause, finding in found.items()
    }
    for cause, alert in known.items():
        if cause not in found and (kept := _absent(alert, patience, at)):
            then[cause] = kept
    return then


def owed(alert: Alert, channel: str) -> Telling | None:
    """Tell what a channel has not been given yet."""
    given = alert.channels.get(channel, 0)
    if alert.over:
        return Telling.OVER if given else None
    if alert.absent or given >= alert.tellings:
        return None
    return Telling.GROWN if given else Telling.BEGUN


def given(alert: Alert, channel: str, what: Telling) -> Alert:
    """Note that the channel has it."""
    others = {name: number for name, number in alert.channels.items() if name != channel}
    if what is Telling.OVER:
        return replace(alert, channels=others)
    return replace(alert, channels={**others, channel: alert.tellings})


def _present(
    cause: Cause, alert: Alert | None, finding: Finding, patience: Patience, at: datetime
) -> Alert:
    if alert is None:
        alert = Alert(
            kind=cause.kind,
            portal=cause.portal,
            inbox=cause.inbox,
            destination=cause.destination,
            noticed=at,
            count=finding.count,
            detail=finding.detail,
        )
    elif alert.over:
        alert = replace(
            alert,
            noticed=at,
            absent=None,
            over=None,
            told=None,
            tellings=0,
            spells=alert.spells + 1 if at - alert.over < DAY else 1,
            count=finding.count,
            detail=finding.detail,
            # Whoever has not heard yet that it was over knows of it.
            channels=dict.fromkeys(alert.channels, 1),
        )
    else:
        alert = replace(alert, absent=None, count=min(alert.count, finding.count))
    if _is_due(alert, finding, patience, at):
        alert = replace(
            alert,
            told=at,
            tellings=alert.tellings + 1,
            count=finding.count,
            detail=finding.detail,
        )
    return alert


def _is_due(alert: Alert, finding: Finding, patience: Patience, at: datetime) -> bool:
    if alert.told is None:
        return at - alert.noticed >= patience.before(alert.kind)
    if alert.kind != Kind.REVIEW or finding.count <= alert.count:
        return False
    return at - alert.told >= _doubled(FIRST_PAUSE, alert.tellings - 1)


def _absent(alert: Alert, patience: Patience, at: datetime) -> Alert | None:
    if alert.over:
        keep = WEEK if alert.channels else DAY  # a channel that fails may still be told
        return alert if at - alert.over < keep else None
    if alert.told is None:
        # It passed by itself, as though it had not been; what was before it stays.
        if alert.spells == 1 and not alert.channels:
            return None
        return replace(alert, absent=at, over=at, spells=max(1, alert.spells - 1))
    absent = alert.absent or at
    wait = _doubled(patience.over, alert.spells - 1)
    return replace(alert, absent=absent, over=at if at - absent >= wait else None)


def _doubled(length: timedelta, times: int) -> timedelta:
    return min(length * (1 << min(times, 20)), DAY)
