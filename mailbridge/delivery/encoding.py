"""A lead as bytes, and its texts as they can be encoded. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def encodable(text: str) -> str:
    """Replace lone surrogates: left over from broken mail headers, they are not UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def to_json(payload: Mapping[str, Any]) -> bytes:
    """Write a lead as compact JSON in UTF-8; the same lead gives the same bytes each time."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def without_empty(group: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what holds nothing, in groups within the group too; make texts encodable."""
    found: dict[str, Any] = {}
    for name, value in group.items():
        if isinstance(value, Mapping):
            value = without_empty(value)
        elif isinstance(value, str):
            value = encodable(value)
        if value not in ("", None, {}):
            found[name] = value
    return found


def texts_in(group: Mapping[str, Any], *but: str) -> Iterator[tuple[str, str]]:
    """Give every text of a lead with its name, those of inner groups too, without groups `but`."""
    for name, value in group.items():
        if name in but:
            continue
        if isinstance(value, Mapping):
            yield from texts_in(value)
        elif isinstance(value, str):
            yield name, value
