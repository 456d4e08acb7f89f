"""A mail's HTML as a page that may be shown: no scripts, nothing remote, no way out.

Written anew, tag by tag, from what is known to be harmless; what is not known is left
out. Not lexbor's work: its repair is for reading, and a mail that kills it must not
kill who shows it. The page belongs into a sandboxed frame with a policy of its own all
the same: this is the inner of two walls.
"""

import re
from collections.abc import Iterator
from html import escape, unescape

from mailbridge.message.charsets import decode
from mailbridge.message.headers import skip_envelope, split_fields
from mailbridge.message.limits import LimitExceeded, Limits, ensure
from mailbridge.message.parts import Part, find_parts

_SHOWN = """
a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup
dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd
li main mark nav ol p pre q s samp section small span strike strong sub sup table tbody td
tfoot th thead tr tt u ul wbr
"""
_TAGS = frozenset(_SHOWN.split())
_VOID = frozenset({"br", "col", "hr", "img", "wbr"})
_HARMLESS = """
align alt bgcolor border cellpadding cellspacing class color colspan dir face height id lang
rowspan size start style type valign width
"""
_ATTRIBUTES = frozenset(_HARMLESS.split())
_UNSEEN = "iframe noembed noframes noscript script style template textarea title xmp"
_RAW = frozenset(_UNSEEN.split())
"""Elements whose content is no HTML, or is not shown; left out with it."""

_TOKEN = re.compile(
    r"""<!--.*?(?:--!?>|\Z)|<[!?][^>]*+(?:>|\Z)"""
    r"""|<(?P<end>/?)(?P<name>[a-z][^\s/>]*+)(?P<tail>(?:[\s/]++|[^\s/>][^\s/>=]*+"""
    r"""(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+)*+)(?:>|\Z)"""
    r"""|(?P<text>[^<]++|<)""",
    re.I | re.S,
)
_ATTRIBUTE = re.compile(
    r"""([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)(?:"|\Z)|'([^']*+)(?:'|\Z)|([^\s>]*+)))?+""",
    re.S,
)
_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*+", re.I)
# A function of CSS that may load something, or one that nobody knows yet.
_LOADS = re.compile(r"(?<![\w-])(?!(?:rgba?|hsla?|calc|min|max)\()[\w-]++\(", re.I)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_AT_ONCE = re.compile(r"@(?:import|charset|namespace)[^;{}]*+;?", re.I)
_DECLARATION = re.compile(r"[^;{}]++")

_PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" '
    'content="no-referrer"><title>.</title><style>html{{background:#fff;color:#111;'
    "font:15px/1.45 sans-serif}}body{{margin:12px;overflow-wrap:anywhere}}img{{max-width:100%}}"
    "[data-left-out]{{display:inline-block;border:1px dashed #aaa;padding:2px 8px;color:#555}}"
    "</style></head><body>{}</body></html>"
)


def paint(raw: bytes, limits: Limits | None = None) -> str | None:
    """Give the mail's HTML as a whole page, harmless; None where it has none or is over a limit."""
    allowed = limits or Limits()
    try:
        sources = list(_find_sources(raw, allowed))
        source = "\n".join(sources)
        ensure(allowed, "text_length", len(source))
    except LimitExceeded:
        return None
    return _PAGE.format(tame(source)) if sources else None


def tame(source: str) -> str:
    """Write HTML anew without all that could do, load or lead to anything."""
    return "".join(_write(source))


def _find_sources(raw: bytes, limits: Limits) -> Iterator[str]:
    ensure(limits, "mail_size", len(raw))
    fields, body = split_fields(raw, skip_envelope(raw), len(raw), limits)
    for part in find_parts(raw, fields, body, limits):
        if isinstance(part, Part) and part.is_text and part.content_type == "text/html":
            data = part.decode()
            ensure(limits, "text_size", len(data))
            yield decode(data, part.parameter("charset"))[0]


def _write(source: str) -> Iterator[str]:
    at = 0
    while found := _TOKEN.match(source, at):
        at = found.end()
        if (text := found["text"]) is not None:
            yield escape(unescape(text), quote=False)
            continue
        name = (found["name"] or "").lower()
        if name in _RAW and not found["end"]:
            close = re.compile(rf"</{name}(?=[\s/>])[^>]*+(?:>|\Z)", re.I).search(source, at)
            content, at = (source[at : close.start()], close.end()) if close else ("", len(source))
            if name == "style":
                yield f"<style>{_tame_sheet(content)}</style>"
        elif name in _TAGS:
            yield _write_tag(name, found["end"], found["tail"])


def _write_tag(name: str, end: str, tail: str) -> str:
    if end:
        return "" if name in _VOID else f"</{name}>"
    kept, target = [], ""
    for found in _ATTRIBUTE.finditer(tail):
        key = found[1].lower()
        value = unescape(next((text for text in found.groups()[1:] if text is not None), ""))
        if key == "style":
            value = _tame_style(value)
        elif (name, key) in {("a", "href"), ("img", "src")}:
            target = value.strip()
            continue
        elif key not in _ATTRIBUTES:
            continue
        kept.append(f'{key}="{escape(value)}"')
    if name == "a" and target:
        kept.append(f'title="{escape(target)}"')  # where it leads is told, not gone to
    if name == "img":
        if not _PICTURE.fullmatch(target):
            return _write_left_out(tail)
        kept.append(f'src="{escape(target)}"')
    return f"<{' '.join((name, *kept))}>"


def _write_left_out(tail: str) -> str:
    """Write what stands in place of a picture that would be loaded: its words, in a box."""
    words = next(
        (
            unescape(next((text for text in found.groups()[1:] if text is not None), ""))
            for found in _ATTRIBUTE.finditer(tail)
            if found[1].lower() == "alt"
        ),
        "",
    ).strip()
    return f"<span data-left-out>{escape(words, quote=False)}</span>" if words else ""


def _tame_style(style: str) -> str:
    if "\\" in style:  # an escape may spell anything
        return ""
    bare = _COMMENT.sub("", style)
    return ";".join(part for part in bare.split(";") if not _LOADS.search(part))


def _tame_sheet(sheet: str) -> str:
    if "\\" in sheet:
        return ""
    bare = _AT_ONCE.sub("", _COMMENT.sub("", sheet)).replace("<", "")
    return _DECLARATION.sub(lambda part: "" if _LOADS.search(part[0]) else part[0], bare)
