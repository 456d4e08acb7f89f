"""Settings made of the example: its comments stay, a few values are filled in.

Must not know what a setting means, nor write files.
"""

import json
import re
from collections.abc import Mapping

_LINE = re.compile(r"^(?P<indent> *)(?P<dash>- )?#?(?P<key>[a-z_]+):(?P<value> .*)?$")
_PLAIN = re.compile(r"[A-Za-z][\w./@-]*", re.ASCII)
_MEANING_MORE = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
HEAD = """\
# Settings of mailbridge, made by `mailbridge init`.
# To see whether they work: mailbridge check --online
#
"""


def fill(example: str, values: Mapping[tuple[str, str], str]) -> str:
    """Give the example with the values written at their places, shown or hidden before.

    Keys are heading and setting, as `("inboxes", "host")`; values are as they stand in
    the file: `quote` makes a text fit. A defect (KeyError) where a setting is not there.
    """
    heading, lines, left = "", [], dict(values)
    for line in _without_head(example).splitlines():
        found = _LINE.match(line)
        if found and not found["indent"]:
            heading = found["key"]
        value = left.pop((heading, found["key"]), None) if found and found["indent"] else None
        if found and value is not None:
            line = f"{found['indent']}{found['dash'] or ''}{found['key']}: {value}"
        lines.append(line)
    if left:
        raise KeyError(*left)
    return HEAD + "\n".join(lines) + "\n"


def quote(text: str) -> str:
    """Write a text so that YAML reads it as the same text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANING_MORE:
        return text
    return json.dumps(text, ensure_ascii=False)


def _without_head(example: str) -> str:
    """Drop what says how to fill the example in: up to the first empty comment line."""
    return example.partition("\n#\n")[2]
