"""`listings`: what is known of the CRM's listings, and what a reference means there."""

from collections.abc import Sequence
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.output import complain, say, table
from mailbridge.dispatch import now
from mailbridge.errors import BadDocument
from mailbridge.leads.catalogue import Fit, Known, KnownPromotion, Match, Several
from mailbridge.listings import NotRefreshed
from mailbridge.problems import Problem

_FITS = {
    Fit.EXACT: "known",
    Fit.FOLDED: "known, written otherwise",
    Fit.PARTS: "known, its parts joined otherwise",
}


def show_listings(config: Path | None, references: Sequence[str], *, refresh: bool) -> int:
    """Refresh the index if so wanted, say how old it is, and look references up in it."""
    app = App.load(config, secrets=refresh)
    index = app.listing_index
    if index is None:
        app.require_file()
        raise BadDocument([_no_key(app)])
    good = not refresh or _refresh(app)
    catalogue = index.catalogue()
    if catalogue is None:
        complain(
            "mailbridge: the CRM's lists have not been read yet. The daemon reads them, or "
            "`mailbridge listings --refresh`."
        )
        return 1
    say(
        f"{len(catalogue.listings):,} listings and {len(catalogue.promotions):,} promotions, "
        f"read {catalogue.taken:%Y-%m-%d %H:%M} UTC ({index.path})."
    )
    if references:
        table(
            ("REFERENCE", "SENT AS", "WHAT IT IS"),
            [(one, *_told(one, catalogue.find(one))) for one in references],
        )
    return 0 if good else 1


def _refresh(app: App) -> bool:
    refresher = app.refresher()
    if refresher is None:
        return False
    done = refresher.refresh(now())
    if isinstance(done, NotRefreshed):
        complain(f"mailbridge: the CRM's lists were not read: {done.reason}.")
        return False
    return True


def _told(written: str, match: Match) -> tuple[str, str]:
    match match:
        case Known(reference, fit):
            return reference, _FITS[fit]
        case KnownPromotion(number):
            return (f"promotion_id {number}" if number else written), "a promotion"
        case Several():
            return written, "fits several references of the CRM"
        case _:
            return written, "not known in the CRM"


def _no_key(app: App) -> Problem:
    return Problem(
        str(app.file),
        key="listings.key",
        code="missing-key",
        text="No key of the listings API is set, so no list can be read.",
        remedy="Add below 'listings:' a line 'key: {env: LISTINGS_KEY}'.",
    )
