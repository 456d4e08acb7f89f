"""`init` from nothing: answers through a pipe, a real Dovecot, a real lead API."""

import io
import os
import pty
import select
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from mailbridge.cli.init import make_settings
from mailbridge.errors import MailbridgeError
from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox


def answer(cli: Cli, answers: Sequence[str], code: int = 0) -> str:
    done = subprocess.run(
        cli.command("init", "--config", "made/config.yaml"),
        cwd=cli.folder,
        env=cli.env,
        input="".join(f"{line}\n" for line in answers),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert "Traceback" not in told
    return told


def all_answers(account: Account, api: Sandbox, keep: str = "file") -> list[str]:
    server = [account.host, account.tls.value, str(account.port)]
    entry = [account.user, account.password]
    # The first try fails: nobody knows yet who signed the certificate.
    inbox = [*server, *entry, str(account.ca_file), *server, *entry]
    return ["leads", "leads@localhost.invalid", *inbox, "auto", api.url, "test-key", keep]


def test_from_nothing_to_settings_that_work(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    uid = mailbox.append(inquiry())
    told = answer(cli, all_answers(account, api))
    assert "This is no e-mail address." in told
    assert "Neither a list of providers nor DNS knows its server." in told
    assert "certificate" in told
    assert "main/INBOX\t1\tkeywords" in told
    assert "can be reached" in told
    assert f"main/INBOX/{uid}\tlead\thomegate.ch\tA1.B2.0003" in told
    assert account.password not in told
    assert "test-key" not in told
    folder = cli.folder / "made"
    for name, secret in (("main-password", account.password), ("realforce-key", "test-key")):
        file = folder / "secrets" / name
        assert file.read_text() == f"{secret}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = (folder / "config.yaml").read_text()
    assert account.password not in text
    assert "test-key" not in text
    assert "    # The IMAP server's name.\n" in text
    checked = cli("check", "--online", "--config", "made/config.yaml")
    assert "main/INBOX" in checked
    assert mailbox.flags()[uid] <= {"\\Recent"}
    assert not api.leads


def test_secrets_may_stay_in_the_environment(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    told = answer(cli, all_answers(account, api, keep="env"))
    assert "Set MAIL_PASSWORD and REALFORCE_KEY" in told
    assert not (cli.folder / "made" / "secrets").exists()
    assert "The environment variable" in cli("check", "--config", "made/config.yaml", code=1)
    cli.environ |= {"MAIL_PASSWORD": account.password, "REALFORCE_KEY": "test-key"}
    cli("check", "--config", "made/config.yaml")


def test_a_wrong_answer_is_asked_again_with_what_was_wrong(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    host, tls, port = account.host, account.tls.value, str(account.port)
    right = [account.user, account.password]
    told = answer(
        cli,
        [
            "leads@localhost.invalid",
            *(host, "tls", tls, "99999", port, account.user, "wrong", str(account.ca_file)),
            *("", "", "", "", "wrong"),  # what stands in brackets is taken
            *("", "", "", *right),
            *("sideways", "keywords"),
            *("http://crm.example/api", "key", api.url, "test-key"),
            "file",
        ],
    )
    assert "Write one of: implicit, starttls, none." in told
    assert "A port is a number from 1 to 65535." in told
    assert "the server refused the login" in told
    assert "Write one of: auto, keywords, folders, ledger." in told
    assert "http:// is for this machine" in told
    assert "marking: keywords\n" in (cli.folder / "made" / "config.yaml").read_text()


def test_nothing_is_written_where_the_answers_end(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    answers = all_answers(account, api)
    for count in (0, 1, 5, len(answers) - 1):
        told = answer(cli, answers[:count], code=1)
        assert "The answers ended at the question" in told
        assert not (cli.folder / "made").exists()


def test_an_existing_file_is_never_overwritten(cli: Cli) -> None:
    (cli.folder / "made").mkdir()
    file = cli.folder / "made" / "config.yaml"
    file.write_text("mine")
    assert "made/config.yaml is there already" in answer(cli, [], code=1)
    assert file.read_text() == "mine"


def test_an_existing_secret_is_never_overwritten(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    (cli.folder / "made" / "secrets").mkdir(parents=True)
    file = cli.folder / "made" / "secrets" / "main-password"
    file.write_text("mine")
    assert "is there already, and is never overwritten" in answer(
        cli, all_answers(account, api), code=1
    )
    assert file.read_text() == "mine"
    assert not (cli.folder / "made" / "config.yaml").exists()
    assert not (cli.folder / "made" / "secrets" / "realforce-key").exists()


class Zone:
    """DNS that names one server for everything."""

    def exchangers(self, _: str) -> list[str]:
        return []

    def services(self, name: str) -> list[tuple[str, int]]:
        return [("mail.hoster.example", 993)] if name.startswith("_imaps") else []


def test_a_server_of_another_domain_is_shown_and_confirmed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("leads@agency.example\nno\n"))
    with pytest.raises(MailbridgeError, match="IMAP server"):
        make_settings(tmp_path / "config.yaml", Zone())
    told = capsys.readouterr().out
    assert "DNS names a server of another domain: mail.hoster.example, port 993" in told
    assert "IMAP server [imap.agency.example]:" in told
    monkeypatch.setattr("sys.stdin", io.StringIO("leads@agency.example\nyes\n"))
    with pytest.raises(MailbridgeError, match="Login name"):
        make_settings(tmp_path / "config.yaml", Zone())
    assert "Its server: mail.hoster.example, port 993" in capsys.readouterr().out


def test_what_to_do_where_a_password_for_programs_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("leads@t-online.de\n"))
    with pytest.raises(MailbridgeError, match="Login name"):
        make_settings(tmp_path / "config.yaml", Zone())
    told = capsys.readouterr().out
    assert "The password of the web page is not taken: set an e-mail password" in told
    assert "Its server: secureimap.t-online.de, port 993" in told


def test_check_warns_of_another_server_than_the_providers(cli: Cli) -> None:
    (cli.folder / "config.yaml").write_text(
        "inboxes:\n  - {name: main, host: imap.elsewhere.example, user: leads@bluewin.ch, "
        "password: {env: MAIL_PASSWORD}}\ndestination: {key: {env: REALFORCE_KEY}}\n"
    )
    cli.environ |= {"MAIL_PASSWORD": "p", "REALFORCE_KEY": "k"}
    told = cli("check")
    assert "inboxes.0.host: The mail of bluewin.ch is at Swisscom (Bluewin)" in told
    assert "imaps.bluewin.ch" in told


Conversation = Sequence[tuple[bytes, bytes]]
"""What is waited for, and what is typed then, line end and all."""
CTRL_C, CTRL_D = b"\x03", b"\x04"


def converse(cli: Cli, conversation: Conversation) -> tuple[int, str]:
    """Talk to `init` on a terminal; give exit code and all that was shown."""
    master, slave = pty.openpty()
    told = b""
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *cli.command("init", "--config", "made/config.yaml")],
        cwd=cli.folder,
        env={**cli.env, "TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        try:
            at, typed = 0, b""
            for question, typed in conversation:
                while (found := told.find(question, at)) < 0:
                    told += read_from(master, told)
                at = found + len(question)
                os.write(master, typed)
            with suppress(OSError):  # its end
                while True:
                    told += read_from(master, told, CTRL_C if typed == CTRL_C else b"")
            return process.wait(SECONDS), told.decode("utf-8", "replace")
        finally:
            process.kill()
            process.wait(SECONDS)
            os.close(master)


ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
os.execv(sys.argv[1], sys.argv[1:])
"""


def read_from(master: int, told: bytes, again: bytes = b"") -> bytes:
    """Read what is told; after a while without a word the key is pressed once more.

    Python may lose a signal that comes between its look for one and the read that then waits:
    faster than a person after the question.
    """
    for _ in range(4):
        ready, _, _ = select.select([master], [], [], SECONDS / 4)
        if ready:
            break
        os.write(master, again)
    assert ready, told
    read = os.read(master, 65536)
    if not read:
        raise OSError
    return read


def to_the_password(account: Account) -> list[tuple[bytes, bytes]]:
    return [
        (b"e-mail address:", b"a@localhost.invalid\n"),
        (b"IMAP server", f"{account.host}\n".encode()),
        (b"Encryption", f"{account.tls.value}\n".encode()),
        (b"Port", f"{account.port}\n".encode()),
        (b"Login name", f"{account.user}\n".encode()),
    ]


def to_the_marking(account: Account) -> list[tuple[bytes, bytes]]:
    password = (b"(not shown):", f"{account.password}\n".encode())
    return [
        *to_the_password(account),
        password,
        (b"certificate authority (PEM)", f"{account.ca_file}\n".encode()),
        *((question, b"\n") for question in (b"IMAP server", b"Encryption", b"Port", b"Login")),
        password,
    ]


def test_a_whole_conversation_on_a_terminal(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    mailbox.append(inquiry())
    conversation = [
        *to_the_marking(account),
        (b"marked", b"\n"),
        (b"lead API", f"{api.url}\n".encode()),
        (b"(not shown):", b"\n"),
        (b"Something must stand here.", b""),
        (b"(not shown):", b"s3cret-key\n"),
        (b"Where are they kept", b"\n"),
    ]
    code, told = converse(cli, conversation)
    assert code == 0, told
    assert "homegate.ch" in told
    assert "1 mail: 1 lead. Nothing was sent or changed." in told
    assert "mailbridge run --config made/config.yaml" in told
    assert account.user in told
    assert account.password not in told
    assert "s3cret-key" not in told


@pytest.mark.parametrize(
    ("key", "code", "said"),
    [(CTRL_C, 130, "Stopped. Nothing was written."), (CTRL_D, 1, "The answers ended")],
)
@pytest.mark.parametrize("at", ["address", "password", "authority", "marking", "key", "kept"])
def test_ctrl_c_and_ctrl_d_leave_nothing(
    cli: Cli, account: Account, api: Sandbox, key: bytes, code: int, said: str, at: str
) -> None:
    marked = (b"marked", b"\n")
    crm = (b"lead API", f"{api.url}\n".encode())
    conversations: dict[str, Conversation] = {
        "address": [(b"e-mail address:", key)],
        "password": [*to_the_password(account), (b"(not shown):", key)],
        "authority": [*to_the_marking(account)[:6], (b"authority (PEM)", key)],
        "marking": [*to_the_marking(account), (b"marked", key)],
        "key": [*to_the_marking(account), marked, crm, (b"(not shown):", key)],
        "kept": [
            *to_the_marking(account),
            *(marked, crm, (b"(not shown):", b"s3cret\n"), (b"Where are they kept", key)),
        ],
    }
    ended, told = converse(cli, conversations[at])
    assert ended == code, told
    assert said in told
    assert "Nothing was written." in told
    assert "Traceback" not in told
    assert "Abort" not in told
    assert not (cli.folder / "made").exists()


def test_what_cannot_be_read_is_asked_again(cli: Cli) -> None:
    for typed in (b"leads\xff@localhost.invalid\n", b"\x1b[Aleads@localhost.invalid\n"):
        code, told = converse(
            cli,
            [
                (b"e-mail address:", typed),
                (b"cannot be read", b"leads@localhost.invalid\n"),
                (b"IMAP server", b"localhost\n"),
                (b"Encryption", b"none\n"),
                (b"Port", b"1\n"),
                (b"Login name", b"\n"),
                (b"(not shown):", typed),
                (b"cannot be read", b""),
                (b"(not shown):", b"s3cret\n"),
                (b"Connection refused", b""),
                (b"Once more, then", CTRL_C),
            ],
        )
        assert code == 130, told
        assert "s3cret" not in told


def test_without_any_input(cli: Cli) -> None:
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            'exec "$@" <&-',
            "sh",
            *cli.command("init", "--config", "made/config.yaml"),
        ],
        cwd=cli.folder,
        env=cli.env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "The answers ended at the question 'Its e-mail address'." in done.stderr


def test_a_password_that_is_wrong_three_times(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    answers = all_answers(account, api)
    again = ["", "", "", "", "wrong"]
    told = answer(cli, [*answers[:8], *again, *again, *again, *answers[8:]])
    assert told.count("the server refused the login") == 3


def test_a_place_that_cannot_be_written_is_told_first(cli: Cli) -> None:
    (cli.folder / "made").write_text("no folder")
    told = answer(cli, [], code=1)
    assert "made: it is no folder. Name another place with --config." in told
    assert "e-mail" not in told


def test_a_full_disk_leaves_nothing(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    command = cli.command("init", "--config", "made/below/config.yaml")
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", *command],
        cwd=cli.folder,
        env=cli.env,
        input="".join(f"{line}\n" for line in all_answers(account, api)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cannot be written (File too large)" in done.stderr
    assert "Nothing was written." in done.stderr
    assert not (cli.folder / "made").exists()
