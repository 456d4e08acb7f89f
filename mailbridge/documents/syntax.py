"""What PyYAML says about a broken file, in words for the person who wrote the file.

Must not quote more of the file than a single character: the broken line may hold
a password.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import yaml

from mailbridge.problems import Problem

# Everything that YAML 1.1 does not count as printable (section 5.1 of its specification).
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_QUOTES = "Put the value in single quotes if it is meant as text."


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A YAML error with its places, lines and columns counted from 0."""

    context: str
    problem: str
    line: int
    column: int
    start_line: int
    start_column: int
    lines: Sequence[str]

    @property
    def written(self) -> str:
        """The line of the trouble."""
        return self.lines[self.line] if self.line < len(self.lines) else ""

    def in_context(self, *words: str) -> bool:
        return any(word in self.context for word in words)

    def said(self, *words: str) -> bool:
        return any(word in self.problem for word in words)


@dataclass(frozen=True, slots=True)
class _Explanation:
    """`applies` is asked in order; the first that does explains the trouble."""

    applies: Callable[[_Trouble], bool]
    code: str
    text: str
    remedy: str
    at_start: bool = False
    """Whether the place to show is where the broken value starts, not where it broke."""


def find_control_character(text: str, file: str) -> Problem | None:
    """Find the first character that no text file should hold."""
    if not (found := _CONTROL.search(text)):
        return None
    before = text[: found.start()]
    return Problem(
        file,
        before.count("\n") + 1,
        found.start() - before.rfind("\n"),
        code="bad-character",
        text=f"An invisible control character (U+{ord(found[0]):04X}) stands here.",
        remedy="Delete it; if there are many, save the file as plain text in UTF-8.",
    )


def explain(error: yaml.YAMLError | None, text: str, file: str) -> Problem:
    """Turn PyYAML's error into a Problem; None where PyYAML failed without a word."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _say(file, 0, 0, _UNKNOWN)
    start = error.context_mark or error.problem_mark
    trouble = _Trouble(
        error.context or "",
        error.problem or "",
        error.problem_mark.line,
        error.problem_mark.column,
        start.line,
        start.column,
        text.splitlines(),
    )
    found = next((e for e in _EXPLANATIONS if e.applies(trouble)), _UNKNOWN)
    if found.at_start:
        return _say(file, trouble.start_line + 1, trouble.start_column + 1, found)
    return _say(file, trouble.line + 1, trouble.column + 1, found)


def _say(file: str, line: int, column: int, found: _Explanation) -> Problem:
    return Problem(file, line, column, "", found.code, found.text, found.remedy)


def _indented_with_tab(trouble: _Trouble) -> bool:
    written = trouble.written
    return "\t" in written[: len(written) - len(written.lstrip())]


def _starts_with(character: str) -> Callable[[_Trouble], bool]:
    def applies(trouble: _Trouble) -> bool:
        here = trouble.written[trouble.column : trouble.column + 1]
        return trouble.said("cannot start any token") and here == character

    return applies


_UNKNOWN = _Explanation(
    lambda _: True,
    "bad-yaml",
    "This is not valid YAML.",
    "Check the indentation, quotes and brackets here and in the lines above.",
)

_EXPLANATIONS = (
    _Explanation(
        lambda t: t.in_context("quoted scalar") and t.said("end of stream", "document separator"),
        "unclosed-quote",
        "The quote that opens here is never closed.",
        "Close it; inside single quotes write an apostrophe twice ('').",
        at_start=True,
    ),
    _Explanation(
        _indented_with_tab,
        "tab",
        "This line is indented with a tab.",
        "Indent with spaces only.",
    ),
    _Explanation(
        _starts_with("\t"),
        "tab",
        "A tab stands here.",
        "Use spaces only.",
    ),
    _Explanation(
        lambda t: t.said("unknown escape character", "escape sequence of", "escape code"),
        "bad-escape",
        "In double quotes a backslash starts an escape such as \\n, and this is none.",
        "Put the value in single quotes, where a backslash is only a backslash.",
    ),
    *(
        _Explanation(
            _starts_with(character),
            "needs-quotes",
            f"A value cannot start with {character!r}.",
            "Put the value in single quotes.",
        )
        for character in "@`%"
    ),
    _Explanation(
        lambda t: t.in_context("scanning an alias", "scanning an anchor"),
        "needs-quotes",
        "A value that starts with '*' or '&' refers to another value, and this is no name.",
        _IN_QUOTES,
        at_start=True,
    ),
    _Explanation(
        lambda t: t.in_context("a tag") or t.said("tag handle"),
        "needs-quotes",
        "A value that starts with '!' is a YAML tag, and tags are not used here.",
        _IN_QUOTES,
        at_start=True,
    ),
    _Explanation(
        lambda t: t.in_context("block scalar"),
        "needs-quotes",
        "A value that starts with '|' or '>' opens a text on the lines below, and more follows it.",
        _IN_QUOTES,
        at_start=True,
    ),
    _Explanation(
        lambda t: t.in_context("a directive") or t.said("directive", "incompatible YAML"),
        "needs-quotes",
        "A line that starts with '%' is a YAML directive, and this is none.",
        "Indent the line, or put the value in single quotes.",
    ),
    _Explanation(
        lambda t: t.said("mapping values are not allowed", "mapping keys are not allowed"),
        "stray-colon",
        "A key cannot begin here.",
        "If the colon belongs to the value, put the value in single quotes; if a key begins "
        "here, check the indentation of this line and of the one above.",
    ),
    _Explanation(
        lambda t: t.said("could not find expected ':'"),
        "missing-colon",
        "This is no 'key: value': the colon is missing.",
        "Write a colon and a blank after the key, or indent the line if it continues a value.",
        at_start=True,
    ),
    _Explanation(
        lambda t: t.said("sequence entries are not allowed"),
        "bad-indentation",
        "A list item ('- ') cannot stand here.",
        "Put each item on its own line, all indented alike below their key.",
    ),
    _Explanation(
        lambda t: t.said("expected ',' or ']'"),
        "unclosed-bracket",
        "The list that opens here with '[' is not closed, or a comma is missing in it.",
        "Close it with ']'; put a value that holds brackets or commas in single quotes.",
        at_start=True,
    ),
    _Explanation(
        lambda t: t.said("expected ',' or '}'"),
        "unclosed-bracket",
        "The group that opens here with '{' is not closed, or a comma is missing in it.",
        "Close it with '}'; put a value that holds braces or commas in single quotes.",
        at_start=True,
    ),
    _Explanation(
        lambda t: t.said("expected <block end>") and t.said("'<block", "'-'", "'?'"),
        "bad-indentation",
        "The indentation of this line fits nothing above it.",
        "Indent it exactly like the other lines of its group.",
    ),
    _Explanation(
        lambda t: t.said("expected <block end>", "expected '<document start>'"),
        "needs-quotes",
        "Something follows here after the value has ended.",
        "Put the whole value in single quotes; inside them write an apostrophe twice ('').",
    ),
    _Explanation(
        lambda t: t.said("expected the node content"),
        "missing-value",
        "A value is missing before this.",
        "Write the value, or put it in single quotes if it starts with one of ] } , ? - : |",
    ),
)
