"""Add to a rule file's text so that all else in it stays as written, comments included.

Whatever is done is read back: a change that would say anything else is refused.
Must not know what a rule means.
"""

import copy
from collections.abc import Sequence
from typing import Any

from mailbridge.documents.located import Document, parse
from mailbridge.errors import BadDocument

Path = tuple[str | int, ...]
FILE = "rule"


class Inoperable(Exception):
    """The file is written in a way that cannot be added to here."""


def add_key(rule: str, parent: Path, name: str, lines: Sequence[str]) -> str:
    """Add a key to a mapping, after its last one; `lines` as they stand below column 0.

    Raises Inoperable.
    """
    document = _parse(rule)
    value = document.value(parent)
    if not isinstance(value, dict) or not value or name in value:
        raise Inoperable
    column = document.key_place((*parent, next(iter(value))))[1] - 1
    last = (*parent, list(value)[-1])
    if _is_flow(rule, document, parent):
        raise Inoperable
    at = _end_of_entry(rule, document.key_place(last))
    added = "".join(f"{' ' * column}{line}\n" for line in lines)
    changed = _insert(rule, at, added)
    expected = copy.deepcopy(document.data)
    _at(expected, parent)[name] = _read(lines)[name]
    return _confirm(changed, expected)


def add_top_key(rule: str, name: str, lines: Sequence[str], before: str) -> str:
    """Add a key to the file, above another one and the comments that stand over it."""
    document = _parse(rule)
    if document.has((name,)) or not document.has((before,)):
        raise Inoperable
    rows = rule.splitlines(keepends=True)
    number = document.key_place((before,))[0] - 1
    while number > 0 and rows[number - 1].startswith("#"):
        number -= 1
    added = "".join(f"{line}\n" for line in lines)
    changed = "".join(rows[:number]) + added + "".join(rows[number:])
    expected = copy.deepcopy(document.data)
    _at(expected, ())[name] = _read(lines)[name]
    return _confirm(changed, expected)


def add_item(rule: str, path: Path, written: str, *, first: bool) -> str:
    """Add an item to a value that is one thing or a list of them: before all, or after them."""
    document = _parse(rule)
    value = document.value(path)
    if value is None:
        raise Inoperable
    start = _offset(rule, document.place(path))
    line = document.key_place(path)[0]
    if rule[start : start + 1] == "[":
        end = _end_of_flow(rule, start)
        inside = rule[start + 1 : end - 1].strip()
        joined = f"{written}, {inside}" if first else f"{inside}, {written}"
        changed = f"{rule[:start]}[{joined}]{rule[end:]}"
    elif isinstance(value, list):
        changed = _add_to_block(rule, document, path, written, first=first)
    elif rule[start : start + 1] == "{" and document.place(path)[0] == line:
        changed = _unfold(rule, document, path, start, written, first=first)
    elif isinstance(value, dict):
        changed = _indent(rule, document, path, written, first=first)
    else:
        end = _end_of_scalar(rule, start)
        old = rule[start:end]
        pair = (written, old) if first else (old, written)
        changed = f"{rule[:start]}[{', '.join(pair)}]{rule[end:]}"
    expected = copy.deepcopy(document.data)
    items = value if isinstance(value, list) else [value]
    new = _read([f"x: {written}"])["x"]
    _at(expected, path[:-1])[path[-1]] = [new, *items] if first else [*items, new]
    return _confirm(changed, expected)


def _add_to_block(rule: str, document: Document, path: Path, written: str, *, first: bool) -> str:
    value = document.value(path)
    assert isinstance(value, list)  # noqa: S101  (asked by the caller)
    rows = rule.splitlines(keepends=True)
    number = document.place((*path, 0 if first else len(value) - 1))[0] - 1
    row = rows[number]
    dash = len(row) - len(row.lstrip())
    if not row.lstrip().startswith("- "):
        raise Inoperable
    added = f"{' ' * dash}- {written}\n"
    if first:
        return "".join(rows[:number]) + added + "".join(rows[number:])
    return _insert(rule, _end_of_entry(rule, (number + 1, dash + 1)), added)


