"""Rule files that change while the daemon runs: mail server, lead API and process are real."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.alerts.conftest import Webhook, webhook
from tests.cli.conftest import Cli, end
from tests.cli.test_monitoring import ask
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox
from tests.servers.ports import free_port

__all__ = ["webhook"]

SECONDS = 40.0
MENDED = """portal: homegate.ch
evidence: seen
match: {from: interested@homegate.ch}
fields:
  property_reference: {pattern: 'Référence: \\[([^\\]]+)\\]'}
  sender_firstname: {label: Prénom}
  sender_lastname: {label: Nom}
  sender_email: {label: Adresse nouvelle}
"""


def changed_layout(number: int) -> bytes:
    """An inquiry in which the shipped rules find nobody to answer to."""
    return inquiry(number).replace(b"E-mail: ", b"Adresse nouvelle: ")


def wait_for_line(log: Path, words: str, count: int = 1) -> None:
    deadline = time.monotonic() + SECONDS
    while not log.is_file() or log.read_text().count(words) < count:
        assert time.monotonic() < deadline, log.read_text() if log.is_file() else "no log"
        Event().wait(0.02)  # the processor is the daemon's


def outcomes(cli: Cli) -> dict[str, int]:
    told: dict[str, int] = json.loads(cli("status", "--format", "json"))["outcomes"]
    return {name: count for name, count in told.items() if count}


@pytest.fixture
def log(cli: Cli, account: Account, api: Sandbox) -> Path:
    """The log of a daemon whose inbox is polled once an hour, unless somebody calls."""
    config = cli.configure(account, api, start="2000-01-01", every="1h")
    with config.open("a") as file:
        file.write("log: {file: daemon.log, format: json}\n")
    return cli.folder / "daemon.log"


def test_a_rule_is_mended_and_the_mails_retried_while_the_daemon_runs(
    cli: Cli, log: Path, mailbox: Mailbox, api: Sandbox
) -> None:
    mailbox.append(changed_layout(1))
    mailbox.append(changed_layout(2))
    daemon = cli.start("run")
    try:
        wait_for_line(log, '"mail decided"', 2)
        wait_for_line(log, '"polled"')  # by now it is on record
        assert outcomes(cli) == {"incomplete": 2}
        folder = cli.folder / "new"
        folder.mkdir()
        (folder / "homegate.yaml").write_text(MENDED)
        folder.rename(cli.folder / "portals")  # at once: an empty folder would be taken up, too
        assert "2" in cli("retry", "--outcome", "incomplete")  # at once: it waits for the rules
        assert len(api.wait_for(2, SECONDS)) == 2
        mailbox.append(changed_layout(3))
        assert len(api.wait_for(3, SECONDS)) == 3
    finally:
        code, told = end(daemon)
    assert code == 0, told
    assert outcomes(cli) == {"sent": 3}
    assert log.read_text().count("rules taken up") == 1
    assert "visitor1" not in log.read_text()


def test_wrong_rules_leave_those_before_in_use_and_are_told(
    cli: Cli, log: Path, mailbox: Mailbox, api: Sandbox, webhook: Webhook
) -> None:
    port = free_port()
    cli.environ["ALERT_ADDRESS"] = webhook.url
    with (cli.folder / "config.yaml").open("a") as file:
        file.write(
            f"monitoring: {{listen: 'localhost:{port}'}}\n"
            "alerts: {to: [{env: ALERT_ADDRESS}], over_after: 0s}\n"
        )
    rule = cli.folder / "portals" / "homegate.yaml"
    rule.parent.mkdir()
    rule.write_text(MENDED)
    mailbox.append(changed_layout(1))
    daemon = cli.start("run")
    try:
        assert api.wait_for(1, SECONDS)
        rule.write_text(MENDED.replace("label: Nom", "lable: Nom"))
        assert webhook.wait_for(1, SECONDS) == ["rule files hold mistakes"]
        place = f"{rule}:7:21: fields.sender_lastname.lable: "
        assert place in cli("status")
        [problem] = json.loads(cli("status", "--format", "json"))["rules"]["problems"]
        assert problem.startswith(place)
        status, health = ask(port, "/healthz")
        [told] = json.loads(health)["problems"]
        assert (status, told) == (
            503,
            f"rules not taken up, those before stay in use: {problem}",
        )
        assert problem in json.dumps([json.loads(line) for line in log.read_text().splitlines()])
        mailbox.append(changed_layout(2))
        assert len(api.wait_for(2, SECONDS)) == 2, "the rules before go on"
        rule.write_text(MENDED)
        assert webhook.wait_for(2, SECONDS)[1:] == ["the rule files are right again"]
        assert ask(port, "/healthz")[0] == 200
        assert json.loads(cli("status", "--format", "json"))["rules"] == {"problems": []}
    finally:
        code, said = end(daemon)
    assert code == 0, said
    assert len(webhook.got) == 2


PATIENT = """
import sys
from mailbridge import __main__, rulebook
rulebook.STILL = 4.0  # else a machine that pauses between two writes had finished the file
sys.argv[0] = "mailbridge"
__main__.main()
"""


def test_a_half_written_rule_harms_nothing(
    cli: Cli, log: Path, mailbox: Mailbox, api: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "command", lambda *words: [sys.executable, "-c", PATIENT, *words])
    rule = cli.folder / "portals" / "homegate.yaml"
    rule.parent.mkdir()
    rule.write_text(MENDED)
    mailbox.append(changed_layout(1))
    daemon = cli.start("run")
    try:
        assert api.wait_for(1, SECONDS)
        # Right as far as it goes, and wrong for every mail: it must not be taken up.
        with rule.open("w") as file:
            file.write(MENDED[: MENDED.index("  sender_firstname")])
            file.flush()
            mailbox.append(changed_layout(2))
            file.write(MENDED[MENDED.index("  sender_firstname") :])
        assert len(api.wait_for(2, SECONDS)) == 2
        wait_for_line(log, "rules taken up")
    finally:
        code, told = end(daemon)
    assert code == 0, told
    assert outcomes(cli) == {"sent": 2}


def test_sighup_has_the_rules_read_again(cli: Cli, log: Path) -> None:
    daemon = cli.start("run")
    try:
        wait_for_line(log, '"started"')
        for count in (1, 2):
            daemon.send_signal(signal.SIGHUP)
            wait_for_line(log, "rules taken up", count)
    finally:
        code, told = end(daemon)
    assert code == 0, told


def test_a_terminal_that_is_closed_ends_the_daemon_in_order(cli: Cli, log: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        daemon = subprocess.Popen(
            cli.command("run"),
            cwd=cli.folder,
            env=cli.env,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for_line(log, '"started"')
        finally:
            code, told = end(daemon, signal.SIGHUP)
    finally:
        os.close(ours)
        os.close(theirs)
    assert code == 0, told
    assert "stopped" in log.read_text()
