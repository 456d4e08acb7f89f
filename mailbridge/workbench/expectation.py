"""What a case expects, written as people write it: YAML that `documents.casefile` reads back.

Must not decide what is expected; that is `casebook.expect`.
"""

import json
import re
from collections.abc import Iterator

from mailbridge.documents.casefile import CaseFile, ExpectedLead

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
"""Characters that YAML does not take as they are, or takes for line ends."""


def write_case(case: CaseFile) -> str:
    """Write a case file; what it says is read back as the same values."""
    return "\n".join(_lines(case)) + "\n"


def _lines(case: CaseFile) -> Iterator[str]:
    if case.about:
        yield f"about: {_quote(case.about)}"
    yield f"portal: {case.portal or 'null'}"
    yield f"outcome: {case.outcome}"
    if case.lead is None:
        return
    yield "lead:"
    for name in ExpectedLead.model_fields:
        value: str | None = getattr(case.lead, name)
        if value is not None and _may_be_block(value):
            yield f"  {name}: |-"
            yield from (f"    {line}" if line else "" for line in value.split("\n"))
        else:
            yield f"  {name}: {'null' if value is None else _quote(value)}"


def _may_be_block(value: str) -> bool:
    """Whether YAML gives these lines back as they are in a literal block."""
    lines = value.split("\n")
    plain = not _ODD.search(value) and "\t" not in value
    return len(lines) > 1 and plain and bool(lines[-1]) and value[0] not in " \n"


def _quote(value: str) -> str:
    """Write it in double quotes: JSON's escapes are YAML's."""
    written = json.dumps(value, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
