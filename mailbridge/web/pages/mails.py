"""The list of mails: filters, search, and pages by key. Reads; changes nothing."""

from starlette.responses import Response

from mailbridge.web.visit import Door, Page, Visit


def list_mails(visit: Visit) -> Response:
    """List the newest first."""
    with visit.desk.reading() as ledger:
        found = ledger.mails(limit=50)
    return visit.show("mails.html", mails=found)


PAGE = Page("mails", "/mails", (Door("GET", "/mails", list_mails),))
