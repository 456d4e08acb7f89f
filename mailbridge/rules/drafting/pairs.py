"""Labels and their values in a canonical text, whatever the style in which they stand.

Must not decide which of them are the visitor's; that is `sighting`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

import regex

from mailbridge.rules.drafting.words import Hold, Kind, hold_of, kind_of
from mailbridge.rules.labels import Span, trim

EMAIL = regex.compile(r"[^\s<>()\[\],;:\"'|]+@[^\s<>()\[\],;:\"'|]+\.[^\s<>()\[\],;:\"'|.]+")
PHONE = regex.compile(r"(?:\+|\(\+?|(?<![\w.,/]))\d(?:[\d ()./\u2013-]{5,22})\d(?![\w@])")
TRIPLE = regex.compile(r"\[[^\[\]\s.]*\.[^\[\]\s]*\]")
"""`[a.b.c]`: house, building and object of the IDX export."""
_NAME = regex.compile(r"(?:[\p{L}][\p{L}'’.\-]*|[&+])(?: (?:[\p{L}][\p{L}'’.\-]*|[&+])){0,5}")
_REFERENCE = regex.compile(r"[^\s:;,«»\"]\S*(?: \S+){0,3}")
_COLON = regex.compile(
    r"[^\S\n]*(?:[•*·▪►‣✓\-–][^\S\n]+)?(?P<label>[^\n:\t]{1,60}?)[^\S\n]*:(?!//|innen\b|in\b)[^\S\n]*"
)
_BRACKETED = regex.compile(
    r"[^\S\n]*[\[(<*_]{1,2}(?P<label>[^\n\[\]()<>*_:]{1,40})[:\])>*_]{1,3}:?[^\S\n]*"
)
_LEADER = regex.compile(
    r"[^\S\n]*(?:[•*·▪►‣✓\-–][^\S\n]+)?(?P<label>[^\n\t]{1,40}?)"
    r"(?:[^\S\n]*[.·…_]{3,}[^\S\n]*|[^\S\n]+(?:[-–—=|→»>]+)[^\S\n]+|[^\S\n]{2,})"
)
_SYMBOL = regex.compile(r"[^\S\n]*(?P<label>[\p{So}\p{Sk}\ufe0f\u200d]+)[^\S\n]*(?=\S)")
_SEPARATED = regex.compile(
    r"(?:^|(?P<sign>[;|,•·]))[^\S\n]*(?P<label>[^\n:;|,•·\t]{1,40}?)[^\S\n]*:"
)
_SYMBOLS = {
    "👤": Kind.NAME,
    "🙍": Kind.NAME,
    "🧑": Kind.NAME,
    "💬": Kind.MESSAGE,
    "📝": Kind.MESSAGE,
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp"})


class Style(Enum):
    """How a value stands to its label."""

    BESIDE = auto()
    """After a colon, on the same line."""
    CELL = auto()
    """In the next table cell."""
    BELOW = auto()
    """On the next line, or the one after a blank one."""
    AFTER = auto()
    """On the same line after anything else: leaders, brackets, symbols, plain words."""
    COLUMN = auto()
    """Under the label, in a table whose first row names the columns."""
    SEPARATED = auto()
    """One of several on a line."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A label with its value."""

    kind: Kind | None
    """None where the label is not known."""
    label: str
    at: int
    """Where the label's line begins."""
    end: int
    """Where the label with its sign ends."""
    value: Span | None
    style: Style
    hold: Hold | None = None
    sign: str = ""
    """What parts it from the next one, in the style SEPARATED."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text: `text[start:end]`."""

    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not self.text.strip()


def lines_of(text: str) -> list[Line]:
    """Cut a text into its lines."""
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append(Line(start, start + len(line), line))
        start += len(line) + 1
    return lines


def fits(kind: Kind | None, value: str) -> bool:
    """Tell whether a value looks like what its label announces."""
    match kind:
        case Kind.EMAIL:
            return bool(EMAIL.search(value))
        case Kind.PHONE:
            return bool(PHONE.search(value)) and "@" not in value
        case Kind.FIRST | Kind.LAST | Kind.NAME | Kind.GIVEN_OR_FULL | Kind.FAMILY_OR_FULL:
            return bool(_NAME.fullmatch(value)) and kind_of(value) not in _CONTACT
        case Kind.REFERENCE | Kind.LISTING:
            return len(value) <= 60 and bool(_REFERENCE.fullmatch(value))
        case _:
            return bool(value.strip())


