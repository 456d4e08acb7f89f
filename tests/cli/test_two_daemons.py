"""Two daemons on one ledger: one runs, the other says so, and no lead is sent twice."""

import re
import signal
import subprocess
from collections.abc import Iterator

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli, end
from tests.ledger.conftest import postgresql
from tests.ledger.test_postgresql import cut_sessions
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox
from tests.servers.postgresql import PostgreSQL

__all__ = ["postgresql"]


class Place:
    """A ledger, and how the claim on it is lost while its daemon lives."""

    def __init__(self, url: str, server: PostgreSQL | None, schema: str) -> None:
        self.url, self.server, self.schema = url, server, schema


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place("sqlite:///ledger.db", None, "")
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        schema = server.new_schema()
        yield Place(server.url(schema), server, schema)


def configure(cli: Cli, account: Account, api: Sandbox, place: Place) -> None:
    config = cli.configure(account, api, start="2000-01-01", every="5s")
    text = config.read_text()
    if place.server:
        password = re.search(r"(?<=:)[^:@/]+(?=@)", place.url)
        assert password
        cli.environ["LEDGER_PASSWORD"] = password[0]
        url = place.url.replace(f":{password[0]}@", "@")
        text = text.replace(
            "  url: sqlite:///ledger.db\n", f"  url: {url}\n  password: {{env: LEDGER_PASSWORD}}\n"
        )
    config.write_text(text)


def test_of_daemons_started_at_once_one_runs(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, place: Place
) -> None:
    """On a ledger that none of them has seen before."""
    configure(cli, account, api, place)
    numbers = range(12)
    for number in numbers:
        mailbox.append(inquiry(number))
    daemons = [cli.start("run") for _ in range(3)]
    try:
        api.wait_for(len(numbers), SECONDS)
        refused = [first_to_end(daemons) for _ in range(2)]
    finally:
        codes = [end(daemon)[0] for daemon in daemons if daemon.poll() is None]
    assert codes == [0]
    for code, said in refused:
        assert code == 1
        assert "another mailbridge is running on this ledger" in said
        assert "Traceback" not in said
    cli("run", "--once")
    names = [lead.lead["sender_firstname"] for lead in api.leads]
    assert names == [f"Prune{number}" for number in numbers]


def first_to_end(daemons: "list[subprocess.Popen[str]]") -> tuple[int, str]:
    """Wait for one that ends by itself, and take it off the list."""
    for _ in range(int(SECONDS / 0.05)):
        for daemon in daemons:
            if daemon.poll() is not None:
                daemons.remove(daemon)
                out, err = daemon.communicate(timeout=SECONDS)
                return daemon.returncode, out + err
        try:
            daemons[0].wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise TimeoutError("all daemons run")


def test_a_daemon_that_lost_its_claim_ends_before_it_sends(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, postgresql: PostgreSQL
) -> None:
    """PostgreSQL ends its session, and another daemon is quicker to claim."""
    schema = postgresql.new_schema()
    place = Place(postgresql.url(schema), postgresql, schema)
    configure(cli, account, api, place)
    mailbox.append(inquiry(1))
    first = cli.start("run")
    second = None
    try:
        api.wait_for(1, SECONDS)
        first.send_signal(signal.SIGSTOP)  # asleep while the other one takes over
        cut_sessions(postgresql, schema)
        second = cli.start("run")
        mailbox.append(inquiry(2))
        api.wait_for(2, SECONDS)
        first.send_signal(signal.SIGCONT)
        mailbox.append(inquiry(3))
        out, err = first.communicate(timeout=SECONDS)
        assert first.returncode == 1, out + err
        # The second, where it fell asleep in the middle of a transaction.
        told = ("another mailbridge is running on this ledger", "The server cannot be reached")
        assert any(reason in out + err for reason in told), out + err
        api.wait_for(3, SECONDS)
    finally:
        if first.poll() is None:
            first.kill()
        if second:
            end(second)
    names = [lead.lead["sender_firstname"] for lead in api.leads]
    assert names == ["Prune1", "Prune2", "Prune3"]
