"""The list of mails: filters, search, and pages by key. Reads; changes nothing."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import Response

from mailbridge.ledger.views import MailFilter
from mailbridge.outcomes import Outcome
from mailbridge.status import TOLD
from mailbridge.web.visit import Door, Page, Visit

ROWS = 50
REVIEW = "review"
"""In place of an outcome: all that a person must look at."""
_BIGGEST = 2**63 - 1
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
_ASKED = ("q", "outcome", "portal", "inbox", "from", "to")


def list_mails(visit: Visit) -> Response:
    """List the newest first, by what was asked for."""
    wanted, bad = read_filter(visit.query)
    with visit.desk.reading() as ledger, ledger.looking() as look:
        page = look.browse(wanted, _before(visit.query.get("before", "")), ROWS)
        summary = look.summary()
        portals = look.portals()
    asked = {name: visit.query[name] for name in _ASKED if visit.query.get(name)}
    inboxes = {one.inbox for one in summary.inboxes}
    inboxes |= {inbox.name for inbox in visit.desk.app.settings.inboxes}
    return visit.show(
        "mails.html",
        page=page,
        name_of=name_of,
        asked=asked,
        bad=bad,
        first=visit.query.get("before") is None,
        older=f"/mails?{urlencode(asked | {'before': page.before})}" if page.before else "",
        newest=f"/mails?{urlencode(asked)}" if asked else "/mails",
        summary=summary,
        total=sum(summary.outcomes.values()),
        outcomes=[outcome for outcome in TOLD if outcome in summary.outcomes],
        portals=portals,
        inboxes=sorted(inboxes),
    )


def name_of(lead: Mapping[str, Any]) -> str:
    """Name who wrote, as the lead says: by name, else by address or number."""
    names = [str(lead[key]) for key in ("sender_firstname", "sender_lastname") if lead.get(key)]
    return " ".join(names) or str(lead.get("sender_email") or lead.get("sender_number") or "")


def read_filter(query: QueryParams) -> tuple[MailFilter, tuple[str, ...]]:
    """Read what is asked for, and the names of what cannot be read, which then says nothing."""
    since, until = _day(query.get("from", "")), _day(query.get("to", ""))
    outcome = query.get("outcome", "")
    known = outcome in {"", REVIEW, *TOLD}
    bad = [name for name, day in (("from", since), ("to", until)) if query.get(name) and not day]
    return MailFilter(
        outcomes=_outcomes(outcome) if outcome and known else None,
        portal=query.get("portal", ""),
        inbox=query.get("inbox", ""),
        since=since,
        until=until + timedelta(days=1) if until else None,
        words=query.get("q", ""),
    ), tuple(bad if known else [*bad, "outcome"])


def _outcomes(name: str) -> frozenset[Outcome]:
    if name == REVIEW:
        return frozenset(outcome for outcome in Outcome if outcome.for_review)
    return frozenset({Outcome(name)})


def _day(text: str) -> datetime | None:
    """Read a day as its start in this machine's zone, in which days are shown."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Further off, a zone or the day after may be no date any more.
    sane = _FIRST_YEAR <= day.year <= _LAST_YEAR
    return datetime.combine(day, time()).astimezone() if sane else None


def _before(text: str) -> int | None:
    if text.isascii() and text.isdigit() and int(text[:20]) <= _BIGGEST:
        return int(text[:20])
    return None


PAGE = Page("mails", "/mails", (Door("GET", "/mails", list_mails),))
