"""Settings made of the example: its comments stay, a few values are filled in.

Must not know what a setting means, nor write files.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

_LINE = re.compile(r"^(?P<indent> *)(?P<dash>- )?#?(?P<key>[a-z_]+):(?P<value> .*)?$")
_PLAIN = re.compile(r"[A-Za-z][\w./@-]*", re.ASCII)
_MEANING_MORE = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
Value: TypeAlias = str | Mapping[str, str] | None
"""What is written for a setting: its text, a group of keys below it, or None: nothing is."""

HEAD = """\
# Settings of mailbridge, made by `mailbridge init`.
# To see whether they work: mailbridge check --online
#
"""


def fill(example: str, values: Mapping[tuple[str, str], Value]) -> str:
    """Give the example with the values written at their places, shown or hidden before.

    Keys are heading and setting, as `("inboxes", "host")`; values are as they stand in
    the file: `quote` makes a text fit. A setting whose value is None is hidden, as the
    example hides what is at its default. A defect (KeyError) where one is not there.
    """
    heading, left = "", dict(values)
    lines: list[str] = []
    for line in _without_head(example).splitlines():
        found = _LINE.match(line)
        if found and not found["indent"]:
            heading = found["key"]
        place = (heading, found["key"]) if found else ("", "")
        if found and found["indent"] and place in left:
            lines += _write(found["indent"], found["dash"] or "", found["key"], left.pop(place))
        else:
            lines.append(line)
    if left:
        raise KeyError(*left)
    return HEAD + "\n".join(lines) + "\n"


def _write(indent: str, dash: str, key: str, value: Value) -> Iterator[str]:
    if value is None:
        yield f"{indent}{dash}#{key}: null"
    elif isinstance(value, str):
        yield f"{indent}{dash}{key}: {value}"
    else:
        yield f"{indent}{dash}{key}:"
        for name, text in value.items():
            yield f"{indent}{' ' * len(dash)}  {name}: {text}"


def quote(text: str) -> str:
    """Write a text so that YAML reads it as the same text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANING_MORE:
        return text
    return json.dumps(text, ensure_ascii=False)


def _without_head(example: str) -> str:
    """Drop what says how to fill the example in: up to the first empty comment line."""
    return example.partition("\n#\n")[2]
