"""What people get wrong: one clear message, exit code 1, no traceback, and nothing lost."""

import contextlib
import ctypes
import os
import socket
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mailbridge.inbox.account import Account
from mailbridge.ledger.ledger import Ledger
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli, end
from tests.mails import inquiry, mail
from tests.servers.mailbox import Mailbox

START = "2000-01-01"
SETTINGS = """\
inboxes:
  - name: sales
    host: imap.example.org
    user: leads
    password: {env: MAIL_PASSWORD}
destination:
  key: {env: REALFORCE_KEY}
ledger:
  url: sqlite:///ledger.db
"""
RULE = """\
portal: homes.example
evidence: seen
match:
  from: inquiry@homes.example
fields:
  sender_email: {label: E-mail}
  property_reference: {pattern: 'Ref: (\\d+)'}
"""
COMMANDS_WITH_SETTINGS = ("check", "run --once", "run", "dry-run", "status", "rules list")


def told(cli: Cli, *words: str) -> list[str]:
    """Run what must end with exit code 1; give its messages, each of which names the program."""
    done = cli.run(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    return [line.removeprefix("mailbridge: ") for line in lines if line.startswith("mailbridge: ")]


def settings(cli: Cli, text: str = SETTINGS) -> Path:
    cli.environ |= {"MAIL_PASSWORD": "p", "REALFORCE_KEY": "k"}
    file = cli.folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file


# The settings file


@pytest.mark.parametrize("command", COMMANDS_WITH_SETTINGS)
def test_a_settings_file_that_is_not_there(cli: Cli, command: str) -> None:
    [said] = told(cli, *command.split(), "--config", "office.yaml")
    assert said == "office.yaml: There is no such file. Check the path."


def test_no_settings_at_all(cli: Cli) -> None:
    [said] = told(cli, "run", "--once")
    assert said.startswith("No settings file was found. `mailbridge init` makes one, or ")
    assert "--config" in said


def test_a_settings_file_that_may_not_be_read(cli: Cli) -> None:
    settings(cli).chmod(0)
    done = subprocess.run(
        cli.command("check"),
        cwd=cli.folder,
        env=cli.env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        preexec_fn=obey_permissions,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr == (
        "mailbridge: config.yaml: The file may not be read by the user under whom mailbridge "
        "runs. Give that user the right to read it.\n"
    )


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"\x7fELF\x02\x01\x01\x00\xff\xfe", "config.yaml:1:9", "is not UTF-8"),
        ("inboxes: ü".encode("utf-16"), "config.yaml:1:1", "saved as UTF-16"),
        (b"inboxes:\n  - name: [sales\n", "config.yaml:2:11", "Close it with ']'"),
        (b"inboxes:\n\t- name: sales\n", "config.yaml:2:1", "Indent with spaces only."),
        (b"- sales\n", "config.yaml:1:1", "list"),
    ],
)
def test_what_is_no_settings_file(cli: Cli, content: bytes, place: str, words: str) -> None:
    settings(cli).write_bytes(content)
    [said] = told(cli, "check")
    assert said.startswith(f"{place}: ")
    assert words in said


def test_a_folder_in_place_of_the_settings_file(cli: Cli) -> None:
    [said] = told(cli, "check", "--config", ".")
    assert said == ".: This is a folder, and a file is wanted. Name the file in it."


def test_an_unknown_key_names_the_nearest(cli: Cli) -> None:
    settings(cli, SETTINGS.replace("    host:", "    hots:"))
    said = told(cli, "check")
    assert any(
        line.startswith("config.yaml:3:5: inboxes.0.hots: ") and "'host'" in line for line in said
    )


def test_a_key_that_is_written_twice_names_both_lines(cli: Cli) -> None:
    settings(cli, SETTINGS.replace("    user: leads\n", "    user: leads\n    user: others\n"))
    [said] = told(cli, "check")
    assert said.startswith("config.yaml:5:5: ")
    assert "line 4" in said
    assert "Keep one of the two." in said


