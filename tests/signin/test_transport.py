"""One request to an authorisation server: what it refuses, and what it makes of hostile answers."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from mailbridge.errors import MailbridgeError
from mailbridge.signin import libraries
from mailbridge.signin.grants import Unavailable
from mailbridge.signin.transport import Reply, Transport

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an answer once, then hangs; gives its address."""
    threads: list[threading.Thread] = []
    stop = threading.Event()

    def start(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)

        def talk() -> None:
            with listener, suppress(OSError):  # who asked may go before it has heard all
                sock, _ = listener.accept()
                with sock:
                    sock.recv(65536)
                    sock.sendall(answer)
                    stop.wait(20)

        threads.append(threading.Thread(target=talk))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/token"

    yield start
    stop.set()
    for thread in threads:
        thread.join(25)


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    reply = Transport().post(url, {"refresh_token": "r"})
    assert isinstance(reply, Reply)
    assert reply.status == 307


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.org/token",
        "http://127.0.0.1.example.org/token",
        "ftp://localhost/token",
        "localhost/token",
        "",
    ],
)
def test_nothing_leaves_without_encryption(url: str) -> None:
    reply = Transport().post(url, {"refresh_token": "r"})
    assert isinstance(reply, Unavailable)
    assert "not encrypted" in reply.reason


def test_an_answer_without_end(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 200 x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 1_100_000)
    assert isinstance(Transport(seconds=30).post(url, {}), Unavailable)


def test_a_server_that_says_nothing(serve: Serve) -> None:
    reply = Transport(seconds=0.2).post(serve(b""), {})
    assert reply == Unavailable("127.0.0.1: no answer within 0.2 seconds")


def test_a_server_that_talks_nonsense(serve: Serve) -> None:
    reply = Transport(seconds=30).post(serve(b"\x16\x03\x01 what is this\r\n\r\n"), {})
    assert isinstance(reply, Unavailable)
    assert reply.reason.startswith("127.0.0.1: the connection failed (")


def test_a_host_that_there_is_not() -> None:
    reply = Transport().post("https://login.invalid/token", {})
    assert reply == Unavailable("login.invalid: the host's name is not known")


@pytest.mark.parametrize(
    ("module", "library"),
    [("msal", "msal"), ("google.oauth2.credentials", "google-auth"), ("keyring", "keyring")],
)
def test_a_library_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, library: str
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name.partition(".")[0])

    monkeypatch.setattr(libraries, "import_module", missing)
    with pytest.raises(MailbridgeError, match=rf"needs the library {library}, .*mailbridge\[oauth"):
        libraries.require(module)
