"""The wire: imaplib on a socket that the watchdog knows, with a buffer of its own.

imaplib reads through a buffered file, and what waits there, or inside the TLS layer,
makes no socket readable: a `select` on it would sleep over news that has come already.
So the buffer is here, where `arrived` can look into it and empty the TLS layer. It
must not give lines a meaning.
"""

import imaplib
import socket
import ssl
from contextlib import suppress

from mailbridge.inbox.watchdog import Watchdog

_CHUNK = 64 * 1024
_LONGEST_LINE = 1_000_000
"""As imaplib's own: a server may not make us keep more of a line that never ends."""
_MOST_WAITING = 256 * 1024
"""Octets that `arrived` lets come in; who sends more is heard by a reader that waits."""

_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""The system asks a silent server whether it is there: gone without a word, it is noticed after
two minutes, and routers on the way do not forget the connection."""


class Wire(imaplib.IMAP4):
    """imaplib's connection; it reads the greeting as soon as the socket is there."""

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        seconds: float,
        watchdog: Watchdog,
    ) -> None:
        """Connect within so many seconds; with a context TLS begins with the first octet."""
        self._context = context
        self._watchdog = watchdog
        self._unread = bytearray()
        self._read_from: socket.socket | None = None
        super().__init__(host, port, seconds)

    def read(self, size: int) -> bytes:
        """Give so many octets, or fewer where the server ended the connection."""
        self._forget_plain_text()
        while len(self._unread) < size and self._receive():
            pass
        return self._take(size)

    def readline(self) -> bytes:
        """Give the next line with its end, or what there is where the connection ended."""
        self._forget_plain_text()
        looked = 0
        while (end := self._unread.find(b"\n", looked)) < 0:
            looked = len(self._unread)
            if looked > _LONGEST_LINE:
                raise self.error(f"got more than {_LONGEST_LINE} bytes")
            if not self._receive():
                return self._take(looked)
        if end >= _LONGEST_LINE:
            raise self.error(f"got more than {_LONGEST_LINE} bytes")
        return self._take(end + 1)

    def arrived(self) -> bytes | None:
        """Give what has come and was not read, without waiting; it stays there.

        None where the server has ended the connection. Raises OSError where it is lost.
        """
        waits = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            while len(self._unread) < _MOST_WAITING:
                if not self._receive():
                    return None
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass  # all is here
        finally:
            self.sock.settimeout(waits)
        return bytes(self._unread)

    def _receive(self) -> int:
        """Wait for octets; 0 at the end of the connection."""
        chunk = self.sock.recv(_CHUNK)
        self._unread += chunk
        return len(chunk)

    def _forget_plain_text(self) -> None:
        """Drop what somebody on the way said before STARTTLS, to be heard as if inside."""
        if self._read_from is not self.sock:
            self._unread.clear()
            self._read_from = self.sock

    def _take(self, size: int) -> bytes:
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), timeout)
        self._watchdog.watch(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            with suppress(AttributeError):  # macOS calls the first otherwise, and has a default
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        if self._context is None:
            return sock
        return self._context.wrap_socket(sock, server_hostname=self.host)
