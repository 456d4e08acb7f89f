"""HTTP as delivery needs it: no retries, one kept connection, an answer with a deadline.

requests alone limits each single read, so that a server which sends a byte now and
then is waited for without end, and its exceptions do not tell whether the request
had left. `TimedAdapter` mends the first, `Body` the second. Nothing here knows what
is sent or what an answer means.
"""

import io
import socket
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Body:
    """A request body that knows whether it was asked for.

    urllib3 asks for it once the header is written. As long as it has not, the
    server cannot have the body, whatever went wrong and whatever the exception says.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.begun = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self._content


class _TimedReader(io.RawIOBase):
    """Reads a socket until a moment of the monotonic clock, and not a byte longer."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took longer than the deadline")
        single = self._sock.gettimeout()
        self._sock.settimeout(left if single is None else min(left, single))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _OnePiece(HTTPConnection):
    """Sends header and body in one piece: two wake the server twice, for each lead."""

    _holding = False
    _held = b""

    def endheaders(self, *args: Any, **options: Any) -> None:
        if self.sock is None:
            self.connect()  # before the body is asked for: a failure is then no doubt
        self._holding, self._held = True, b""
        super().endheaders(*args, **options)

    def send(self, data: Any) -> None:
        if self._holding:
            self._holding, self._held = False, data
            return
        whole, self._held = self._held + data, b""
        super().send(whole)

    def getresponse(self) -> Any:
        if self._held:  # a request without a body
            self.send(b"")
        return super().getresponse()


def _pool_classes(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    def respond(sock: socket.socket, *args: Any, **options: Any) -> HTTPResponse:
        response = HTTPResponse(sock, *args, **options)
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_TimedReader(raw, sock, time.monotonic() + seconds))
        return response

    class Plain(_OnePiece, HTTPConnection):
        response_class = staticmethod(respond)  # type: ignore[assignment]

    class Tls(_OnePiece, HTTPSConnection):
        response_class = staticmethod(respond)  # type: ignore[assignment]

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


class TimedAdapter(HTTPAdapter):
    """Keeps one connection, never retries, and bounds the whole answer.

    `seconds` count from the moment at which the request is written and cover
    status line, header and body.
    """

    def __init__(self, seconds: float) -> None:
        self._classes = _pool_classes(seconds)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools whose connections read under the deadline."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Do the same for connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._classes
        return manager
