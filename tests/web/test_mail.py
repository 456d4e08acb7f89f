"""One mail: its values where they stand, what was erased, and what a person does."""

import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import State
from mailbridge.outcomes import Outcome
from mailbridge.web.desk import Desk
from mailbridge.web.pages.mail import LONGEST
from tests.mails import inquiry
from tests.web.conftest import BASE, NOW, Browser
from tests.web.estate import Estate, huge


def newest(ledger: Ledger, outcome: Outcome, portal: str | None = "homegate.ch") -> int:
    return ledger.mails(outcomes={outcome}, portal=portal)[0].id


def test_each_value_is_marked_where_it_stands_and_linked_both_ways(
    browser: Browser, estate: Ledger
) -> None:
    number = newest(estate, Outcome.SENT)
    tree = LexborHTMLParser(browser.get(f"/mails/{number}"))
    marks = {mark.attributes["id"]: mark for mark in tree.css("mark")}
    assert len(marks) == 6
    for key, mark in marks.items():
        assert key is not None
        [link] = mark.css("a")
        row = tree.css_first(f'[id="{(link.attributes["href"] or "")[1:]}"]')
        [back] = row.css("th a")
        assert back.attributes["href"] == f"#{key}"
        assert row.attributes["data-field"] == mark.attributes["data-field"]
    text = tree.css_first(".mailtext").text()
    assert text == estate.mail(number).text  # type: ignore[union-attr]  # it is there
    assert "Prune88" in marks["at-1-sender_firstname"].text()


def test_what_is_missing_is_shown_with_what_was_found(browser: Browser, estate: Ledger) -> None:
    page = browser.get(f"/mails/{newest(estate, Outcome.INCOMPLETE)}")
    assert "no reference and no id was found" in page
    assert "As the rules of now decide" in page
    assert 'sandbox=""' in page


def test_attempts_and_the_lead_as_sent_are_shown(browser: Browser, estate: Ledger) -> None:
    page = browser.get(f"/mails/{newest(estate, Outcome.REJECTED)}")
    assert "property_reference &lt;unknown&gt; is no listing of yours" in page
    assert "<code>property_reference</code>" in page


def test_what_is_not_kept_is_said(browser: Browser, estate: Ledger) -> None:
    unmatched = newest(estate, Outcome.UNMATCHED, None)
    assert "Nothing of this mail’s text is kept" in browser.get(f"/mails/{unmatched}")
    sent = newest(estate, Outcome.SENT)
    estate.expire([sent], NOW)
    page = browser.get(f"/mails/{sent}")
    assert "Its contents were erased on" in page
    assert "Prune88" not in page


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40])
def test_a_mail_that_is_none_is_told(number: str, browser: Browser, estate: Ledger) -> None:
    answer = browser.client.get(f"/mails/{number}")
    assert answer.status_code == 404
    assert "There is no mail" in answer.text
    assert browser.client.get(f"/mails/{number}/html").status_code == 404
    headers = {"origin": BASE}
    told = browser.client.post(
        f"/mails/{number}/retry", data={"csrf": browser.token}, headers=headers
    )
    assert told.status_code == 404


def press(browser: Browser, number: int, button: str) -> str:
    """Press a button of the mail's page as it stands there."""
    page = browser.get(f"/mails/{number}")
    tree = LexborHTMLParser(page)
    [form] = [one for one in tree.css(".acts form") if one.css_first("button").text() == button]
    fields = {
        str(one.attributes["name"]): str(one.attributes["value"]) for one in form.css("input")
    }
    path = str(form.attributes["action"])
    return browser.post(path, **{k: v for k, v in fields.items() if k != "csrf"})


