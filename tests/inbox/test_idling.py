"""IDLE and its traps: each is one that imapclient, imaplib or `select` falls into."""

import select
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbridge.errors import InboxRefused, InboxUnreachable
from mailbridge.inbox.account import Account, Tls
from mailbridge.inbox.connection import beneath
from mailbridge.inbox.imap import ImapInbox, connect
from mailbridge.inbox.line import Line
from tests.inbox.mails import plain
from tests.inbox.patience import lose_patience
from tests.servers.certificates import HOST, write_certificates
from tests.servers.mailbox import Mailbox
from tests.servers.scripted import OPENED, Script, Wire, running_script, talk

LocalAccount = Callable[..., Account]

CAPABILITIES = "IMAP4rev1 UNSELECT IDLE"
SOON = 30.0
ENTERED = b"+ idling\n"


def idling(*said: bytes, more: threading.Event | None = None) -> Script:
    """Answers IDLE with these segments, the later ones after `more`, and DONE with OK.

    `TAG` stands for IDLE's tag; where it is said, no DONE is waited for. `EOF` ends the
    connection.
    """
    usual = talk({}, capabilities=CAPABILITIES)

    def script(wire: Wire) -> None:
        hear = wire.hear

        def hear_idle() -> tuple[str, str]:
            tag, rest = hear()
            while rest == "IDLE":
                for number, segment in enumerate(said):
                    assert number == 0 or more is None or more.wait(SOON)
                    if segment == b"EOF":
                        raise ConnectionResetError
                    wire.say(segment.replace(b"TAG", tag.encode()))
                if b"TAG" not in b"".join(said):
                    assert hear()[0] == "DONE"
                    wire.say(f"{tag} OK done\n")
                tag, rest = hear()
            return tag, rest

        wire.hear = hear_idle  # type: ignore[method-assign]
        usual(wire)

    return script


@contextmanager
def waiting(account: Account, next_uid: int = 30) -> Iterator[ImapInbox]:
    """In IDLE, in a folder that was read up to `next_uid`."""
    with connect(account) as inbox:
        assert inbox.wait("INBOX", 7, next_uid)
        yield inbox


def readable(inbox: ImapInbox, seconds: float = SOON) -> bool:
    assert inbox.waits_on is not None
    return bool(select.select([inbox.waits_on], [], [], seconds)[0])


def hear(inbox: ImapInbox) -> bool:
    """Wait until something may be read, and tell whether it is news."""
    assert readable(inbox)
    return inbox.news()


def hear_news(inbox: ImapInbox) -> None:
    """Wait for news; a real server says `* 0 RECENT` and the like when it pleases."""
    end = time.monotonic() + SOON
    while not hear(inbox):
        assert time.monotonic() < end


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"* 3 EXISTS\n+ idling\n", id="before the plus, where imapclient raises"),
        pytest.param(b"+ idling\n* 3 EXISTS\n", id="with the plus, where select sees nothing"),
        pytest.param(b"* 1 EXPUNGE\n* 2 EXISTS\n+ idling\n", id="one gone, one come"),
        pytest.param(b"+ idling\n* 1 EXPUNGE\n* 2 EXISTS\n", id="one gone, one come, later"),
        pytest.param(b"+ idling\n* OK still here\n* 3 EXISTS\n", id="after a sign of life"),
        pytest.param(b"+ idling\n* 3 exists\n", id="in small letters"),
        pytest.param(b"+ idling\n* BYE restarting\n", id="the end"),
        pytest.param(b"+ idling\n* VANISHED 4:9\n", id="what we do not know"),
        pytest.param(b"+ idling\n" + b"x" * 70_000, id="a line without end"),
    ],
)
def test_what_comes_with_the_start_is_not_lost(local_account: LocalAccount, said: bytes) -> None:
    with running_script(idling(said)) as server, waiting(local_account(server.port)) as inbox:
        end = time.monotonic() + SOON
        while not inbox.news():  # the octets may still be on their way
            assert time.monotonic() < end
        assert inbox.news(), "it stays so"


def test_news_in_one_tls_record_with_the_plus(local_account: LocalAccount, tmp_path: Path) -> None:
    """They are decrypted with it, and the socket stays silent for ever."""
    pem = write_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.chain, pem.key)
    with running_script(idling(b"+ idling\n* 3 EXISTS\n"), context=context) as server:
        account = local_account(server.port)
        account = replace(account, tls=Tls.IMPLICIT, host=HOST, ca_file=str(pem.ca))
        with waiting(account) as inbox:
            assert inbox.news()
            assert not readable(inbox, 0.1)


