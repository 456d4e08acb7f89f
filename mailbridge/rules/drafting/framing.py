"""Where the visitor's own words begin and end, so that nothing else is read from them.

Must not read values; that is `sighting`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from mailbridge.rules.drafting.closings import is_closing, is_greeting, is_heading
from mailbridge.rules.drafting.draft import Sureness
from mailbridge.rules.drafting.looks import fits
from mailbridge.rules.drafting.pairs import Line, Pair, Style, lines_of
from mailbridge.rules.drafting.words import Kind, kind_of, plain
from mailbridge.rules.labels import Span, trim

_WEAK = frozenset(
    """
    demande anfrage richiesta enquiry inquiry consulta aanvraag zapytanie pedido text texte
    testo texto tekst frage fragen question questions note notes notiz
    """.split()  # noqa: SIM905  (a table of words)
)
_CONTACT = frozenset(
    {Kind.EMAIL, Kind.PHONE, Kind.FIRST, Kind.LAST, Kind.NAME}
    | {Kind.GIVEN_OR_FULL, Kind.FAMILY_OR_FULL}
)
_HEADING_WORDS = 5
_WEAK_WORDS = 2
"""Of a heading with none but weak words, at most: `Type of enquiry` is none."""
_QUOTED = regex.compile(
    r"^[^\S\n]*(?P<open>[«“„])\s*(?P<words>[^«»“”„]{8,}?)\s*(?P<close>[»”])", regex.M
)
_MARKED = regex.compile(r"(?P<front>[^\p{L}\p{N}\s«“„\"'(]{1,5})[^\S\n]*\p{L}[^\n]*?(?P<back>\W+)$")
_CLOSERS = {"«": "»", "“": "”", "„": "”"}


@dataclass(frozen=True, slots=True)
class Frame:
    """The visitor's words in one text."""

    head: Span
    """What announces them; ends where they, or the blanks before them, begin."""
    span: Span
    """The words themselves, without blanks around them."""
    foot: int | None
    """Where the portal's text goes on; None where it does not, or a cell ends it."""
    why: str
    sureness: Sureness = Sureness.LIKELY
    in_cell: bool = False


def find_frame(
    text: str,
    pairs: Sequence[Pair],
    cells: Mapping[int, int],
    brands: tuple[str, ...],
    given: Span | None,
) -> Frame | None:
    """Find the visitor's words, or what announces the place that a person gave for them."""
    lines = lines_of(text)
    if given:
        return _given(text, lines, pairs, cells, given)
    heads = [pair for pair in pairs if pair.kind is Kind.MESSAGE and pair.value]
    if not heads:
        return _quoted(text)
    best = max(heads, key=lambda pair: (_weight(pair), -pair.at))
    if _weight(best) == 0:
        return _quoted(text)
    return _framed(text, lines, pairs, cells, brands, best)


def _weight(pair: Pair) -> int:
    words = set(plain(pair.label).split())
    weak = not any(kind_of(word) is Kind.MESSAGE for word in words - _WEAK)
    if weak and len(words) > _WEAK_WORDS:
        return 0
    signed = pair.style is not Style.BELOW or pair.label.endswith(":")
    return (0 if weak else 2) + (1 if signed else 0) + (1 if len(words) <= 3 else 0)


def _framed(
    text: str,
    lines: Sequence[Line],
    pairs: Sequence[Pair],
    cells: Mapping[int, int],
    brands: tuple[str, ...],
    head: Pair,
) -> Frame:
    assert head.value is not None  # noqa: S101  (chosen so)
    start = head.value[0]
    if head.style is Style.SEPARATED:
        return _separated(text, head)
    why = f"what stands after '{head.label}'"
    if start in cells:
        span = trim(text, start, cells[start])
        why = f"{why}, to its cell's end"
        return Frame((head.at, head.end), span, None, why, Sureness.SURE, in_cell=True)
    if text[start] in _CLOSERS and (end := text.find(_CLOSERS[text[start]], start)) > 0:
        span = trim(text, start + 1, end)
        return Frame((head.at, start + 1), span, end, f"{why}, in quotes", Sureness.SURE)
    seen = {pair.kind for pair in pairs if pair.at < start}
    foot = _foot(text, lines, pairs, head.at, start, seen, brands)
    end = len(text) if foot is None else foot
    span = trim(text, start, end)
    return Frame((head.at, head.end), span, foot, why)


def _separated(text: str, head: Pair) -> Frame:
    """Frame the words that stand between others on one line."""
    assert head.value is not None  # noqa: S101  (chosen so)
    foot = head.value[1]
    while foot < len(text) and text[foot] in " \t":
        foot += 1
    begin = text.rfind(head.sign, head.at, head.end)
    why = f"what stands after '{head.label}' on the line"
    head_span = (max(begin, head.at), head.end)
    return Frame(head_span, head.value, foot if foot < len(text) else None, why)


