"""`retry`, `resolve` and `forget` as a person types them."""

import os
import pty
import sqlite3
import subprocess

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli, end
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

START = "2000-01-01"


@pytest.fixture
def filled(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> Cli:
    """1 was sent, 2 is rejected, 3 and 4 are incomplete."""
    cli.configure(account, api, start=START)
    api.plan = parse_plan("ok, 422")
    for raw in (inquiry(1), inquiry(2), inquiry(3, email=None), inquiry(4, email=None)):
        mailbox.append(raw)
    cli("run", "--once")
    assert outcomes(cli) == ["sent", "rejected", "incomplete", "incomplete"]
    return cli


def outcomes(cli: Cli) -> list[str]:
    return [line.split("\t")[2] for line in reversed(cli("mails").splitlines()[1:])]


def on_terminal(cli: Cli, answer: str, *words: str) -> tuple[int, str]:
    """Run a command on a terminal and type an answer; give its exit code and what it showed."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            cli.command(*words),
            cwd=cli.folder,
            env=cli.env | {"TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        return process.wait(30), shown.decode()
    finally:
        os.close(ours)


def test_what_was_settled_by_hand_is_closed(filled: Cli, mailbox: Mailbox, api: Sandbox) -> None:
    assert "2: closed as sent by hand." in filled("resolve", "2", "--sent")
    told = filled("resolve", "3", "4", "--not-sent")
    assert "3: closed: needs no lead." in told
    assert "4: closed: needs no lead." in told
    assert outcomes(filled) == ["sent", "sent", "ignored", "ignored"]
    assert "for review\t0" in filled("status")
    filled("run", "--once")
    flags = [flags for _, flags in sorted(mailbox.flags().items())]
    assert flags == [{"MailbridgeSent"}] * 2 + [{"MailbridgeIgnored"}] * 2
    assert len(api.leads) == 1
    shown = filled("show", "2")
    assert "sent by hand" in shown
    assert "resolve --sent\t2\trejected" in shown
    assert "resolve --not-sent\t\tincomplete" in filled("show", "3")
    assert "2: Mail 2 was closed as sent by hand before." in filled("resolve", "2", "--sent")


def test_resolve_refuses_what_makes_no_sense(filled: Cli) -> None:
    assert "was sent and accepted" in filled("resolve", "1", "--not-sent", code=1)
    assert "no mail 99" in filled("resolve", "99", "--sent", code=1)
    assert "either --sent or --not-sent" in filled("resolve", "2", code=2)
    assert "either --sent or --not-sent" in filled("resolve", "2", "--sent", "--not-sent", code=2)
    assert "Missing argument" in filled("resolve", "--sent", code=2)
    told = filled("resolve", "1", "2", "--sent", code=1)
    assert "2: closed as sent by hand." in told  # one that is refused does not stop the others


def test_a_lead_in_doubt(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> None:
    config = cli.configure(account, api, start=START)
    config.write_text(
        config.read_text().replace("destination:\n", "destination:\n  on_doubt: hold\n")
    )
    api.plan = parse_plan("drop-before")
    mailbox.append(inquiry(1))
    cli("run", "--once", code=1)
    assert outcomes(cli) == ["in_doubt"]
    assert "1: 1 lead will be sent again now." in cli("resolve", "1", "--not-sent")
    cli("run", "--once")
    assert outcomes(cli) == ["sent"]
    assert len(api.leads) == 1


def test_the_running_daemon_takes_up_at_once_what_a_person_wants(
    filled: Cli, account: Account, api: Sandbox
) -> None:
    # Nothing else would wake it meanwhile.
    filled.configure(account, api, start=START, every="1h")
    daemon = filled.start("run")
    try:
        assert daemon.stderr
        assert any("the server tells of new mail" in line for line in daemon.stderr)
        for _ in range(2):
            told = filled("retry", "--outcome", "incomplete")
            assert "3: will be read and decided anew: at once by the running daemon" in told
        assert "2: queued again, 1 lead." in filled("retry", "2", "2")
        assert len(api.wait_for(2, 25)) == 2
    finally:
        code, said = end(daemon)
    assert code == 0, said
    assert "Nothing to retry." in filled("retry", "--outcome", "rejected")


def test_retry_of_many_shows_how_far_it_has_come_on_a_terminal(filled: Cli) -> None:
    code, shown = on_terminal(filled, "", "retry", "--outcome", "incomplete")
    assert code == 0
    assert "Asking" in shown
    assert "Asking" not in filled("retry", "--outcome", "incomplete")


# Forgetting


def contents(cli: Cli) -> bytes:
    """All bytes of the ledger's files."""
    files = [file for file in cli.folder.iterdir() if file.name.startswith("ledger.db")]
    return b"".join(file.read_bytes() for file in files)


def test_a_person_is_forgotten_once_that_is_confirmed(filled: Cli, mailbox: Mailbox) -> None:
    for words in (("--email", "VISITOR1@example.org"), ("--email", "visitor1@example.org")):
        told = filled("forget", *words, code=1)
        assert "1 mail to be emptied" in told
        assert "homegate.ch" in told
        assert "Nothing was erased. Add --yes to erase." in told
        assert "Prune" not in told
    assert b"Prune1" in contents(filled)
    told = filled("forget", "--email", "visitor1@example.org", "--yes")
    assert "1 mail emptied." in told
    assert "Not touched: the mails in your mailbox" in told
    assert b"Prune1" not in contents(filled)
    assert b"visitor1" not in contents(filled)
    assert b"Prune2" in contents(filled)
    assert outcomes(filled) == ["sent", "rejected", "incomplete", "incomplete"]
    assert len(mailbox.flags()) == 4
    shown = filled("show", "1")
    assert "contents erased" in shown
    assert "forget" in shown
    assert "visitor1" not in shown
    assert "holds nothing of this person" in filled("forget", "--email", "visitor1@example.org")


def test_on_a_terminal_it_asks(filled: Cli) -> None:
    code, shown = on_terminal(filled, "n\n", "forget", "--email", "visitor1@example.org")
    assert "Erase the contents of 1 mail for good? [y/N]" in shown
    assert code == 1
    assert b"Prune1" in contents(filled)
    code, shown = on_terminal(filled, "y\n", "forget", "--email", "visitor1@example.org")
    assert code == 0, shown
    assert b"Prune1" not in contents(filled)


def test_what_waits_for_a_person_is_said_to(filled: Cli) -> None:
    told = filled("forget", "--email", "visitor2@example.org", "--yes")
    assert "1 of them for review: they stay so, without contents." in told
    assert "contents were erased" in filled("retry", "2", code=1)
    assert "closed: needs no lead" in filled("resolve", "2", "--not-sent")


def test_a_lead_that_was_not_sent_is_never_lost(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    api.plan = parse_plan("503")
    mailbox.append(inquiry(1))
    cli("run", "--once", code=1)
    assert outcomes(cli) == ["deferred"]
    told = cli("forget", "--email", "visitor1@example.org", "--yes", code=1)
    assert "1 mail whose lead may still be sent: not emptied" in told
    assert "0 mails emptied." in told
    assert "1: closed as sent by hand." in cli("resolve", "1", "--sent")
    assert "1 mail emptied." in cli("forget", "--email", "visitor1@example.org", "--yes")
    cli("run", "--once")
    assert api.leads == ()


def test_what_cannot_be_read_is_said(filled: Cli) -> None:
    assert "--email name@example.org" in filled("forget", "--email", "prune", code=1)
    assert "--phone +41790000000" in filled("forget", "--phone", "12", code=1)


def test_what_is_past_its_time_goes(filled: Cli) -> None:
    assert "0 mails past their time" in filled("forget")
    with sqlite3.connect(filled.folder / "ledger.db") as connection:
        connection.execute("UPDATE mails SET seen = '2020-01-01 00:00:00.000000' WHERE id < 3")
        connection.execute("UPDATE mails SET seen = datetime('now', '-100 days') WHERE id > 2")
    connection.close()
    assert "2 mails past their time" in filled("forget")
    assert b"Prune1" not in contents(filled)
    config = filled.folder / "config.yaml"
    config.write_text(config.read_text() + "retention:\n  contents: 30d\n  review: 60d\n")
    filled("run", "--once")  # cron does what the daemon does daily
    assert b"Prune" not in contents(filled)
    assert b"A1.B2" not in contents(filled)
    assert outcomes(filled) == ["sent", "rejected", "incomplete", "incomplete"]


def test_the_daemon_applies_retention(filled: Cli) -> None:
    with sqlite3.connect(filled.folder / "ledger.db") as connection:
        connection.execute("UPDATE mails SET seen = '2020-01-01 00:00:00.000000'")
    connection.close()
    daemon = filled.start("run")
    try:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            if "contents erased" in line:
                break
    finally:
        code, said = end(daemon)
    assert code == 0, said
    assert b"Prune" not in contents(filled)


def test_settings_that_make_no_sense(filled: Cli) -> None:
    config = filled.folder / "config.yaml"
    config.write_text(config.read_text() + "retention:\n  review: 30d\n")
    told = filled("forget", code=1)
    assert "What waits for a person would go before what is done." in told
    assert "retention.review" in told
