"""How values are written as YAML, so that `located.parse` reads them back as they are.

Must not know what a document means.
"""

import re
from collections.abc import Sequence

from mailbridge.documents.casefile import CaseFile, ExpectedLead

_PLAIN = re.compile(r"[^\W_][\w ./()'’°+\-@]*")
_TYPED = frozenset({"yes", "no", "true", "false", "null", "on", "off", "y", "n"})


def quote(text: str) -> str:
    """Write a string on one line (YAML 1.2, 7.3)."""
    if _PLAIN.fullmatch(text) and text[-1] != " " and text.lower() not in _TYPED:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escape, text)) + '"'


def write_list(items: Sequence[str]) -> str:
    """Write one string, or a list of them on one line."""
    if len(items) == 1:
        return quote(items[0])
    return "[" + ", ".join(map(quote, items)) + "]"


def write_case(case: CaseFile) -> str:
    """Write what is expected of a case's mail."""
    lines = [
        f"about: {_single(case.about)}",
        f"portal: {quote(case.portal) if case.portal else 'null'}",
        f"outcome: {case.outcome.value}",
    ]
    if case.lead is None:
        lines.append("lead: null")
    else:
        lines.append("lead:")
        for name in ExpectedLead.model_fields:
            value: str | None = getattr(case.lead, name)
            if value or not name.endswith("_id"):
                lines.append(f"  {name}: {_write_value(value)}")
    return "\n".join(lines) + "\n"


def _write_value(value: str | None) -> str:
    if not value:
        return "null"
    lines = value.split("\n")
    if len(lines) == 1:
        return _single(value)
    # A literal block's first line must not be indented, nor its end be blank (YAML 1.2, 8.1).
    literal = value == value.strip() and all(line.isprintable() for line in lines)
    if not literal:
        return '"' + "".join(map(_escape, value)) + '"'
    return "|-\n" + "\n".join(f"    {line}" if line else "" for line in lines)


def _single(text: str) -> str:
    """Quote what looks like a number, too: people would wonder."""
    written = quote(text)
    return f"'{text}'" if written == text and text[0].isdigit() else written


def _escape(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\U{ord(char):08x}"
