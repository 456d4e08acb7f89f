"""The workbench over HTTP: what its script asks, and what nobody may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbridge.app import App
from mailbridge.documents.settings import LedgerSettings, Settings
from mailbridge.ledger.ledger import Ledger
from mailbridge.web.desk import Desk
from tests.mails import inquiry, mail, private
from tests.web.conftest import BASE, NOW, Browser

SHIPPED = Path("mailbridge/portals/homegate.ch.yaml").read_text()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


@pytest.fixture
def desk(ledger_url: str, rules: Path) -> Iterator[Desk]:
    settings = Settings(ledger=LedgerSettings(url=ledger_url), rules=rules)
    made = Desk(app=App(settings=settings), clock=lambda: NOW)
    yield made
    made.close()


class Bench:
    """A sitting, asked as the page's script asks."""

    def __init__(self, browser: Browser, rule: str, *mails: bytes, portal: str = "") -> None:
        self.browser = browser
        files = [("files", (f"{n}.eml", raw, "message/rfc822")) for n, raw in enumerate(mails)]
        answer = browser.client.post(
            "/workbench",
            data={"csrf": browser.token, "rule": rule, "portal": portal},
            files=files or [("files", ("", b""))],
            headers={"origin": BASE},
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        self.path = answer.headers["location"].partition("?")[0]

    def ask(self, what: str, status: int = 200, **sent: Any) -> Any:
        answer = self.browser.client.post(
            f"{self.path}/{what}",
            json=sent,
            headers={"origin": BASE, "x-csrf-token": self.browser.token},
        )
        assert answer.status_code == status, answer.text
        return answer.json()


def trouble(answer: Any) -> str:
    """What the user can mend, as it is shown."""
    return "\n".join(line["text"] for line in answer["trouble"])


def test_the_page_offers_every_rule_and_what_is_for_review(browser: Browser) -> None:
    page = browser.get("/workbench")
    assert "homegate.ch" in page
    assert "immoscout24.ch" in page
    assert 'type="file"' in page


def test_findings_come_back_with_lines_and_changes(browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1), private())
    found = bench.ask("study", text=SHIPPED)
    assert [one["outcome"] for one in found["mails"]] == ["lead", "unmatched"]
    assert found["savable"]
    assert {one["name"] for one in found["mails"][0]["fields"]} >= {"sender_email"}
    broken = bench.ask("study", text=SHIPPED.replace("[E-mail, Email]", "[Courriel]"))
    assert broken["mails"][0]["broke"]
    assert {"name": "sender_email", "before": "visitor1@example.org", "after": ""} in broken[
        "mails"
    ][0]["changes"]
    assert not broken["savable"]
    wrong = bench.ask("study", text="portal: homegate.ch\nmtach: x\n")
    assert wrong["problems"][0]["line"] == 2
    view = bench.ask("view", mail="m1", text=SHIPPED)["view"]
    assert "Prune1" in view["parts"][0]["text"]


def test_a_shipped_rule_is_saved_as_the_users_own_with_its_cases(
    browser: Browser, rules: Path
) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    text = SHIPPED.replace("about: >-", "about: >-\n  Mended here.")
    bench.ask("case", text=text, mail="m1", name="from-the-bench", people="kept")
    answer = bench.ask("save", text=text)
    assert answer["saved"]
    assert (rules / "homegate.ch.yaml").read_text() == text
    assert (rules / "homegate.ch" / "from-the-bench.eml").read_bytes() == inquiry(1)
    shipped = {path.name for path in Path("fixtures/homegate.ch").iterdir()}
    kept = {path.name for path in (rules / "homegate.ch").iterdir()}
    assert kept == shipped | {"from-the-bench.eml", "from-the-bench.yaml"}
    assert all(case["saved"] for case in answer["study"]["cases"])
    # Saved once more, over what is there now.
    assert bench.ask("save", text=text + "# more\n")["saved"]


def test_nothing_is_saved_while_a_case_fails_or_there_is_none(
    browser: Browser, rules: Path
) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    answer = bench.ask("save", text=SHIPPED.replace("[E-mail, Email]", "[Courriel]"))
    assert not answer["saved"]
    assert not bench.ask("save", text="portal: homegate.ch\n")["saved"]
    other = Bench(browser, "", inquiry(1), portal="new.example")
    text = "portal: new.example\nevidence: seen\nmatch: {from: '@new.example'}\n"
    assert not other.ask("save", text=text + "fields: {sender_email: {label: E-mail}}\n")["saved"]
    assert list(rules.iterdir()) == []