def test_more_in_the_tls_layer_than_is_read_at_once(
    local_account: LocalAccount, tmp_path: Path
) -> None:
    pem = write_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.chain, pem.key)
    flags = b"".join(b"* %d FETCH (FLAGS (\\Seen))\n" % (i % 2 + 1) for i in range(4_000))
    more = threading.Event()
    script = idling(ENTERED, flags + b"* 3 EXISTS\n", more=more)
    with running_script(script, context=context) as server:
        account = local_account(server.port)
        account = replace(account, tls=Tls.IMPLICIT, host=HOST, ca_file=str(pem.ca))
        with waiting(account) as inbox:
            more.set()
            hear_news(inbox)
            inbox.answer()
            assert inbox.folder_state("INBOX").messages == 2


def test_a_line_in_two_segments_is_one_line(local_account: LocalAccount) -> None:
    """imapclient takes the first half for a broken answer."""
    more = threading.Event()
    script = idling(b"+ idling\n* 3 EXI", b"STS\n", more=more)
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        end = time.monotonic() + SOON
        while beneath(inbox._session._client).arrived() != b"* 3 EXI":
            assert time.monotonic() < end
        assert not inbox.news()
        more.set()
        assert hear(inbox)
        inbox.answer()
        assert not inbox.lost


QUIET = (
    b"* OK Still here\n* 1 FETCH (FLAGS (\\Seen))\n* 0 RECENT\n* 2 EXISTS\n* NO take care\n"
    b"* FLAGS (\\Seen)\n+ still idling\n* 2 EXPUNGE\n* 1 EXISTS\n"
)


def test_signs_of_life_flags_and_known_counts_are_no_news(local_account: LocalAccount) -> None:
    more = threading.Event()  # else it may come with the `+`, and the socket stays silent
    script = idling(ENTERED, QUIET + b"* 2 EXISTS\n", more=more)
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        more.set()
        hear_news(inbox)  # the last one is
        inbox.answer()
    more.clear()
    script = idling(ENTERED, QUIET + b"* 9 FETCH (FLAGS (\\Answered))\n", more=more)
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        more.set()
        assert not hear(inbox)
        assert not readable(inbox, 0.1), "what is read does not wake us again"
        inbox.answer()
        assert not inbox.lost


def test_a_closed_connection_is_news_and_no_busy_loop(local_account: LocalAccount) -> None:
    """imapclient's idle_check gives empty answers without end (its issue 565)."""
    script = idling(ENTERED, b"EOF")
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        assert hear(inbox)
        with pytest.raises(InboxUnreachable):
            inbox.answer()
        assert inbox.lost


def test_a_reset_connection_is_news(local_account: LocalAccount) -> None:
    script = idling(ENTERED)
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        inbox._session._lose("a test", OSError())
        assert inbox.news()
        with pytest.raises(InboxUnreachable):
            inbox.answer()


def test_idle_that_the_server_ended_needs_no_done(local_account: LocalAccount) -> None:
    """The answer to a stray DONE would be taken for that to the next command."""
    script = idling(b"+ idling\n* OK long enough\nTAG OK IDLE terminated\n")
    with running_script(script) as server, waiting(local_account(server.port)) as inbox:
        end = time.monotonic() + SOON
        while not inbox.news():
            assert time.monotonic() < end
        inbox.answer()
        assert inbox.folder_state("INBOX").uidnext == 30
    assert not any(line.startswith("DONE") for line in server.heard)


@pytest.mark.parametrize("answer", ["TAG NO not now\n", "TAG BAD what\n"])
def test_a_server_that_refuses_idle_is_polled(local_account: LocalAccount, answer: str) -> None:
    script = talk({"IDLE": answer}, capabilities=CAPABILITIES)
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        assert not inbox.wait("INBOX", 7, 30)
        assert inbox.waits_on is None
        inbox.answer()
        assert not inbox.lost


@pytest.mark.parametrize(
    ("capabilities", "opened"),
    [
        ("IMAP4rev1 UNSELECT", OPENED),
        (CAPABILITIES, OPENED.replace("* OK [UIDNEXT 30] ok\n", "")),
    ],
)
def test_without_idle_or_uidnext_it_is_not_tried(
    local_account: LocalAccount, capabilities: str, opened: str
) -> None:
    script = talk({"EXAMINE": opened}, capabilities=capabilities)
    with running_script(script) as server, connect(local_account(server.port)) as inbox:
        assert not inbox.wait("INBOX", 7, 30)
    assert not any("IDLE" in line for line in server.heard)


@pytest.mark.parametrize(("uidvalidity", "next_uid"), [(7, 29), (6, 30)])
def test_what_came_before_the_folder_was_opened_is_news(
    local_account: LocalAccount, uidvalidity: int, next_uid: int
) -> None:
    with (
        running_script(idling(ENTERED)) as server,
        connect(local_account(server.port)) as inbox,
    ):
        assert inbox.wait("INBOX", uidvalidity, next_uid)
        assert inbox.news()


