"""Bytes and the charset that they claim → text, with what had to be mended.

Claims are wrong often enough that none is believed against the bytes: an
unknown name, gb2312 holding GBK, "utf-8" that is windows-1252 and the reverse.
Nothing here raises, whatever the bytes and the name.
"""

import codecs
import re
from encodings.aliases import aliases

from mailbridge.message.textform import replace_surrogates
from mailbridge.problems import Problem

# What mail programs mean by a name, where Python takes it by the letter
# (WHATWG Encoding Standard, section 4.2, and names seen in mails).
_MEANT = {
    "ascii": "cp1252",
    "us_ascii": "cp1252",
    "ansi": "cp1252",
    "x_ansi": "cp1252",
    "ansi_x3.4_1968": "cp1252",
    "iso_8859_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso_8859_1_1": "cp1252",
    "latin1": "cp1252",
    "latin_1": "cp1252",
    "l1": "cp1252",
    "iso_8859_9": "cp1254",
    "iso_8859_11": "cp874",
    "windows_874": "cp874",
    "tis_620": "cp874",
    "iso_8859_8_i": "iso8859_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "gb_2312_80": "gb18030",
    "euc_cn": "gb18030",
    "big5": "big5hkscs",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601": "cp949",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "unicode_1_1_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "x_mac_roman": "mac_roman",
}
# Text encodings of Python's that are no charset of a mail, and its bytes-to-bytes codecs.
_NOT_MEANT = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
    | {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
)
_NAMES = {name: codec for name, codec in aliases.items() if codec not in _NOT_MEANT}
_NAMES |= {codec: codec for codec in set(_NAMES.values())} | _MEANT
# Names that say "I do not know": nothing to report about those.
_UNSAID = frozenset({"", "unknown_8bit", "x_unknown", "unknown", "default", "x_user_defined"})
_MULTIBYTE = ("gb", "big5", "cp9", "euc", "iso2022", "johab", "shift", "hz", "utf")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)


def decode(data: bytes, declared: str = "") -> tuple[str, tuple[Problem, ...]]:
    """Decode `data`, said to be in `declared`; problems name what was not as declared."""
    name, codec = _read_name(declared)
    # An escape or shifted charset is ASCII to look at and must go the long way.
    if data.isascii() and not codec.startswith(("utf_7", "iso2022", "hz", "utf_16", "utf_32")):
        return data.decode("ascii"), _judge(name, codec, codec or "cp1252", data)
    text, used = _try(data, codec)
    text = replace_surrogates(text)
    mended = mend(text)
    problems = _judge(name, codec, used, data)
    if mended is not text:
        said = "Text of the mail was UTF-8 read as windows-1252; it was read back."
        problems += (Problem(code="charset-doubled", text=said),)
    return mended, problems


def decode_reversibly(data: bytes, declared: str = "") -> tuple[str, str]:
    """Decode `data` so that encoding the text in the codec given back gives the very bytes.

    Nothing is mended, so that a text can be changed in places and put back.
    """
    text, used = _try(data, _read_name(declared)[1])
    try:
        if text.encode(used) == data:
            return text, used
    except UnicodeError:
        pass  # what could not be decoded was replaced
    return data.decode("latin-1"), "latin-1"


def _read_name(declared: str) -> tuple[str, str]:
    """Give the name as it is looked up, and the codec that is meant; empty where unknown."""
    name = re.sub(r"[\s'\"]+|[;*,].*", "", declared.lower(), flags=re.S)[:40]
    name = re.sub(r"[-\s]", "_", name)
    return name, _NAMES.get(name, _NAMES.get(name.replace("windows_", "cp"), ""))


def _judge(name: str, codec: str, used: str, data: bytes) -> tuple[Problem, ...]:
    """Say what is wrong with the claim `name`, read as `codec`, when `used` did it."""
    if name in _UNSAID:
        return ()
    if not codec:
        return (
            Problem(code="charset-unknown", text="A charset that the mail names is not known."),
        )
    if used in (codec, "utf_8_sig") or data.isascii():
        return ()
    said = f"A part of the mail is said to be in {codec}, but is in {used}."
    return (Problem(code="charset-wrong", text=said),)


def _try(data: bytes, codec: str) -> tuple[str, str]:
    """Return the text and the codec that gave it."""
    for mark, marked in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(marked, "replace"), marked
    # A single-byte charset accepts any bytes, and its prose is never valid UTF-8
    # by chance; a multi-byte one can be, so there the claim goes first.
    order = (codec, "utf_8") if codec.startswith(_MULTIBYTE) else ("utf_8", codec)
    for candidate in filter(None, order):
        try:
            return data.decode(candidate), candidate
        except UnicodeError:
            continue
    if codec.startswith(_MULTIBYTE) and codec not in ("utf_8", "utf_7"):
        return data.decode(codec, "replace"), codec
    if codec.startswith(_MULTIBYTE) or codec in ("", "cp1252"):
        return data.decode("utf_8", _MIXED), "cp1252"
    return data.decode(codec, "replace"), codec


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are not UTF-8 as windows-1252, where the rest is UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("cp1252", "replace"), error.end


_MIXED = "mailbridge.windows-1252"
codecs.register_error(_MIXED, _as_windows_1252)

# How the bytes 0x80–0xBF look when read as windows-1252, or as ISO-8859-1.
_TRAIL = "".join(
    sorted({chr(b) for b in range(0x80, 0xC0)})
    + [bytes([b]).decode("cp1252") for b in range(0x80, 0xA0) if b not in (129, 141, 143, 144, 157)]
)
_TRAIL_BYTE = {char: char.encode("cp1252")[0] if ord(char) > 255 else ord(char) for char in _TRAIL}
_TRAIL_CLASS = "[" + re.escape(_TRAIL) + "]"
_DOUBLED = re.compile(f"[ÂÃÄÅ]{_TRAIL_CLASS}|â[€‚]{_TRAIL_CLASS}")
_DOUBLED_START = ("Â", "Ã", "Ä", "Å", "â€", "â‚")


def mend(text: str) -> str:
    """Read back UTF-8 that was once read as windows-1252 (`Ã©` for `é`).

    Only in lines in which every character beyond ASCII belongs to such a
    sequence: a real `Ã` or `Â` has other accents or quotes around it. Returns
    the same object where there is nothing to mend.
    """
    if text.isascii() or not any(start in text for start in _DOUBLED_START):
        return text
    lines = text.split("\n")
    mended = [line if line.isascii() else _mend_line(line) for line in lines]
    return text if mended == lines else "\n".join(mended)


def _mend_line(line: str) -> str:
    if not _DOUBLED.sub("", line).isascii():
        return line
    return _DOUBLED.sub(_read_back, line)


def _read_back(found: re.Match[str]) -> str:
    return bytes(_TRAIL_BYTE.get(char, ord(char)) for char in found[0]).decode()
