"""text/plain → canonical text, with the links that stand in it.

Portals put HTML entities into plain text, and now and then a whole HTML page.
"""

import re
from html.entities import html5

from mailbridge.message.message import Body, Link
from mailbridge.message.textform import tidy

_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_URL = re.compile(r"""(?:https?://|mailto:|tel:)[^\s<>"]+""", re.I)
_URL_TAIL = ".,;:!?'’»”)]*"
_PAGE = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?<(?:!doctype\s+html|html|head|body)\b", re.I)
_TAG = re.compile(
    r"</?(?:a|b|body|br|center|div|em|font|h[1-6]|head|hr|html|i|img|li|meta|ol|p|span|strong"
    r"|style|table|tbody|td|th|title|tr|u|ul)(?=[\s/>])[^<>]*+>",
    re.I,
)
_LINE_END = re.compile("\r\n|\r")


def to_body(text: str) -> Body:
    """Return the canonical form of a decoded, unflowed text/plain."""
    text = tidy(decode_entities(text))
    return Body(text, tuple(Link(url, url) for url in _find_urls(text)))


def _find_urls(text: str) -> list[str]:
    return [found.rstrip(_URL_TAIL) for found in _URL.findall(text)] if ":" in text else []


def decode_entities(text: str) -> str:
    """Decode well-formed character references, once: `&amp;lt;` becomes `&lt;`."""
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def _decode_entity(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return html5.get(name + ";", found[0])
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    if 0x80 <= number < 0xA0:  # meant as windows-1252 (HTML standard, 13.2.5.80)
        return bytes([number]).decode("cp1252", "ignore") or found[0]
    if number == 0 or 0xD800 <= number < 0xE000 or number > 0x10FFFF:
        return found[0]
    return chr(number)


def is_html(text: str) -> bool:
    """Whether a text/plain is really an HTML page, or tags for the most part."""
    if "<" not in text:
        return False
    if _PAGE.match(text):
        return True
    tags = _TAG.findall(text)
    return len(tags) >= 4 and sum(map(len, tags)) * 3 > len(text.strip())


def unflow(text: str, *, delete_blank: str = "no") -> str:
    """Join the lines of format=flowed (RFC 3676); `delete_blank` is its DelSp."""
    joined: list[str] = []
    open_depth = -1  # quote depth of the paragraph that still runs on; -1: none
    for line in _LINE_END.sub("\n", text).split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        kept = content[:-1] if flows and delete_blank == "yes" else content
        if open_depth == depth and content != "-- ":
            joined[-1] += kept
        else:
            joined.append(f"{'>' * depth} {kept}" if depth else kept)
        open_depth = depth if flows else -1
    return "\n".join(joined)
