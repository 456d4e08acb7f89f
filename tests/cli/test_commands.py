"""Every command as a person types it."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import mailbridge
from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli, end
from tests.mails import inquiry, newsletter, private
from tests.servers.mailbox import Mailbox

REPOSITORY = Path(mailbridge.__file__).parent.parent
COMMANDS = (
    "demo init check login dry-run run status mails show retry resolve forget listings audit "
    "sandbox rules,list rules,check rules,test rules,draft rules,diff rules,schema"
)


@pytest.mark.parametrize("command", COMMANDS.split())
def test_each_command_explains_itself(cli: Cli, command: str) -> None:
    told = cli(*command.split(","), "--help")
    assert "Usage:" in told
    assert len(told.splitlines()) > 4


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; import mailbridge.cli.main; "
        "heavy = {'sqlalchemy', 'requests', 'imapclient', 'apscheduler', 'phonenumbers', "
        "'selectolax', 'mailparser', 'alembic', 'pydantic', 'msal', 'google', 'keyring'} "
        "& set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_version(cli: Cli) -> None:
    assert cli("--version").strip() == f"mailbridge {mailbridge.__version__}"


def test_an_unknown_option_is_a_usage_error(cli: Cli) -> None:
    assert "No such option" in cli("run", "--twice", code=2)


def test_dry_run_on_files_works_without_any_configuration(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    (cli.folder / "two.eml").write_bytes(private())
    told = cli("dry-run", ".", "--format", "jsonl")
    one, two = map(json.loads, told.splitlines())
    assert set(one) == {"source", "message_id", "outcome", "portal", "lead", "fields", "problems"}
    assert (one["source"], one["outcome"], one["portal"]) == ("one.eml", "lead", "homegate.ch")
    assert one["message_id"] == "inquiry-1@test.example"
    assert one["lead"]["property_reference"] == "A1.B2.0003"
    field = one["fields"]["sender_lastname"]
    assert set(field) == {"value", "raw", "source", "span", "pattern"}
    assert field["value"] == "Essai"
    assert field["pattern"].startswith("mailbridge/portals/homegate.ch.yaml:")
    assert (two["outcome"], two["portal"], two["lead"], two["fields"]) == (
        "unmatched",
        None,
        None,
        {},
    )


def test_dry_run_names_the_path_as_given(cli: Cli) -> None:
    (cli.folder / "in").mkdir()
    (cli.folder / "in" / "one.eml").write_bytes(inquiry())
    assert json.loads(cli("dry-run", "in", "--format", "jsonl"))["source"] == "in/one.eml"
    whole = str(cli.folder / "in" / "one.eml")
    assert json.loads(cli("dry-run", whole, "--format", "jsonl"))["source"] == whole


def test_dry_run_takes_mbox_and_maildir(cli: Cli) -> None:
    box = b"From x Tue Nov  3 08:15:22 2026\n" + inquiry(1).replace(b"\r\n", b"\n") + b"\n"
    (cli.folder / "box.mbox").write_bytes(box + box.replace(b"inquiry-1", b"inquiry-2"))
    for name in ("cur", "new", "tmp"):
        (cli.folder / "maildir" / name).mkdir(parents=True)
    (cli.folder / "maildir" / "new" / "1.x").write_bytes(inquiry(3))
    told = cli("dry-run", "box.mbox", "maildir", "--format", "jsonl")
    assert [json.loads(line)["outcome"] for line in told.splitlines()] == ["lead"] * 3


def test_dry_run_table_in_a_pipe_is_tab_separated(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    header, row = cli("dry-run", "one.eml").splitlines()
    assert header.split("\t")[:3] == ["MAIL", "OUTCOME", "PORTAL"]
    assert row.split("\t")[:4] == ["one.eml", "lead", "homegate.ch", "A1.B2.0003"]


def test_explain_shows_each_value_where_it_stands(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    told = cli("dry-run", "one.eml", "--explain")
    assert "Référence: ⟦property_reference: [A1.B2.0003]⟧" in told
    assert "E-mail: ⟦sender_email: visitor1@example.org⟧" in told


def test_own_rules_are_added_and_win(cli: Cli) -> None:
    rule = (
        "portal: homegate.ch\nevidence: seen\nmatch:\n  from: interested@homegate.ch\n"
        "fields:\n  sender_email: {label: E-mail}\n  listing_number: {pattern: 'louer/(\\d+)'}\n"
    )
    (cli.folder / "mine.yaml").write_text(rule)
    (cli.folder / "one.eml").write_bytes(inquiry())
    told = json.loads(cli("dry-run", "one.eml", "--format", "jsonl", "--rules", "mine.yaml"))
    assert told["outcome"] == "incomplete"
    assert told["fields"]["listing_number"]["value"] == "4000000001"
    assert told["fields"]["listing_number"]["pattern"].startswith("mine.yaml:7:")


def test_dry_run_on_the_inbox_changes_nothing(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api)
    uid = mailbox.append(inquiry())
    assert cli("dry-run", "--format", "jsonl").startswith("sales/INBOX: the first start sends no")
    told = json.loads(cli("dry-run", "--format", "jsonl", "--since", "2000-01-01"))
    assert (told["source"], told["outcome"]) == (f"sales/INBOX/{uid}", "lead")
    assert mailbox.flags()[uid] == set()
    assert api.requests == ()
    assert not (cli.folder / "ledger.db").exists()


def test_dry_run_on_the_inbox_knows_what_was_sent(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start="2000-01-01", marking="ledger")
    mailbox.append(inquiry())
    cli("run", "--once")
    told = json.loads(cli("dry-run", "--format", "jsonl", "--since", "2000-01-01"))
    assert told["outcome"] == "duplicate"


def test_status_mails_show_and_retry(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start="2000-01-01")
    for raw in (inquiry(1), inquiry(2, email=None), newsletter(), private()):
        mailbox.append(raw)
    cli("run", "--once")
    told = cli("status")
    assert "sales" in told
    assert "for review\t1" in told
    listed = cli("mails")
    assert [line.split("\t")[2] for line in listed.splitlines()[1:]] == [
        "unmatched",
        "ignored",
        "incomplete",
        "sent",
    ]
    assert len(cli("mails", "--review").splitlines()) == 2
    shown = cli("show", "1")
    assert "sandbox-1" in shown
    assert "⟦sender_email: visitor1@example.org⟧" in shown
    assert "There is no mail 99" in cli("show", "99", code=1)
    assert "1: " in cli("retry", "1", code=1)
    assert "2: will be read" in cli("retry", "2")
    assert "2: will be read" in cli("retry", "--outcome", "incomplete")
    cli("run", "--once")
    assert "2\t" in cli("mails", "--review")
    assert "As it would be decided now" in cli("show", "2")


def test_check_names_portals_and_what_the_server_can_do(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api)
    assert "homegate.ch" in cli("check")
    told = cli("check", "--online")
    assert "sales/INBOX\t0\tkeywords\tyes\tyes\tyes\tyes" in told
    assert "can be reached" in told
    assert "accepted as sandbox-1" in cli("check", "--send-test-lead")
    assert api.leads[0].lead["property_reference"] == "TEST"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_serves_until_it_is_told_to_end(cli: Cli, number: signal.Signals) -> None:
    sandbox = cli.start("sandbox", "--port", "0")
    try:
        assert sandbox.stdout is not None
        assert "The sandbox listens on http://127.0.0.1:" in sandbox.stdout.readline()
    finally:
        code, told = end(sandbox, number)
    assert code == 0, told
    assert "0 leads received." in told


def test_rules_list_check_test_and_schema(cli: Cli) -> None:
    assert "immobilier.ch\tseen" in cli("rules", "list")
    assert "no problem found" in cli("rules", "check")
    schema = json.loads(cli("rules", "schema"))
    assert schema["$schema"].endswith("2020-12/schema")
    assert "portal" in schema["properties"]


def test_demo_shows_every_portal_and_where_mails_were_filed(cli: Cli) -> None:
    told = cli("demo")
    for portal in (file.stem for file in (REPOSITORY / "mailbridge/portals").glob("*.yaml")):
        # Idealista's mails bear no reference, so none of them is complete.
        assert portal == "idealista.com" or f"sent\t{portal}\tLeads/Sent" in told
    assert "incomplete" in told
    assert "unmatched" in told


def test_the_ledger_is_private(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> None:
    cli.configure(account, api)
    cli("run", "--once")
    assert (cli.folder / "ledger.db").stat().st_mode & 0o077 == 0
    with sqlite3.connect(cli.folder / "ledger.db") as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
