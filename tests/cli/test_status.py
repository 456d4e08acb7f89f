"""`status`: what it says, for people and for monitoring."""

import json
from datetime import timedelta

import pytest

from mailbridge.cli.status import show_wait
from mailbridge.inbox.account import Account
from mailbridge.outcomes import Outcome
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from mailbridge.status import share_complete
from tests.cli.conftest import Cli
from tests.mails import inquiry, newsletter, private
from tests.servers.mailbox import Mailbox


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ({}, None),
        ({Outcome.IGNORED: 5}, None),
        ({Outcome.SENT: 3, Outcome.IGNORED: 5}, 1.0),
        ({Outcome.SENT: 1, Outcome.INCOMPLETE: 3}, 0.25),
        ({Outcome.DUPLICATE: 1, Outcome.UNTRUSTED: 1}, 0.5),
        ({Outcome.DEFERRED: 1, Outcome.IN_DOUBT: 1, Outcome.REJECTED: 1}, 1.0),
        ({Outcome.AMBIGUOUS: 1, Outcome.UNREADABLE: 1}, 0.0),
    ],
)
def test_the_share_of_complete_inquiries(counts: dict[Outcome, int], share: float | None) -> None:
    assert share_complete(counts) == share


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_a_wait_is_told_to_the_precision_that_matters(seconds: float, told: str) -> None:
    assert show_wait(timedelta(seconds=seconds)) == told


@pytest.fixture
def full(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> Cli:
    """After the second pass: the first one met an empty inbox, so that what came is new."""
    cli.configure(account, api)
    cli("run", "--once")
    for raw in (inquiry(1), inquiry(2, email=None), newsletter(), private(), inquiry(3)):
        mailbox.append(raw)
    api.plan = parse_plan("ok, 503x9")
    cli("run", "--once", code=1)
    return cli


def test_as_json_it_is_one_object_and_nothing_else(full: Cli) -> None:
    told = json.loads(full("status", "--format", "json"))
    assert set(told) == {
        *("at", "inboxes", "rules", "outcomes", "portals", "queue", "review", "destination"),
        "destinations",
    }
    [inbox] = told["inboxes"]
    assert (inbox["inbox"], inbox["error"], inbox["error_since"]) == ("sales", None, None)
    assert inbox["seen_after"]["mails"] == 5
    assert 0 <= inbox["seen_after"]["median"] <= inbox["seen_after"]["longest"] < 60
    assert inbox["sent_after"]["mails"] == 1
    assert inbox["last_mail"] <= inbox["last_success"]
    counts = {name: number for name, number in told["outcomes"].items() if number}
    assert counts == {"sent": 1, "incomplete": 1, "ignored": 1, "unmatched": 1, "deferred": 1}
    [portal] = told["portals"]
    assert (portal["portal"], portal["mails"]) == ("homegate.ch", 4)
    assert portal["complete"] == pytest.approx(2 / 3)
    assert told["queue"]["leads"] == 1
    assert told["review"] == {
        "mails": 1,
        "oldest": told["review"]["oldest"],
        "oldest_id": 2,
    }
    assert told["destination"]["status"] == 503
    assert set(told["destination"]) == {"last_answer", "status", "lead"}
    assert told["destinations"] == [
        {
            "destination": "default",
            "kind": "realforce",
            "in_settings": True,
            "leads": 1,
            "oldest": told["queue"]["oldest"],
            "last": told["destination"],
        }
    ]


def test_in_a_pipe_every_outcome_has_its_column(full: Cli) -> None:
    lines = [line.split("\t") for line in full("status").splitlines()]
    header = next(line for line in lines if line[0] == "PORTAL")
    row = lines[lines.index(header) + 1]
    assert header[:3] == ["PORTAL", "MAILS", "COMPLETE"]
    assert len(header) == 3 + len(Outcome) - 1
    told = dict(zip(header, row, strict=True))
    assert told["COMPLETE"] == "67%"
    assert (told["SENT"], told["DEFERRED"], told["IN DOUBT"]) == ("1", "1", "0")
    assert next(x for x in lines if x[0] == "for review")[:2] == ["for review", "1"]
    assert any(line[-1] == "mail 2: incomplete homegate.ch" for line in lines)


def test_an_inbox_that_fails_is_told_with_since_when(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api)
    cli("run", "--once")
    good = json.loads(cli("status", "--format", "json"))["inboxes"][0]
    text = config.read_text()
    config.write_text(
        text.replace(f"user: {account.user}", "user: somebody").replace("MAIL_PASSWORD}", "WRONG}")
    )
    cli.environ["WRONG"] = "wrong"
    cli("run", "--once", code=1)
    bad = json.loads(cli("status", "--format", "json"))["inboxes"][0]
    assert "refused the login" in bad["error"]
    assert bad["error_since"] == bad["last_success"] == good["last_success"]
    assert bad["last_poll"] >= good["last_poll"]


def test_an_inbox_that_was_never_polled_is_there(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    config = cli.configure(account, api)
    cli("run", "--once")
    text = config.read_text()
    second = text[text.index("  - name") : text.index("destination:")]
    second = second.replace("name: sales", "name: another")
    config.write_text(text.replace("destination:", second + "destination:"))
    another, sales = json.loads(cli("status", "--format", "json"))["inboxes"]
    assert (another["inbox"], another["last_poll"], another["error"]) == ("another", None, None)
    assert sales["last_poll"]


def test_another_form_is_a_usage_error(cli: Cli) -> None:
    assert "table or json" in cli("status", "--format", "xml", code=2)


def test_it_ends_well_whatever_it_shows(full: Cli) -> None:
    full("status", code=0)
