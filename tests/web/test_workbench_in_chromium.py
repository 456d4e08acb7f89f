"""The workbench in a real browser: by mouse, by keyboard and on a phone, with hostile mails too."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mailbridge.app import App
from mailbridge.documents.settings import LedgerSettings, Settings
from mailbridge.ledger.ledger import Ledger
from mailbridge.web.desk import Desk
from mailbridge.workbench.findings import Study
from mailbridge.workbench.sitting import Sitting
from tests.cli.conftest import Cli
from tests.mails import inquiry, mail, private
from tests.web.conftest import NOW, OpenWindow, Window
from tests.web.pictures import shoot

SHIPPED = Path("mailbridge/portals/homegate.ch.yaml").read_text()
EDITOR = "#rule .cm-content"
TEXT = "#text .cm-content"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def desk(ledger_url: str, ledger: Ledger, rules: Path) -> Iterator[Desk]:
    settings = Settings(ledger=LedgerSettings(url=ledger_url), rules=rules)
    made = Desk(app=App(settings=settings), clock=lambda: NOW)
    yield made
    made.close()


def open_bench(window: Window, rule: str, *mails: bytes, portal: str = "") -> Page:
    page = window.open("/workbench")
    if rule:
        page.locator("#rule").select_option(rule)
    page.locator("#portal").fill(portal)
    files = [
        {"name": f"mail-{number}.eml", "mimeType": "message/rfc822", "buffer": raw}
        for number, raw in enumerate(mails, start=1)
    ]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    page.locator("main form button.first").click()
    expect(page.locator("#bench")).to_have_attribute("data-number", re.compile(r"\d+"))
    return page


def write_rule(page: Page, text: str) -> None:
    """Put a whole text into the editor, as pasting does."""
    page.locator(EDITOR).focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def assert_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ] == []


def paste_rule(page: Page, text: str) -> None:
    """Put a whole text into the editor, as pasting does."""
    page.locator(EDITOR).evaluate(
        """(content, text) => {
             content.focus();
             const data = new DataTransfer();
             data.setData("text/plain", text);
             const how = { clipboardData: data, bubbles: true, cancelable: true };
             content.dispatchEvent(new ClipboardEvent("paste", how));
           }""",
        text,
    )


def mark_words(page: Page, words: str, field: str) -> None:
    """Mark words in the mail's text with the mouse, and say what they are."""
    expect(page.locator(TEXT)).to_contain_text(words)  # it comes after the findings
    box = page.locator(TEXT).evaluate(
        """(content, words) => {
             const walker = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
             for (let node = walker.nextNode(); node; node = walker.nextNode()) {
               const start = node.data.indexOf(words);
               if (start < 0) continue;
               const range = document.createRange();
               range.setStart(node, start);
               range.setEnd(node, start + words.length);
               node.parentElement.scrollIntoView({ block: "center" });
               const { left, right, top, bottom } = range.getBoundingClientRect();
               return { left, right, y: (top + bottom) / 2 };
             }
             return null;
           }""",
        words,
    )
    assert box, words
    page.mouse.move(box["left"] + 1, box["y"])
    page.mouse.down()
    page.mouse.move((box["left"] + box["right"]) / 2, box["y"])
    page.mouse.move(box["right"] - 1, box["y"])
    page.mouse.up()
    page.locator("#menu").get_by_role("menuitem", name=field, exact=True).click()


def rich(number: int) -> bytes:
    """An inquiry with HTML beside its text."""
    from email import message_from_bytes
    from email.policy import SMTP

    message = message_from_bytes(inquiry(number), policy=SMTP)
    text = message.get_content()
    rows = "".join(f"<p>{line}</p>" for line in text.splitlines())
    message.add_alternative(f"<h2 style='color:#17606a'>homegate.ch</h2>{rows}", subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "language"), [(1440, "fr"), (390, "de")])
