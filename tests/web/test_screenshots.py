"""Every page, light and dark, on a desk and in a hand: kept as pictures, and free of barriers.

The pictures go to out/screenshots, for people to look at.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from tests.web.conftest import NOW, OpenWindow, Scheme, Window
from tests.web.estate import furnish_calmly
from tests.web.pictures import shoot, shoot_window

SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
SERIOUS = {"serious", "critical", "moderate"}


def addresses(ledger: Ledger) -> dict[str, str]:
    """The pages by the name of their picture."""

    def one(outcome: Outcome, portal: str | None = None, skip: int = 0) -> str:
        return f"/mails/{ledger.mails(outcomes={outcome}, portal=portal)[skip].id}"

    return {
        "overview": "/",
        "mails": "/mails",
        "mails-review": "/mails?outcome=review",
        "mails-search": "/mails?q=visitor7&portal=homegate.ch",
        "mails-none": "/mails?q=nobody",
        "mail-hostile": one(Outcome.INCOMPLETE),
        "mail-incomplete": one(Outcome.INCOMPLETE, skip=1),
        "mail-sent": one(Outcome.SENT, "homegate.ch"),
        "mail-rejected": one(Outcome.REJECTED),
        "mail-in-doubt": one(Outcome.IN_DOUBT),
        "mail-unmatched": one(Outcome.UNMATCHED),
        "missing": "/nothing",
    }


def barriers(window: Window) -> list[str]:
    found = Axe().run(window.page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_fit_to_be_seen(
    size: str, scheme: Scheme, open_window: OpenWindow, estate: Ledger
) -> None:
    width, height = SIZES[size]
    window = open_window(width, height, scheme, "de" if scheme == "dark" else "en")
    found: dict[str, list[str]] = {}
    for name, path in addresses(estate).items():
        page = window.open(path)
        shoot(page, f"{name}-{size}-{scheme}")
        found[name] = barriers(window)
        # Nothing is wider than the window, but for what scrolls by itself.
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found[name].append(f"{wide} px too wide")
    assert "\n".join(f"{name}: {one}" for name, wrong in found.items() for one in wrong) == ""
    assert [text for text in window.wrong if "404" not in text] == []


def test_an_agency_where_little_goes_wrong_is_shown_in_the_manual(
    open_window: OpenWindow, ledger: Ledger
) -> None:
    furnish_calmly(ledger, NOW)
    window = open_window()
    page = window.open("/")
    assert page.locator(".badge.bad", has_text="changed?").count() == 1
    shoot_window(page, "manual-overview")
    page = window.open("/mails")
    assert page.locator("tbody .badge.sent").count() > 5
    shoot_window(page, "manual-mails")
    assert window.wrong == []
