"""A stretch of a text form as a text form of its own, without its quote marks.

Links and cells go with the text that they stand in. Must not know why it is cut.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from mailbridge.message.message import Body, Link

_INDENT = re.compile(r" {4}|\t")
_MOST_LOST_LINKS = 100


def cut_out(body: Body, start: int, depth: int) -> Body:
    """Return what follows `start`, which lies at the end of a line `depth` quote marks deep.

    Text that is not quoted as deeply is the forwarder's where it stands below the rest.
    """
    mark = re.compile(rf"(?:[ \t]{{0,8}}>){{1,{depth}}}+ ?") if depth else None
    return _excerpt(body, start, mark)


def cut_out_answered(body: Body, start: int) -> Body:
    """Return what follows `start`, quoted or indented by four blanks as a whole, or neither."""
    lines = [line for line in body.text[start:].split("\n") if line.strip()]
    if lines and _is_marked(lines[0], ">"):
        return cut_out(body, start, 1)
    indented = bool(lines) and _INDENT.match(lines[0]) is not None
    return _excerpt(body, start, _INDENT if indented else None)


def _is_marked(line: str, mark: str) -> bool:
    return line.lstrip(" \t").startswith(mark)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch that is kept: its place before and after."""

    start: int
    end: int
    begins: int


def _excerpt(body: Body, start: int, mark: re.Pattern[str] | None) -> Body:
    pieces = _pieces(body.text, start, mark)
    text = "\n".join(body.text[piece.start : piece.end] for piece in pieces)
    if not pieces:
        return Body("")
    return Body(text, _links(body, start, pieces[-1].end), _cells(body, pieces))


def _pieces(text: str, start: int, mark: re.Pattern[str] | None) -> list[_Piece]:
    """Return the stretches, without blank lines at either end."""
    if mark is None:
        begin = start + len(text[start:]) - len(text[start:].lstrip("\n"))
        end = len(text.rstrip("\n"))
        return [_Piece(begin, end, 0)] if begin < end else []
    spans: list[tuple[int, int]] = []
    last_marked, gap = -1, False
    position = start
    while position <= len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        found = mark.match(text, position, end)
        begin = found.end() if found else position
        spans.append((begin, end))
        # An unmarked line that follows at once is one that was wrapped on its way.
        gap = not found and (gap or not text[position:end].strip())
        if found or (not gap and last_marked >= 0):
            last_marked = len(spans) - 1
        position = end + 1
    spans = spans[: last_marked + 1]
    while spans and not text[slice(*spans[0])].strip():
        del spans[0]
    while spans and not text[slice(*spans[-1])].strip():
        del spans[-1]
    pieces, length = [], 0
    for begin, end in spans:
        pieces.append(_Piece(begin, end, length))
        length += end - begin + 1
    return pieces


def _cells(body: Body, pieces: list[_Piece]) -> tuple[tuple[int, int], ...]:
    """Return the cells that reach into the stretches, in their new places."""
    starts = [piece.start for piece in pieces]

    def place(position: int) -> int:
        piece = pieces[max(0, bisect_right(starts, position) - 1)]
        return piece.begins + min(max(position, piece.start), piece.end) - piece.start

    moved = ((place(start), place(end)) for start, end in body.cells if end > starts[0])
    return tuple((start, end) for start, end in moved if start < end)


def _links(body: Body, start: int, end: int) -> tuple[Link, ...]:
    """Return the links between `start` and `end`.

    Links have no places, but an order. Each is looked for after the one before it,
    so one is never placed too late: a link of the forwarder's is never kept for one
    of the mail's.
    """
    kept: list[Link] = []
    cursor, lost = 0, 0
    for link in body.links:
        shown = (link.text, f"<{link.url}>") if link.text else ()
        found = [at for text in shown if (at := body.text.find(text, cursor)) >= 0]
        if found:
            cursor = min(found) + 1
        elif shown:
            lost += 1
            if lost > _MOST_LOST_LINKS:
                break
        if start < cursor <= end:
            kept.append(link)
    return tuple(kept)