def test_every_wrong_type_is_told_at_once(cli: Cli) -> None:
    text = SETTINGS.replace("    user:", "    port: many\n    every: often\n    user:")
    settings(cli, text.replace("ledger:", "leads: [CH]\nledger:"))
    port, every, leads = told(cli, "check")
    assert port.startswith("config.yaml:4:11: inboxes.0.port: 'many' ")
    assert "port: 993" in port
    assert every.startswith("config.yaml:5:12: inboxes.0.every: 'often' ")
    assert leads.startswith("config.yaml:10:8: leads: ")


def test_missing_environment_variables(cli: Cli) -> None:
    settings(cli)
    cli.environ.clear()
    password, key = told(cli, "check")
    assert password.startswith("config.yaml:5:21: inboxes.0.password.env: ")
    assert "MAIL_PASSWORD is not set" in password
    assert key.startswith("config.yaml:7:14: destination.key.env: ")
    assert "{file: PATH}" in key


@pytest.mark.parametrize("command", ["check", "run --once", "run"])
def test_what_sending_needs_and_is_not_there(cli: Cli, command: str) -> None:
    settings(cli, "leads:\n  default_region: CH\n")
    key, inboxes = told(cli, *command.split())
    assert key.startswith("config.yaml: destination.key: The API key is missing. Add ")
    assert inboxes.startswith("config.yaml: inboxes: No inbox is set")


@pytest.mark.parametrize("place", ["nowhere/mailbridge.log", "."])
def test_a_log_that_cannot_be_written(cli: Cli, place: str) -> None:
    settings(cli, SETTINGS + f"log:\n  file: {place}\n")
    [said] = told(cli, "run", "--once")
    assert said.startswith("config.yaml: log.file: The log ")
    assert said.endswith("Name a file in a folder that this user may write.")
    assert not (cli.folder / "ledger.db").exists()


# Rule files


def test_a_bad_pattern_in_a_rule_of_ones_own(cli: Cli) -> None:
    settings(cli)
    (cli.folder / "portals").mkdir()
    (cli.folder / "portals" / "homes.yaml").write_text(RULE.replace(r"(\d+)", r"(\d+"))
    for command in ("check", "run --once", "rules check", "rules list"):
        [said] = told(cli, *command.split())
        assert "portals/homes.yaml:7:33: fields.property_reference.pattern: " in said
        assert "missing )" in said


def test_two_portals_of_one_name(cli: Cli) -> None:
    settings(cli)
    (cli.folder / "portals").mkdir()
    for name in ("one", "two"):
        (cli.folder / "portals" / f"{name}.yaml").write_text(RULE)
    for command in ("check", "rules list", "rules check"):
        [said] = told(cli, *command.split())
        assert "portals/two.yaml" in said
        assert "portal: the portal homes.example stands in " in said
        assert "portals/one.yaml too. Rename one of them, or delete it." in said


def test_the_problems_of_all_rule_files_are_told_at_once(cli: Cli) -> None:
    (cli.folder / "one.yaml").write_text(RULE.replace("label:", "lable:"))
    (cli.folder / "two.yaml").write_text(RULE.replace("evidence: seen", "evidence: sure"))
    said = told(cli, "rules", "check", ".")
    assert said[0].startswith("one.yaml:6:18: fields.sender_email.lable: ")
    assert "'label'" in said[0]
    assert any(line.startswith("two.yaml:2:11: evidence: 'sure' ") for line in said)


@pytest.mark.parametrize("command", ["dry-run one.eml --rules", "rules check", "rules test"])
def test_rules_that_are_not_there(cli: Cli, command: str) -> None:
    (cli.folder / "one.eml").write_bytes(inquiry())
    (cli.folder / "empty").mkdir()
    assert told(cli, *command.split(), "mine") == ["mine: There is no such file. Check the path."]
    assert told(cli, *command.split(), "empty") == [
        "empty: This folder holds no rule file (NAME.yaml). Check the path."
    ]


def test_an_empty_folder_of_the_settings_is_no_mistake(cli: Cli) -> None:
    settings(cli)
    (cli.folder / "portals").mkdir()
    assert "homegate.ch" in cli("rules", "list")


# Mails for a dry-run


def test_paths_without_a_mail(cli: Cli) -> None:
    (cli.folder / "empty").mkdir()
    (cli.folder / "empty.eml").touch()
    assert told(cli, "dry-run", "lost.eml") == [
        "lost.eml: cannot be read: No such file or directory."
    ]
    for path in ("empty", "empty.eml"):
        [said] = told(cli, "dry-run", path)
        assert said.startswith(f"{path}: holds no mail. Name an .eml file, ")


