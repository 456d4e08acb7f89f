"""Lines, cells and blanks of a text that is laid out like a browser does it.

What stands between two texts is settled only when the second one comes: line
ends win over tabs, tabs over blanks. So nothing has to be taken back, and
elements without text leave no trace.
"""

from mailbridge.message.textform import drop_unseen

_MOST_LINE_ENDS = 3  # two empty lines


class _Row:
    """A table row that is open."""

    __slots__ = ("broken", "cell_line", "cell_piece", "filled")

    def __init__(self) -> None:
        self.filled = False
        """Whether any cell had text so far."""
        self.broken = False
        """Whether a cell took more than one line: the next one begins a line then."""
        self.cell_line = -1
        """Number of the line on which the open cell's text began; -1: no text yet."""
        self.cell_piece = 0
        """Number of the piece with which that text began."""


class Layout:
    """Takes texts and the breaks between them; `pieces` joined are the text."""

    __slots__ = ("_blank", "_ends", "_line", "_lines", "_rows", "_tabs", "cells", "pieces")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.cells: list[tuple[int, int]] = []
        """For each table cell with text, its first piece and the one after its last."""
        self._ends = 0
        self._tabs = 0
        self._blank = False
        self._line = False
        """Whether the current line has text."""
        self._lines = 0
        """Number of the current line."""
        self._rows: list[_Row] = []

    def add(self, text: str) -> None:
        """Add inline text; its blanks are collapsed."""
        if not text.isascii():
            text = drop_unseen(text)
        words = text.split()
        if not words:
            self._blank = self._blank or text != ""
            return
        self._begin_text(blank=self._blank or text[0].isspace())
        self.pieces.append(" ".join(words))
        self._blank = text[-1].isspace()

    def add_preformatted(self, text: str) -> None:
        """Add text whose lines and blanks count."""
        if text.isspace() and "\n" not in text:
            self._blank = True
            return
        first, *others = text.split("\n")
        self._add_line(first)
        for line in others:
            self.break_line()
            self._add_line(line)

    def _add_line(self, line: str) -> None:
        if line:
            self._begin_text(blank=self._blank)
            self.pieces.append(line)

    def end_line(self) -> None:
        """End the line where a block begins or ends."""
        if self._line:
            self._ends, self._line = 1, False
        self._blank = False

    def break_line(self) -> None:
        """Take a `<br>`; at the beginning of a cell that follows another it counts for nothing."""
        if not self._tabs:
            self._ends += 1
            self._line = self._blank = False

    def begin_table(self) -> None:
        """Open a table: one inside a cell lays out, and begins a line of its own."""
        self.end_line()
        if self._tabs:
            self._tabs, self._ends = 0, 1

    def begin_row(self) -> None:
        """Open a row, on a line of its own."""
        self.end_line()
        self._rows.append(_Row())

    def end_row(self) -> None:
        """Close a row and its line; empty cells at its end leave nothing."""
        if self._rows:
            self._end_cell(self._rows.pop())
        if self._tabs:
            self._tabs, self._ends = 0, 1
        self.end_line()

    def begin_cell(self) -> None:
        """Open a cell: a tab after one-line cells, a new line after a longer one."""
        if not self._rows:
            self.end_line()
            return
        row = self._rows[-1]
        row.broken = row.broken or 0 <= row.cell_line < self._lines
        self._end_cell(row)
        if row.broken:
            self.end_line()
        elif row.filled:
            self._ends, self._line, self._blank = 0, False, False
            self._tabs += 1

    def _end_cell(self, row: _Row) -> None:
        if row.cell_line >= 0:
            self.cells.append((row.cell_piece, len(self.pieces)))
        row.cell_line = -1

    def _begin_text(self, *, blank: bool) -> None:
        if self._ends:
            if self.pieces:
                self.pieces.append("\n" * min(self._ends, _MOST_LINE_ENDS))
            self._lines += 1
        elif self._tabs:
            self.pieces.append("\t" * self._tabs)
        elif blank and self._line:
            self.pieces.append(" ")
        self._ends = self._tabs = 0
        self._blank, self._line = False, True
        for row in reversed(self._rows):
            if row.cell_line >= 0:
                break
            row.filled, row.cell_line, row.cell_piece = True, self._lines, len(self.pieces)
