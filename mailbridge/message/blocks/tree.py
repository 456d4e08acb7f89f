"""XML bytes of a stranger → a tree of elements, or what is wrong with them.

No document type, so no entities of the sender's and nothing external; bounded in
size, depth and number of elements. Namespaces and attributes are left out: what is
read here differs in its elements alone.
"""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

from mailbridge.message.charsets import mend
from mailbridge.message.plain import decode_entities
from mailbridge.message.textform import tidy
from mailbridge.problems import Problem

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 12
"""Elements inside each other; the formats read here need five."""
MOST_ELEMENTS = 20_000

LATIN = "ISO-8859-1"
BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# Windows-1252 is what is meant where bytes are said to be ISO-8859-1 (WHATWG Encoding, 4.2).
_MEANT = {
    byte: bytes([byte]).decode("cp1252", "replace").replace("\ufffd", "")
    for byte in range(0x80, 0xA0)
}
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}[\"']([^\"'>]{1,40})[\"']")
# Names that the parser may look up by itself; Python has stranger codecs than these.
_BELIEVED = re.compile(r"utf-16(?:le|be)?|us-ascii|iso-8859-\d{1,2}|windows-125\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Element:
    """One element; `content` is its text and its children in their order."""

    name: str
    """Without a namespace or prefix."""
    content: tuple["str | Element", ...]

    @property
    def text(self) -> str:
        """All text in it, as canonical text; a `br` is a line end."""
        # Only where the whole line agrees is text mended that was decoded wrongly.
        return tidy(decode_entities(mend(_join(self).translate(_MEANT))))

    def all(self, name: str) -> tuple["Element", ...]:
        """Return the children of that name."""
        return tuple(c for c in self.content if isinstance(c, Element) and c.name == name)


def _join(element: Element) -> str:
    inner = "".join(c if isinstance(c, str) else _join(c) for c in element.content)
    return "\n" if element.name == "br" and not inner else inner


class _RefusedError(Exception):
    """Ends the reading of one file; never leaves this module."""


def parse_xml(content: bytes, encodings: Iterable[str | None]) -> Element | Problem:
    """Read an XML file, its encoding tried in that order; None: as its declaration says.

    Problems: `block-malformed`, or `block-refused` where it has a document type or is
    over a limit. Never raises, whatever the bytes.
    """
    if len(content) > MOST_BYTES:
        return _refuse(f"is larger than {MOST_BYTES:,} bytes")
    problem = Problem()
    for encoding in encodings:
        try:
            return _Builder().build(content, encoding)
        except _RefusedError as refused:
            return _refuse(str(refused))
        except (expat.ExpatError, LookupError, ValueError) as error:
            place = f" (line {error.lineno})" if isinstance(error, expat.ExpatError) else ""
            problem = Problem(
                code="block-malformed",
                text=f"An attached XML file is malformed{place}; the mail's text was read instead.",
            )
    return problem


def encodings_of(content: bytes) -> tuple[str | None, ...]:
    """Return the encodings worth trying: the byte order mark's or declared one, then ISO-8859-1."""
    if content.startswith(BYTE_ORDER_MARKS):
        return ("UTF-8",) if content.startswith(codecs.BOM_UTF8) else (None,)
    declared = _DECLARED.match(content)
    if declared is None:
        return (None, LATIN)
    name = declared[1].decode("ascii", "replace").strip()
    if name.lower() in ("utf-8", "utf8"):
        return ("UTF-8", LATIN)
    return (None, LATIN) if _BELIEVED.fullmatch(name) else (LATIN,)


def _refuse(what: str) -> Problem:
    return Problem(
        code="block-refused",
        text=f"An attached XML file {what}; the mail's text was read instead.",
        remedy="Look at the mail; no portal is known to send such a file.",
    )


class _Builder:
    """Builds the tree from the parser's events."""

    def __init__(self) -> None:
        self.open: list[tuple[str, list[str | Element]]] = [("", [])]
        self.count = 0

    def build(self, content: bytes, encoding: str | None) -> Element:
        parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.add
        # All at once: fed in pieces, a long token costs the parser quadratic time.
        parser.Parse(content.removeprefix(codecs.BOM_UTF8).lstrip(), True)  # noqa: FBT003  (isfinal has no name)
        (root,) = self.open[0][1]
        assert isinstance(root, Element)  # noqa: S101  (character data needs an open element)
        return root

    def refuse_doctype(self, *_: object) -> None:
        raise _RefusedError("declares a document type")

    def start(self, name: str, _attributes: object) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise _RefusedError(f"has more than {MOST_ELEMENTS:,} elements")
        if len(self.open) > MOST_DEPTH:
            raise _RefusedError(f"has elements more than {MOST_DEPTH} deep inside each other")
        self.open.append((name.rpartition(":")[2], []))

    def end(self, _name: str) -> None:
        name, content = self.open.pop()
        self.open[-1][1].append(Element(name, tuple(content)))

    def add(self, text: str) -> None:
        self.open[-1][1].append(text)