def _foot(
    text: str,
    lines: Sequence[Line],
    pairs: Sequence[Pair],
    at: int,
    start: int,
    seen: set[Kind | None],
    brands: tuple[str, ...],
) -> int | None:
    """Give where the portal's text goes on after the words that begin at `start`.

    `at` is where the line begins that announces them.
    """
    spaced = any(line.blank for line in lines if line.start < start)
    labelled = {pair.at: pair for pair in pairs if pair.at > start}
    marks = _marks(text[text.rfind("\n", 0, at) + 1 :].split("\n", 1)[0])
    for number, line in enumerate(lines):
        if line.start <= start or line.blank:
            continue
        if marks and _marks(line.text) == marks:
            return line.start
        free = lines[number - 1].blank or not spaced
        if free and is_greeting(line.text) and _closes(lines, number, brands):
            return line.start
        if free and is_heading(line.text):
            return line.start
        if is_closing(line.text, brands) and (free or not is_greeting(line.text)):
            return line.start
        pair = labelled.get(line.start)
        if free and pair and _opens(text, pair, seen):
            return _above(lines, number, start)
    return None


def _marks(line: str) -> tuple[str, str] | None:
    """Give the signs around a heading, as `> Message:`; None where it has none in front."""
    match = _MARKED.match(line.strip())
    return (match["front"], match["back"]) if match else None


def _closes(lines: Sequence[Line], number: int, brands: tuple[str, ...]) -> bool:
    following = [line for line in lines[number + 1 :] if not line.blank]
    return bool(following) and is_closing(following[0].text, brands)


def _opens(text: str, pair: Pair, seen: set[Kind | None]) -> bool:
    """Tell whether a label after the message is the portal's: of a kind not seen before it."""
    if pair.kind is None or pair.kind in seen or pair.kind is Kind.MESSAGE:
        return False
    if pair.style is Style.AFTER and pair.kind is Kind.OTHER:
        return False
    if pair.kind in _CONTACT and Kind.EMAIL in seen:
        return False  # contact stood above already: here a visitor tells of somebody else
    return pair.value is not None and fits(pair.kind, text[slice(*pair.value)])


def _above(lines: Sequence[Line], number: int, start: int) -> int:
    """Begin at a heading that stands right above: `Ihr Objekt`, `Rappel de l'annonce`."""
    at = number
    while at > 0 and lines[at - 1].start > start and not lines[at - 1].blank:
        at -= 1
        if number - at > 2:
            return lines[number].start
    if at == number:
        at = _heading_above(lines, number, start)
    if at == number or lines[at - 1].start <= start or not lines[at - 1].blank:
        return lines[number].start
    return lines[at].start


def _heading_above(lines: Sequence[Line], number: int, start: int) -> int:
    """Give the heading that stands by itself above a blank line: `DATOS DEL ANUNCIO`."""
    at = number
    while at > 0 and lines[at - 1].blank and lines[at - 1].start > start:
        at -= 1
    if at == number or at == 0:
        return number
    head = lines[at - 1]
    alone = head.start > start and at > 1 and lines[at - 2].blank
    return at - 1 if alone and _is_heading_by_itself(head.text) else number


def _is_heading_by_itself(line: str) -> bool:
    words = line.split()
    if len(words) > _HEADING_WORDS or any(c.isdigit() for c in line) or line.strip()[-1] in ".!?,;":
        return False
    return line.isupper() or is_heading(line) or kind_of(line) is Kind.OTHER


def _quoted(text: str) -> Frame | None:
    match = _QUOTED.search(text)
    if match is None:
        return None
    return Frame(
        (match.start("open"), match.start("open") + 1),
        match.span("words"),
        match.start("close"),
        "what stands in quotation marks",
    )


def _given(
    text: str,
    lines: Sequence[Line],
    pairs: Sequence[Pair],
    cells: Mapping[int, int],
    given: Span,
) -> Frame | None:
    start, end = given
    follows = trim(text, end, len(text))[0]
    foot = follows if follows < len(text) else None
    if start in cells:
        foot = None
    for pair in pairs:
        if pair.value and pair.value[0] == start:
            head = (pair.at, pair.end)
            break
    else:
        head_or_none = _head_above(text, lines, start)
        if head_or_none is None:
            return None
        head = head_or_none
    why = "where the value given stands"
    return Frame(head, given, foot, why, Sureness.GIVEN, in_cell=start in cells)


def _head_above(text: str, lines: Sequence[Line], start: int) -> Span | None:
    line = next(line for line in reversed(lines) if line.start <= start)
    if text[line.start : start].strip():
        return line.start, start
    above = [one for one in lines if one.start < line.start and not one.blank]
    return (above[-1].start, above[-1].end) if above else None
