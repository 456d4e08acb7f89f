"""A large mail in a file without its attachments, as `structure` reduces one on a server.

Read line by line, so that what is left out never stands in memory. Texts, and small
files that a rule may read, are kept whole; attached mails are reduced in the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as Head
from email.parser import BytesHeaderParser
from typing import BinaryIO

from mailbridge.inbox.structure import (
    MOST_HEADER,
    MOST_LEVELS,
    MOST_OCTETS,
    SMALL_PART,
    Unbuildable,
)

_PIECE = 64 * 1024
"""Octets of an endless line that are read at once."""


def reduce(file: BinaryIO, end: int) -> bytes:
    """Return the mail that lies between the file's position and `end`, without attachments.

    Raises Unbuildable where its texts or headers alone are too large.
    """
    reducer = _Reducer()
    for line, begins in _lines(file, end):
        reducer.take(line, begins=begins)
    reducer.end_part()
    return bytes(reducer.kept)


def _lines(file: BinaryIO, end: int) -> Iterator[tuple[bytes, bool]]:
    """Give the lines, long ones in pieces; also tell whether a line begins here."""
    begins = True
    while (left := end - file.tell()) > 0 and (piece := file.readline(min(left, _PIECE))):
        yield piece, begins
        begins = piece.endswith(b"\n")


@dataclass(slots=True)
class _Reducer:
    """Takes the lines of a mail and keeps those that are wanted."""

    kept: bytearray = field(default_factory=bytearray)
    boundaries: list[tuple[bytes, int]] = field(default_factory=list)
    """Of each multipart that is open, with how much was kept when it began."""
    part: bytearray = field(default_factory=bytearray)
    """What may be kept of the present part: boundary line, header, and then its body."""
    head: bytearray | None = field(default_factory=bytearray)
    """The header that is read at present; None below it."""
    length: int = 0
    """Octets of the body below it."""
    room: int = 0
    """How long that body may be; nothing of a longer one is kept."""

    def take(self, line: bytes, *, begins: bool) -> None:
        if self.head is not None:
            self._take_header(self.head, line, begins=begins)
        elif not (begins and line.startswith(b"--") and self._ends_part(line.rstrip())):
            self.length += len(line)
            if self.length <= self.room:
                self.part += line
            elif self.room == MOST_OCTETS:
                raise _too_much()
            else:
                self.part.clear()

    def end_part(self) -> None:
        """Keep the present part, if it is one to keep."""
        if self.head is not None:
            self.part += self.head
        if self.length <= self.room:
            self._keep()

    def _keep(self) -> None:
        if len(self.kept) + len(self.part) > MOST_OCTETS:
            raise _too_much()
        self.kept += self.part
        self.part.clear()

    def _ends_part(self, line: bytes) -> bool:
        """Whether this line is the boundary of an open multipart; if so, go on behind it."""
        for level in range(len(self.boundaries), 0, -1):
            boundary, begun = self.boundaries[level - 1]
            if line not in (boundary, boundary + b"--"):
                continue
            self.end_part()
            del self.boundaries[level:]
            self.length = self.room = 0
            self.part[:] = line + b"\r\n"
            self.head = bytearray()
            if line != boundary:
                self.boundaries.pop()
                self.head = None  # what follows is nobody's
                if len(self.kept) == begun:  # a multipart has a part (RFC 2046, section 5.1.1)
                    self.part[:0] = boundary + b"\r\n\r\n\r\n"
                self._keep()
            return True
        return False

    def _take_header(self, head: bytearray, line: bytes, *, begins: bool) -> None:
        if len(head) + len(line) > MOST_HEADER:
            raise Unbuildable(f"one of its headers is larger than {MOST_HEADER:,} bytes")
        head += line
        if begins and not line.strip() and (self.boundaries or head.strip()):
            self.part += head
            self.head = None
            self._choose(BytesHeaderParser().parsebytes(bytes(head.lstrip())))

    def _choose(self, head: Head) -> None:
        """Say what becomes of what follows a header."""
        self.length = self.room = 0
        kind, boundary, attached, xml = _read(head)
        if kind.startswith("multipart/") and boundary:
            if len(self.boundaries) >= MOST_LEVELS:
                raise Unbuildable(f"its parts lie more than {MOST_LEVELS} deep inside each other")
            self._keep()
            self.boundaries.append((b"--" + boundary.rstrip(), len(self.kept)))
        elif kind == "message/rfc822" and self.boundaries:
            self.head = bytearray()  # an attached mail: its own header follows
        elif kind.startswith(("text/", "multipart/")) and not attached:
            self.room = MOST_OCTETS
        elif kind.startswith("text/") or xml:
            self.room = SMALL_PART
        elif not self.boundaries:  # the mail is one attachment: its header alone is left
            self._keep()


def _too_much() -> Unbuildable:
    return Unbuildable(f"its texts alone are larger than {MOST_OCTETS:,} bytes")


def _read(head: Head) -> tuple[str, bytes, bool, bool]:
    """Give type, boundary, whether it is attached, and whether a rule may read it as XML."""
    try:
        kind = head.get_content_type()
        boundary = (head.get_boundary() or "").encode("ascii", "surrogateescape")
        attached = head.get_content_disposition() == "attachment"
        named = (head.get_filename() or "").lower().endswith(".xml")
    except (ValueError, TypeError, LookupError):  # stdlib on a hostile Content-Type
        return "text/plain", b"", False, False
    return kind, boundary, attached, named or kind.endswith(("/xml", "+xml"))
