"""MIME structure: which bytes of a mail are body text and which are attachments.

The header of each part is the standard library's Message (parameters, RFC 2231,
defaults); the body is cut at its boundaries here, because the library's parser
feeds every line through Python, recurses, and opens attached mails. An attached
mail (message/rfc822) stays closed: its text is not this mail's text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Head

from mailbridge.message.charsets import decode
from mailbridge.message.headers import Fields, decode_value, split_fields
from mailbridge.message.limits import Limits, ensure
from mailbridge.message.message import Attachment
from mailbridge.message.transfer import decode_transfer
from mailbridge.problems import Problem

_LONGEST_VALUE = 4_000
"""Characters of a Content-… value that are read; below the 4,300 digits at which
the library's RFC 2231 section numbers would raise."""
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*+(?:\r\n|[\r\n]|\Z)")
_LIKELY_BOUNDARY = re.compile(
    rb"(?:\A|(?<=[\r\n]))--([^\r\n]{1,200}?)[ \t]*(?:\r\n|[\r\n])content-[a-z-]{1,40}[ \t]*:", re.I
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no other parts, still transfer-encoded."""

    head: Head
    content_type: str
    body: bytes
    span: tuple[int, int] = (0, 0)
    """Where the body stands in the mail."""
    head_span: tuple[int, int] | None = None
    """Where its header stands; None where that is the mail's own."""

    @property
    def is_text(self) -> bool:
        """Whether this is body text.

        A file name alone makes no attachment: some portals name their only part.
        """
        return (
            self.content_type in ("text/plain", "text/html")
            and self.head.get_content_disposition() != "attachment"
        )

    def parameter(self, name: str, of: str = "content-type") -> str:
        """Return a decoded parameter of a Content-… field; empty where it is missing."""
        value = self.head.get_param(name, "", of)
        if isinstance(value, tuple):  # RFC 2231: charset, language, bytes as Latin-1
            charset, _, encoded = value
            return decode(encoded.encode("latin-1", "replace"), charset or "")[0]
        return value or ""

    def decode(self) -> bytes:
        """Return the bytes behind the transfer encoding."""
        return decode_transfer(self.body, self.head.get("content-transfer-encoding", ""))

    def to_attachment(self) -> Attachment:
        """Return name, type and content; the name is as the sender wrote it."""
        name = self.parameter("filename", "content-disposition") or self.parameter("name")
        return Attachment(decode_value(name), self.content_type, self.decode())


def find_parts(raw: bytes, fields: Fields, start: int, limits: Limits) -> Iterator[Part | Problem]:
    """Yield the parts of the mail whose body begins at `start`, and problems, in their order.

    Raises LimitExceeded over `parts`, `nesting`, or a limit of the parts' headers.
    """
    # A list of work instead of recursion: the depth is the sender's choice.
    first: tuple[int, int] | None = None
    waiting = [(fields, first, (start, len(raw)), 0, "text/plain")]
    count = 0
    while waiting:
        fields, head_span, (start, end), depth, default = waiting.pop()
        count += 1
        ensure(limits, "parts", count)
        head = _read_head(fields, default)
        content_type = head.get_content_type()
        if not content_type.startswith("multipart/"):
            yield Part(head, content_type, raw[start:end], (start, end), head_span)
            continue
        ensure(limits, "nesting", depth + 1)
        sections, problem = _open(raw, start, end, head, limits)
        if problem is not None:
            yield problem
            if not sections:
                yield Part(head, "text/plain", raw[start:end], (start, end), head_span)
        default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        for section, stop in reversed(sections):
            inner, body = split_fields(raw, section, stop, limits)
            waiting.append((inner, (section, body), (body, stop), depth + 1, default))


def _read_head(fields: Fields, default: str) -> Head:
    head = Head()
    head.set_default_type(default)
    for name, value in fields:
        if name.startswith("content-") and name not in head:
            head[name] = value[:_LONGEST_VALUE]
    return head


def _open(
    raw: bytes, start: int, end: int, head: Head, limits: Limits
) -> tuple[list[tuple[int, int]], Problem | None]:
    """Return the sections of a multipart, mended where its boundary is missing or wrong."""
    said = head.get_param("boundary", "")
    boundary = said[2] if isinstance(said, tuple) else said or ""
    name = boundary.rstrip().encode("utf-8", "replace")
    if name and (sections := _cut(raw, start, end, name, limits)):
        return sections, None
    if not raw[start:end].strip():
        return [], None
    if likely := _LIKELY_BOUNDARY.search(raw, start, end):
        text = "The boundary between the parts of the mail is not the one it names."
        problem = Problem(code="boundary-mended", text=text)
        return _cut(raw, start, end, likely[1], limits), problem
    text = "The mail says that it has parts, but has none; it was read as one text."
    return [], Problem(code="multipart-broken", text=text)


def _cut(raw: bytes, start: int, end: int, name: bytes, limits: Limits) -> list[tuple[int, int]]:
    """Return start and end of each section between the boundary lines (RFC 2046, 5.1.1)."""
    mark = b"--" + name
    sections: list[tuple[int, int]] = []
    opened: int | None = None
    position = start
    while (at := raw.find(mark, position, end)) >= 0:
        position = at + len(mark)
        line = _AFTER_BOUNDARY.match(raw, position, end)
        if line is None or (at > start and raw[at - 1] not in b"\r\n"):
            continue
        if opened is not None:
            sections.append((opened, max(opened, _before_line_end(raw, at))))
            ensure(limits, "parts", len(sections))
        opened, position = line.end(), line.end()
        if line[1]:
            return sections
    if opened is not None:  # cut off, or the closing line was lost
        sections.append((opened, end))
    return sections


def _before_line_end(raw: bytes, at: int) -> int:
    """Step back over the line end before a boundary: it belongs to the boundary."""
    return at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
