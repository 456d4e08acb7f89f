"""A server whose every byte a test decides: for answers that no proper server gives."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.sandbox.server import Sandbox

KEY = "kite-7f3a9c"

Script = Callable[["Talk"], None]


class Talk:
    """One connection, as the server sees it."""

    def __init__(self, connection: socket.socket, number: int, server: "RawServer") -> None:
        self.connection = connection
        self.number = number
        self.server = server

    def read_request(self) -> bytes:
        """Read a whole request; empty when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.connection.recv(65_536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        while len(body) < length:
            body += self.connection.recv(65_536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return head + b"\r\n\r\n" + body

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self, body: bytes, status: str = "200 OK", header: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{header}\r\n"
        self.say(head.encode() + body)

    def drip(self, data: bytes) -> None:
        """Send a byte now and then until the client has had enough."""
        for number in range(1_000_000):
            self.say(data[number % len(data) :][:1])
            if self.server.stopping.wait(0.01):
                return

    def until_gone(self) -> None:
        with suppress(OSError):
            while self.connection.recv(65_536):
                pass

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        self.connection.close()


class RawServer:
    """Runs the script for every connection, one after the other."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        self.script = script
        self.tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        """Released each time a connection has been closed."""
        self.stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._current: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/api/v1/lead"

    def _serve(self) -> None:
        while not self.stopping.is_set():
            connection, _ = self._listener.accept()
            if self.stopping.is_set():
                connection.close()
                return
            self._current = connection
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            with suppress(OSError):
                try:
                    if self.tls:
                        connection = self.tls.wrap_socket(connection, server_side=True)
                        self._current = connection
                    self.script(Talk(connection, self.connections, self))
                finally:
                    connection.close()
                    self.closed.release()

    def stop(self) -> None:
        self.stopping.set()
        if self._current is not None:
            with suppress(OSError):
                self._current.shutdown(socket.SHUT_RDWR)
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            pass
        self._thread.join(10)
        self._listener.close()


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
    started: list[RawServer] = []

    def start(script: Script, tls: ssl.SSLContext | None = None) -> RawServer:
        started.append(RawServer(script, tls))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as running:
        yield running


@pytest.fixture
def client() -> Iterator[Callable[..., Realforce]]:
    """Make clients that are closed after the test."""
    made: list[Realforce] = []

    def make(url: str, **options: object) -> Realforce:
        given: dict[str, object] = {"timeouts": (30.0, 30.0), "deadline": 30.0, **options}
        key = given.pop("key", KEY)
        made.append(Realforce(Way(url=url, **given), key))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()
