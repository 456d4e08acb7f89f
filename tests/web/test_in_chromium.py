"""The pages in a real browser: nothing is refused by our own policy, keys suffice."""

from mailbridge.ledger.ledger import Ledger
from tests.web.conftest import OpenWindow


def test_a_login_link_leads_to_the_overview(open_window: OpenWindow, ledger: Ledger) -> None:
    window = open_window(language="de")
    assert window.page.url == f"{window.base}/"
    assert window.page.title() == "Übersicht · mailbridge"
    window.page.get_by_role("button", name="Français").click()
    assert window.page.locator("h1").inner_text() == "Aperçu"
    window.page.get_by_role("button", name="Se déconnecter").click()
    assert window.page.locator("h1").inner_text() == "Vous êtes déconnecté"
    assert window.wrong == []