def test_a_file_that_changed_meanwhile_is_not_written_over(browser: Browser, rules: Path) -> None:
    first = Bench(browser, "homegate.ch")
    second = Bench(browser, "homegate.ch")
    assert first.ask("save", text=SHIPPED)["saved"]
    told = second.ask("save", 409, text=SHIPPED + "# other\n")
    assert "has changed since it was opened" in trouble(told)
    assert (rules / "homegate.ch.yaml").read_text() == SHIPPED


def test_a_rule_is_never_saved_outside_of_its_folder(
    browser: Browser, rules: Path, tmp_path: Path
) -> None:
    (rules / "homegate.ch.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    bench = Bench(browser, "homegate.ch")
    assert "leads out of" in trouble(bench.ask("save", 409, text=SHIPPED))
    (rules / "homegate.ch.yaml").unlink()
    (tmp_path / "outside").mkdir()
    (rules / "homegate.ch").symlink_to(tmp_path / "outside")
    assert "leads out of" in trouble(bench.ask("save", 409, text=SHIPPED))
    assert list((tmp_path / "outside").iterdir()) == []
    text = SHIPPED.replace("portal: homegate.ch", "portal: ../homegate.ch")
    assert not bench.ask("save", text=text)["saved"]


@pytest.mark.parametrize("name", ["../x", "a/b", "A", "", "x" * 81, "a.b", "é"])
def test_a_case_has_a_plain_name(name: str, browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    assert "no name for a case" in trouble(
        bench.ask("case", 409, text=SHIPPED, mail="m1", name=name)
    )


def test_a_broken_rule_of_ones_own_can_be_opened_and_mended(browser: Browser, rules: Path) -> None:
    file = rules / "homegate.ch.yaml"
    file.write_text(SHIPPED.replace("match:", "mtach:"))
    assert "homegate.ch – broken" in browser.get("/workbench")
    bench = Bench(browser, "homegate.ch", inquiry(1))
    found = bench.ask("study", text=file.read_text())
    assert found["problems"]
    found = bench.ask("study", text=SHIPPED)
    assert found["mails"][0]["outcome"] == "lead"
    assert not bench.ask("save", text=SHIPPED)["saved"]  # it has no case
    bench.ask("case", text=SHIPPED, mail="m1", name="one")
    assert bench.ask("save", text=SHIPPED)["saved"]
    assert file.read_text() == SHIPPED


def test_a_file_that_does_not_say_its_portal_is_opened_by_its_name(
    browser: Browser, rules: Path
) -> None:
    file = rules / "odd.yaml"
    file.write_text("portal: [\n")
    bench = Bench(browser, str(file), inquiry(1))
    assert bench.ask("study", text=file.read_text())["problems"]
    text = SHIPPED.replace("portal: homegate.ch", "portal: odd.example")
    assert bench.ask("study", text=text)["portal"] == "odd.example"


def test_a_new_pattern_needs_a_case_before_it_is_saved(browser: Browser, rules: Path) -> None:
    bench = Bench(browser, "homegate.ch")
    text = SHIPPED.replace("[E-mail, Email]", "[E-mail, Email, Courriel]")
    assert "no case exercises 'courriel'" in trouble(bench.ask("save", 409, text=text))
    assert list(rules.iterdir()) == []


@pytest.mark.parametrize(
    ("what", "sent"),
    [
        ("mark", {"field": "sender_email", "part": "text", "start": 3, "end": 3}),
        ("mark", {"field": "sender_email", "part": "text", "start": "0", "end": 3}),
        ("mark", {"field": "nothing", "part": "text", "start": 0, "end": 3}),
        ("mark", {"field": "sender_email", "part": "sender", "start": 0, "end": 3}),
        ("mark", {"field": "sender_email", "part": "text", "start": 0, "end": 3, "mail": "m9"}),
        ("case", {"mail": "m9", "name": "x"}),
        ("draft", {"mails": ["m9"]}),
        ("draft", {"mails": "m1"}),
    ],
)
def test_nonsense_is_refused_in_words(what: str, sent: dict[str, Any], browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    assert bench.ask(what, 409, **{"text": SHIPPED, "mail": "m1", **sent})["trouble"]


def test_what_is_no_json_is_refused(browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch")
    headers = {"origin": BASE, "x-csrf-token": browser.token}
    for body in (b"{", b"[]", b"\xff"):
        answer = browser.client.post(f"{bench.path}/study", content=body, headers=headers)
        assert answer.status_code == 409


@pytest.mark.parametrize("name", ["a" * 300, "../x", "/etc/x", "a\0b", "..", "-x", ""])
def test_a_name_that_no_file_can_have_is_refused_in_words(
    name: str, browser: Browser, rules: Path
) -> None:
    answer = browser.client.post(
        "/workbench",
        data={"csrf": browser.token, "portal": name},
        headers={"origin": BASE},
    )
    assert (answer.status_code, "is no name for a portal" in answer.text) == (503, True)
    assert not list(rules.iterdir())


def test_a_bench_that_is_gone_says_so(browser: Browser, ledger: Ledger) -> None:
    bench = Bench(browser, "homegate.ch")
    for _ in range(4):
        Bench(browser, "immoscout24.ch")
    assert bench.ask("study", 410, text=SHIPPED)["trouble"]
    assert "<h1>Workbench</h1>" in browser.get(bench.path)


def test_a_mails_html_comes_without_anything_that_acts(browser: Browser) -> None:
    raw = (
        mail("interested@homegate.ch", "x", "text", "html")
        .replace(b"text/plain", b"text/html")
        .replace(b"text\r\n", b"<script>alert(1)</script><img src=https://example.org/x>Hello\r\n")
    )
    bench = Bench(browser, "homegate.ch", raw)
    answer = browser.client.get(f"{bench.path}/html/m1")
    assert "Hello" in answer.text
    assert "<script" not in answer.text
    assert "example.org" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert browser.client.get(f"{bench.path}/html/m9").text == ""


def test_mails_are_added_and_taken_off(browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    answer = browser.client.post(
        f"{bench.path}/mails",
        files=[("files", ("more.eml", inquiry(2), "message/rfc822"))],
        headers={"origin": BASE, "x-csrf-token": browser.token},
    )
    assert answer.json()["added"] == ["m2"]
    assert len(bench.ask("study", text=SHIPPED)["mails"]) == 2
    assert bench.ask("drop", mail="m1") == {"mails": [{"key": "m2", "name": "more.eml"}]}
    assert [one["key"] for one in bench.ask("study", text=SHIPPED)["mails"]] == ["m2"]


def test_a_case_holds_nobody_unless_that_is_asked_for(browser: Browser, rules: Path) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    bench.ask("case", text=SHIPPED, mail="m1", name="without")
    assert bench.ask("save", text=SHIPPED)["saved"]
    kept = b"".join(
        (rules / "homegate.ch" / f"without.{end}").read_bytes() for end in ("eml", "yaml")
    )
    assert b"A1.B2.0003" in kept
    for person in (b"Prune1", b"Essai", b"visitor1"):
        assert person not in kept


def test_an_unsaved_case_can_be_forgotten(browser: Browser) -> None:
    bench = Bench(browser, "homegate.ch", inquiry(1))
    assert bench.ask("case", text=SHIPPED, mail="m1", name="one") == {"newCases": ["one"]}
    assert "one" in {case["name"] for case in bench.ask("study", text=SHIPPED)["cases"]}
    assert bench.ask("uncase", name="one") == {"newCases": []}
    assert "one" not in {case["name"] for case in bench.ask("study", text=SHIPPED)["cases"]}


def test_a_hungry_pattern_is_told_with_its_line(browser: Browser) -> None:
    slow = mail("interested@homegate.ch", "a" * 5000 + "b", "x", "slow")
    bench = Bench(browser, "homegate.ch", *[slow] * 10)
    text = SHIPPED.replace("(?i)newsletter|", "^(a|aa)+$|")
    found = bench.ask("study", text=text)
    assert "newsletter" in SHIPPED.splitlines()[found["slow"][0]["line"] - 1]
    assert found["untried"] > 0
    assert not found["savable"]
    assert bench.ask("study", text=SHIPPED)["untried"] == 0
