"""The pages in a real browser: nothing hostile runs, our own policy is kept, keys suffice."""

import re

import pytest
from playwright.sync_api import Page, expect

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome
from tests.web.conftest import NOW, OpenWindow
from tests.web.estate import EVIL, Estate, hostile, huge


def test_a_login_link_leads_to_the_overview(open_window: OpenWindow, ledger: Ledger) -> None:
    window = open_window(language="de")
    expect(window.page).to_have_url(f"{window.base}/")
    expect(window.page).to_have_title("Übersicht · mailbridge")
    window.page.get_by_role("button", name="Français").click()
    expect(window.page.locator("h1")).to_have_text("Aperçu")
    window.page.get_by_role("button", name="Se déconnecter").click()
    expect(window.page.locator("h1")).to_have_text("Vous êtes déconnecté")
    assert window.wrong == []


def test_a_hostile_mail_does_nothing(open_window: OpenWindow, ledger: Ledger) -> None:
    """No script, dialog, navigation or request: what came through would be told by `wrong`."""
    estate = Estate(ledger, NOW)
    estate.receive(hostile(), NOW)
    window = open_window()
    page = window.open("/mails")
    assert "alert('subject')" in page.locator(".subject a").inner_text()
    page.locator(".subject a").click()
    expect(page.locator("h1")).to_contain_text("alert('subject')")
    assert page.locator(".mailtext").first.inner_text().startswith("Prénom: <img")
    frame = page.frame_locator("iframe.html")
    assert frame.locator("p").inner_text() == "Grüezi, a harmless paragraph"
    assert frame.locator("[data-left-out]").inner_text() == "a house"
    frame.locator("a").click()
    page.locator("summary").last.click()
    page.wait_for_timeout(200)  # a script that ran would have its time
    assert page.url == f"{window.base}/mails/1"
    assert [one.url for one in page.frames] == [page.url, f"{page.url}/html"]
    assert page.evaluate("document.scripts.length") == 1
    assert window.wrong == []


def test_the_frame_is_shut_even_if_its_html_were_not(
    open_window: OpenWindow, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second wall alone: the sandbox and the frame's own policy, without our taming."""
    raw_page = (
        "<p>untamed</p><script>top.document.title='broken'; parent.postMessage('x','*')</script>"
        "<img src=https://evil.example.org/pixel.gif onerror=alert(1)>"
        "<iframe src=https://evil.example.org/></iframe>"
        "<form action=https://evil.example.org/><button>go</button></form>"
    )
    monkeypatch.setattr("mailbridge.web.pages.mail.paint", lambda *_: raw_page)
    Estate(ledger, NOW).receive(hostile(), NOW)
    window = open_window()
    pixel = "https://evil.example.org/pixel.gif"
    with window.page.expect_event("requestfailed", lambda request: request.url == pixel):
        page = window.open("/mails/1")
    frame = page.frame_locator("iframe.html")
    assert frame.locator("p").inner_text() == "untamed"
    frame.locator("button").click()
    page.wait_for_timeout(200)
    assert "broken" not in page.title()
    # The browser tells what it refused, and nothing left: no request, no dialog.
    assert [one for one in window.wrong if not one.startswith(("console:", "refused:"))] == []
    assert f"refused: {pixel}" in window.wrong


def test_a_huge_mail_can_be_looked_at(open_window: OpenWindow, ledger: Ledger) -> None:
    Estate(ledger, NOW).receive(huge(), NOW)
    window = open_window()
    page = window.open("/mails/1")
    assert "characters more" in page.locator("main").inner_text()
    assert window.wrong == []


def focus_by_keys(page: Page, wanted: str) -> None:
    """Press Tab until the element has the focus; every stop must be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            return
    pytest.fail(f"no way by Tab to {wanted}")


def test_the_keyboard_leads_from_the_list_to_a_retry(
    open_window: OpenWindow, estate: Ledger
) -> None:
    [rejected] = estate.mails(outcomes={Outcome.REJECTED})
    window = open_window()
    page = window.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first stop: skip to the content
    expect(page.locator("#main")).to_be_focused()
    focus_by_keys(page, '[href="/mails?outcome=rejected"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/mails?outcome=rejected")
    focus_by_keys(page, f'[href="/mails/{rejected.id}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/mails/{rejected.id}")
    focus_by_keys(page, ".acts button")
    page.keyboard.press("Enter")
    page.locator('[role="status"]').wait_for()
    assert "1 lead is queued" in page.locator('[role="status"]').inner_text()
    mail = estate.mail(rejected.id)
    assert mail is not None
    assert [lead.state for lead in mail.leads] == [State.QUEUED]
    assert window.wrong == []


def test_pointing_at_a_value_shows_its_field_and_back(
    open_window: OpenWindow, estate: Ledger
) -> None:
    [sent, *_] = estate.mails(outcomes={Outcome.SENT}, portal="homegate.ch")
    window = open_window()
    page = window.open(f"/mails/{sent.id}")
    row = page.locator("#field-1-sender_email")
    lit = re.compile(r"\blit\b")
    page.locator("#at-1-sender_email").hover()
    expect(row).to_have_class(lit)
    page.locator("h1").hover()
    expect(row).not_to_have_class(lit)
    row.locator("a").focus()
    expect(page.locator("#at-1-sender_email")).to_have_class(lit)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#at-1-sender_email$"))
    assert window.wrong == []


def test_a_search_is_typed_and_sent_by_enter(open_window: OpenWindow, estate: Ledger) -> None:
    window = open_window(390, 844, "dark", "fr")
    page = window.open("/mails")
    page.get_by_label("Recherche").fill("Prune42")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Prune42**")
    expect(page.locator(".mails .subject")).to_have_count(1)
    assert EVIL[:8] not in page.content()
    assert window.wrong == []
