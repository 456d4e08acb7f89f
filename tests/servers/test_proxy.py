"""The proxy breaks what a rule names, and nothing else."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests

from mailbridge.errors import InboxUnreachable
from mailbridge.inbox.account import Account
from mailbridge.inbox.imap import connect
from mailbridge.inbox.mail import Mail
from mailbridge.sandbox.server import Sandbox
from tests.inbox.patience import lose_patience
from tests.mails import inquiry
from tests.servers.dovecot import Dovecot
from tests.servers.framing import Kind, Side
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import (
    FORWARD,
    HOLE,
    SWALLOW,
    Act,
    Call,
    Cut,
    Delay,
    Drip,
    Forward,
    Proxy,
    Replace,
    Reply,
    before_dovecot,
    before_sandbox,
)

KEY = {"X-API-KEY": "test-key"}
SECONDS = 30.0


@pytest.fixture
def imap(dovecot: Dovecot) -> Iterator[Proxy]:
    with before_dovecot(dovecot) as proxy:
        yield proxy


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with Sandbox(key="test-key") as server:
        yield server


@pytest.fixture
def http(api: Sandbox) -> Iterator[Proxy]:
    with before_sandbox(api) as proxy:
        yield proxy


def ask(proxy: Proxy) -> requests.Response:
    """Send a request that the sandbox answers, whatever it is."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(proxy.url, data=b"{}", headers=KEY, timeout=SECONDS)


def test_untouched_an_inbox_is_read_through_it(
    imap: Proxy, account: Account, mailbox: Mailbox
) -> None:
    raws = [inquiry(n).replace(b"Bonjour", b"Bonjour {12}\r\n" * 99) for n in range(3)]
    uids = [mailbox.append(raw) for raw in raws]
    with connect(replace(account, port=imap.port)) as inbox:
        state = inbox.folder_state("INBOX")
        found = list(inbox.fetch("INBOX", state.uidvalidity, uids))
    assert [one.raw for one in found if isinstance(one, Mail)] == raws
    assert imap.count(Side.CLIENT, rb"UID FETCH .* \(BODY.PEEK") == 1
    assert imap.count(Side.SERVER, rb"\A\* \d+ FETCH .*BODY\[\]") == 3
    assert imap.connections == 1


@pytest.mark.parametrize(
    "acts",
    [(Cut(),), (Cut(reset=True),), (FORWARD, Cut()), (Forward(3), Cut()), (HOLE,), (SWALLOW,)],
    ids=str,
)
def test_a_command_that_gets_no_answer(
    imap: Proxy, account: Account, mailbox: Mailbox, acts: tuple[Act, ...]
) -> None:
    rule = imap.rule(Side.CLIENT, rb"\A\w+ STATUS", *acts)
    account = replace(account, port=imap.port)
    with connect(account) as inbox:
        if set(acts) & {HOLE, SWALLOW}:
            lose_patience(inbox, timeout=0.5)
        with pytest.raises(InboxUnreachable):
            inbox.folder_state("INBOX")
    rule.wait()
    imap.clear()
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").uidnext == 1


def test_an_answer_can_be_changed_delayed_and_made_up(
    imap: Proxy, account: Account, mailbox: Mailbox
) -> None:
    imap.rule(
        Side.SERVER,
        rb"\A\* STATUS",
        Delay(0.2),
        Replace(lambda line: line.replace(b"UIDNEXT 1", b"UIDNEXT 77")),
    )
    imap.rule(
        Side.CLIENT, rb" EXAMINE", Reply(lambda line: line.split()[0] + b" NO [ALERT] not now\r\n")
    )
    with connect(replace(account, port=imap.port)) as inbox:
        began = time.monotonic()
        assert inbox.folder_state("INBOX").uidnext == 77
        assert time.monotonic() - began >= 0.2
        with pytest.raises(Exception, match="not now"):
            inbox.new_uids("INBOX", 1)


def test_a_dripping_server_is_slow_and_whole(http: Proxy) -> None:
    rule = http.rule(Side.SERVER, rb"\AHTTP", Drip(size=7, pause=0.001))
    assert ask(http).status_code == 422
    rule.wait()


