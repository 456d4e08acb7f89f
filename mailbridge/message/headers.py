"""Header blocks: bytes → fields, and field values → text (RFC 5322, RFC 2047).

Does not know what a field means; that is `envelope` and `parts`.
"""

import binascii
import re
from collections.abc import Iterator

from mailbridge.message.charsets import decode
from mailbridge.message.limits import Limits, ensure
from mailbridge.message.textform import tidy_line
from mailbridge.message.transfer import decode_base64

Fields = list[tuple[str, str]]
"""Lower-case name and unfolded value, still encoded, in the order of the block."""

_FIELD = re.compile(
    rb"([!-9;-~]++)[ \t]*+:([^\r\n]*+(?:(?:\r\n|[\r\n])[ \t][^\r\n]*+)*+)(?:\r\n|[\r\n]|\Z)"
)
_LINE_END = re.compile(rb"\r\n|[\r\n]")
_ENVELOPE = re.compile(rb"(?:\s*+>?From [^\r\n]*+(?:\r\n|[\r\n]))?\s*+")
_FOLD = re.compile(r"[\r\n]+(?=[ \t])")
# A word holds no `?` (RFC 2047, section 2); some hold blanks all the same.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*+)\?=")


def skip_envelope(raw: bytes) -> int:
    """Return where the header begins, after mbox's `From ` line and empty lines."""
    found = _ENVELOPE.match(raw)
    return found.end() if found else 0


def split_fields(raw: bytes, start: int, end: int, limits: Limits) -> tuple[Fields, int]:
    """Return the fields of the block at `start`, and where the body begins.

    As in the standard library, the first line that is no field ends the block,
    and is body unless it is empty.
    """
    fields: Fields = []
    position = start
    # One byte more than allowed is enough to know; an endless header is not read on.
    reach = min(end, start + limits.header_size + 1)
    while found := _FIELD.match(raw, position, reach):
        fields.append((found[1].decode("ascii").lower(), _to_text(found[2])))
        position = found.end()
        ensure(limits, "header_fields", len(fields))
    ensure(limits, "header_size", position - start)
    if blank := _LINE_END.match(raw, position, end):
        position = blank.end()
    return fields, position


def find_fields(raw: bytes, start: int, end: int) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Yield each field of the block at `start` as `split_fields` does, and where it stands."""
    position = start
    while found := _FIELD.match(raw, position, end):
        yield found[1].decode("ascii"), _to_text(found[2]), found.span()
        position = found.end()


def _to_text(value: bytes) -> str:
    text = value.decode("ascii") if value.isascii() else decode(value)[0]
    return _FOLD.sub("", text).strip() if "\n" in text or "\r" in text else text.strip()


def decode_value(value: str) -> str:
    """Return the value as a reader sees it: decoded, one line, canonical."""
    return tidy_line(decode_words(value) if "=?" in value else value)


def decode_words(value: str) -> str:
    """Decode the encoded words of RFC 2047; what is malformed stays as written.

    Blanks between two encoded words are dropped (section 6.2), and words of one
    charset are joined before decoding: some programs cut inside a character.
    """
    pieces: list[str] = []
    pending, charset, position = b"", "", 0
    for found in _WORD.finditer(value):
        between = value[position : found.start()]
        position = found.end()
        label = found[1].partition("*")[0].lower()
        if between.strip() or label != charset or not pending:
            pieces.append(decode(pending, charset)[0])
            if between.strip() or not charset:
                pieces.append(between)
            pending = b""
        charset = label
        pending += _decode_word(found[2], found[3])
    pieces.append(decode(pending, charset)[0])
    pieces.append(value[position:])
    return "".join(pieces)


def _decode_word(kind: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return decode_base64(data) if kind in "bB" else binascii.a2b_qp(data, header=True)
