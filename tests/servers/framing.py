"""What passes over a connection, cut into the pieces that a person would name.

IMAP: from the client a line, or a literal's octets; from the server one response
with all its literals. HTTP: one request or response, head and body. PostgreSQL:
one message of its protocol (without TLS: `sslmode=disable&gssencmode=disable`).
"""

import re
from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import Protocol


class Side(Enum):
    """Who said it."""

    CLIENT = "client"
    SERVER = "server"


class Framer(Protocol):
    """Cuts one direction of one connection."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take what came and give each piece that is whole."""

    @property
    def rest(self) -> bytes:
        """What is left of a piece that never became whole."""


class Kind(Enum):
    """What is spoken."""

    IMAP = "imap"
    HTTP = "http"
    POSTGRESQL = "postgresql"

    def framers(self) -> dict[Side, Framer]:
        """New ones, for one connection."""
        match self:
            case Kind.IMAP:
                return {
                    Side.CLIENT: _Imap(whole_literals=False),
                    Side.SERVER: _Imap(whole_literals=True),
                }
            case Kind.HTTP:
                methods: deque[bytes] = deque()
                return {Side.CLIENT: _Requests(methods), Side.SERVER: _Responses(methods)}
            case Kind.POSTGRESQL:
                return {Side.CLIENT: _Messages(startup=True), Side.SERVER: _Messages(startup=False)}


class _Buffered:
    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def rest(self) -> bytes:
        return bytes(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._buffer += data
        while size := self._whole():
            piece = bytes(self._buffer[:size])
            del self._buffer[:size]
            yield piece

    def _whole(self) -> int:
        """The octets of the first piece; 0 while it is not whole."""
        raise NotImplementedError


class _Imap(_Buffered):
    _LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n\Z")

    def __init__(self, *, whole_literals: bool) -> None:
        super().__init__()
        self._whole_literals = whole_literals
        self._due = 0
        """Octets of a literal that the client announced."""

    def _whole(self) -> int:
        if self._due:
            size = min(self._due, len(self._buffer))
            self._due -= size
            return size
        at = 0
        while end := self._buffer.find(b"\n", at) + 1:
            literal = self._LITERAL.search(self._buffer, at, end)
            if not literal:
                return end
            if not self._whole_literals:
                self._due = int(literal[1])
                return end
            at = end + int(literal[1])
        return 0


class _Http(_Buffered):
    _LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)

    def _sized(self) -> int:
        end = self._buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return 0
        length = self._LENGTH.search(self._buffer, 0, end)
        size = end + (int(length[1]) if length and not self._bodiless() else 0)
        return size if len(self._buffer) >= size else 0

    def _bodiless(self) -> bool:
        return False


class _Requests(_Http):
    def __init__(self, methods: "deque[bytes]") -> None:
        super().__init__()
        self._methods = methods

    def _whole(self) -> int:
        if size := self._sized():
            self._methods.append(bytes(self._buffer[: self._buffer.find(b" ")]))
        return size


class _Responses(_Http):
    """A response to HEAD gives a length and no body, hence the methods."""

    def __init__(self, methods: "deque[bytes]") -> None:
        super().__init__()
        self._methods = methods

    def _whole(self) -> int:
        if (size := self._sized()) and not self._passing() and self._methods:
            self._methods.popleft()
        return size

    def _bodiless(self) -> bool:
        return self._passing() or bool(self._methods and self._methods[0] == b"HEAD")

    def _passing(self) -> bool:
        return self._buffer[9:10] == b"1"


class _Messages(_Buffered):
    def __init__(self, *, startup: bool) -> None:
        super().__init__()
        self._startup = startup

    def _whole(self) -> int:
        at = 0 if self._startup else 1  # the first message has no type
        if len(self._buffer) < at + 4:
            return 0
        size = at + int.from_bytes(self._buffer[at : at + 4], "big")
        if len(self._buffer) < size:
            return 0
        self._startup = False
        return size
