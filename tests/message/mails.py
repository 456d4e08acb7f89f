"""Mails written by hand, byte by byte, for the tests of this room."""

from mailbridge.message.limits import Limits
from mailbridge.message.message import Message, Unreadable
from mailbridge.message.reader import read

HEAD = (
    b"From: Portal <leads@portal.example.org>\r\n"
    b"To: agency@example.net\r\n"
    b"Subject: Inquiry\r\n"
    b"Date: Tue, 03 Nov 2026 08:15:22 +0100\r\n"
    b"Message-ID: <1@portal.example.org>\r\n"
)


def mail(content: str, body: bytes | str, *, encoding: str = "") -> bytes:
    """A mail of one part; `content` is its Content-Type, empty for none."""
    head = HEAD
    if content:
        head += b"Content-Type: " + content.encode() + b"\r\n"
    if encoding:
        head += b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n"
    return head + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def part(content: str, body: bytes | str, *more: str) -> bytes:
    lines = [f"Content-Type: {content}".encode()] if content else []
    lines += [line.encode() for line in more]
    return b"\r\n".join([*lines, b"", body.encode() if isinstance(body, str) else body])


def multipart(kind: str, *parts: bytes, boundary: str = "b") -> bytes:
    """The content of a multipart, header line first."""
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + body + mark + b"--\r\n"


def opened(raw: bytes, limits: Limits | None = None) -> Message:
    message = read(raw, limits or Limits())
    assert isinstance(message, Message), message
    return message


def refused(raw: bytes, limits: Limits | None = None) -> Unreadable:
    message = read(raw, limits or Limits())
    assert isinstance(message, Unreadable)
    return message


def text_of(raw: bytes) -> str:
    body = opened(raw).text
    assert body is not None
    return body.text


def codes(raw: bytes) -> list[str]:
    return [problem.code for problem in opened(raw).problems]
