"""`run` and `run --once` as processes: arrival to mark, signals, one instance."""

import signal
import time
from threading import Event

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli, end
from tests.mails import inquiry, private
from tests.servers.mailbox import Mailbox

START = "2000-01-01"


def test_once_does_one_pass_and_ends_with_a_summary(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    uid = mailbox.append(inquiry())
    mailbox.append(private())
    told = cli("run", "--once")
    assert "2 mails: 1 sent, 1 unmatched." in told
    assert [lead.lead["property_reference"] for lead in api.leads] == ["A1.B2.0003"]
    assert "MailbridgeSent" in mailbox.flags()[uid]
    assert "No new mail." in cli("run", "--once")
    assert len(api.leads) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_delivers_what_arrives_and_stops_cleanly(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, number: int
) -> None:
    cli.configure(account, api, start=START, every="5s")
    mailbox.append(inquiry(1))
    daemon = cli.start("run")
    try:
        assert len(api.wait_for(1, 30)) == 1
        mailbox.append(inquiry(2))
        assert len(api.wait_for(2, 30)) == 2
    finally:
        code, told = end(daemon, number)
    assert code == 0, told
    assert "stopped" in told
    assert "visitor1" not in told
    cli("run", "--once")
    assert len(api.leads) == 2
    assert all("MailbridgeSent" in flags for flags in mailbox.flags().values())


def test_mail_is_pushed_and_a_daemon_that_waits_for_it_ends_at_once(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START, every="1h")
    mailbox.append(inquiry(1))
    daemon = cli.start("run")
    try:
        for number in (1, 2, 3):
            assert len(api.wait_for(number, 30)) == number
            mailbox.append(inquiry(number + 1))
        api.wait_for(4, 30)
        end_of_mark = time.monotonic() + 30
        while not all("MailbridgeSent" in flags for flags in mailbox.flags().values()):
            assert time.monotonic() < end_of_mark
            Event().wait(0.02)  # the processor is the daemon's
        start = time.monotonic()
    finally:
        code, told = end(daemon)
    assert code == 0, told
    # It waits for mail for minutes, and for an answer of the server for half of one.
    assert time.monotonic() - start < 20
    assert "tells of new mail" in told


def test_the_lead_in_flight_is_finished_and_recorded(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    api.plan = parse_plan("slow=25")
    mailbox.append(inquiry(1))
    mailbox.append(inquiry(2))
    with cli.start("run") as daemon:
        try:
            assert api.wait_for(1, 30)  # stored, and the answer still to come
            daemon.send_signal(signal.SIGTERM)
            assert daemon.stderr
            assert any("stopping" in line for line in daemon.stderr)
            answer_now(api)
            told = daemon.communicate(timeout=SECONDS)[1]
        finally:
            daemon.kill()
    assert daemon.returncode == 0, told
    assert "sent" in cli("mails")
    assert len(api.leads) == 1
    cli("run", "--once")
    assert len(api.leads) == 2


def answer_now(api: Sandbox) -> None:
    """What is answered slowly is answered now."""
    assert api._server
    api._server.stopping.set()


def test_a_second_daemon_on_one_ledger_is_refused(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    mailbox.append(inquiry())
    daemon = cli.start("run")
    try:
        assert api.wait_for(1, 30)
        told = cli("run", "--once", code=1)
        assert "another mailbridge" in told.lower()
        assert "sent" in cli("status")
    finally:
        code, said = end(daemon)
    assert code == 0, said


def test_an_inbox_that_cannot_be_reached_does_not_stop_the_other(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api, start=START)
    text = config.read_text()
    broken = text[text.index("  - name") : text.index("destination:")]
    broken = broken.replace("name: sales", "name: broken").replace(
        f"port: {account.port}", "port: 1"
    )
    config.write_text(text.replace("destination:", broken + "destination:"))
    mailbox.append(inquiry())
    told = cli("run", "--once", code=1)
    assert "broken" in told
    assert len(api.leads) == 1


def test_a_refused_key_is_said_and_no_lead_is_lost(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    cli.environ["REALFORCE_KEY"] = "wrong"
    mailbox.append(inquiry())
    told = cli("run", "--once", code=1)
    assert "the API key was refused; check destination.key" in told
    assert "1 lead is waiting to be sent." in told
    assert "the API key was refused" in cli("status")
    assert "the API key was refused" in cli("mails")


def test_a_ledger_that_is_removed_under_the_daemon_ends_it_before_the_next_lead(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START, every="5s")
    mailbox.append(inquiry(1))
    daemon = cli.start("run")
    try:
        assert len(api.wait_for(1, 30)) == 1
        (cli.folder / "ledger.db").unlink()
        mailbox.append(inquiry(2))
        code = daemon.wait(60)
    finally:
        told = end(daemon)[1]
    assert code == 1, told
    assert "the file was removed or replaced while mailbridge was running" in told
    assert "Traceback" not in told
    assert len(api.leads) == 1