def test_a_file_that_is_no_mail_is_told_and_the_next_one_is_read(cli: Cli) -> None:
    (cli.folder / "a.eml").write_bytes(bytes(range(256)) * 8)
    (cli.folder / "b.eml").write_bytes(inquiry())
    _, bad, good = cli("dry-run", "a.eml", "b.eml").splitlines()
    assert bad.split("\t")[:2] == ["a.eml", "unreadable"]
    assert "This is no mail" in bad
    assert good.split("\t")[:2] == ["b.eml", "lead"]


@pytest.mark.parametrize(
    "words",
    [
        "dry-run --since yesterday",
        "dry-run --since 2026-13-01",
        "dry-run one.eml --format xml",
        "dry-run one.eml --limit 0",
        "mails --outcome lost",
        "show first",
        "retry",
        "run now",
    ],
)
def test_wrong_usage_has_exit_code_2_and_says_where(cli: Cli, words: str) -> None:
    said = cli(*words.split(), code=2)
    assert "Usage: " in said
    assert "Error: " in said


# The mail server


def test_a_refused_login(cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox) -> None:
    cli.configure(replace(account, password="not this one"), api, start=START)
    for command in ("check --online", "run --once", "dry-run"):
        [said] = told(cli, *command.split())
        assert said.startswith(f"Inbox sales ({account.host}:{account.port}): the server refused ")
        assert "Check user and password" in said
        assert "not this one" not in said