def _unfold(
    rule: str, document: Document, path: Path, start: int, written: str, *, first: bool
) -> str:
    """Write `name: {…}  # why` as a list, one way to a line; the comment stays with its way."""
    end = _end_of_flow(rule, start)
    line_end = rule.find("\n", end)
    line_end = len(rule) if line_end < 0 else line_end
    indent = " " * (document.key_place(path)[1] + 1)
    old = f"{indent}- {rule[start:line_end]}\n"
    new = f"{indent}- {written}\n"
    listed = new + old if first else old + new
    return rule[:start].rstrip(" ") + "\n" + listed + rule[line_end + 1 :]


def _indent(rule: str, document: Document, path: Path, written: str, *, first: bool) -> str:
    """Make an item of a mapping that stands on lines of its own."""
    rows = rule.splitlines(keepends=True)
    begin = document.place(path)[0] - 1
    end = _end_of_entry(rule, document.key_place(path))
    if document.key_place(path)[0] - 1 == begin:
        raise Inoperable
    indent = " " * (document.place(path)[1] - 1)
    moved = [f"  {row}" if row.strip() else row for row in rows[begin:end]]
    moved[0] = f"{indent}- {rows[begin].lstrip()}"
    added = f"{indent}- {written}\n"
    if not moved[-1].endswith("\n"):
        moved[-1] += "\n"
    listed = [added, *moved] if first else [*moved, added]
    return "".join([*rows[:begin], *listed, *rows[end:]])


def _insert(rule: str, row: int, added: str) -> str:
    rows = rule.splitlines(keepends=True)
    if row and not rows[row - 1].endswith("\n"):
        rows[row - 1] += "\n"
    return "".join(rows[:row]) + added + "".join(rows[row:])


def _end_of_entry(rule: str, place: tuple[int, int]) -> int:
    """Give the number of the row after the entry whose key or dash stands at `place`."""
    rows = rule.splitlines()
    end = number = place[0]
    while number < len(rows):
        row = rows[number]
        content = row.lstrip()
        deep = len(row) - len(content) >= place[1]
        if content and not content.startswith("#"):
            if not deep and not content.startswith(("]", "}")):
                break
            end = number + 1
        number += 1
    return end


def _is_flow(rule: str, document: Document, path: Path) -> bool:
    return rule[_offset(rule, document.place(path))] == "{"


def _end_of_flow(rule: str, start: int) -> int:
    depth, at = 0, start
    while at < len(rule):
        char = rule[at]
        if char in "\"'":
            at = _end_of_scalar(rule, at)
            continue
        if char == "#" and rule[at - 1].isspace():
            raise Inoperable
        depth += (char in "[{") - (char in "]}")
        at += 1
        if depth == 0:
            return at
    raise Inoperable


def _end_of_scalar(rule: str, start: int) -> int:
    sign, at = rule[start], start + 1
    if sign == "'":
        while rule[at : at + 2] == "''" or rule[at : at + 1] not in {"'", ""}:
            at += 2 if rule[at : at + 2] == "''" else 1
        return at + 1
    if sign == '"':
        while rule[at : at + 1] not in {'"', ""}:
            at += 2 if rule[at] == "\\" else 1
        return at + 1
    if sign in "|>&*!":
        raise Inoperable
    end = rule.find("\n", start)
    line = rule[start : len(rule) if end < 0 else end]
    return start + len(line.partition(" #")[0].rstrip())


def _offset(rule: str, place: tuple[int, int]) -> int:
    rows = rule.splitlines(keepends=True)
    return sum(len(row) for row in rows[: place[0] - 1]) + place[1] - 1


def _parse(rule: str) -> Document:
    try:
        return parse(rule, FILE)
    except BadDocument:
        raise Inoperable from None


def _read(lines: Sequence[str]) -> Any:
    return _parse("\n".join(lines) + "\n").data


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _confirm(changed: str, expected: object) -> str:
    if _parse(changed).data != expected:
        raise Inoperable
    return changed
