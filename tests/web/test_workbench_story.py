"""The whole story: a mail for review becomes a tested rule, and the daemon sends its lead.

It is what docs/first-lead.md tells, and makes that page's pictures.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mailbridge.app import App
from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from mailbridge.web.desk import Desk
from tests.cli.conftest import Cli, end
from tests.mails import inquiry, visitor
from tests.servers.mailbox import Mailbox
from tests.web.conftest import NOW, OpenWindow
from tests.web.pictures import shoot, shoot_window
from tests.web.test_workbench_in_chromium import mark_words

START = "2000-01-01"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


@pytest.fixture
def config(cli: Cli, account: Account, api: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings as `init` writes them: no word of rules; daemon and pages both read them."""
    file = cli.configure(account, api, start=START, every="5s")
    ledger = f"sqlite:///{cli.folder / 'ledger.db'}"
    written = file.read_text().replace("sqlite:///ledger.db", ledger)
    file.write_text(written)
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    return file


@pytest.fixture
def desk(config: Path) -> Iterator[Desk]:
    made = Desk(app=App.load(config, secrets=False), clock=lambda: NOW)
    yield made
    made.close()


def changed_layout(number: int) -> bytes:
    """What homegate sends after it renamed the line for the address."""
    return visitor(number).replace(b"E-mail:", b"Courriel:")


def show_path_of_a_reader(page: Page, folder: Path) -> None:
    """Put a reader's folder in the place of this test's, for a picture."""
    page.locator("#notice").evaluate(
        "(notice, folder) => { notice.textContent = "
        "notice.textContent.replace(folder, '/home/lea/mailbridge'); }",
        str(folder),
    )


def test_the_newest_of_an_inbox_are_read_and_nothing_else_is_done(
    config: Path, account: Account, mailbox: Mailbox, open_window: OpenWindow, cli: Cli
) -> None:
    for number in range(1, 6):
        mailbox.append(inquiry(number))
    cli("run", "--once")
    before = mailbox.flags()
    window = open_window()
    page = window.open("/workbench")
    page.locator("#rule").select_option("homegate.ch")
    page.locator("#inbox").select_option(account.name)
    page.locator("#newest").fill("3")
    page.locator("main form button.first").click()
    names = [f"{account.name}/INBOX/{uid}" for uid in sorted(before)[-3:]]
    expect(page.locator("#mails .name")).to_have_text(names)
    expect(page.locator("#mails .badge.lead")).to_have_count(3)
    assert mailbox.flags() == before
    assert window.wrong == []


def test_a_mail_for_review_is_mended_and_sent(
    config: Path,
    cli: Cli,
    mailbox: Mailbox,
    api: Sandbox,
    open_window: OpenWindow,
) -> None:
    for number in range(1, 4):
        mailbox.append(visitor(number))
    mailbox.append(changed_layout(4))
    foreseen = cli("dry-run", "--since", START)
    assert [line.split("\t")[1] for line in foreseen.splitlines()[1:]] == [
        *["lead"] * 3,
        "incomplete",
    ]
    told = cli("run", "--once")
    assert "1 incomplete" in told
    assert len(api.leads) == 3
    daemon = cli.start("run")
    try:
        window = open_window(width=1280, height=860)
        page = window.open("/mails/4")
        shoot_window(page, "manual-mail-incomplete")
        page.get_by_role("link", name="Mend the rule in the workbench").click()
        expect(page.locator("input[name=mail]")).to_be_checked()
        expect(page.locator("#rule")).to_have_value("homegate.ch")
        shoot(page, "workbench-story-1-choose")
        page.locator("main form button.first").click()
        expect(page.locator("#mails .badge.incomplete")).to_have_count(1)
        mark_words(page, "jonas.beispiel@example.org", "E-mail")
        expect(page.locator("#mails .badge.lead")).to_have_count(1)
        expect(page.locator("#summary")).to_contain_text("cases: 22 of 22")
        shoot(page, "workbench-story-2-mended")
        shoot_window(page, "manual-workbench-marked")
        page.locator("#case").click()
        page.locator("#case-name").fill("courriel")
        page.keyboard.press("Enter")
        expect(page.locator("#summary")).to_contain_text("cases: 23 of 23")
        page.locator("#save").click()
        expect(page.locator("#notice")).to_contain_text("Saved: ")
        show_path_of_a_reader(page, cli.folder)
        shoot(page, "workbench-story-3-saved")
        shoot_window(page, "manual-workbench-saved")
        assert "23 right, 0 wrong." in cli("rules", "test", str(cli.folder / "portals"))
        assert len(api.leads) == 3
        page = window.open("/mails/4")
        page.get_by_role("button", name="Try again").click()
        lead = api.wait_for(4, 30)[-1]
        assert lead.lead["sender_email"] == "jonas.beispiel@example.org"
        # What arrives from now on needs nobody.
        mailbox.append(changed_layout(5))
        assert len(api.wait_for(5, 30)) == 5
        window.open("/mails/4")
        expect(page.locator("main .badge").first).to_have_text("sent")
        shoot_window(page, "manual-mail-sent")
        assert window.wrong == []
    finally:
        code, told = end(daemon)
    assert code == 0, told