@pytest.mark.parametrize(
    ("before", "button", "told", "after"),
    [
        (Outcome.REJECTED, "Try again", "1 lead is queued", Outcome.DEFERRED),
        (Outcome.REJECTED, "Ignore", "it needs no lead", Outcome.IGNORED),
        (Outcome.REJECTED, "Entered by hand", "the lead is in the CRM", Outcome.SENT),
        (Outcome.INCOMPLETE, "Try again", "decided anew", Outcome.INCOMPLETE),
        (Outcome.INCOMPLETE, "Ignore", "it needs no lead", Outcome.IGNORED),
        (Outcome.INCOMPLETE, "Entered by hand", "the lead is in the CRM", Outcome.SENT),
        (Outcome.IN_DOUBT, "It arrived", "the lead is in the CRM", Outcome.SENT),
        (Outcome.IN_DOUBT, "It did not arrive", "1 lead is queued", Outcome.DEFERRED),
        (Outcome.DEFERRED, "Send now", "1 lead is queued", Outcome.DEFERRED),
        (Outcome.DEFERRED, "Entered by hand", "the lead is in the CRM", Outcome.SENT),
        (Outcome.UNMATCHED, "Try again", "decided anew", Outcome.UNMATCHED),
    ],
)
def test_a_person_acts(
    before: Outcome, button: str, told: str, after: Outcome, browser: Browser, estate: Ledger
) -> None:
    number = newest(estate, before, None)
    page = press(browser, number, button)
    notice = LexborHTMLParser(page).css_first('[role="status"]').text()
    assert told in notice
    mail = estate.mail(number)
    assert mail is not None
    assert mail.outcome is after
    assert mail.acts[-1].at == NOW
    assert 'role="status"' not in browser.get(f"/mails/{number}")  # said once


def test_a_word_is_taken_back(browser: Browser, estate: Ledger) -> None:
    number = newest(estate, Outcome.REJECTED)
    press(browser, number, "Entered by hand")
    press(browser, number, "It is not in the CRM")
    mail = estate.mail(number)
    assert mail is not None
    assert [lead.state for lead in mail.leads] == [State.DROPPED]
    assert [act.name for act in estate.mail(number).acts][:2] == ["sent", "not_sent"]  # type: ignore[union-attr]


def test_what_makes_no_sense_is_refused_in_words(browser: Browser, estate: Ledger) -> None:
    number = newest(estate, Outcome.SENT)
    page = browser.post(f"/mails/{number}/retry")
    assert "was sent and accepted; sending it again would double the lead" in page
    page = browser.post(f"/mails/{number}/resolve", word="not_sent")
    assert "there is nothing to resolve" in page
    assert "notice" not in browser.post(f"/mails/{number}/resolve", word="nonsense")


def test_the_html_has_a_policy_of_its_own(browser: Browser, estate: Ledger) -> None:
    number = newest(estate, Outcome.INCOMPLETE)
    answer = browser.client.get(f"/mails/{number}/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert policy.endswith("; sandbox")
    assert "harmless paragraph" in answer.text
    assert (
        re.search(r"<(script|iframe|form|svg|base|link)\b|https?:(?!//www\.w3)", answer.text)
        is None
    )


def test_a_huge_text_is_cut_and_said_so(browser: Browser, ledger: Ledger) -> None:
    estate = Estate(ledger, NOW)
    estate.receive(huge(), NOW)
    page = browser.get("/mails/1")
    assert len(page) < 5 * LONGEST
    assert "characters more" in page


def test_a_mail_decided_by_a_wrong_rule_is_shown_without(
    desk: Desk, browser: Browser, estate: Ledger, tmp_path: Path
) -> None:
    wrong = tmp_path / "mine.yaml"
    wrong.write_text("portal: mine\nmatch: [\n")
    desk.app.rules = (wrong,)
    page = browser.get(f"/mails/{newest(estate, Outcome.INCOMPLETE)}")
    assert "The rules of now cannot be used" in page
    assert "mine.yaml" in page


def test_rules_are_read_anew_when_they_change(
    desk: Desk, browser: Browser, ledger: Ledger, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    desk.app.rules = (own,)
    Estate(ledger, NOW).receive(inquiry(1, email=None), NOW)
    shipped = Path(__file__).parents[2] / "mailbridge/portals/homegate.ch.yaml"
    text = shipped.read_text("utf-8")
    mine = own / "homegate.ch.yaml"
    mine.write_text(text, "utf-8")
    assert "come to the same" in browser.get("/mails/1")
    mine.write_text(text.replace("interested@homegate.ch", "nobody@example.org"), "utf-8")
    assert "come to something else" in browser.get("/mails/1")
