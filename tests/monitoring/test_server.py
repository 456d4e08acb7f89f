"""The pages over real HTTP."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Event

import pytest

from mailbridge.errors import MailbridgeError
from mailbridge.monitoring.server import MOST, Page, PageServer

LOCAL = "127.0.0.1"
SECONDS = 30.0


class Pages:
    """One page that answers, and one that waits until it may."""

    def __init__(self) -> None:
        self.go = Event()
        self.asked = Event()
        self.late = Event()

    def fast(self) -> Page:
        return Page(200, "text/plain", b"fast")

    def slow(self) -> Page:
        self.asked.set()
        self.go.wait(SECONDS)
        self.late.set()
        return Page(503, "text/plain", b"late")


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def server(pages: Pages) -> Iterator[PageServer]:
    made = PageServer(LOCAL, 0, {"/fast": pages.fast, "/slow": pages.slow})
    made.start()
    yield made
    pages.go.set()
    made.stop()


def ask(server: PageServer, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(LOCAL, server.port, timeout=SECONDS)
    with closing(connection):
        connection.request(method, path, headers={"Accept": "*/*"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_page_is_answered(server: PageServer) -> None:
    assert ask(server, "/fast") == (200, b"fast")
    assert ask(server, "/fast?x=1") == (200, b"fast")
    assert ask(server, "/fast", "HEAD") == (200, b"")
    assert ask(server, "/else") == (404, b"There are: /fast, /slow\n")
    assert ask(server, "/fast", "POST")[0] == 501


def test_a_client_that_says_nothing_holds_up_nobody(server: PageServer) -> None:
    with socket.create_connection((LOCAL, server.port)):
        assert ask(server, "/fast")[0] == 200


def test_a_silent_client_is_left_after_a_while(server: PageServer) -> None:
    with socket.create_connection((LOCAL, server.port), timeout=SECONDS) as silent:
        silent.sendall(b"GET /fast HTTP/1.0\r\nAcc")
        assert silent.recv(100) == b""


def test_nobody_can_pile_up_threads(server: PageServer, pages: Pages) -> None:
    held = [http.client.HTTPConnection(LOCAL, server.port, timeout=SECONDS) for _ in range(MOST)]
    for one in held:
        pages.asked.clear()
        one.request("GET", "/slow")
        assert pages.asked.wait(SECONDS)
    with pytest.raises(ConnectionError):
        ask(server, "/fast")
    pages.go.set()
    assert [one.getresponse().status for one in held] == [503] * MOST
    for one in held:
        one.close()
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:  # the last thread may still be on its way out
        try:
            assert ask(server, "/fast")[0] == 200
        except ConnectionError:
            continue
        return
    pytest.fail("the threads were not given back")


def test_the_end_waits_for_no_client(pages: Pages) -> None:
    server = PageServer(LOCAL, 0, {"/slow": pages.slow})
    server.start()
    connection = http.client.HTTPConnection(LOCAL, server.port, timeout=SECONDS)
    connection.request("GET", "/slow")
    assert pages.asked.wait(SECONDS)
    server.stop()
    assert not pages.late.is_set()
    pages.go.set()
    connection.close()


def test_a_port_that_is_taken_is_said_clearly(server: PageServer) -> None:
    with pytest.raises(MailbridgeError, match=r"monitoring\.listen: 127\.0\.0\.1:") as caught:
        PageServer(LOCAL, server.port, {})
    assert "in use" in str(caught.value)


def test_a_server_that_was_never_started_stops() -> None:
    PageServer(LOCAL, 0, {}).stop()


def test_it_listens_on_ipv6_too() -> None:
    try:
        server = PageServer("::1", 0, {})
    except MailbridgeError:
        pytest.skip("This machine has no IPv6 loopback.")
    server.stop()