_CONTACT = frozenset({Kind.EMAIL, Kind.PHONE, Kind.MESSAGE})


def find_pairs(text: str, cells: Mapping[int, int]) -> list[Pair]:
    """Find every label with its value, in order. `cells` as in `extraction.Page`."""
    lines = lines_of(text)
    found: list[Pair] = []
    for number, line in enumerate(lines):
        if not line.blank:
            found += _pairs_of(text, lines, number, cells)
    return found


def _pairs_of(
    text: str, lines: Sequence[Line], number: int, cells: Mapping[int, int]
) -> Iterator[Pair]:
    line = lines[number]
    separated = list(_separated(line))
    if separated:
        yield from separated
        return
    if "\t" in line.text:
        yield from _tabbed(text, lines, number, cells)
        return
    for pattern, style in ((_BRACKETED, Style.AFTER), (_COLON, Style.BESIDE)):
        match = pattern.match(line.text)
        if match and (pair := _signed(text, lines, number, match, style)):
            yield pair
            return
    pair = _led(line) or _symbol(line) or _plain(line) or _bare(lines, number)
    if pair:
        yield pair


def _signed(
    text: str, lines: Sequence[Line], number: int, match: "regex.Match[str]", style: Style
) -> Pair | None:
    line, label = lines[number], match["label"].strip()
    if label.lower() in _SCHEMES or not any(c.isalpha() for c in label):
        return None
    kind = kind_of(label)
    span = trim(text, line.start + match.end(), line.end)
    end = line.start + match.end()
    written = text[line.start + match.start() : line.start + match.end("label")].strip()
    if style is Style.AFTER and kind is None:
        return None
    if span[0] == span[1]:
        below = _below(lines, number, kind)
        return Pair(kind, written, line.start, end, below, _or_below(style), hold_of(label))
    if kind is None and len(label.split()) > 5 and not typed(text[slice(*span)]):
        return None
    if kind is not None and not fits(kind, text[slice(*span)]):
        kind = None if kind is not Kind.MESSAGE else kind
    return Pair(kind, written, line.start, end, span, style, hold_of(label))


def _or_below(style: Style) -> Style:
    return Style.BELOW if style is Style.BESIDE else style


def _below(lines: Sequence[Line], number: int, kind: Kind | None) -> Span | None:
    """Give the next line, or the one after a blank one, unless it is a label itself."""
    for line in lines[number + 1 : number + 3]:
        if line.blank:
            continue
        start, end = trim(line.text, 0, len(line.text))
        value = line.text[start:end]
        if kind is None and typed(value) is None:
            return None
        labelled = _COLON.match(value)
        if kind is not Kind.MESSAGE and (
            (labelled and kind_of(labelled["label"])) or not fits(kind, value)
        ):
            return None
        return line.start + start, line.start + end
    return None


def _tabbed(
    text: str, lines: Sequence[Line], number: int, cells: Mapping[int, int]
) -> Iterator[Pair]:
    line = lines[number]
    parts = line.text.split("\t")
    kinds = [kind_of(part.strip().rstrip(":")) for part in parts]
    below = lines[number + 1] if number + 1 < len(lines) else None
    named = sum(kind not in {None, Kind.OTHER, Kind.MESSAGE} for kind in kinds)
    if named > 1 and below and "\t" in below.text:
        at = below.start
        for part, kind, value in zip(parts, kinds, below.text.split("\t"), strict=False):
            if kind and value.strip() and fits(kind, value.strip()):
                yield Pair(
                    kind, part.strip(), line.start, line.end, trim(text, at, at + len(value)),
                    Style.COLUMN, hold_of(part),
                )  # fmt: skip
            at += len(value) + 1
        return
    filled, begin = [], line.start
    for part in parts:
        if part.strip():
            filled.append((begin, part))
        begin += len(part) + 1
    for place, ((_, part), (begin, following)) in enumerate(pairwise(filled)):
        label = part.strip().rstrip(":").strip()
        if not label or place % 2:
            continue
        start, end = trim(text, begin, begin + len(following))
        end = max(end, trim(text, start, cells[start])[1]) if start in cells else end
        kind = kind_of(label)
        value = text[start:end]
        if kind and not fits(kind, value):
            kind = None
        style = Style.CELL if place == 0 else Style.AFTER
        yield Pair(kind, label, line.start, begin, (start, end), style, hold_of(label))


