"""`dry-run --save`: a corpus of the mails that were seen, with and without the people in them."""

import json
import stat
from pathlib import Path

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli
from tests.mails import inquiry, private
from tests.servers.mailbox import Mailbox


def files(cli: Cli) -> list[Path]:
    return sorted((cli.folder / "corpus").iterdir())


def test_the_mails_are_kept_as_they_are_and_once(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    (cli.folder / "two.eml").write_bytes(private())
    told = cli("dry-run", "one.eml", "two.eml", "--save", "corpus")
    assert "2 mails saved in corpus." in told
    assert {file.read_bytes() for file in files(cli)} == {inquiry(), private()}
    for file in files(cli):
        assert file.name.startswith("20261103-")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = cli("dry-run", "one.eml", "--save", "corpus", "--format", "jsonl")
    assert "0 mails saved in corpus, 1 there already." in told
    assert len(files(cli)) == 2


def test_nothing_is_overwritten(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    cli("dry-run", "one.eml", "--save", "corpus")
    [file] = files(cli)
    file.write_bytes(b"mine")
    told = cli("dry-run", "one.eml", "--save", "corpus", code=1)
    assert f"one.eml: not saved: corpus/{file.name} is there and says something else." in told
    assert file.read_bytes() == b"mine"


def test_anonymised_the_lead_is_the_same_and_the_person_another(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    cli("dry-run", "one.eml", "--save", "corpus", "--anonymise")
    [file] = files(cli)
    assert b"visitor1" not in file.read_bytes()
    before, after = (
        json.loads(cli("dry-run", path, "--format", "jsonl")) for path in ("one.eml", str(file))
    )
    assert (after["outcome"], after["portal"]) == ("lead", "homegate.ch")
    assert after["lead"]["property_reference"] == before["lead"]["property_reference"]
    assert {n: f["pattern"] for n, f in after["fields"].items()} == {
        n: f["pattern"] for n, f in before["fields"].items()
    }
    assert after["lead"]["sender_email"].endswith(".example.org")
    assert after["lead"]["sender_lastname"] != "Essai"


def test_of_a_mail_that_no_rule_reads_it_says_that_names_were_guessed(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    (cli.folder / "two.eml").write_bytes(private())
    told = cli("dry-run", "one.eml", "two.eml", "--save", "corpus", "--anonymise")
    assert "In 1 of them no rule found a visitor" in told
    told = cli("dry-run", "one.eml", "--save", "other", "--anonymise")
    assert "no rule found a visitor" not in told


def test_what_cannot_be_anonymised_is_not_saved(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(b"no mail at all")
    told = cli("dry-run", "one.eml", "--save", "corpus", "--anonymise", code=1)
    assert "one.eml: not saved: It cannot be read" in told
    assert files(cli) == []


def test_anonymise_without_save_is_a_usage_error(cli: Cli) -> None:
    assert "--save" in cli("dry-run", "one.eml", "--anonymise", code=2)


def test_a_folder_that_cannot_be_made(cli: Cli) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    told = cli("dry-run", "one.eml", "--save", "one.eml/corpus", code=1)
    assert "one.eml/corpus: mails cannot be saved there" in told


def test_of_the_inbox_read_only(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> None:
    cli.configure(account, api)
    uid = mailbox.append(inquiry())
    cli("dry-run", "--since", "2000-01-01", "--save", "corpus", "--anonymise")
    assert len(files(cli)) == 1
    assert mailbox.flags()[uid] <= {"\\Recent"}
