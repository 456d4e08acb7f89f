"""`rules diff` as a person types it: two rule sets over files and over a real inbox."""

import json
import os
import pty
import subprocess

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli
from tests.mails import inquiry, newsletter, private
from tests.servers.mailbox import Mailbox

RULE = """\
portal: homegate.ch
evidence: seen
match: {from: interested@homegate.ch}
fields:
  sender_lastname: {label: Nom}
  sender_email: {label: E-mail}
  property_reference: {pattern: '(\\[[^\\]]+\\])', clean: idx_triple}
  sender_message: {pattern: 'Ton message\\n(.+)'}
require: [property_reference, sender_email]
"""


@pytest.fixture
def mails(cli: Cli) -> Cli:
    folder = cli.folder / "mails"
    folder.mkdir()
    (folder / "1.eml").write_bytes(inquiry(1))
    (folder / "2.eml").write_bytes(inquiry(2, email=None))
    (folder / "3.eml").write_bytes(private())
    (cli.folder / "old.yaml").write_text(RULE)
    return cli


def new(cli: Cli, before: str, after: str) -> None:
    text = RULE.replace(before, after)
    assert text != RULE
    (cli.folder / "new.yaml").write_text(text)


def test_the_same_rules_change_nothing(mails: Cli) -> None:
    told = mails("rules", "diff", "old.yaml", "old.yaml", "mails")
    assert told.splitlines() == ["MAIL\tCHANGE\tPART\tFIELD\tBEFORE\tAFTER"]


def test_a_value_that_changes_is_told_field_by_field(mails: Cli) -> None:
    new(mails, "{label: Nom}", "{label: Prénom}")
    told = mails("rules", "diff", "old.yaml", "new.yaml", "mails").splitlines()[1:]
    assert told == [
        "mails/1.eml\tchanged\t1\tsender_lastname\tEssai\tPrune1",
        "mails/2.eml\tchanged\t1\tsender_lastname\tEssai\tPrune2",
    ]


def test_what_was_complete_and_is_not_ends_with_one(mails: Cli) -> None:
    new(mails, "E-mail}", "Courriel}")
    told = mails("rules", "diff", "old.yaml", "new.yaml", "mails", code=1).splitlines()
    assert told[1:] == [
        "mails/1.eml\tbroke\t\toutcome\tlead\tincomplete",
        "mails/1.eml\tbroke\t1\tsender_email\tvisitor1@example.org\t",
        "1 mail was complete under old.yaml and not under new.yaml.",
    ]
    told = mails("rules", "diff", "new.yaml", "old.yaml", "mails")
    assert told.splitlines()[1] == "mails/1.eml\tappeared\t\toutcome\tincomplete\tlead"


def test_json_lines(mails: Cli) -> None:
    new(mails, "interested@", "interest@")
    done = mails.run(*("rules", "diff", "old.yaml", "new.yaml", "mails/1.eml", "--format", "jsonl"))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["parts"][0]["fields"].pop("sender_message")["after"] is None
    assert told == {
        "source": "mails/1.eml",
        "message_id": "inquiry-1@test.example",
        "change": "vanished",
        "broke": True,
        "outcome": {"before": "lead", "after": "unmatched"},
        "portal": {"before": "homegate.ch", "after": None},
        "parts": [
            {
                "part": {"before": 1, "after": None},
                "fields": {
                    "sender_lastname": {"before": "Essai", "after": None},
                    "sender_email": {"before": "visitor1@example.org", "after": None},
                    "property_reference": {"before": "A1.B2.0003", "after": None},
                },
            }
        ],
        "problems": [],
    }


def test_a_folder_over_the_shipped_rules(mails: Cli) -> None:
    (mails.folder / "rules").mkdir()
    (mails.folder / "rules" / "other.yaml").write_text(
        RULE.replace("homegate.ch\n", "other.example\n").replace("interested@homegate", "a@other")
    )
    told = mails("rules", "diff", "rules", "old.yaml", "mails", "--format", "jsonl")
    changed = [json.loads(line) for line in told.splitlines()]
    assert [one["source"] for one in changed] == ["mails/1.eml", "mails/2.eml"]
    assert all(
        one["portal"] == {"before": "homegate.ch", "after": "homegate.ch"} for one in changed
    )


def test_a_bad_rule_file_is_an_error_of_the_user(mails: Cli) -> None:
    (mails.folder / "new.yaml").write_text("portal: [")
    assert "new.yaml:1:" in mails("rules", "diff", "old.yaml", "new.yaml", "mails", code=1)
    assert "lost.yaml" in mails("rules", "diff", "old.yaml", "lost.yaml", "mails", code=1)


def test_over_the_inbox_it_reads_only(
    mails: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    mails.configure(account, api)
    uid = mailbox.append(inquiry())
    mailbox.append(newsletter())
    new(mails, "{label: Nom}", "{label: Prénom}")
    words = ("rules", "diff", "old.yaml", "new.yaml")
    assert "the first start sends no old mail" in mails(*words)
    told = mails(*words, "--since", "2000-01-01", "--format", "jsonl")
    assert [json.loads(line)["source"] for line in told.splitlines()] == [f"sales/INBOX/{uid}"]
    assert mailbox.flags()[uid] <= {"\\Recent"}
    assert not (mails.folder / "ledger.db").exists()


def test_on_a_terminal_a_table_and_a_summary(mails: Cli) -> None:
    new(mails, "message\\n(.+)'", "message\\n(.+) \\?'")
    master, slave = pty.openpty()
    with subprocess.Popen(
        mails.command("rules", "diff", "old.yaml", "new.yaml", "mails"),
        cwd=mails.folder,
        env={**mails.env, "TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(slave)
        told = b""
        try:
            while piece := os.read(master, 65536):
                told += piece
        except OSError:
            pass  # how Linux says that the other end was closed
        finally:
            os.close(master)
        assert process.wait(SECONDS) == 0
    text = told.decode()
    assert "3 mails compared: 2 changed, 1 same." in text
    assert "… 1 est-elle possible ?" in text or "…uméro 1 est-elle possible ?" in text
