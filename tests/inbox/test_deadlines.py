"""No server keeps us waiting: timeouts, deadlines, and connections that end midway."""

import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailbridge.errors import InboxUnreachable
from mailbridge.inbox.account import Account, Tls
from mailbridge.inbox.imap import connect
from tests.inbox.patience import lose_patience
from tests.servers.certificates import HOST, write_certificates
from tests.servers.scripted import OPENED, Script, Scripted, Wire, running_script, talk

LocalAccount = Callable[..., Account]

DEADLINE = 0.6
SOON = 60.0
"""Far above the deadline; the dripping would go on for as long as the test."""


def dripping(server: list[Scripted], at: str, piece: bytes = b" ") -> Script:
    """Talks as it should until the command `at`, and then drips for ever."""
    usual = talk({})

    def script(wire: Wire) -> None:
        hear = wire.hear

        def hear_or_drip() -> tuple[str, str]:
            tag, rest = hear()
            if rest.startswith(at):
                wire.say(b"* OK ")
                wire.drip(piece, 0.02, server[0].stop)
                raise ConnectionResetError
            return tag, rest

        wire.hear = hear_or_drip  # type: ignore[method-assign]
        usual(wire)

    return script


@pytest.mark.parametrize("at", ["CAPABILITY", "LOGIN"])
def test_a_dripping_server_cannot_hold_the_login(local_account: LocalAccount, at: str) -> None:
    own: list[Scripted] = []
    with running_script(dripping(own, at)) as server:
        own.append(server)
        start = time.monotonic()
        with pytest.raises(InboxUnreachable, match=r"no connection and login within 0\.6 seconds"):
            connect(local_account(server.port, deadline=DEADLINE))
        assert time.monotonic() - start < SOON


def test_a_dripping_greeting_cannot_hold_us(local_account: LocalAccount) -> None:
    own: list[Scripted] = []
    with running_script(lambda wire: wire.drip(b"*", 0.02, own[0].stop)) as server:
        own.append(server)
        start = time.monotonic()
        with pytest.raises(InboxUnreachable, match=r"within 0\.6 seconds"):
            connect(local_account(server.port, deadline=DEADLINE))
        assert time.monotonic() - start < SOON


@pytest.mark.parametrize("tls", [Tls.NONE, Tls.IMPLICIT])
def test_a_dripping_answer_ends_the_connection(
    local_account: LocalAccount, tls: Tls, tmp_path: Path
) -> None:
    pem = write_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.chain, pem.key)
    own: list[Scripted] = []
    script = dripping(own, "STATUS")
    with running_script(script, context=context if tls is Tls.IMPLICIT else None) as server:
        own.append(server)
        account = replace(local_account(server.port), tls=tls, ca_file=str(pem.ca), host=HOST)
        with connect(account) as inbox:
            lose_patience(inbox, deadline=DEADLINE)
            start = time.monotonic()
            with pytest.raises(InboxUnreachable, match=r"not complete within 0\.6 seconds"):
                inbox.folder_state("INBOX")
            assert time.monotonic() - start < SOON
            assert inbox.lost
            with pytest.raises(InboxUnreachable, match="lost before"):
                inbox.folder_state("INBOX")


def test_a_dripping_handshake_after_starttls(local_account: LocalAccount) -> None:
    own: list[Scripted] = []

    def script(wire: Wire) -> None:
        wire.say("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\n")
        tag, _ = wire.hear()
        wire.say(f"* CAPABILITY IMAP4rev1 STARTTLS\n{tag} OK done\n")
        tag, rest = wire.hear()
        assert rest == "STARTTLS"
        wire.say(f"{tag} OK go\n")
        wire.sock.sendall(b"\x16\x03\x03\x40\x00")  # a record that never comes to its end
        wire.drip(b"\x00", 0.02, own[0].stop)

    with running_script(script) as server:
        own.append(server)
        start = time.monotonic()
        with pytest.raises(InboxUnreachable, match=r"within 0\.6 seconds"):
            connect(
                replace(local_account(server.port, deadline=DEADLINE, timeout=60), tls=Tls.STARTTLS)
            )
        assert time.monotonic() - start < SOON


def test_a_silent_server_meets_the_timeout(local_account: LocalAccount) -> None:
    def silent(wire: Wire) -> None:
        wire.hear()  # until the client goes

    with (
        running_script(silent) as server,
        pytest.raises(InboxUnreachable, match=r"no answer within 0\.3 seconds"),
    ):
        connect(local_account(server.port, timeout=0.3))


def test_silence_in_the_middle_makes_the_connection_dead(local_account: LocalAccount) -> None:
    with (
        running_script(talk({"STATUS": "HANG"})) as server,
        connect(local_account(server.port)) as inbox,
    ):
        lose_patience(inbox, timeout=0.3)
        with pytest.raises(InboxUnreachable, match=r"no answer within 0\.3 seconds"):
            inbox.folder_state("INBOX")
        assert inbox.lost


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("* BYE shutting down\n", "shutting down"),
        ("EOF", "EOF"),
        ("* STATUS INBOX (MESSAGES 1\x00\n", "cannot be understood"),
        ("what is this\n", "unexpected response"),
        ("* STATUS INBOX (MESSAGES {70}\r\nEOF", "lost"),
        (f"* {'9' * 1_000_100} EXISTS\n", "got more than 1000000 bytes"),
        ("* STATUS INBOX (MESSAGES 5)\n", "does not tell the state"),
        ("* STATUS INBOX (MESSAGES five UIDNEXT x UIDVALIDITY y)\n", "does not tell the state"),
        ("", "cannot be understood"),
        ("* STATUS INBOX " + "(" * 5000 + "\n", "cannot be understood"),
        ("TAG NO [INUSE] locked\n", "locked. It says that this will pass"),
    ],
)
def test_a_strange_answer_is_an_inbox_that_cannot_be_reached(
    local_account: LocalAccount, answer: str, said: str
) -> None:
    known = {"STATUS": answer}
    endless = answer.endswith("EOF") and answer != "EOF"
    if endless:
        known = {"STATUS": answer.removesuffix("EOF") + "TAG "}  # the literal never comes whole
    with running_script(talk(known)) as server:
        with connect(local_account(server.port)) as inbox:
            if endless:
                lose_patience(inbox, timeout=0.5)
            with pytest.raises(InboxUnreachable, match=said) as caught:
                inbox.folder_state("INBOX")
        assert str(caught.value).startswith("Inbox sales (127.0.0.1:")
        assert len(str(caught.value)) < 500


def test_a_refusal_leaves_the_connection_alive(local_account: LocalAccount) -> None:
    answers: dict[str, str | list[str]] = {
        "STATUS": [
            "TAG NO [NOPERM] not for you\n",
            "* STATUS INBOX (MESSAGES 2 UIDNEXT 30 UIDVALIDITY 7)\n",
        ],
        "EXAMINE": OPENED,
    }
    with running_script(talk(answers)) as server, connect(local_account(server.port)) as inbox:
        with pytest.raises(Exception, match="not for you"):
            inbox.folder_state("INBOX")
        assert not inbox.lost
        assert inbox.folder_state("INBOX").messages == 2
