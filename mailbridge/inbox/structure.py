"""A large mail without its attachments: what to ask for, and how to put it together.

The form: the mail's own header as it is; then, where it is a multipart, every
level with its own MIME header and boundary as they were, holding only the parts
that were fetched, in their order. An attached mail is large by its attachments too,
and is reduced in the same way. Parts that were left out leave no trace, but none is
ever cut: what cannot be had whole is refused. Nothing here does I/O.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from itertools import takewhile

SMALL_PART = 256 * 1024
"""Octets up to which data that a rule may read (XML) is fetched."""
MOST_OCTETS = 4 * 1024 * 1024
"""All that is fetched of one large mail, beside headers: twice the text that is read of it."""
MOST_HEADER = 1024 * 1024
"""Octets of one header; a mail's own is read up to limits.header_size only."""
MOST_PARTS = 50
"""Texts and small attachments: more would need too long a command."""
MOST_LEVELS = 30

_CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part to fetch: its number (RFC 3501, section 6.4.5) and its octets."""

    number: str
    octets: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A multipart, reduced to the parts to fetch; the outermost has no number."""

    number: str
    children: tuple["Outline", ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """A mail in the mail (message/rfc822): its own header, and what to fetch of its body."""

    number: str
    body: "Outline"


Outline = Leaf | Branch | Attached


class Unbuildable(ValueError):
    """The mail cannot be reduced; the text says why, as `it has …`."""


def too_large(reason: object) -> str:
    """Say in a sentence for a person why a large mail cannot be read."""
    return (
        f"The mail is larger than limits.mail_size allows to read whole, and {reason}. Look at"
        " the mail; if mails like it are wanted, raise limits.mail_size."
    )


def outline(body: Sequence[object]) -> Outline:
    """Choose what to fetch of a mail with this BODYSTRUCTURE, as imapclient parses it.

    Raises Unbuildable where that would be too much.
    """
    kept = _outline(body, "", 0) or Leaf("TEXT", 0)
    parts = list(leaves(kept))
    if len(parts) > MOST_PARTS:
        raise Unbuildable(f"it has more than {MOST_PARTS} texts and small attachments")
    if sum(part.octets for part in parts) > MOST_OCTETS:
        raise Unbuildable(f"its texts alone are larger than {MOST_OCTETS:,} bytes")
    return kept


def sections(node: Outline) -> list[str]:
    """List the sections that an outline needs besides HEADER, as `1.MIME`, `1`, `TEXT`."""
    own = [f"{node.number}.MIME"] if node.number and not node.number.endswith("TEXT") else []
    match node:
        case Branch():
            return [*own, *(section for child in node.children for section in sections(child))]
        case Attached():
            # The attached mail's header stands for the MIME header of its outermost part.
            inner = [one for one in sections(node.body) if one != f"{node.number}.MIME"]
            return [*own, f"{node.number}.HEADER", *inner]
    return [*own, node.number]


def most(section: str) -> int:
    """How many octets of a section may come: servers' sizes are not always true."""
    return MOST_HEADER if section.endswith(("HEADER", "MIME")) else MOST_OCTETS


def leaves(node: Outline) -> Iterator[Leaf]:
    """Give the parts to fetch, in their order."""
    match node:
        case Leaf():
            yield node
        case Attached():
            yield from leaves(node.body)
        case Branch():
            for child in node.children:
                yield from leaves(child)


def assemble(node: Outline, header: bytes, fetched: Mapping[str, bytes]) -> bytes:
    """Build the mail from its header and the sections fetched; a missing part is empty.

    Raises Unbuildable where a section may have been cut, or a boundary is not known.
    """
    for name, section in (("HEADER", header), *fetched.items()):
        if len(section) >= most(name):
            raise Unbuildable(f"one of its headers or texts is larger than {most(name):,} bytes")
    return _below(node, header, fetched)


def _below(node: Outline, header: bytes, fetched: Mapping[str, bytes]) -> bytes:
    return header.rstrip(_CRLF) + _CRLF + _CRLF + _content(node, header, fetched)


def _content(node: Outline, header: bytes, fetched: Mapping[str, bytes]) -> bytes:
    match node:
        case Leaf():
            return fetched.get(node.number, b"")
        case Attached():
            return _below(node.body, fetched.get(f"{node.number}.HEADER", b""), fetched)
    line = b"--" + _boundary(header)
    pieces: list[bytes] = []
    for child in node.children:
        mime = fetched.get(f"{child.number}.MIME", b"")
        content = _content(child, mime, fetched)
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


def _outline(body: Sequence[object], number: str, level: int) -> Outline | None:
    if level > MOST_LEVELS:
        raise Unbuildable(f"its parts lie more than {MOST_LEVELS} deep inside each other")
    if parts := _parts(body):
        dot = f"{number}." if number else ""
        children = [_outline(part, f"{dot}{i}", level + 1) for i, part in enumerate(parts, 1)]
        kept = tuple(child for child in children if child is not None)
        return Branch(number, kept) if kept or not number else None
    if number and (_lower(body, 0), _lower(body, 1)) == (b"message", b"rfc822"):
        return _attached(body, number, level)
    octets = _octets_wanted(body)
    return Leaf(number or "TEXT", octets) if octets else None


def _parts(body: Sequence[object]) -> list[Sequence[object]]:
    """Give the parts of a multipart, none for anything else.

    imapclient puts them into a list, but not those of an attached mail.
    """
    first = body[0]
    parts = first if isinstance(first, list) else takewhile(lambda p: isinstance(p, tuple), body)
    return [part for part in parts if isinstance(part, tuple) and part]


def _attached(part: Sequence[object], number: str, level: int) -> Outline | None:
    """Choose what to fetch of an attached mail: all of a small one."""
    size = _size(part)
    inside = part[8] if len(part) > 8 else None  # RFC 3501, section 7.4.2
    if size <= SMALL_PART or not isinstance(inside, tuple) or not inside:
        return Leaf(number, size) if 0 < size <= SMALL_PART else None
    if not _parts(inside):
        octets = _octets_wanted(inside)
        return Attached(number, Leaf(f"{number}.TEXT", octets))
    kept = _outline(inside, number, level + 1)
    return Attached(number, kept) if kept else None


def _octets_wanted(part: Sequence[object]) -> int:
    """How large a part is that is worth fetching; 0 for any other attachment."""
    kind, subtype = _lower(part, 0), _lower(part, 1)
    attached, name = _disposition(part, kind)
    if kind == b"text" and not attached:
        return _size(part)
    readable = (
        kind == b"text"
        or subtype == b"xml"
        or subtype.endswith(b"+xml")
        or name.endswith(b".xml")
        or (kind, subtype) == (b"message", b"rfc822")
    )
    return _size(part) if readable and _size(part) <= SMALL_PART else 0


def _size(part: Sequence[object]) -> int:
    size = part[6] if len(part) > 6 else 0
    return max(0, size) if isinstance(size, int) else 0


def _disposition(part: Sequence[object], kind: bytes) -> tuple[bool, bytes]:
    """Whether a part is an attachment, and its file name in lower case."""
    # Extension data come after the fields of the type (RFC 3501, section 7.4.2).
    index = 9 if kind == b"text" else 8
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
