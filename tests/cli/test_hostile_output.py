"""What commands print of hostile mails steers no terminal, and each event logged is one line."""

import base64
import json
import os
import pty
import subprocess

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

TITLE, CLEAR, C1, TURN, LINE = "\x1b]0;owned\x07", "\x1b[2J", "\x9b2J", "\u202e", "\u2028"
OBEYED = [one.encode() for one in ("\x1b]", CLEAR, C1, TURN, LINE, "\x07", "\r", "\x85")]
HEADER = "2026-11-03 [info     ] lead sent"


def hostile(number: int = 1, **changed: str) -> bytes:
    """An inquiry in whose every value stands what a terminal or a log would obey."""
    head, _, body = inquiry(number).decode().partition("\r\n\r\n")
    evil = f"{TITLE}{CLEAR}{C1}{TURN}{LINE}"
    for value in (f"Prune{number}", "Essai", "A1.B2.0003", "la visite", *changed):
        body = body.replace(value, changed.get(value, f"{value[0]}{evil}{value[1:]}"))
    word = base64.b64encode(f"Demande\r\n{HEADER}{evil}".encode()).decode()
    lines = [
        line
        for line in head.split("\r\n")
        if not line.startswith(("Subject:", "Content-Transfer", "Message-ID"))
    ]
    lines += [
        f"Subject: =?utf-8?b?{word}?=",
        f"Message-ID: <{number}{evil.replace(LINE, '')}@test.example>",
        f"Reply-To: =?utf-8?b?{word}?= <a{TURN}b@example.com>",
        "Content-Transfer-Encoding: base64",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + base64.encodebytes(body.encode())


def harmless(printed: bytes) -> None:
    assert [one for one in OBEYED if one in printed.replace(b"\r\n", b"\n")] == []


def on_terminal(cli: Cli, *words: str) -> bytes:
    """Run a command whose output is a terminal, and give all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        cli.command(*words), cwd=cli.folder, env={**cli.env, "TERM": "xterm"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    written = b""
    try:
        while piece := os.read(ours, 65_536):
            written += piece
    except OSError:  # how Linux tells that the other end was closed
        pass
    os.close(ours)
    assert process.wait(SECONDS) == 0, written.decode("utf-8", "replace")
    return written


@pytest.fixture
def mails(cli: Cli) -> Cli:
    (cli.folder / f"a{TITLE}{TURN}.eml").write_bytes(hostile())
    (cli.folder / "unreadable.eml").write_bytes(hostile() + b"\r\n" + b"x" * 2_100_000)
    (cli.folder / "mail.eml").write_bytes(hostile(2, Essai=""))
    return cli


@pytest.mark.parametrize(
    "words",
    [("dry-run", "."), ("dry-run", ".", "--explain"), ("rules", "explain", "mail.eml")],
    ids=" ".join,
)
def test_what_is_printed_steers_nothing(mails: Cli, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        mails.command(*words), cwd=mails.folder, env=mails.env, capture_output=True,
        timeout=SECONDS, check=True,
    )  # fmt: skip
    harmless(done.stdout + done.stderr)
    assert b"\x1b" not in done.stdout
    assert HEADER.encode() not in done.stdout.splitlines()
    shown = on_terminal(mails, *words).replace(b"\r", b"")  # the progress bar's own
    harmless(shown)
    assert b"homegate.ch" in shown


def test_json_lines_are_escaped(mails: Cli) -> None:
    told = mails("dry-run", ".", "--format", "jsonl")
    harmless(told.encode())
    found = [json.loads(line) for line in told.splitlines()]
    assert len(found) == 3
    assert f"a{TITLE}{TURN}.eml" in {one["source"] for one in found}


def test_a_file_name_that_is_no_text_is_shown(cli: Cli) -> None:
    (cli.folder / os.fsdecode(b"\xff.eml")).write_bytes(inquiry())
    assert "\\udcff.eml\tlead" in cli("dry-run", ".")
    assert json.loads(cli("dry-run", ".", "--format", "jsonl"))["source"] == "\udcff.eml"


def test_a_terminal_of_another_charset_gets_escapes(cli: Cli) -> None:
    (cli.folder / "a.eml").write_bytes(inquiry().replace(b"Essai", "Müßig 中".encode()))
    cli.environ["PYTHONIOENCODING"] = "latin-1"
    done = subprocess.run(
        cli.command("dry-run", "a.eml"), cwd=cli.folder, env=cli.env, capture_output=True,
        timeout=SECONDS, check=True,
    )  # fmt: skip
    assert b"M\xfc\xdfig \\u4e2d" in done.stdout


def test_ledger_log_and_api_get_no_control_characters(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start="2026-01-01")
    log = cli.folder / "log"
    with (cli.folder / "config.yaml").open("a") as file:
        file.write("log: {level: debug, format: json, file: log}\n")
    mailbox.append(hostile(1))
    mailbox.append(hostile(2, **{"A1.B2.0003": ""}))
    printed = cli("run", "--once")
    [lead] = [one.lead for one in api.leads]
    harmless(json.dumps(lead, ensure_ascii=False).encode())
    assert lead["property_reference"] == "A"
    for words in (("mails",), ("show", "1"), ("show", "2"), ("status",)):
        printed += cli(*words)
        harmless(on_terminal(cli, *words))
    harmless(printed.encode())
    harmless(log.read_bytes())
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["outcome"] for event in events if event["event"] == "mail decided"] == [
        "lead",
        "incomplete",
    ]
    assert "owned" not in log.read_text()
