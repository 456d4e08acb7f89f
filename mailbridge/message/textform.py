"""Characters and lines of the canonical text form (design, "Text form").

Everything that rules see passes through here, headers included. Letters are
never changed beyond Unicode NFC: apostrophes, quotes and case stay as written.
"""

import re
from unicodedata import is_normalized, normalize

_LINE_END = re.compile("\r\n|\r")
# Only CR and LF end a line (RFC 5322). What Unicode calls line ends beside them can be typed
# into a form's one-line field, from which no second line may come; browsers show a blank.
_BLANK = re.compile("[\x0b\x0c\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# C0 and C1 controls but tab and line feed; soft hyphen; zero-width characters;
# byte order mark; marks and overrides of writing direction; invisible tags.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def drop_unseen(text: str) -> str:
    """Leave out the characters that nobody sees."""
    return text if _is_clean(text) else _UNSEEN.sub("", text)


def _is_clean(text: str) -> bool:
    # Python calls unprintable all that is replaced or dropped here, but for the
    # grapheme joiner; asking costs a tenth of looking for each.
    return text.isprintable() and "\u034f" not in text


def replace_surrogates(text: str) -> str:
    """Put U+FFFD for halves of surrogate pairs: they are no text and cannot be stored."""
    try:
        text.encode()  # far cheaper than looking, and nearly no mail has any
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def tidy(text: str) -> str:
    """Return the canonical form of a text of one or more lines."""
    if not _is_clean(text.replace("\n", "").replace("\t", "")):
        text = _BLANK.sub(" ", _UNSEEN.sub("", _LINE_END.sub("\n", text)))
        text = replace_surrogates(text)
    # Last, because what was taken out may have kept a letter from its accent.
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    return "\n".join([line.rstrip(" \t") for line in text.split("\n")]).strip("\n")


def tidy_line(text: str) -> str:
    """Return the canonical form on one line, blanks unified."""
    if _is_clean(text) and is_normalized("NFC", text):
        return " ".join(text.split())
    return " ".join(tidy(text).split())