def test_a_certificate_that_is_not_trusted(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(replace(account, ca_file=""), api, start=START)
    for command in ("check --online", "run --once"):
        [said] = told(cli, *command.split())
        assert "the server's certificate is not trusted" in said
        assert "name that one's file in `ca_file`" in said


def test_a_folder_that_the_server_has_not(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    mailbox.client.create_folder("Anfragen")
    cli.configure(account, api, start=START, folders="[Anfrage]")
    for command in ("check --online", "run --once", "dry-run"):
        [said] = told(cli, *command.split())
        assert said.endswith("there is no folder Anfrage. Did you mean Anfragen?")
    assert "there is no folder Anfrage" in cli("status")


def test_a_server_that_is_not_there(cli: Cli, account: Account, api: Sandbox) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        cli.configure(replace(account, port=taken.getsockname()[1]), api)
        for command in ("check --online", "run --once"):
            [said] = told(cli, *command.split())
            assert said.startswith(f"Inbox sales ({account.host}:{taken.getsockname()[1]}): ")
            assert "Check `host` and `port`." in said


# The lead API


def test_a_refused_key_is_told_wherever_a_person_looks(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    cli.environ["REALFORCE_KEY"] = "an-old-key"
    mailbox.append(inquiry())
    reason = "the API key was refused; check destination.key"
    assert told(cli, "check", "--send-test-lead") == [
        f"config.yaml: the test lead was not accepted: {reason}."
    ]
    assert told(cli, "run", "--once") == [f"config.yaml: the lead API: {reason}."]
    for command in ("status", "mails", "show 1"):
        said = cli(*command.split())
        assert reason in said
        assert "an-old-key" not in said

    cli.environ["REALFORCE_KEY"] = "test-key"
    cli("retry", "1")
    assert "1 mail: 1 sent." in cli("run", "--once")
    assert len(api.leads) == 1


# The ledger


def test_a_ledger_that_another_daemon_uses(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api)
    with Ledger.open(f"sqlite:///{cli.folder / 'ledger.db'}") as other:
        other.claim_instance()
        for command in ("run", "run --once"):
            [said] = told(cli, *command.split())
            assert f"another mailbridge is running on this ledger (pid {os.getpid()})" in said
            assert "Stop that one first" in said


def test_a_ledger_from_a_newer_version(cli: Cli) -> None:
    settings(cli)
    file = cli.folder / "ledger.db"
    Ledger.open(f"sqlite:///{file}").close()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    for command in ("run", "run --once", "status", "mails", "show 1", "retry 1"):
        [said] = told(cli, *command.split())
        assert said.startswith(f"Ledger {file}: it is from a newer mailbridge. ")
    assert file.read_bytes() == before


def test_a_ledger_that_is_no_database(cli: Cli) -> None:
    settings(cli)
    (cli.folder / "ledger.db").write_text("Dear diary, " * 100)
    for command in ("run --once", "status"):
        [said] = told(cli, *command.split())
        assert "This is not a database. Name another file in `ledger.url`" in said
    assert (cli.folder / "ledger.db").read_text() == "Dear diary, " * 100


def test_a_ledger_in_a_place_that_cannot_be_written(cli: Cli) -> None:
    (cli.folder / "file").touch()
    settings(cli, SETTINGS.replace("ledger.db", "file/ledger.db"))
    [said] = told(cli, "run", "--once")
    assert "cannot be opened for writing" in said
    assert "or name another place in `ledger.url`" in said


@pytest.mark.parametrize("command", ["status", "mails", "show 1", "retry 1"])
def test_a_ledger_that_is_not_there_yet(cli: Cli, command: str) -> None:
    settings(cli)
    [said] = told(cli, *command.split())
    assert said.endswith("there is none yet. `mailbridge run` creates it.")
    assert not (cli.folder / "ledger.db").exists()


# The disk

TWICE = """\
{ %s && "$@"; echo "code $?"; } && %s && exec "$@"
"""
SMALL_DISK = "mount -t tmpfs -o size=600k,mode=700 none disk", "mount -o remount,size=64m disk"
"""A disk of 600 KB, and the same one with room."""
SMALL_FILES = "ulimit -S -f 1200", "ulimit -S -f unlimited"
"""The same by the size that files may have, in units of 512 bytes."""
MOUNTING = ("unshare", "--user", "--map-root-user", "--mount")
"""Whoever may make a user namespace may mount in it."""


def two_runs(cli: Cli, *words: str) -> tuple[list[str], str]:
    """A command line that runs a command twice, first without room; and what the first run says."""
    (cli.folder / "disk").mkdir()
    small, wide = (
        [*MOUNTING, "sh", "-c", TWICE % SMALL_DISK, "sh"],
        ["sh", "-c", TWICE % SMALL_FILES, "sh"],
    )
    tried = subprocess.run([*small, "true"], cwd=cli.folder, capture_output=True, check=False)
    if tried.returncode == 0:
        return [*small, *cli.command(*words)], "The disk is full. Free some space; "
    # Where nothing may be mounted, as in many containers: SQLite has another word for EFBIG.
    return [*wide, *cli.command(*words)], "The disk reported an error, or this user's quota "


@pytest.mark.parametrize("words", ["run --once", "run"])
def test_a_full_disk_is_told_and_loses_nothing(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, words: str
) -> None:
    config = cli.configure(account, api, start=START, batch="3")
    config.write_text(config.read_text().replace("ledger.db", "disk/ledger.db"))
    for number in range(9):  # incomplete, so that the ledger keeps the whole mail
        mailbox.append(mail("interested@homegate.ch", "x" * 120_000, "", f"big-{number}"))
    mailbox.append(inquiry())
    command, message = two_runs(cli, *words.split())
    process = subprocess.Popen(
        command,
        cwd=cli.folder,
        env=cli.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if words == "run":
        api.wait_for(1, SECONDS)  # the second run goes on where the first one had to stop
        code, said = end(process)
    else:
        out, err = process.communicate(timeout=SECONDS)
        code, said = process.returncode, out + err
    assert code == 0, said
    assert "code 1\n" in said
    assert said.count("mailbridge: ") == 1
    assert f"mailbridge: Ledger {cli.folder / 'disk' / 'ledger.db'}: {message}" in said
    assert "Traceback" not in said
    assert "defect" not in said
    assert len(api.leads) == 1
    if words != "run":
        marks = sorted(flags.pop() for flags in mailbox.flags().values())
        assert marks == ["MailbridgeReview"] * 9 + ["MailbridgeSent"]


def test_a_full_disk_behind_the_output_is_told(cli: Cli) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            cli.command("rules", "schema"),
            cwd=cli.folder,
            env=cli.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("mailbridge: The disk is full. Free some space; ")


def obey_permissions() -> None:
    """Give up root's right to read every file, so that the test means something to root too."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; lost at the next exec
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
