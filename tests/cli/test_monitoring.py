"""The daemon as a service: what systemd is told, and what is served."""

import http.client
import json
import socket

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli, end
from tests.mails import inquiry
from tests.monitoring.conftest import Manager, manager
from tests.servers.mailbox import Mailbox
from tests.servers.ports import free_port

__all__ = ["manager"]

WANTED = (
    'mailbridge_mails{outcome="sent",portal="homegate.ch"} 1.0',
    'mailbridge_inbox_up{inbox="sales"} 1.0',
)


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def test_a_service_tells_systemd_and_prometheus(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, manager: Manager
) -> None:
    config = cli.configure(account, api, start="2000-01-01")
    port = free_port()
    config.write_text(config.read_text() + f"monitoring:\n  listen: localhost:{port}\n")
    # A sign each second: the socket holds ten of them while this process stands still.
    cli.environ |= {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "2000000"}
    mailbox.append(inquiry())
    daemon = cli.start("run")
    try:
        assert manager.wait_for("READY")
        assert api.wait_for(1, 30)
        assert manager.wait_for("WATCHDOG")
        for _ in range(100):
            manager.receive()
            metrics = ask(port, "/metrics")[1]
            missing = [line for line in WANTED if line not in metrics]
            if not missing:
                break
        assert missing == []
        status, told = ask(port, "/healthz")
        assert (status, json.loads(told)["healthy"]) == (200, True)
        assert "visitor1" not in metrics + told
    finally:
        code, said = end(daemon)
    assert code == 0, said
    assert manager.wait_for("STOPPING")
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/healthz")


def test_a_port_that_is_taken_ends_it_before_anything_is_read(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api, start="2000-01-01")
    mailbox.append(inquiry())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write_text(config.read_text() + f"monitoring:\n  listen: 127.0.0.1:{port}\n")
        told = cli("run", code=1)
    assert f"monitoring.listen: 127.0.0.1:{port} cannot be listened on" in told
    assert api.requests == ()


@pytest.mark.parametrize("address", ["0.0.0.0:9108", "[::]:9108", "monitor.example.org:9108"])
def test_an_address_that_others_reach_is_refused(
    cli: Cli, account: Account, api: Sandbox, address: str
) -> None:
    config = cli.configure(account, api)
    config.write_text(config.read_text() + f"monitoring:\n  listen: '{address}'\n")
    told = cli("check", code=1)
    assert "monitoring.listen" in told
    assert "could be reached from other machines" in told
    assert "Write 127.0.0.1:9108" in told