def test_a_server_that_never_answers_done_is_noticed(local_account: LocalAccount) -> None:
    """Silently dead: nothing comes, and nothing would ever come."""

    def deaf(wire: Wire) -> None:
        hear = wire.hear

        def until_done() -> tuple[str, str]:
            tag, rest = hear()
            if rest == "IDLE":
                wire.say(ENTERED)
                assert hear()[0] == "DONE"
                hear()  # until the client goes
            return tag, rest

        wire.hear = until_done  # type: ignore[method-assign]
        talk({}, capabilities=CAPABILITIES)(wire)

    with running_script(deaf, idling(ENTERED)) as server:
        line = Line(local_account(server.port), lambda: datetime.now(UTC))
        first = line.inbox()
        lose_patience(first, timeout=0.3)
        assert line.wait("INBOX", 7, 30)
        assert not line.news()
        assert line.inbox() is not first, "it is made anew"
        assert line.wait("INBOX", 7, 30)
        line.close()


def test_done_is_bounded_by_the_deadline(local_account: LocalAccount) -> None:
    stop: list[threading.Event] = []

    def script(wire: Wire) -> None:
        hear = wire.hear

        def dripping() -> tuple[str, str]:
            tag, rest = hear()
            if tag == "DONE":
                wire.say(b"* OK ")
                wire.drip(b" ", 0.02, stop[0])
                raise ConnectionResetError
            return tag, rest

        wire.hear = dripping  # type: ignore[method-assign]
        idling(ENTERED)(wire)

    with running_script(script) as server:
        stop.append(server.stop)
        with waiting(local_account(server.port)) as inbox:
            lose_patience(inbox, deadline=0.5)
            start = time.monotonic()
            with pytest.raises(InboxUnreachable, match=r"within 0\.5 seconds"):
                inbox.answer()
            assert time.monotonic() - start < SOON


def test_a_refused_login_is_not_tried_at_every_wish(local_account: LocalAccount) -> None:
    refusing = talk({"LOGIN": "TAG NO wrong\n"}, capabilities=CAPABILITIES)
    with running_script(refusing, refusing) as server:
        line = Line(local_account(server.port), lambda: datetime.now(UTC))
        for _ in range(5):
            with pytest.raises(InboxRefused):
                line.inbox()
        assert line.wait("INBOX", 7, 30) is None
    assert sum("LOGIN" in line for line in server.heard) == 1


def test_a_real_server_tells_what_arrives(account: Account, mailbox: Mailbox) -> None:
    with connect(account) as inbox:
        state = inbox.folder_state("INBOX")
        assert inbox.wait("INBOX", state.uidvalidity, state.uidnext)
        assert not inbox.news()
        uid = mailbox.append(plain("one"))
        hear_news(inbox)
        inbox.answer()
        after = inbox.folder_state("INBOX")
        assert after.uidnext == uid + 1
        list(inbox.fetch("INBOX", after.uidvalidity, [uid]))
        assert inbox.wait("INBOX", after.uidvalidity, after.uidnext)
        assert not inbox.news()
        mailbox.add_flags([uid], [r"\Flagged"])
        assert not hear(inbox)
        mailbox.add_flags([uid], [r"\Deleted"])
        assert not hear(inbox)
        mailbox.expunge([uid])
        assert not hear(inbox)
        mailbox.append(plain("two"))  # the count is that of the beginning
        hear_news(inbox)


def test_what_arrives_between_poll_and_idle_is_told_at_once(
    account: Account, mailbox: Mailbox
) -> None:
    with connect(account) as inbox:
        state = inbox.folder_state("INBOX")
        assert inbox.wait("INBOX", state.uidvalidity, state.uidnext)
        inbox.answer()
        state = inbox.folder_state("INBOX")  # opens it
        mailbox.append(plain("one"))
        assert inbox.wait("INBOX", state.uidvalidity, state.uidnext)
        if not inbox.news():
            hear_news(inbox)
        inbox.answer()
        inbox.capabilities("INBOX")  # opens it for writing, as marking does
        assert inbox.wait("INBOX", state.uidvalidity, state.uidnext)
        assert inbox.news()


def test_in_idle_a_close_waits_for_nobody(local_account: LocalAccount) -> None:
    with running_script(idling(ENTERED)) as server:
        with waiting(local_account(server.port, timeout=90)):
            start = time.monotonic()
        assert time.monotonic() - start < SOON
    assert not any("LOGOUT" in line for line in server.heard)