def test_it_is_accessible_and_right_in_every_size(
    open_window: OpenWindow, scheme: str, width: int, language: str
) -> None:
    window = open_window(width=width, height=900, scheme=scheme, language=language)
    window.open("/workbench")
    assert_accessible(window.page)
    shoot(window.page, f"workbench-start-{width}-{scheme}")
    page = open_bench(window, "homegate.ch", rich(1), inquiry(2), private())
    write_rule(page, SHIPPED.replace("[E-mail, Email]", "[Courriel]"))
    expect(page.locator("#mails .broke")).to_have_count(2)
    assert window.wrong == []
    assert_accessible(page)
    shoot(page, f"workbench-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def lake(number: int, *, phone: bool = True) -> bytes:
    """An inquiry of a portal that nobody knows yet."""
    lines = [
        "Neue Anfrage über lake-homes.example",
        "",
        f"Objekt-Nr.: LH-{4000 + number}",
        "",
        "Kontaktdaten",
        f"Vorname: Petra{number}",
        "Nachname: Muster",
        f"E-Mail: petra{number}@example.org",
        *([f"Telefon: +41 79 000 00 {number:02}"] if phone else []),
        "",
        "Mitteilung",
        f"Ist die Wohnung {number} noch frei?",
    ]
    return mail("no-reply@lake-homes.example", "Anfrage", "\n".join(lines), f"lake-{number}")


def test_a_rule_is_drafted_by_marking_saved_and_right(
    open_window: OpenWindow, rules: Path, cli: Cli
) -> None:
    window = open_window(width=1440, height=900)
    page = open_bench(window, "", lake(1), lake(2), portal="lake-homes.example")
    expect(page.locator("#mails .badge.lead")).to_have_count(2)  # drafted as it was opened
    page.locator(EDITOR).focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect(page.locator("#problems")).to_contain_text("empty")
    for words, field in (
        ("petra1@example.org", "E-mail"),
        ("Petra1", "First name"),
        ("Muster", "Last name"),
        ("LH-4001", "Property reference"),
        ("Ist die Wohnung 1 noch frei?", "Message"),
    ):
        mark_words(page, words, field)
        expect(page.locator("#fields")).to_contain_text(words)
    expect(page.locator("#mails .badge.lead")).to_have_count(2)
    shoot(page, "workbench-drafted")
    page.locator("#save").click()
    expect(page.locator("#notice")).to_contain_text("Not saved")
    page.locator("#case").click()
    page.locator("#case-name").fill("first")
    page.keyboard.press("Enter")
    expect(page.locator("#cases .badge.good")).to_have_count(1)
    page.keyboard.press("Control+S")
    expect(page.locator("#notice")).to_contain_text("Saved: ")
    assert (rules / "lake-homes.example.yaml").is_file()
    assert "1 right, 0 wrong." in cli("rules", "test", str(rules))
    assert window.wrong == []


def test_a_broken_rule_is_mended(open_window: OpenWindow, rules: Path, cli: Cli) -> None:
    file = rules / "homegate.ch.yaml"
    file.write_text(SHIPPED.replace("require:", "requires:"))
    (rules / "homegate.ch").mkdir()
    for case in Path("fixtures/homegate.ch").iterdir():
        (rules / "homegate.ch" / case.name).write_bytes(case.read_bytes())
    window = open_window()
    page = open_bench(window, "homegate.ch", inquiry(1))
    expect(page.locator("#problems li.bad")).to_contain_text("Did you mean 'require'?")
    page.locator("#problems li.bad button").click()  # leads to the place
    expect(page.locator("#rule .cm-lint-marker-error")).to_have_count(1)
    shoot(page, "workbench-broken")
    page.keyboard.press("Home")
    for _ in "require":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    expect(page.locator("#mails .badge.lead")).to_have_count(1)
    expect(page.locator("#problems li.bad")).to_have_count(0)
    page.locator("#save").click()
    expect(page.locator("#notice")).to_contain_text("Saved: ")
    assert file.read_text() == SHIPPED
    assert "0 wrong" in cli.run("rules", "test", str(rules)).stdout
    assert window.wrong == []


def test_what_is_typed_while_it_is_saved_does_not_undo_the_saving(
    open_window: OpenWindow, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = Event()
    save = Sitting.save

    def hold(sitting: Sitting, text: str) -> Study | None:
        assert go.wait(60)
        return save(sitting, text)

    monkeypatch.setattr(Sitting, "save", hold)
    window = open_window()
    page = open_bench(window, "homegate.ch", inquiry(1))
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.locator(EDITOR).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# saved\n")
    with page.expect_request("**/save"):
        page.keyboard.press("Control+S")
    page.keyboard.type("# typed later\n")
    page.clock.run_for(60_000)
    assert "study" not in asked[asked.index("save") :], "it would overtake what is to be saved"
    with page.expect_request("**/study"):
        go.set()
    expect(page.locator("#notice")).to_contain_text("Saved: ")
    assert (rules / "homegate.ch.yaml").read_text() == f"# saved\n{SHIPPED}"
    # The clock's own script, in the frame that lets none run.
    assert [told for told in window.wrong if "Blocked script execution" not in told] == []


def test_a_saving_that_is_overtaken_is_told(
    open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sitting, "save", lambda *_: None)
    window = open_window()
    page = open_bench(window, "homegate.ch", inquiry(1))
    page.locator("#save").click()
    expect(page.locator("#notice")).to_contain_text("Not saved: another text of this rule")
    expect(page.locator("#save")).to_be_enabled()
    assert window.wrong == []


def test_what_is_wrong_is_told_in_the_pages_language(open_window: OpenWindow, rules: Path) -> None:
    (rules / "homegate.ch.yaml").write_text(SHIPPED.replace("require:", "requires:"))
    window = open_window(language="fr")
    page = open_bench(window, "homegate.ch", inquiry(1))
    told = page.locator("#problems li.bad")
    expect(told).to_contain_text("Clé inconnue 'requires'. Vouliez-vous dire 'require' ?")
    expect(told.locator("[lang]")).to_have_count(0)
    page.locator("#case").click()
    page.locator("#case-name").fill("a-case")
    page.locator("#case-form button").click()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("Clé inconnue 'requires'.")
    expect(notice.locator("[lang]")).to_have_count(0)


def test_the_keyboard_suffices_to_mark(open_window: OpenWindow) -> None:
    window = open_window(language="it")
    page = open_bench(window, "homegate.ch", inquiry(1))
    expect(page.locator(TEXT)).to_contain_text("visitor1@example.org")
    page.locator(TEXT).focus()
    page.keyboard.press("Control+Home")
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+End")
    page.keyboard.press("Enter")
    expect(page.locator("#menu [role=menuitem]").first).to_be_focused()
    page.keyboard.press("d")  # Ditta
    expect(page.locator("#menu [data-name=company]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    expect(page.locator(TEXT)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#menu [role=menuitem]").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_be_visible()
    assert window.wrong == []


def test_keys_and_values_are_completed(open_window: OpenWindow) -> None:
    window = open_window()
    page = open_bench(window, "homegate.ch")
    page.locator(EDITOR).focus()

    def complete(typed: str, offered: str) -> None:
        page.keyboard.type(typed)
        expect(options).to_have_text([offered])
        page.wait_for_timeout(100)  # CodeMirror takes no Enter for 75 ms: it was meant for the line
        page.keyboard.press("Enter")

    options = page.locator("#rule .cm-tooltip-autocomplete li")
    page.keyboard.press("Control+End")
    complete("name_", "name_order")
    complete("fam", "family_first")
    page.keyboard.press("Enter")
    page.keyboard.type("part: h")
    expect(options).to_have_text(["html"])
    page.keyboard.press("Escape")
    paste = "portal: homegate.ch\nsections:\n  contact: {start: x}\nfields:\n  "
    page.keyboard.press("Control+A")
    paste_rule(page, paste)
    complete("wis", "wishes")
    complete("{in: con", "contact")
    complete(", tak", "take")
    assert window.wrong == []


def test_hostile_mails_do_nothing_here(open_window: OpenWindow) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
    raw = mail("interested@homegate.ch", evil, f"Nom: {evil}\nE-mail: a@example.org", "evil")
    html = raw.replace(b"text/plain", b"text/html").replace(
        b"Nom:",
        b"<base href=https://example.org><meta http-equiv=refresh content='0;url=https://example.org'>"
        b"<form action=https://example.org><button autofocus>x</button></form>"
        b"<style>@import 'https://example.org/x.css'; body{background:url(https://example.org/y)}</style>"
        b"<link rel=stylesheet href=https://example.org/z.css><script>top.location='about:blank'</script>"
        b"<a href=https://example.org target=_top>leave</a> Nom:",
    )
    window = open_window()
    page = open_bench(window, "homegate.ch", raw, html, b"\xff" * 1000)
    for number in range(3):
        page.locator("#mails button.result").nth(number).click()
        expect(page.locator("#mail-title")).to_have_text(f"mail-{number + 1}.eml")
    page.locator("#mails button.result").nth(1).click()
    frame = page.frame_locator("#html")
    expect(frame.locator("body")).to_contain_text("leave")
    frame.get_by_text("leave").click()
    expect(page.locator("#mail-title")).to_have_text("mail-2.eml")
    shoot(page, "workbench-hostile")
    assert window.wrong == []


def test_a_hungry_pattern_is_named_and_typing_goes_on(open_window: OpenWindow) -> None:
    slow = mail("interested@homegate.ch", "a" * 5000 + "b", "x", "slow")
    window = open_window()
    page = open_bench(window, "homegate.ch", *[slow] * 40)
    page.keyboard.press("Control+A")
    page.locator(EDITOR).focus()
    page.keyboard.press("Control+A")
    paste_rule(page, SHIPPED.replace("(?i)newsletter|", "^(a|aa)+$|"))
    expect(page.locator("#summary")).to_contain_text("Line 12 ran out of time")
    expect(page.locator("#rule .cm-lint-marker-error")).to_have_count(1)
    shoot(page, "workbench-slow")
    page.keyboard.press("Control+A")
    paste_rule(page, SHIPPED)
    expect(page.locator("#summary")).to_contain_text("cases: 22 of 22")
    assert window.wrong == []


def test_nothing_is_lost_by_leaving(open_window: OpenWindow) -> None:
    window = open_window()
    page = open_bench(window, "homegate.ch", inquiry(1))
    page.locator(EDITOR).focus()
    page.keyboard.type("# mine")
    with page.expect_event("dialog"):
        page.evaluate("location.href = '/'")
    expect(page.locator("#bench")).to_be_visible()
    assert [told for told in window.wrong if told.startswith("dialog")] != []
    assert page.url.startswith(f"{window.base}/workbench/")


def test_two_hundred_mails_follow_each_key(open_window: OpenWindow) -> None:
    window = open_window(width=1440, height=900)
    page = open_bench(window, "homegate.ch", *[inquiry(number) for number in range(1, 201)])
    expect(page.locator("#mails .badge.lead")).to_have_count(200)
    page.locator(EDITOR).focus()
    page.keyboard.press("Control+A")
    begin = monotonic()
    paste_rule(page, SHIPPED.replace("[E-mail, Email]", "[Courriel]"))
    expect(page.locator("#mails .broke")).to_have_count(200)
    # No measure, which bench/workbench.py takes: that it does not take seconds.
    assert monotonic() - begin < 25
    shoot(page, "workbench-two-hundred")
    assert window.wrong == []