def _separated(line: Line) -> Iterator[Pair]:
    """Several known labels with colons on one line, parted by one sign."""
    matches = list(_SEPARATED.finditer(line.text))
    known = [match for match in matches if kind_of(match["label"])]
    signs = [match["sign"] for match in known if match["sign"]]
    if len(known) < 2 or not signs or len(set(signs)) > 1:
        return
    matches = [match for match in matches if match["sign"] in {None, signs[0]}]
    ends = [match.start() for match in matches[1:]] + [len(line.text)]
    for match, end in zip(matches, ends, strict=True):
        span = trim(line.text, match.end(), end)
        label, kind = match["label"].strip(), kind_of(match["label"])
        value = line.text[slice(*span)]
        place = (line.start + span[0], line.start + span[1]) if value else None
        if kind and value and not fits(kind, value):
            kind = None
        yield Pair(
            kind, label, line.start, line.start + match.end(), place, Style.SEPARATED,
            hold_of(label), signs[0],
        )  # fmt: skip


def _led(line: Line) -> Pair | None:
    match = _LEADER.match(line.text)
    if match is None:
        return None
    kind = kind_of(match["label"])
    value = line.text[match.end() :].strip()
    if kind is None or not value or not fits(kind, value):
        return None
    return _after(line, match["label"], match.end(), kind)


def _symbol(line: Line) -> Pair | None:
    match = _SYMBOL.match(line.text)
    if match is None:
        return None
    value = line.text[match.end() :].strip()
    kind = typed(value)
    if kind is None:
        kind = _SYMBOLS.get(match["label"][0])
        if kind is Kind.MESSAGE and kind_of(value) is Kind.MESSAGE:
            return Pair(kind, line.text.strip(), line.start, line.end, None, Style.BELOW)
    if kind is None or not fits(kind, value):
        return None
    return _after(line, match["label"], match.end(), kind)


def _bare(lines: Sequence[Line], number: int) -> Pair | None:
    """Take a line that is a label and nothing else, with the value below it."""
    line = lines[number]
    label = line.text.strip()
    kind = kind_of(label)
    if kind is None or kind is Kind.OTHER or not _is_bare_label(label):
        return None
    value = _below(lines, number, kind)
    if value is None:
        return None
    return Pair(kind, label, line.start, line.end, value, Style.BELOW, hold_of(label))


def _is_bare_label(text: str) -> bool:
    return len(text.split()) <= 5 and text[-1] not in ".!?,;" and not any(c.isdigit() for c in text)


def _plain(line: Line) -> Pair | None:
    """Take words that announce what the rest of the line looks like, without any sign."""
    words = line.text.split()
    for count in range(1, min(6, len(words))):
        label, value = " ".join(words[:count]), " ".join(words[count:])
        kind = kind_of(label)
        named = kind in {Kind.NAME, Kind.FIRST, Kind.LAST, Kind.FAMILY_OR_FULL, Kind.GIVEN_OR_FULL}
        if (
            (kind in {Kind.EMAIL, Kind.PHONE} and typed(value) is kind)
            or (named and count <= 2 and fits(kind, value) and words[count][0].isupper())
            or (kind is Kind.REFERENCE and count <= 3 and regex.fullmatch(r"\S*\d\S*", value))
        ):
            at = 0
            for word in words[:count]:
                at = line.text.index(word, at) + len(word)
            while line.text[at].isspace():
                at += 1
            return _after(line, label, at, kind)
    return None


def _after(line: Line, label: str, at: int, kind: Kind | None) -> Pair:
    start, end = trim(line.text, at, len(line.text))
    span = (line.start + start, line.start + end)
    return Pair(kind, label.strip(), line.start, line.start + at, span, Style.AFTER, hold_of(label))


def typed(value: str) -> Kind | None:
    """Tell e-mail addresses and phones by their look; None for anything else."""
    if EMAIL.fullmatch(value):
        return Kind.EMAIL
    match = PHONE.fullmatch(value)
    return Kind.PHONE if match and sum(c.isdigit() for c in value) >= 8 else None
