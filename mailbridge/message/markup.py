"""HTML → canonical text with links, as a browser would show it, without loading anything.

Lexbor repairs the HTML and writes it out again, every element closed and every
`<` in a value escaped; that text is then read tag by tag. Walking the nodes
themselves costs several times as much, for each step is a call into C.
Styles count only where they stand in the element: a class hides nothing here.
"""

import re
from collections import Counter
from html import escape
from itertools import accumulate, pairwise
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from mailbridge.message.layout import Layout
from mailbridge.message.message import Body, Link
from mailbridge.message.styles import PLAIN_STYLE, Style, read_style
from mailbridge.message.textform import drop_unseen, replace_surrogates, tidy, tidy_line

# What is written out as it stands, tags or no tags: seen by nobody, but for `xmp`.
_RAW = re.compile(
    r"<!--.*?-->|<![^>]*+>"
    r"|<(script|style|iframe|noembed|noframes|xmp)(?=[\s>])[^>]*+>(.*?)</\1>",
    re.S,
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s>]*+)([^>]*+)>")
_HREF = re.compile(r'\shref="([^"]*+)"')

_UNSEEN = frozenset(
    {"head", "title", "template", "audio", "video", "canvas", "object", "datalist", "math"}
)
_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input"}
    | {"keygen", "link", "meta", "param", "source", "track", "wbr"}
)
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"}
    | {"dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li"}
    | {"listing", "main", "menu", "nav", "ol", "option", "p", "plaintext", "pre", "search"}
    | {"section", "select", "summary", "tbody", "textarea", "tfoot", "thead", "ul"}
)
_PREFORMATTED = frozenset({"pre", "listing", "plaintext", "textarea"})
_OPENERS = dict.fromkeys(_BLOCKS, Layout.end_line) | {
    "br": Layout.break_line,
    "table": Layout.begin_table,
    "td": Layout.begin_cell,
    "th": Layout.begin_cell,
    "tr": Layout.begin_row,
}
_CLOSERS = dict.fromkeys([*_BLOCKS, "table"], Layout.end_line) | {"tr": Layout.end_row}


def to_body(html: str, *, longest: int) -> Body:
    """Return the canonical form of decoded HTML; never raises for any text.

    `longest` bounds the characters of the result. Only HTML in which an unclosed
    link has to be repeated in each paragraph can be longer than its source.
    """
    repaired = LexborHTMLParser(_tame(replace_surrogates(html))).html or ""
    reading = _Reading()
    reading.follow(_RAW.sub(_keep_example, repaired))
    laid_out = "".join(reading.layout.pieces)[:longest]
    text = tidy(laid_out)
    return Body(text, tuple(reading.links), _place_cells(reading.layout, laid_out, text))


def _place_cells(layout: Layout, laid_out: str, text: str) -> tuple[tuple[int, int], ...]:
    """Say where the table cells stand in the tidied text; none where that cannot be said."""
    if not layout.cells:
        return ()
    places = list(accumulate(map(len, layout.pieces), initial=0))
    spans = [(places[first], places[end]) for first, end in layout.cells]
    spans = [span for span in spans if span[1] <= len(laid_out)]
    if text == laid_out:
        return tuple(spans)
    # Tidying takes characters out: cells begin and end where it can be done in pieces.
    cuts = sorted({0, len(laid_out), *(place for span in spans for place in span)})
    tidied = [tidy(f".{laid_out[a:b]}.")[1:-1] for a, b in pairwise(cuts)]
    if "".join(tidied) != text:
        return ()
    moved = dict(zip(cuts, accumulate(map(len, tidied), initial=0), strict=True))
    return tuple((moved[begin], moved[end]) for begin, end in spans if moved[begin] < moved[end])


