"""`audit` as a person runs it, against Dovecot and a sandbox with a journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli
from tests.mails import inquiry, private
from tests.servers.mailbox import Mailbox


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def api(journal: Path) -> Iterator[Sandbox]:
    with Sandbox(key="test-key", journal=journal) as server:
        yield server


def test_everything_agrees(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, journal: Path
) -> None:
    cli.configure(account, api, start="2000-01-01")
    for raw in (inquiry(1), inquiry(2), private()):
        mailbox.append(raw)
    cli("run", "--once")
    told = cli("audit")
    assert "sales/INBOX\tkeywords\t3\t3\t0\t0\t0\t0" in told
    assert "the ids of the answers\t2\t0\t0" in told
    assert f"{journal}\t2\t0\t0" in cli("audit", "--journal", str(journal))
    assert "sales/INBOX\tkeywords\t0" in cli("audit", "--since", "2099-01-01")


def test_what_does_not_agree_is_one_line_each(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, journal: Path
) -> None:
    cli.configure(account, api, start="2000-01-01")
    uid = mailbox.append(inquiry(1))
    api.plan = parse_plan("html")
    cli("run", "--once")
    mailbox.client.select_folder("INBOX")
    mailbox.client.remove_flags([uid], ["MailbridgeSent"], silent=True)
    one, two, *_ = cli("audit", code=1).splitlines()
    assert one == (
        f"sales/INBOX/{uid} (mail 1): The ledger says sent, but the mail bears no mark. "
        "Give it the keyword MailbridgeSent, or leave it: the ledger is the truth."
    )
    assert two.startswith("lead 1 (mail 1): It counts as sent, but the destination's answer named")
    told = cli("audit", "--journal", str(journal), code=1)
    assert "lead 1" not in told


def test_an_inbox_that_cannot_be_looked_at_does_not_hide_the_rest(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api, start="2000-01-01")
    mailbox.append(inquiry())
    cli("run", "--once")
    text = config.read_text()
    broken = text[text.index("  - name") : text.index("destination:")]
    broken = broken.replace("name: sales", "name: broken")
    broken = broken.replace(f"port: {account.port}", "port: 1")
    config.write_text(text.replace("inboxes:\n", "inboxes:\n" + broken))
    told = cli("audit", code=1)
    assert "Inbox broken" in told
    assert "sales/INBOX\tkeywords\t1\t1" in told


def test_without_a_ledger_there_is_nothing_to_audit(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api)
    assert "there is none yet" in cli("audit", code=1)


def test_a_journal_that_is_none_is_told(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api)
    assert f"{config}:1: this is no line of a journal" in cli(
        "audit", "--journal", str(config), code=1
    )
