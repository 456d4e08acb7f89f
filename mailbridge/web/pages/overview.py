"""The overview: how things stand. Reads; changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from mailbridge.alerts import layout
from mailbridge.documents.settings import InboxSettings
from mailbridge.ledger.records import Attempt
from mailbridge.ledger.standing import DestinationHealth, InboxHealth
from mailbridge.monitoring.health import INTERVALS, MARGIN
from mailbridge.outcomes import Outcome
from mailbridge.recipient import Recipient
from mailbridge.status import (
    TOLD,
    Status,
    failing_since,
    list_destinations,
    share_complete,
    take_status,
)
from mailbridge.web.chart import draw, first_day
from mailbridge.web.visit import Door, Page, Visit

_REFUSALS = (401, 403)
_LOGIN = "`mailbridge login "
_WORDS = ("new", "good", "failing", "gone", "key")
"""What is told of destinations, the worst last."""


@dataclass(frozen=True, slots=True)
class PortalStanding:
    """One portal: how many of its inquiries can be read, ever and lately."""

    name: str
    mails: int
    share: float | None
    """Complete ones of all; None where there was no inquiry."""
    latest: float | None
    """Complete ones of the newest; None where there were too few to say."""
    dropped: layout.Drop | None
    """The portal seems to have changed its layout."""

    @property
    def latest_of(self) -> int:
        """How many the newest are."""
        return layout.LATEST[2]


@dataclass(frozen=True, slots=True)
class DestinationStanding:
    """One destination: how it is, and what waits for it."""

    to: Recipient
    health: DestinationHealth
    last: Attempt | None
    """The last exchange with it that is known."""
    word: str
    """As `judge_destination` says; `gone` where the settings no longer name it."""


def show_overview(visit: Visit) -> Response:
    """Show the health of inboxes and destination, leads by day, what waits, and drift."""
    desk = visit.desk
    at = desk.clock()
    settings = {inbox.name: inbox for inbox in desk.app.settings.inboxes}
    problems = desk.problems_of_rules()
    with desk.reading() as ledger, ledger.looking() as look:
        status = take_status(look, settings, desk.app.destinations, at, problems)
        hours = look.leads_by_hour(first_day(at.astimezone()))
        complete = look.completeness(status.summary.portals, layout.MOST)
    summary = status.summary
    destinations = list(_destinations(status))
    return visit.show(
        "overview.html",
        standing=status,
        summary=summary,
        chart=draw(hours, at.astimezone()),
        inboxes=[
            (health, judge_inbox(health, settings.get(health.inbox), at), failing_since(health))
            for health in status.inboxes
        ],
        destinations=destinations,
        worst=max((one.word for one in destinations), key=_WORDS.index, default="new"),
        review=[(o, summary.outcomes[o]) for o in TOLD if o.for_review and o in summary.outcomes],
        portals=list(_portals(summary.portals, complete)),
    )


def judge_inbox(health: InboxHealth, wanted: InboxSettings | None, at: datetime) -> str:
    """Say in a word how an inbox is.

    `good`, `failing`, `sign_in` (a person must), `late`, `new`, or `left` (not ours now).
    """
    if wanted is None:
        return "left"
    if health.last_poll is None:
        return "new"
    if health.error:
        # What mends it is in the error, since nobody but the daemon holds the tokens.
        return "sign_in" if wanted.oauth and _LOGIN in health.error else "failing"
    patience = INTERVALS * wanted.every + timedelta(seconds=MARGIN)
    return "late" if at - (health.last_success or health.last_poll) > patience else "good"


def judge_destination(last: Attempt | None) -> str:
    """Say in a word how a destination is, by its last answer: `good`, `key`, `failing`, `new`."""
    if last is None:
        return "new"
    if last.status in _REFUSALS:
        return "key"
    # One that refuses a lead for good is well.
    return "good" if last.state in {"sent", "rejected"} else "failing"


def _destinations(status: Status) -> Iterator[DestinationStanding]:
    found = list_destinations(status)
    for to, health in found:
        # Of one that was long idle the ledger remembers only that it is the last that answered.
        last = health.last_attempt or (status.summary.last_attempt if len(found) == 1 else None)
        word = judge_destination(last) if to in status.destinations else "gone"
        yield DestinationStanding(to, health, last, word)


def _portals(
    portals: Mapping[str, Mapping[Outcome, int]], complete: Mapping[str, tuple[bool, ...]]
) -> Iterator[PortalStanding]:
    for name in sorted(portals, key=lambda name: (-sum(portals[name].values()), name)):
        of_newest = complete.get(name, ())[: layout.LATEST[2]]
        yield PortalStanding(
            name=name,
            mails=sum(portals[name].values()),
            share=share_complete(portals[name]),
            latest=sum(of_newest) / len(of_newest) if len(of_newest) >= layout.LATEST[0] else None,
            dropped=layout.find_drop(complete.get(name, ())),
        )


PAGE = Page("overview", "/", (Door("GET", "/", show_overview),))
