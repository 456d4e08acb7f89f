r"""How commands speak: tables and colours on a terminal, tab-separated lines in a pipe.

Everything that is printed passes through here, so that no value of a mail can steer
the terminal: control characters are shown as `\x1b`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from mailbridge.controls import show_controls, show_in_json
from mailbridge.outcomes import Outcome

T = TypeVar("T")

console = Console(highlight=False, soft_wrap=False)
errors = Console(stderr=True, highlight=False)

COLOURS = {
    Outcome.LEAD: "green",
    Outcome.SENT: "green",
    Outcome.DUPLICATE: "cyan",
    Outcome.DEFERRED: "yellow",
    Outcome.IGNORED: "bright_black",
    Outcome.UNMATCHED: "bright_black",
    **{outcome: "red" for outcome in Outcome if outcome.for_review},
}


def say(text: str = "") -> None:
    """Print one line as it is."""
    console.print(Text(show_controls(text)), soft_wrap=True)


def say_json(value: Any) -> None:
    """Print one value as one line of JSON."""
    print(show_in_json(json.dumps(value, ensure_ascii=False)))  # noqa: T201  (output is its job)


def complain(text: str) -> None:
    """Print one line to stderr as it is."""
    errors.print(Text(show_controls(text)), soft_wrap=True)


def heading(text: str) -> None:
    """Print a heading: bold on a terminal, with a blank line above."""
    console.print()
    console.print(Text(show_controls(text), style="bold"))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: a table on a terminal, else a line each with tabs, headers first."""
    if not console.is_terminal:
        for row in (headers, *rows):
            print("\t".join(_plain(cell) for cell in row))  # noqa: T201  (output is its job)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for number, header in enumerate(headers, start=1):
        last = number == len(headers)  # notes wrap; what stands before them is cut
        drawn.add_column(header, no_wrap=not last, overflow="fold" if last else "ellipsis")
    for row in rows:
        drawn.add_row(*(_styled(cell) for cell in row))
    console.print(drawn)


def progress(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Show a progress bar on a terminal, none elsewhere."""
    if not errors.is_terminal:
        yield from items
        return
    yield from track(items, what, total=total, console=errors, transient=True)


def _plain(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    text = "" if cell is None else str(cell)
    one_line = " ".join(text.split()) if any(c in text for c in "\t\n\r") else text
    return show_controls(one_line)


def _styled(cell: object) -> Text:
    if isinstance(cell, datetime):
        return Text(cell.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
    style = COLOURS.get(cell, "") if isinstance(cell, Outcome) else ""
    return Text(_plain(cell), style=style)
