"""The overview says what `status` says, and draws it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mailbridge.app import App
from mailbridge.delivery.forms import Outlet
from mailbridge.documents.destinations import NamedWebhook
from mailbridge.documents.settings import InboxSettings
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Attempt
from mailbridge.ledger.standing import InboxHealth
from mailbridge.ledger.views import Hour
from mailbridge.recipient import Kind, Recipient
from mailbridge.web.chart import DAYS, HEIGHT, SERIES, draw, first_day
from mailbridge.web.desk import Desk
from mailbridge.web.pages.overview import judge_destination, judge_inbox
from tests.mails import inquiry
from tests.web.conftest import NOW, Browser, inbox_called
from tests.web.estate import POLICY, REFUSED, Estate


def test_what_waits_is_told_and_linked(browser: Browser, estate: Ledger) -> None:
    page = browser.get("/")
    summary = estate.summary()
    assert summary.for_review > 20
    assert f"<strong>{summary.for_review}</strong>" in page
    assert 'href="/mails?outcome=review"' in page
    assert 'href="/mails?outcome=in_doubt"' in page


def test_a_portal_that_changed_its_mails_stands_out(browser: Browser, estate: Ledger) -> None:
    page = browser.get("/")
    row = page[page.index('href="/mails?portal=homegate.ch"') :].partition("</tr>")[0]
    assert "changed?" in row
    other = page[page.index('href="/mails?portal=immobilier.ch"') :].partition("</tr>")[0]
    assert "as usual" in other


def test_an_inbox_that_fails_says_why_and_since_when(browser: Browser, estate: Ledger) -> None:
    page = browser.get("/")
    assert REFUSED in page
    assert "Mail may lie unread since" in page
    german = browser.get("/", **{"accept-language": "de"})
    assert "der Server verweigert die Anmeldung von rent@example.org" in german


def test_a_mistake_in_a_rule_file_is_told_until_it_is_mended(
    browser: Browser, ledger: Ledger, desk: Desk, tmp_path: Path
) -> None:
    desk.app = App(settings=desk.app.settings.model_copy(update={"rules": tmp_path / "rules"}))
    (tmp_path / "rules").mkdir()
    file = tmp_path / "rules" / "lake.example.yaml"
    told = "These mistakes keep rule files from being used."
    file.write_text("portal: lake.example\nmtach: {}\n")
    page = browser.get("/")
    assert told in page
    assert "lake.example.yaml:2" in page
    file.unlink()
    assert told not in browser.get("/")


def webhook(name: str) -> NamedWebhook:
    given = {"kind": "webhook", "name": name, "url": "https://crm.example.org/", "secret": "s" * 20}
    return NamedWebhook.model_validate(given)


def test_each_of_several_destinations_has_its_own_health(
    browser: Browser, estate: Ledger, desk: Desk
) -> None:
    assert 'id="destinations-title"' not in browser.get("/")
    desk.app = App(
        settings=desk.app.settings.model_copy(update={"destinations": (webhook("crm"),)})
    )
    page = browser.get("/")
    section = page[page.index('id="destinations-title"') :].partition("</section>")[0]
    crm, default = section.split("</li>")[:2]
    assert "crm" in crm
    assert "not used yet" in crm
    assert "default" in default
    assert "the server failed: maintenance" in default


def test_a_destination_that_is_gone_with_leads_is_told(
    browser: Browser, ledger: Ledger, desk: Desk
) -> None:
    estate = Estate(ledger, NOW)
    gone = Outlet(to=Recipient("old-crm", Kind.WEBHOOK))
    estate.receive(inquiry(), NOW - timedelta(hours=1), policy=replace(POLICY, outlet=gone))
    page = browser.get("/")
    assert "old-crm" in page
    assert "its leads are kept and go nowhere else" in page
    assert page.count("not in the settings") == 2  # the tile says the worst


def test_an_inbox_to_which_a_person_must_sign_in_says_so() -> None:
    given = {"name": "sales", "host": "imap.example.org", "user": "sales@agency.example",
             "oauth": {"provider": "google", "client_id": "c", "client_secret": "s"}}  # fmt: skip
    error = "Inbox sales: nobody has signed in to it yet. Run `mailbridge login sales`."
    health = InboxHealth(
        inbox="sales", last_poll=NOW, last_success=None, last_mail=None, error=error
    )
    assert judge_inbox(health, InboxSettings.model_validate(given), NOW) == "sign_in"
    assert judge_inbox(health, inbox_called("sales"), NOW) == "failing"


def test_an_empty_ledger_is_an_overview_too(browser: Browser, ledger: Ledger) -> None:
    page = browser.get("/")
    assert "No mail became a lead in the last 30 days." in page
    assert "never read" in page  # the inboxes of the settings


@pytest.mark.parametrize(
    ("ago", "error", "known", "word"),
    [
        (None, "", True, "new"),
        (timedelta(minutes=1), "", True, "good"),
        (timedelta(minutes=3), "", True, "good"),
        (timedelta(minutes=5), "", True, "late"),
        (timedelta(minutes=1), "refused", True, "failing"),
        (timedelta(minutes=1), "", False, "left"),
    ],
)
def test_an_inbox_is_judged(ago: timedelta | None, error: str, known: bool, word: str) -> None:
    at = None if ago is None else NOW - ago
    health = InboxHealth(inbox="sales", last_poll=at, last_success=at, last_mail=None, error=error)
    assert judge_inbox(health, inbox_called("sales") if known else None, NOW) == word


@pytest.mark.parametrize(
    ("state", "status", "word"),
    [
        ("sent", 200, "good"),
        ("rejected", 422, "good"),
        ("deferred", 503, "failing"),
        ("in_doubt", 0, "failing"),
        ("deferred", 401, "key"),
        ("", 0, "new"),
    ],
)
def test_the_destination_is_judged(state: str, status: int, word: str) -> None:
    last = Attempt(started=NOW, ended=NOW, state=state, status=status, detail="")
    assert judge_destination(last if state else None) == word


def hour(portal: str, ago: timedelta, leads: int = 1) -> Hour:
    begins = (NOW - ago).replace(minute=0)
    return Hour(portal=portal, begins=begins, leads=leads)


def test_bars_stand_on_each_other_and_reach_their_number() -> None:
    day = timedelta(days=1)
    chart = draw([hour("a", 0 * day, 3), hour("b", 0 * day, 5), hour("a", 2 * day, 7)], NOW)
    assert (chart.series, chart.totals, chart.total) == (("a", "b"), (10, 5), 15)
    assert len(chart.bars) == DAYS
    last = chart.bars[-1]
    assert (last.day, last.total, last.counts) == (date(2026, 11, 20), 8, (3, 5))
    assert chart.ticks[-1] == (8, 0.0)
    below, above = last.segments
    assert below.y + below.height == pytest.approx(HEIGHT)
    assert above.y + above.height == pytest.approx(below.y)
    assert above.y == pytest.approx(0.0)
    assert chart.bars[-2].segments == ()


def test_many_portals_share_a_colour() -> None:
    chart = draw([hour(f"p{n}", timedelta(), 20 - n) for n in range(SERIES + 3)], NOW)
    assert chart.series == ("p0", "p1", "p2", "p3", "p4", "")
    assert chart.totals[-1] == 15 + 14 + 13


def test_no_lead_is_a_flat_chart() -> None:
    chart = draw([], NOW)
    assert (chart.total, chart.series) == (0, ())
    assert chart.ticks == ((0, float(HEIGHT)), (1, 0.0))


def test_a_day_is_one_of_the_agency_not_of_greenwich() -> None:
    zurich = timezone(timedelta(hours=1))
    late = Hour(portal="a", begins=datetime(2026, 11, 19, 23, tzinfo=UTC), leads=1)
    at = NOW.astimezone(zurich)
    assert draw([late], at).bars[-1].total == 1
    assert first_day(at) == datetime(2026, 10, 22, tzinfo=zurich)


@pytest.mark.parametrize("most", [1, 4, 5, 9, 41, 399, 12_345])
def test_the_axis_has_few_numbers_and_holds_every_bar(most: int) -> None:
    ticks = draw([hour("a", timedelta(), most)], NOW).ticks
    assert 2 <= len(ticks) <= 5
    assert ticks[-1][0] >= most
