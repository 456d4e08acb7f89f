"""Characters that a value may hold: what nobody can see or type is taken out.

Nothing here knows what a value means, and nothing is corrected: case, accents and
spelling stay as the visitor typed them.
"""

import re

_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line ends
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero width
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction, which can turn a value round
    "\ud800-\udfff]"  # half a surrogate pair cannot be encoded in UTF-8
)


def keep_lines(text: str) -> str:
    r"""Text with `\n` line ends, without unseen characters and outer blank lines."""
    seen = _UNSEEN.sub("", _LINE_END.sub("\n", text)).replace("\t", " ")
    return "\n".join(line.rstrip() for line in seen.split("\n")).strip("\n")


def join_lines(text: str, separator: str) -> str:
    """One line: the lines that hold something, joined; blanks folded."""
    if text.isprintable():  # nearly all values: one line, nothing unseen in it
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in keep_lines(text).split("\n"))
    return separator.join(line for line in lines if line)


def fold(text: str) -> str:
    """One line with single blanks."""
    return join_lines(text, " ")


def keep_blanks(text: str) -> str:
    """One line, trimmed, with the blanks inside as they are: for what is compared exactly."""
    return keep_lines(text).replace("\n", " ").strip()