class _Reading:
    """One pass over repaired HTML: what is shown goes to the layout."""

    __slots__ = ("depth", "frames", "gone", "hrefs", "layout", "links", "pre", "style")

    def __init__(self) -> None:
        self.layout = Layout()
        self.links: list[Link] = []
        self.depth = 0
        self.gone = 0
        """Depth of the element that hides everything in it; 0: none does."""
        self.pre = 0
        """How many preformatted elements are open."""
        self.style = PLAIN_STYLE
        self.frames: list[tuple[int, Style]] = []
        """Depth of each open element that changes the style, and the style outside it."""
        self.hrefs: list[tuple[str, int]] = []
        """Each open link, and where its text begins in the layout."""

    def follow(self, html: str) -> None:
        layout = self.layout
        pieces = iter(_TAG.split(html))
        # Text comes after each tag; lexbor leaves none before the first one.
        next(pieces)
        for closing, name, attributes, text in zip(pieces, pieces, pieces, pieces, strict=True):
            if closing:
                if not self.gone:
                    self._close(name)
                elif self.gone == self.depth:
                    self.gone = 0
                self.depth -= 1
            else:
                if name not in _VOID:
                    self.depth += 1
                if not self.gone:
                    self._open(name, attributes)
            if not text or self.gone or self.style.muted:
                continue
            if "&" in text:
                text = _unescape(text)
            if self.pre:
                layout.add_preformatted(text)
            else:
                layout.add(text)

    def _open(self, name: str, attributes: str) -> None:
        if (
            attributes
            and (' style="' in attributes or ' hidden="' in attributes)
            and not self._restyle(attributes)
        ):
            return
        if arrange := _OPENERS.get(name):
            arrange(self.layout)
            if name in _PREFORMATTED:
                self.pre += 1
        elif name == "a":
            found = _HREF.search(attributes)
            self.hrefs.append((_unescape(found[1]) if found else "", len(self.layout.pieces)))
        elif name in _UNSEEN:
            self.gone = self.depth

    def _restyle(self, attributes: str) -> bool:
        """Enter an element with a style; False where it is not shown at all."""
        style = read_style(attributes)
        if style.gone:
            self.gone = self.depth
            return False
        if style.changes(self.style):
            self.frames.append((self.depth, self.style))
            self.style = self.style.enter(style)
            if style.block:
                self.layout.end_line()
        return True

    def _close(self, name: str) -> None:
        if arrange := _CLOSERS.get(name):
            arrange(self.layout)
            if name in _PREFORMATTED:
                self.pre = max(0, self.pre - 1)
        elif name == "a":
            self._close_link()
        if self.frames and self.frames[-1][0] == self.depth:
            if self.style.block:
                self.layout.end_line()
            self.style = self.frames.pop()[1]

    def _close_link(self) -> None:
        if not self.hrefs:
            return
        href, start = self.hrefs.pop()
        url = drop_unseen(" ".join(href.split()))
        if not url or url.startswith("#") or url.lower().startswith("javascript:"):
            return
        text = tidy_line("".join(self.layout.pieces[start:]).strip())
        if self.style.muted and not text:
            return
        self.links.append(Link(text, url))
        if text and not _says(text, url):
            self.layout.pieces.append(f" <{url}>")


def _keep_example(raw: re.Match[str]) -> str:
    return f"<pre>{escape(raw[2])}</pre>" if raw[1] == "xmp" else ""


def _unescape(text: str) -> str:
    """Undo what lexbor escapes when it writes HTML out; it decoded everything else."""
    if "&" not in text:
        return text
    text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">")
    return text.replace("&quot;", '"').replace("&amp;", "&")


def _says(text: str, url: str) -> bool:
    """Whether a link's text already is its target, so that it need not be told twice."""
    scheme, _, rest = url.partition(":")
    match scheme.lower():
        case "mailto":
            return text.casefold() in (url.casefold(), unquote(rest).partition("?")[0].casefold())
        case "tel":
            return text == url or _digits(text) == _digits(unquote(rest))
        case _ if "." in text:
            bare = text.rstrip("/")
            return bare in (url.rstrip("/"), rest.removeprefix("//").rstrip("/"))
        case _:
            return text == url


def _digits(number: str) -> str:
    return re.sub(r"[^0-9+]", "", number)


# Hostile HTML. An open formatting element is repeated in every following
# paragraph (HTML standard, 13.2.4.3), and lexbor compares each attribute of an
# element with all others: a few hundred kilobytes could take gigabytes or minutes.
_FORMATTING = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*+>", re.I
)
_FORMATTING_END = re.compile(
    r"</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*+>", re.I
)
_ANCHOR = re.compile(r"<a(?=[\s/])[^>]*+>", re.I)
# As the standard reads a tag or a comment, to the end of the text where it is not closed.
_ANY_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)|<([a-z][^\s/>]*+)(?:[\s/]++|[^\s/>][^\s/>=]*+"""
    r"""(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+)*+(?:>|\Z)""",
    re.I | re.S,
)
_REPEATED_MOST = 4_000_000
_LONGEST_TAG = 8_000
_SMALL = 60_000


def _tame(html: str) -> str:
    """Take out of HTML what would make its repair grow out of proportion.

    Formatting is no part of the text form; a picture's data is not either. The two
    entities go last: they are the only ones longer decoded (in UTF-8) than written,
    and lexbor (selectolax 1.0.2) writes beyond its buffer then and kills the process.
    """
    if len(html) > _SMALL:
        html = _ANY_TAG.sub(_bare_long, html)
    return _tame_repetition(html).replace("&nGt;", "\u226b\u20d2").replace("&nLt;", "\u226a\u20d2")


def _tame_repetition(html: str) -> str:
    tags = html.count("<")
    # At worst half of it is formatting and the other half paragraphs.
    if tags * len(html) < _REPEATED_MOST * 4:
        return html
    kinds = Counter(_FORMATTING.findall(html))
    # No more than three equal ones are repeated.
    if sum(len(tag) * min(count, 3) for tag, count in kinds.items()) * tags > _REPEATED_MOST:
        html = _FORMATTING_END.sub("", html)
    anchors = _ANCHOR.findall(html)
    if anchors and max(map(len, anchors)) * tags > _REPEATED_MOST * 8:
        room = _REPEATED_MOST * 8 // tags
        html = _ANCHOR.sub(lambda tag: tag[0] if len(tag[0]) <= room else "<a>", html)
    return html


def _bare_long(tag: re.Match[str]) -> str:
    if len(tag[0]) <= _LONGEST_TAG or tag[1] is None:
        return tag[0]
    return f"<{tag[1]}>"
