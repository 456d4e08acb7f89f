"""A mail with its texts replaced: header, text parts and attached mails, encoded as they were.

Keeps the structure, the boundaries and the transfer encodings. Must not know what is
replaced.
"""

import binascii
import re
from collections.abc import Collection, Iterable, Iterator
from email.header import Header
from email.utils import formataddr
from typing import Protocol

from mailbridge.message.charsets import decode_reversibly
from mailbridge.message.envelope import read_addresses
from mailbridge.message.headers import decode_words, find_fields, skip_envelope, split_fields
from mailbridge.message.limits import Limits
from mailbridge.message.message import Attachment
from mailbridge.message.parts import Part, find_parts
from mailbridge.problems import Problem

KEPT_FIELDS = frozenset(
    {"from", "sender", "reply-to", "to", "cc", "date", "subject", "message-id"}
    | {"in-reply-to", "references", "mime-version", "authentication-results"}
    | {"auto-submitted", "precedence", "list-id", "list-unsubscribe", "importance"}
)
"""Fields of a header that stay, besides `content-…` and those that a rule reads; what mail
servers add (Received, DKIM signatures, X-…) says where a mail went, and no rule needs it."""
_ADDRESSES = frozenset({"from", "sender", "reply-to", "to", "cc"})
_MAIL_TYPES = ("message/rfc822", "message/global")
_DATA = re.compile(r"[/+](?:xml|json)$|^application/octet-stream$")
_EMPTIED = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n\r\n"
"""In place of the header of a part that was emptied: a file's name says who sent it."""
_LINE = 998
"""Octets of a line at most (RFC 5322, section 2.1.1)."""


class Replace(Protocol):
    """Gives a text with something replaced."""

    def __call__(self, text: str, *, markup: bool) -> str:
        """See Replacement."""


def rewrite_mail(raw: bytes, replace: Replace, limits: Limits, fields: Collection[str]) -> bytes:
    """Give the mail with its texts replaced; `fields` names further fields to keep.

    Attached files other than mails and structured data are emptied. Raises LimitExceeded.
    """
    start = skip_envelope(raw)
    found, body = split_fields(raw, start, len(raw), limits)
    kept = KEPT_FIELDS | set(fields)
    pieces = [(start, body, _rewrite_head(raw, start, body, replace, kept))]
    for part in find_parts(raw, found, body, limits):
        if isinstance(part, Problem):
            continue
        made = _rewrite_body(part, replace, limits, fields)
        if part.head_span:
            head = _EMPTIED if not made and part.body else None
            if head is None:
                head = _rewrite_head(raw, *part.head_span, replace, frozenset())
            pieces.append((*part.head_span, head))
        pieces.append((*part.span, made))
    return b"".join(_put_together(raw, start, pieces))


def _put_together(
    raw: bytes, start: int, pieces: Iterable[tuple[int, int, bytes]]
) -> Iterator[bytes]:
    at = start
    for begin, end, made in sorted(pieces, key=lambda piece: piece[:2]):
        yield raw[at:begin]
        yield made
        at = end
    yield raw[at:]


def _rewrite_head(
    raw: bytes, start: int, end: int, replace: Replace, kept: Collection[str]
) -> bytes:
    made = []
    at = start
    for name, value, (begin, stop) in find_fields(raw, start, end):
        at = stop
        if name.lower() in kept or name.lower().startswith("content-"):
            made.append(_rewrite_field(name, value, raw[begin:stop], replace))
    return b"".join(made) + raw[at:end]


def _rewrite_field(name: str, value: str, written: bytes, replace: Replace) -> bytes:
    shown = decode_words(value)
    text = replace(shown, markup=False)
    if text == shown:
        return written
    addresses = read_addresses(value) if name.lower() in _ADDRESSES else ()
    if addresses:
        value = ", ".join(
            formataddr((replace(one.name, markup=False), replace(one.address, markup=False)))
            for one in addresses
        )
    elif not text.isascii() or len(text) > _LINE:
        value = Header(text, "utf-8", header_name=name).encode(linesep="\r\n")
    else:
        value = text
    line_end = b"\r\n" if written.endswith(b"\r\n") else b"\n"
    line = f"{name}: {_fold(value)}".encode("utf-8", "replace").replace(b"\r\n", b"\n")
    return line.replace(b"\n", line_end) + line_end


def _fold(value: str) -> str:
    """Break a value at blanks, so that no line is longer than it may be."""
    lines, line = [], ""
    for word in value.split(" "):
        if line and len(line) + len(word) > _LINE // 4:
            lines.append(line)
            line = f" {word}"
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def _rewrite_body(part: Part, replace: Replace, limits: Limits, fields: Collection[str]) -> bytes:
    attachment = None if part.is_text else part.to_attachment()
    if attachment and _is_mail(attachment):
        made = rewrite_mail(attachment.content, replace, limits, fields)
        return _encode(made, part) if made != attachment.content else part.body
    if attachment and not _DATA.search(part.content_type):
        return b""
    data = part.decode()
    text, codec = decode_reversibly(data, part.parameter("charset"))
    if attachment and not text.lstrip("\ufeff \r\n\t").startswith(("<", "{", "[")):
        return b""
    new = replace(text, markup=part.content_type != "text/plain" or "<" in text)
    if new == text:
        return part.body
    return _encode(new.encode(codec, "xmlcharrefreplace"), part)


def _is_mail(attachment: Attachment) -> bool:
    named = attachment.name.lower().endswith(".eml")
    kind = attachment.content_type
    return kind in _MAIL_TYPES or (kind == "application/octet-stream" and named)


def _encode(data: bytes, part: Part) -> bytes:
    """Encode as the part says that it is (RFC 2045, section 6)."""
    encoding = part.head.get("content-transfer-encoding", "").partition(";")[0].strip().lower()
    line_end = b"\r\n" if b"\r\n" in part.body else b"\n"
    if encoding == "quoted-printable":
        return _encode_quoted(data, line_end)
    if encoding == "base64" and part.decode() != part.body:
        lines = (binascii.b2a_base64(data[at : at + 57]) for at in range(0, len(data), 57))
        return b"".join(lines).replace(b"\n", line_end)
    return data


def _encode_quoted(data: bytes, line_end: bytes) -> bytes:
    # Soft line ends of the library are bare; those of the mail stay what they were.
    return line_end.join(
        binascii.b2a_qp(line, istext=False).replace(b"=\n", b"=" + line_end)
        for line in data.replace(b"\r\n", b"\n").split(b"\n")
    )