def test_a_callback_stands_between_request_and_server(http: Proxy, api: Sandbox) -> None:
    seen: list[int] = []
    http.rule(Side.CLIENT, rb"\APOST", Call(lambda _: seen.append(len(api.requests))), FORWARD)
    http.rule(Side.SERVER, rb"\AHTTP", Call(lambda _: seen.append(len(api.requests))))
    ask(http)
    assert seen == [0, 1]


def test_what_was_forwarded_is_done_though_the_client_goes(http: Proxy, api: Sandbox) -> None:
    http.rule(Side.CLIENT, rb"\APOST", FORWARD, Cut(reset=True))
    with pytest.raises(requests.ConnectionError):
        ask(http)
    assert api.wait_for_requests(1, SECONDS)


def test_skip_and_times_choose_the_piece(http: Proxy) -> None:
    rule = http.rule(Side.CLIENT, rb"\APOST", Cut(), skip=1, times=1)
    assert ask(http).status_code == 422
    with pytest.raises(requests.ConnectionError):
        ask(http)
    assert ask(http).status_code == 422
    assert (rule.matched, rule.done) == (3, 1)


def test_a_closed_door_refuses_and_opens_again(http: Proxy) -> None:
    http.close_door()
    with pytest.raises(requests.ConnectionError, match="refused"):
        ask(http)
    http.open_door()
    assert ask(http).status_code == 422


@pytest.mark.parametrize("before", [Proxy.clear, Proxy.cut_all])
def test_silence_takes_connections_and_says_nothing(
    imap: Proxy, account: Account, before: Callable[[Proxy], None]
) -> None:
    account = replace(account, port=imap.port)
    with connect(account) as inbox:
        inbox.folder_state("INBOX")
        lose_patience(inbox, timeout=0.5)
        before(imap)
        imap.silence()
        with pytest.raises(InboxUnreachable):
            inbox.folder_state("INBOX")
    with pytest.raises(InboxUnreachable, match=r"within 0\.5"):
        connect(replace(account, timeout=0.5))
    imap.speak()
    with connect(account) as inbox:
        assert inbox.folder_state("INBOX").uidnext == 1


def test_a_fault_of_a_callback_fails_the_test(api: Sandbox) -> None:
    def fail(_: bytes) -> None:
        raise ValueError("mine")

    proxy = before_sandbox(api).__enter__()
    proxy.rule(Side.CLIENT, rb"\APOST", Call(fail))
    ask(proxy)
    with pytest.raises(AssertionError, match="mine"):
        proxy.__exit__(None, None, None)


def test_nothing_of_it_is_left(api: Sandbox) -> None:
    before = set(threading.enumerate())  # a proxy of other tests may live as long as they do
    with before_sandbox(api) as proxy:
        ask(proxy)
    assert not {t for t in threading.enumerate() if t.name == "proxy"} - before


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pieces_do_not_depend_on_how_they_arrive(size: int) -> None:
    said = {
        (Kind.IMAP, Side.CLIENT): [b"a LOGIN x {3}\r\n", b"y\r\n", b"\r\n", b"b NOOP\r\n"],
        (Kind.IMAP, Side.SERVER): [b"* 1 FETCH (BODY[] {4}\r\n1\r\n2 X {1}\r\ny)\r\n", b"a OK\r\n"],
        (Kind.POSTGRESQL, Side.CLIENT): [b"\0\0\0\x06ab", b"Q\0\0\0\x0bCOMMIT\0"],
        (Kind.HTTP, Side.CLIENT): [
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            b"GET / HTTP/1.1\r\n\r\n",
        ],
    }
    for (kind, side), pieces in said.items():
        framer, data = kind.framers()[side], b"".join(pieces)
        found = [p for at in range(0, len(data), size) for p in framer.feed(data[at : at + size])]
        assert b"".join(found) == data
        if size == 1000 or side is Side.SERVER or kind is not Kind.IMAP:
            assert found == pieces
        assert framer.rest == b""
