"""The overview: how things stand. Reads; changes nothing."""

from starlette.responses import Response

from mailbridge.web.visit import Door, Page, Visit


def show_overview(visit: Visit) -> Response:
    """Show the health of inboxes and destination, and what waits."""
    with visit.desk.reading() as ledger, ledger.looking() as look:
        summary = look.summary()
    return visit.show("overview.html", summary=summary)


PAGE = Page("overview", "/", (Door("GET", "/", show_overview),))
