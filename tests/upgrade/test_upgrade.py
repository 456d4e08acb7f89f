"""An installation of each version that was frozen goes on with the present one."""

import json
import sqlite3
from contextlib import closing

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli, api, cli
from tests.servers.mailbox import Mailbox
from tests.upgrade.freeze import HERE, install
from tests.upgrade.story import homes, settled, waiting

__all__ = ["api", "cli"]

VERSIONS = sorted(path.name for path in HERE.iterdir() if path.name[0].isdigit())


def test_there_is_one() -> None:
    assert VERSIONS[0] == "0.1.0"


@pytest.fixture(params=VERSIONS)
def installed(
    request: pytest.FixtureRequest, cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> Cli:
    """Its settings, rules, ledger and mailbox; the program is today's."""
    cli.environ |= install(request.param, cli.folder, account, api.url)
    with closing(sqlite3.connect(cli.folder / "ledger.db")) as ledger:
        ledger.executescript((HERE / request.param / "ledger.sql").read_text(encoding="utf-8"))
    for raw in settled() + waiting():
        mailbox.append(raw)
    return cli


def outcomes(cli: Cli) -> dict[str, int]:
    told = json.loads(cli("status", "--format", "json"))["outcomes"]
    return {name: count for name, count in told.items() if count}


def test_settings_and_rules_are_still_right(installed: Cli) -> None:
    told = installed("check")
    assert "the settings are right. Inboxes: sales." in told
    assert "homes.example" in told
    assert "no problem found" in installed("rules", "check")


@pytest.mark.timeout(600)  # a dozen starts of the program
def test_what_was_sent_stays_so_and_what_waited_is_sent(
    installed: Cli, api: Sandbox, mailbox: Mailbox
) -> None:
    with closing(sqlite3.connect(installed.folder / "ledger.db")) as ledger:
        query = "select outcome, count(*) from mails group by outcome"
        before = dict(ledger.execute(query).fetchall())
    assert before == {
        "sent": 2, "ignored": 1, "unmatched": 1, "incomplete": 1, "duplicate": 1, "deferred": 2,
    }  # fmt: skip
    installed("run", "--once")
    emails = sorted(lead.lead["sender_email"] for lead in api.leads)
    assert emails == ["homes5@example.org", "visitor4@example.org"]
    del before["deferred"]
    assert outcomes(installed) == {**before, "sent": 4}
    mailbox.append(homes(6))
    installed("run", "--once")
    assert len(api.leads) == 3, "new mail goes on, by the rules of then"
    [review] = [
        line.split("\t")[0]
        for line in installed("mails", "--outcome", "incomplete").splitlines()
        if "\t" in line and line.split("\t")[0].isdigit()
    ]
    assert "visitor" not in installed("status")
    assert "Prune3" in installed("show", review)
    installed("retry", review)
    installed("run", "--once")
    assert outcomes(installed)["incomplete"] == 1
    installed("resolve", review, "--sent")
    assert "incomplete" not in outcomes(installed)
