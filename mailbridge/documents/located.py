"""YAML text into plain values, each with its line and column.

Scalars stay as they are written: `no`, `12:30`, `2026-11-22` and `007` are texts
here, and the shape that is asked for (`shape`) makes numbers, dates and true or
false of them. So YAML 1.1 cannot change a value's type behind anybody's back.
Only an unquoted `null`, `~` or nothing at all is None.

Must not: read files (`source`), know any key, run tags. Aliases are followed, with
a bound on what they may grow to; merge keys (`<<`) and tags are refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from mailbridge.documents.syntax import explain, find_control_character
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem

Written: TypeAlias = "str | list[Written] | dict[str, Written] | None"

LENGTH_LIMIT = 1_000_000
"""Characters in one file; the largest portal file has some 10,000."""
DEPTH_LIMIT = 50
VALUE_LIMIT = 100_000
"""Values in one file with every alias written out."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# libyaml is ten times as fast; the Python scanner has the better error messages
# and has the last word where the two differ.
_LOADERS: list[type[yaml.SafeLoader | yaml.CSafeLoader]] = (
    [yaml.CSafeLoader, yaml.SafeLoader] if yaml.__with_libyaml__ else [yaml.SafeLoader]
)


@dataclass(frozen=True, slots=True)
class _Node:
    value: Written
    line: int
    column: int
    inside: Mapping[str | int, "_Node"] = field(default_factory=dict)
    keys: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One file's values and where each of them stands."""

    data: Written
    file: str
    """Path as the user knows it."""
    root: _Node = field(repr=False, compare=False)

    def place(self, path: Sequence[str | int]) -> tuple[int, int]:
        """Line and column, from 1, of the value at `path`, or of what is nearest above it."""
        node, _ = self._walk(path)
        return node.line, node.column

    def key_place(self, path: Sequence[str | int]) -> tuple[int, int]:
        """Line and column, from 1, of the key that `path` ends in; of the value if it has none."""
        parent, rest = self._walk(path[:-1])
        if path and not rest and isinstance(path[-1], str) and path[-1] in parent.keys:
            return parent.keys[path[-1]]
        return self.place(path)

    def value(self, path: Sequence[str | int]) -> Written:
        """Return what is written at `path`; None where nothing is."""
        node, rest = self._walk(path)
        return None if rest else node.value

    def has(self, path: Sequence[str | int]) -> bool:
        """Whether `path` is written, be it with an empty value."""
        return not self._walk(path)[1]

    def _walk(self, path: Sequence[str | int]) -> tuple[_Node, Sequence[str | int]]:
        node = self.root
        for depth, step in enumerate(path):
            if step not in node.inside:
                return node, path[depth:]
            node = node.inside[step]
        return node, ()


