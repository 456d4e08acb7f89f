"""Control characters made visible, for whatever is printed or logged.

A terminal obeys escape sequences, and turns lines round at bidirectional overrides; a
log is read line by line. Values of strangers' mails must do neither. Pure.
"""

import re

# C0 (but tab and line feed), DEL and C1: what terminals obey (ECMA-48). Line and
# paragraph separators; marks and overrides of writing direction (Unicode TR 36, 2.10);
# halves of surrogate pairs, which no output can encode: file names may hold them.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LINE = {"\t": "\\t", "\n": "\\n"}


def show_controls(text: str) -> str:
    r"""Return the text with such characters as `\x1b` or `\u202e`; lines and tabs stay."""
    return text if _is_plain(text) else _OBEYED.sub(_escaped, text)


def show_on_one_line(text: str) -> str:
    r"""Return the text with line feeds and tabs, too, as `\n` and `\t`."""
    shown = show_controls(text)
    for control, escape in _LINE.items():
        shown = shown.replace(control, escape)
    return shown


def show_in_json(written: str) -> str:
    r"""Return a line of JSON with those that JSON leaves as they are, as `\u009b`."""
    if _is_plain(written):
        return written
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _is_plain(text: str) -> bool:
    return text.isprintable()  # far cheaper than looking, and true of most lines


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
