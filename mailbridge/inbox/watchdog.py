"""The watchdog: no exchange with a server outlives its deadline.

A socket's timeout is per recv, so a server that drips one octet a second never
meets it. At the deadline the watchdog shuts the socket down from another thread,
and the reading thread finds the connection at its end. It must do nothing else.
Only resolving the host's name is beyond its reach: the system bounds that.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Watchdog:
    """Watches the one socket of a connection."""

    def __init__(self, seconds: float) -> None:
        """Allow `seconds` for each exchange."""
        self.seconds = seconds
        self.expired = False
        """Whether it has shut the socket down; the connection is then dead."""
        self._socket: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        """Watch this socket from now on; it replaces the one it was wrapped around."""
        self._socket = sock
        if self.expired:
            self._cut()

    def watch_handshakes(self, context: ssl.SSLContext) -> None:
        """Have sockets that this context wraps watched before their handshake."""
        watch = self.watch

        class Watched(ssl.SSLSocket):
            def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- ssl's
                watch(self)
                super().do_handshake(block)

        context.sslsocket_class = Watched

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Shut the socket down unless the block ends within the deadline."""
        timer = threading.Timer(self.seconds, self._bite)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _bite(self) -> None:
        self.expired = True
        self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed or not yet connected: nothing left to end
                # Not SSLSocket.shutdown: that drops the TLS object which the reader still uses.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
