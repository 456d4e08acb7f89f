"""A large mail without its attachments: what to ask for, and how to put it together.

The form: the mail's own header as it is; then, where it is a multipart, every
level with its own MIME header and boundary as they were, holding only the parts
that were fetched, in their order. Parts that were left out leave no trace. So it
is read like any other mail. A mail that is one single part keeps its header, and
of its body what the limit allows. Nothing here does I/O.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser

SMALL_PART = 256 * 1024
"""Octets up to which data that a rule may read (XML, an attached mail) is fetched."""
MOST_PARTS = 50
MOST_LEVELS = 30

_CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part to fetch: its number (RFC 3501, section 6.4.5) and octets at most."""

    number: str
    octets: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A multipart, reduced to the parts to fetch; the outermost has no number."""

    number: str
    children: tuple["Leaf | Branch", ...]


Outline = Leaf | Branch


class Unbuildable(ValueError):
    """The mail's header and its structure do not agree; the text says how."""


def outline(body: Sequence[object], text_limit: int) -> Outline:
    """Choose what to fetch of a mail with this BODYSTRUCTURE, as imapclient parses it."""
    kept = _outline(body, "", text_limit, 0)
    if isinstance(kept, Branch):
        return _first_parts(kept, [MOST_PARTS])
    return kept or Leaf("TEXT", 0)


def sections(node: Outline) -> list[str]:
    """List the sections that an outline needs besides HEADER, as `1.MIME`, `1`, `TEXT`."""
    if isinstance(node, Branch):
        inner = [section for child in node.children for section in sections(child)]
        return [f"{node.number}.MIME", *inner] if node.number else inner
    return ["TEXT"] if node.number == "TEXT" else [f"{node.number}.MIME", node.number]


def leaves(node: Outline) -> Iterator[Leaf]:
    """Give the parts to fetch, in their order."""
    if isinstance(node, Leaf):
        yield node
    else:
        for child in node.children:
            yield from leaves(child)


def assemble(node: Outline, header: bytes, fetched: Mapping[str, bytes]) -> bytes:
    """Build the mail from its header and the sections fetched; a missing part is empty."""
    top = header.rstrip(_CRLF) + _CRLF + _CRLF
    if isinstance(node, Leaf):
        return top + fetched.get(node.number, b"")
    return top + _inside(node, header, fetched)


def _inside(node: Branch, header: bytes, fetched: Mapping[str, bytes]) -> bytes:
    line = b"--" + _boundary(header)
    pieces: list[bytes] = []
    for child in node.children:
        mime = fetched.get(f"{child.number}.MIME", b"")
        if isinstance(child, Branch):
            content = _inside(child, mime, fetched)
        else:
            content = fetched.get(child.number, b"")
        mime = mime.rstrip(_CRLF)
        pieces += [line, _CRLF, mime, _CRLF if mime else b"", _CRLF, content, _CRLF]
    if not node.children:  # a multipart must have a part (RFC 2046, section 5.1.1)
        pieces += [line, _CRLF, _CRLF, _CRLF]
    return b"".join([*pieces, line, b"--", _CRLF])


def _boundary(header: bytes) -> bytes:
    try:
        found = BytesHeaderParser().parsebytes(header).get_boundary()
        if found:
            return found.encode("ascii", "surrogateescape")
    except (ValueError, TypeError, LookupError):  # stdlib on a hostile Content-Type
        pass
    raise Unbuildable("its structure names several parts, but its header no boundary")


def _outline(body: Sequence[object], number: str, text_limit: int, level: int) -> Outline | None:
    parts = body[0]
    if isinstance(parts, list):
        if level >= MOST_LEVELS:
            return None
        dot = f"{number}." if number else ""
        children = [
            _outline(part, f"{dot}{i}", text_limit, level + 1) for i, part in enumerate(parts, 1)
        ]
        kept = tuple(child for child in children if child is not None)
        return Branch(number, kept) if kept or not number else None
    octets = _octets_wanted(body, text_limit)
    return Leaf(number or "TEXT", octets) if octets else None


def _octets_wanted(part: Sequence[object], text_limit: int) -> int:
    """How much of a part is worth fetching; 0 for an attachment."""
    kind, subtype = _lower(part, 0), _lower(part, 1)
    size = part[6] if len(part) > 6 and isinstance(part[6], int) else 0
    attached, name = _disposition(part, kind, subtype)
    if kind == b"text" and not attached:
        return min(size, text_limit)
    readable = (
        kind == b"text"
        or subtype == b"xml"
        or subtype.endswith(b"+xml")
        or name.endswith(b".xml")
        or (kind, subtype) == (b"message", b"rfc822")
    )
    return size if readable and size <= SMALL_PART else 0


def _disposition(part: Sequence[object], kind: bytes, subtype: bytes) -> tuple[bool, bytes]:
    """Whether a part is an attachment, and its file name in lower case."""
    # Extension data come after the fields of the type (RFC 3501, section 7.4.2).
    index = 11 if (kind, subtype) == (b"message", b"rfc822") else 9 if kind == b"text" else 8
    found = part[index] if len(part) > index else None
    attached = False
    name = _parameter(part[2] if len(part) > 2 else None, b"name")
    if isinstance(found, tuple) and found:
        attached = _lower(found, 0) == b"attachment"
        name = _parameter(found[1] if len(found) > 1 else None, b"filename") or name
    return attached, name


def _parameter(pairs: object, wanted: bytes) -> bytes:
    if not isinstance(pairs, tuple):
        return b""
    for key, value in zip(pairs[::2], pairs[1::2], strict=False):
        if isinstance(key, bytes) and key.lower() == wanted and isinstance(value, bytes):
            return value.lower()
    return b""


def _lower(fields: Sequence[object], index: int) -> bytes:
    value = fields[index] if len(fields) > index else b""
    return value.lower() if isinstance(value, bytes) else b""


def _first_parts(node: Branch, left: list[int]) -> Branch:
    """Keep the first parts only: a mail of ten thousand would need too long a command."""
    children: list[Outline] = []
    for child in node.children:
        if left[0] <= 0:
            break
        if isinstance(child, Branch):
            children.append(_first_parts(child, left))
        else:
            left[0] -= 1
            children.append(child)
    return Branch(node.number, tuple(children))
