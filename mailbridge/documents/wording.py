"""How values and complaints are put into words; knows neither files nor shapes."""

from collections.abc import Sequence
from typing import Any

LONGEST_QUOTE = 60
"""Characters of a value that are quoted."""


class UnfitError(ValueError):
    """Raised by a shape's own validators: what is wrong and what to write, for people."""

    def __init__(
        self,
        text: str,
        remedy: str = "",
        *,
        code: str = "wrong-value",
        at: Sequence[str | int] = (),
    ) -> None:
        """`at` leads from the validated value to the key that is at fault."""
        super().__init__(text)
        self.text = text
        self.remedy = remedy
        self.code = code
        self.at = tuple(at)


def quote(text: str) -> str:
    """Quote a value, or the beginning of a long one, on one line."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")


def show_written(value: Any) -> str:
    """Name what is written: a text itself, else its kind; begins a sentence."""
    match value:
        case None:
            return "Nothing"
        case list():
            return "A list"
        case dict():
            return "A group of 'key: value' lines"
        case _:
            return quote(str(value))


def show_flow(value: Any) -> str:
    """Write an example as YAML on one line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return f"{{{', '.join(f'{k}: {show_flow(v)}' for k, v in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(show_flow(v) for v in value)}]"
        case _:
            return str(value)


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 entry`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
