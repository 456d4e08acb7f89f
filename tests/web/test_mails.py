"""The list of mails: filters, search, pages."""

import re

import pytest

from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from tests.web.conftest import Browser


def rows(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="subject"><a href="/mails/(\d+)"', page)]


def test_pages_follow_each_other(browser: Browser, estate: Ledger) -> None:
    seen, path = [], "/mails"
    for _ in range(20):
        page = browser.get(path)
        seen += rows(page)
        older = re.search(r'href="(/mails\?[^"]*before=[^"]*)"', page)
        if older is None:
            break
        path = older[1].replace("&amp;", "&")
    assert seen == [mail.id for mail in estate.mails(limit=1000)]
    assert len(seen) > 300


@pytest.mark.parametrize(
    ("query", "outcomes", "portal"),
    [
        ("outcome=review", {o for o in Outcome if o.for_review}, None),
        ("outcome=in_doubt", {Outcome.IN_DOUBT}, None),
        ("outcome=incomplete&portal=homegate.ch", {Outcome.INCOMPLETE}, "homegate.ch"),
    ],
)
def test_filters_choose(
    query: str, outcomes: set[Outcome], portal: str | None, browser: Browser, estate: Ledger
) -> None:
    wanted = [mail.id for mail in estate.mails(outcomes=outcomes, portal=portal, limit=50)]
    assert len(wanted) > 0
    assert rows(browser.get(f"/mails?{query}")) == wanted


def test_days_are_whole(browser: Browser, estate: Ledger) -> None:
    [first, *_] = estate.mails(limit=1)
    day = first.received.astimezone().date().isoformat()
    found = rows(browser.get(f"/mails?from={day}&to={day}"))
    days = {m.id: str(m.received.astimezone().date()) for m in estate.mails(limit=1000)}
    same = [number for number, of_mail in days.items() if of_mail == day]
    assert found == same
    assert len(found) > 5


@pytest.mark.parametrize(
    ("words", "shown"), [("visitor42@example.org", "Prune42 Essai"), ("PRUNE42", "Prune42 Essai")]
)
def test_a_person_is_found(words: str, shown: str, browser: Browser, estate: Ledger) -> None:
    page = browser.client.get("/mails", params={"q": words}).text
    assert len(rows(page)) == 1
    assert shown in page


def test_a_reference_of_a_mail_for_review_is_found(browser: Browser, estate: Ledger) -> None:
    assert len(rows(browser.get("/mails?q=Prune505"))) == 1


@pytest.mark.parametrize(
    "query",
    ["from=2026-13-01", "to=x", "outcome=lead", "outcome=%3C", "from=0001-01-01", "to=9999-12-31"],
)
def test_nonsense_is_told_or_harmless(query: str, browser: Browser, estate: Ledger) -> None:
    page = browser.get(f"/mails?{query}")
    assert "A filter could not be read" in page or len(rows(page)) == 50


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "٣", ""])
def test_a_wrong_key_is_the_first_page(before: str, browser: Browser, estate: Ledger) -> None:
    assert len(rows(browser.client.get("/mails", params={"before": before}).text)) == 50


def test_what_was_asked_stands_in_the_form_escaped(browser: Browser, estate: Ledger) -> None:
    evil = '"><script>alert(1)</script>\x1b\u202e'
    page = browser.client.get("/mails", params={"q": evil}).text
    assert "<script>alert" not in page
    assert "&#34;&gt;&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
