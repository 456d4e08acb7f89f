"""The pages say in the visitor's language what mailbridge says of mails and rules."""

from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailbridge.controls import show_controls
from mailbridge.ledger.ledger import Ledger
from mailbridge.outcomes import Outcome
from tests.mails import inquiry
from tests.web.conftest import NOW, Browser
from tests.web.estate import Estate
from tests.web.test_workbench_pages import SHIPPED, Bench


def newest(ledger: Ledger, outcome: Outcome) -> int:
    return ledger.mails(outcomes={outcome}, portal="homegate.ch")[0].id


def languages_of(node: LexborNode) -> set[str | None]:
    """What a text is marked as, on the way up to the page itself."""
    found: set[str | None] = set()
    at: LexborNode | None = node
    while at is not None and at.tag != "html":
        found.add(at.attributes.get("lang"))
        at = at.parent
    return found - {None}


def test_a_mail_is_explained_in_german(browser: Browser, estate: Ledger) -> None:
    page = browser.get(
        f"/mails/{newest(estate, Outcome.INCOMPLETE)}", **{"accept-language": "de-CH"}
    )
    [told, *_] = LexborHTMLParser(page).css("ul.problems li bdi")
    assert told.text().startswith("Die Mail sagt nicht, um welches Objekt es geht: ")
    assert languages_of(told) == set()
    assert 'lang="en"' not in page.partition("<main")[2]


def test_the_answer_to_a_lead_is_told_in_italian_with_the_destinations_own_words(
    browser: Browser, estate: Ledger
) -> None:
    page = browser.get(f"/mails/{newest(estate, Outcome.REJECTED)}", **{"accept-language": "it"})
    assert "rifiutato: property_reference &lt;unknown&gt; is no listing of yours" in page
    assert "rifiutato: property_reference &lt;unknown&gt;" in browser.get(
        "/mails?outcome=rejected", **{"accept-language": "it"}
    )


def test_what_an_act_could_not_do_is_told_in_french(browser: Browser, estate: Ledger) -> None:
    number = newest(estate, Outcome.SENT)
    browser.client.headers["accept-language"] = "fr"
    page = browser.post(f"/mails/{number}/retry")
    assert f"Le mail {number} a été envoyé et accepté ; le renvoyer doublerait le lead." in page


REFUSED = (
    "Posteingang sales (h:993): der Server verweigert das Öffnen des Ordners INBOX: "
    "No <b>such</b> one."
)


@pytest.mark.parametrize(
    ("error", "shown", "marked"),
    [
        (
            "Inbox sales (h:993): the server refused opening folder INBOX: No <b>such</b> one.",
            REFUSED,
            set(),
        ),
        ("Something\x1b[31m unheard of", show_controls("Something\x1b[31m unheard of"), {"en"}),
    ],
)
def test_an_inbox_that_cannot_be_read_says_why(
    browser: Browser, ledger: Ledger, error: str, shown: str, marked: set[str]
) -> None:
    Estate(ledger, NOW).poll("sales", error, timedelta(minutes=2))
    page = LexborHTMLParser(browser.get("/", **{"accept-language": "de"}))
    [told] = page.css("p.trouble > bdi")
    assert told.text() == shown
    assert languages_of(told) == marked


def test_a_page_that_cannot_be_shown_says_why(browser: Browser) -> None:
    answer = browser.client.post(
        "/workbench",
        data={"csrf": browser.token, "rule": "", "portal": "Not A Portal"},
        headers={"origin": "http://127.0.0.1:8026", "accept-language": "it"},
    )
    [told] = LexborHTMLParser(answer.text).css(".notice bdi")
    assert told.text() == (
        "'not a portal' non è un nome per un portale. "
        "Lo scriva come il suo dominio: portal.example."
    )
    assert languages_of(told) == set()


def test_the_workbench_speaks_french(browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    browser.client.headers["accept-language"] = "fr"
    [wrong, *_] = bench.ask("study", text="portal: homegate.ch\nmtach: x\n")["problems"]
    assert wrong["text"].startswith("Clé inconnue 'mtach'. Vouliez-vous dire 'match' ?")
    assert (wrong["line"], wrong["language"]) == (2, "")
    missing = bench.ask("study", text="portal: homegate.ch\nevidence: seen\n")["problems"]
    assert {one["text"] for one in missing} == {
        "La clé 'match' manque. Ajoutez une ligne 'match: …'. Quels mails sont ceux de ce portail.",
        "La clé 'fields' manque. Ajoutez une ligne 'fields: …'. Ce qui est trouvé, et comment.",
    }
    told = bench.ask("mark", 409, text=SHIPPED, mail="m1", field="x", part="text", start=0, end=3)
    text = "Il n’y a pas de tel champ, ou pas de telle partie d’un mail."
    assert told == {"trouble": [{"text": text, "language": ""}]}
    nothing = {"start": 0, "end": 1, "part": "subject", "field": "wishes"}
    made = bench.ask("mark", text=SHIPPED, mail="m1", **nothing)
    [note] = made["notes"]
    assert note["why"]["text"].startswith("Ni étiquette ni mots fixes à proximité")
    assert note["why"]["language"] == ""
    browser.client.headers["accept-language"] = "en"
    [wrong, *_] = bench.ask("study", text="portal: homegate.ch\nmtach: x\n")["problems"]
    assert wrong["text"].startswith("Unknown key 'mtach'. Did you mean 'match'?")


def test_a_rule_file_with_a_mistake_is_explained_on_the_overview(
    browser: Browser, ledger: Ledger, tmp_path: Path
) -> None:
    folder = tmp_path / "portals"
    folder.mkdir()
    (folder / "x.yaml").write_text("portal: 'x\n")
    browser.desk.app.settings = browser.desk.app.settings.model_copy(update={"rules": folder})
    page = LexborHTMLParser(browser.get("/", **{"accept-language": "fr"}))
    [told, *_] = page.css("ul.problems bdi")
    place = f"{folder}/x.yaml:1:9"
    assert told.text().startswith(f"{place}: Le guillemet qui s’ouvre ici n’est jamais fermé. ")
    assert languages_of(told) == set()
