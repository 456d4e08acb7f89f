"""A ledger behind a password: every command looks that up, and no other secret."""

import json

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli
from tests.cli.test_two_daemons import Place, configure
from tests.ledger.conftest import postgresql
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox
from tests.servers.postgresql import PostgreSQL

__all__ = ["postgresql"]


@pytest.fixture
def place(postgresql: PostgreSQL) -> Place:
    schema = postgresql.new_schema()
    return Place(postgresql.url(schema), postgresql, schema)


def test_each_command_opens_the_ledger_with_its_password_alone(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, place: Place
) -> None:
    configure(cli, account, api, place)
    mailbox.append(inquiry(1))
    cli("run", "--once")
    for name in ("MAIL_PASSWORD", "REALFORCE_KEY"):
        del cli.environ[name]
    assert "homegate.ch" in cli("mails")
    assert "homegate.ch" in cli("show", "1")
    assert json.loads(cli("status", "--format", "json"))
    assert "1: " in cli("retry", "1", code=1)
    cli("forget", "--email", "nobody@example.org")
    secret = cli.environ.pop("LEDGER_PASSWORD")
    told = cli("status", code=1)
    assert "ledger.password.env: The environment variable LEDGER_PASSWORD is not set." in told
    assert secret not in told