def parse(text: str, file: str) -> Document:
    """Read one YAML document.

    Raises BadDocument: not YAML, empty, several documents, duplicate keys (every
    one of them), tags, merge keys, too large or too deep.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > LENGTH_LIMIT:
        raise BadDocument([_too_large(file)])
    if found := find_control_character(text, file):
        raise BadDocument([found])
    failure: yaml.YAMLError | None = None
    for loader in _LOADERS:
        composer = _Composer(text, file, loader)
        try:
            root = composer.compose_document()
        except yaml.YAMLError as error:
            failure = error
        except (ValueError, OverflowError):
            # The Python scanner computes "\UFFFFFFFF" and a version of 5,000
            # digits unguarded; libyaml's own complaint, if any, has the place.
            continue
        else:
            if composer.problems:
                raise BadDocument(composer.problems)
            return Document(root.value, file, root)
    raise BadDocument([explain(failure, text, file)]) from None


class _Composer:
    """Builds nodes from the events of one parse."""

    def __init__(
        self, text: str, file: str, loader: type[yaml.SafeLoader | yaml.CSafeLoader]
    ) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=loader))
        self._file = file
        self._anchors: dict[str, _Node] = {}
        self.problems: list[Problem] = []

    def compose_document(self) -> _Node:
        """Compose the only document; raises BadDocument where going on makes no sense."""
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise BadDocument([_empty(self._file)])
        root = self._compose(next(self._events), 0)
        next(self._events)  # the document's end
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self._complain(
                following,
                "second-document",
                "A second document begins here with '---'.",
                "Keep one document in each file.",
            )
        return root

    def _compose(self, event: yaml.Event, depth: int) -> _Node:
        if depth > DEPTH_LIMIT:
            self._complain(
                event,
                "too-deep",
                f"Values are nested more than {DEPTH_LIMIT} deep.",
                "Check the brackets and the indentation.",
            )
            raise BadDocument(self.problems)
        if isinstance(event, yaml.AliasEvent):
            return self._follow(event)
        tag, anchor = getattr(event, "tag", None), getattr(event, "anchor", None)
        if tag is not None:
            self._complain(
                event,
                "tag",
                "A value that starts with '!' is a YAML tag, and tags are not used here.",
                "Remove the tag, or put the value in quotes if it is meant as text.",
            )
        if isinstance(event, yaml.ScalarEvent):
            node = self._compose_scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._compose_sequence(event, depth)
        else:
            node = self._compose_mapping(event, depth)
        if node.size > VALUE_LIMIT:
            raise BadDocument([*self.problems, _too_large(self._file, *_place(event))])
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _compose_scalar(self, event: yaml.ScalarEvent) -> _Node:
        text: str = event.value
        if any("\ud800" <= c <= "\udfff" for c in text):
            self._complain(
                event,
                "bad-character",
                "This text holds half a character (a lone surrogate escape such as \\ud83d).",
                "Write the character itself.",
            )
        plain = event.implicit[0]
        return _Node(None if plain and text in _NULLS else text, *_place(event))

    def _compose_sequence(self, event: yaml.Event, depth: int) -> _Node:
        items: list[_Node] = []
        while not isinstance(following := next(self._events), yaml.SequenceEndEvent):
            items.append(self._compose(following, depth + 1))
        return _Node(
            [item.value for item in items],
            *_place(event),
            dict(enumerate(items)),
            size=1 + sum(item.size for item in items),
        )

    def _compose_mapping(self, event: yaml.Event, depth: int) -> _Node:
        inside: dict[str | int, _Node] = {}
        keys: dict[str, tuple[int, int]] = {}
        values: dict[str, Written] = {}
        while not isinstance(following := next(self._events), yaml.MappingEndEvent):
            key = self._compose_key(following, depth)
            node = self._compose(next(self._events), depth + 1)
            if key in keys:
                self._complain(
                    following,
                    "duplicate-key",
                    f"The key {key!r} is written twice: in line {keys[key][0]} and here in line "
                    f"{_place(following)[0]}.",
                    "Keep one of the two.",
                )
                continue
            keys[key], inside[key], values[key] = _place(following), node, node.value
        size = 1 + sum(node.size for node in inside.values())
        return _Node(values, *_place(event), inside, keys, size)

    def _compose_key(self, event: yaml.Event, depth: int) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._complain(
                event,
                "bad-key",
                "A key is a single word, and a list, a mapping or an alias stands in its place.",
                "Write 'key: value', and put a value that starts with [, {, ? or * in quotes.",
            )
            if not isinstance(event, yaml.AliasEvent):
                self._compose(event, depth + 1)
            return ""
        if event.value == "<<" and event.implicit[0]:
            self._complain(
                event,
                "merge-key",
                "Merging with '<<' is not supported.",
                "Write the keys out, or repeat a whole value with an alias.",
            )
        self._compose_scalar(event)
        return str(event.value)

    def _follow(self, event: yaml.AliasEvent) -> _Node:
        if event.anchor in self._anchors:
            return self._anchors[event.anchor]
        # The name is not quoted: it may be a password that starts with '*'.
        self._complain(
            event,
            "unknown-alias",
            "A value that starts with '*' repeats an earlier value, and none bears this name.",
            "Put the value in quotes if it is meant as text.",
        )
        return _Node(None, *_place(event))

    def _complain(self, event: yaml.Event, code: str, text: str, remedy: str) -> None:
        line, column = _place(event)
        self.problems.append(Problem(self._file, line, column, "", code, text, remedy))


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _empty(file: str) -> Problem:
    return Problem(
        file,
        1,
        1,
        code="empty-file",
        text="The file is empty or holds only comments.",
        remedy="Write at least one 'key: value' line, or remove the file.",
    )


def _too_large(file: str, line: int = 1, column: int = 1) -> Problem:
    return Problem(
        file,
        line,
        column,
        code="too-large",
        text=f"This is more than a person writes: over {LENGTH_LIMIT:,} characters, or over "
        f"{VALUE_LIMIT:,} values once aliases are followed.",
        remedy="Check that this is the right file, and split it if it is.",
    )
