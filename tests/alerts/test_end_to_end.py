"""Alerts as people get them: mail server, lead API and webhook around the real thing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from mailbridge.app import App
from mailbridge.assembly import assemble, find_channels
from mailbridge.daemon.daemon import Daemon
from mailbridge.errors import BadDocument
from mailbridge.inbox.account import Account
from mailbridge.ledger.ledger import Ledger
from mailbridge.sandbox.server import Sandbox
from tests.alerts.conftest import Webhook
from tests.cli.conftest import Cli, end
from tests.conftest import account_on, mailbox_on, needs_dovecot
from tests.mails import inquiry
from tests.servers.dovecot import Dovecot, restarted_dovecot, running_dovecot, stop_dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import Proxy, before_dovecot

START = "2000-01-01"
REFUSED, ACCEPTED = "the API key is refused", "the API key is accepted"
DOWN, BACK = "the inbox sales cannot be read", "the inbox sales is read again"


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


@pytest.fixture
def own_dovecot() -> Iterator[Dovecot]:
    """One that may be stopped."""
    try:
        with running_dovecot() as server:
            yield server
    except FileNotFoundError as error:
        needs_dovecot(error)


@pytest.fixture
def proxy(own_dovecot: Dovecot) -> Iterator[Proxy]:
    """What ends connections to it as a server does, whatever our threads are just doing."""
    with before_dovecot(own_dovecot) as between:
        yield between


def configure(
    cli: Cli, account: Account, api: Sandbox, webhook: Webhook, more: str = "", **inbox: str
) -> Path:
    config = cli.configure(account, api, start=START, **inbox)
    cli.environ["ALERT_ADDRESS"] = webhook.url
    with config.open("a") as file:
        file.write(f"alerts:\n  to: [{{env: ALERT_ADDRESS}}]\n  over_after: 0s\n{more}")
    return config


def test_a_wrong_key_is_told_at_once_and_once_and_when_it_is_mended(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, webhook: Webhook
) -> None:
    configure(cli, account, api, webhook, every="5s")
    cli.environ["REALFORCE_KEY"] = "wrong"
    mailbox.append(inquiry(1))
    mailbox.append(inquiry(2))
    daemon = cli.start("run")
    try:
        assert webhook.wait_for(1, 60) == [REFUSED]
    finally:
        code, told = end(daemon)
    assert code == 0, told
    assert "word-of-the-hook" not in told
    assert "visitor1" not in str(webhook.got)
    cli("run", "--once", code=1)
    assert webhook.titles == [REFUSED]
    cli.environ["REALFORCE_KEY"] = "test-key"
    cli("retry", "1", "2")
    cli("run", "--once")
    assert len(api.leads) == 2
    assert webhook.titles == [REFUSED, ACCEPTED]
    cli("run", "--once")
    assert webhook.titles == [REFUSED, ACCEPTED]


def test_a_mail_server_that_is_away_and_back(
    cli: Cli,
    own_dovecot: Dovecot,
    api: Sandbox,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    proxy: Proxy,
) -> None:
    account = account_on(own_dovecot)
    more = "  inbox_down_after: 1s\n"
    watched = replace(account, port=proxy.port)
    config = configure(cli, watched, api, webhook, more, timeout="30s", every="5s")
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("mailbridge.daemon.alerting.EVERY", 0.3)

    def away_and_back(daemon: Daemon) -> None:
        for mailbox in mailbox_on(own_dovecot, account):
            mailbox.append(inquiry(1))
        assert api.wait_for(1, 60)
        stop_dovecot(own_dovecot)
        proxy.cut_all()  # Dovecot goes on with those who are there, for 30 seconds
        assert webhook.wait_for(1, 60) == [DOWN]
        with restarted_dovecot(own_dovecot):
            for mailbox in mailbox_on(own_dovecot, account):
                mailbox.append(inquiry(2))
            assert api.wait_for(2, 60)
            assert webhook.wait_for(2, 60) == [DOWN, BACK]
            daemon.stop()  # or Dovecot waits for it to log out

    run_daemon(config, away_and_back)
    assert webhook.titles == [DOWN, BACK]


def run_daemon(config: Path, story: Callable[[Daemon], None]) -> None:
    """Run the daemon in this thread, for signals, and the story in another."""
    app = App.load(config, secrets=True)
    failures: list[BaseException] = []
    done = Event()
    with Ledger.open(app.ledger_url) as ledger, assemble(app, ledger) as daemon:
        daemon.intervals = [timedelta(seconds=0.3)] * len(daemon.bridges)

        def tell() -> None:
            try:
                story(daemon)
            except BaseException as failure:  # noqa: BLE001  (raised below)
                failures.append(failure)
            finally:
                done.set()
                daemon.stop()

        teller = Thread(target=tell)
        teller.start()
        daemon.run()
        teller.join(60)
    assert done.is_set()
    if failures:
        raise failures[0]


def test_a_portal_that_changed_its_layout(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, webhook: Webhook
) -> None:
    configure(cli, account, api, webhook)
    for number in range(60):
        mailbox.append(inquiry(number))
    cli("run", "--once")
    assert (len(api.leads), webhook.titles) == (60, [])
    for number in range(60, 65):
        mailbox.append(inquiry(number).replace(b"E-mail: ", b"Joignable ici : "))
    cli("run", "--once")
    assert sorted(webhook.titles) == [
        "5 mails wait for review",
        "inquiries of homegate.ch are incomplete",
    ]
    layout = next(got["message"] for got in webhook.got if "homegate" in got["title"])
    assert "5 of the last 5 inquiries of homegate.ch are incomplete; of the 60 before" in layout
    cli("run", "--once")
    assert len(webhook.got) == 2


def test_a_channel_that_fails_hurts_no_lead_and_is_tried_again(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, webhook: Webhook
) -> None:
    configure(cli, account, api, webhook)
    webhook.status = 500
    mailbox.append(inquiry(1, email=None).replace(b"A1.B2.0003", b""))
    mailbox.append(inquiry(2))
    told = cli("run", "--once")
    assert "alert not sent yet" in told
    assert len(api.leads) == 1
    webhook.status = 200
    cli("run", "--once")
    assert webhook.titles == ["1 mail waits for review"]


def test_check_names_the_channels_and_sends_a_test(
    cli: Cli, account: Account, api: Sandbox, webhook: Webhook
) -> None:
    configure(cli, account, api, webhook)
    assert "Alerts go to: 1 (json)." in cli("check")
    told = cli("check", "--send-test-alert")
    assert "The test alert was sent to 1 (json)." in told
    assert webhook.titles == ["a test"]
    webhook.status = 403
    told = cli("check", "--send-test-alert", code=1)
    assert "config.yaml: alerts.to.0: the test alert was not accepted." in told
    assert "word-of-the-hook" not in told


def test_an_address_that_is_none_is_named_and_not_shown(
    cli: Cli, account: Account, api: Sandbox, webhook: Webhook
) -> None:
    configure(cli, account, api, webhook)
    cli.environ["ALERT_ADDRESS"] = "word-of-the-hook"
    for command in (["check"], ["run", "--once"]):
        told = cli(*command, code=1)
        assert "config.yaml: alerts.to.0: Apprise makes nothing of this address." in told
        assert "word-of-the-hook" not in told


def test_a_test_without_any_address(cli: Cli, account: Account, api: Sandbox) -> None:
    cli.configure(account, api)
    assert "alerts.to: no address is set." in cli("check", "--send-test-alert", code=1)


def test_without_the_library_the_remedy_is_named(
    cli: Cli,
    account: Account,
    api: Sandbox,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = configure(cli, account, api, webhook)
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("mailbridge.assembly.is_installed", lambda: False)
    with pytest.raises(BadDocument, match=r"pip install 'mailbridge\[alerts\]'"):
        find_channels(App.load(config, secrets=True))
