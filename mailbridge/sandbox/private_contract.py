"""The contract of Realforce's private endpoint (`/api/leads/create`), checked to the letter.

Pure, and stricter than the real endpoint is likely to be: of its fields the names,
types and few words are known, and nothing else passes here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailbridge.sandbox.contract import is_email, read_object

_FIELDS: Mapping[str, frozenset[str]] = {
    "": frozenset({"date", "agency_id", "message", "gateway", "object", "requester"}),
    "gateway": frozenset({"type", "id"}),
    "object": frozenset({"type", "reference", "id"}),
    "requester": frozenset({"title", "firstname", "lastname", "address", "phones", "email"}),
    "requester.address": frozenset(
        {"street_line1", "street_line2", "street_line3", "npa", "city", "country"}
    ),
    "requester.phones": frozenset({"landline", "mobile"}),
}
_REQUIRED = (
    *("date", "agency_id", "message", "gateway.type", "gateway.id", "object.type"),
    "requester.lastname",
)
_WORDS = {
    "gateway.type": ("website", "portal"),
    "object.type": ("general", "property", "development"),
    "requester.title": ("mr", "ms"),
}
_NUMBERS = frozenset({"agency_id", "gateway.id"})
"""May be, or must be, whole numbers."""


def check_private_lead(headers: Mapping[str, str], body: bytes) -> list[str]:
    """Return what is wrong with a request, one sentence each; empty when nothing is."""
    lead, reasons = read_object(headers, body)
    if lead is None:
        return reasons
    values: dict[str, Any] = {}
    reasons += _flatten(lead, "", values)
    reasons += [f"{name} is required." for name in _REQUIRED if name not in values]
    for name, value in values.items():
        reasons += _check_value(name, value)
    return [*reasons, *_check_object(values)]


def _flatten(group: Mapping[str, Any], above: str, values: dict[str, Any]) -> list[str]:
    """Put every value into `values` by its dotted name; say which names are not known."""
    reasons = []
    for name, value in group.items():
        whole = f"{above}.{name}" if above else name
        if name not in _FIELDS[above]:
            reasons.append(f"{whole[:60]} is not a field of the endpoint.")
        elif whole not in _FIELDS:
            values[whole] = value
        elif isinstance(value, dict) and value:
            reasons += _flatten(value, whole, values)
        else:
            reasons.append(f"{whole} must be an object that holds something.")
    return reasons


def _check_value(name: str, value: Any) -> list[str]:
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return [] if value > 0 else [f"{name} must be greater than 0."]
    if name == "agency_id":
        return ["agency_id must be an integer."]
    if not isinstance(value, str):
        return [f"{name} must be a string."]
    if not value.strip():
        return [f"{name} is empty; leave it out instead."]
    if name in _WORDS and value not in _WORDS[name]:
        return [f"{name} must be one of {', '.join(_WORDS[name])}."]
    if name == "requester.email" and not is_email(value):
        return ["requester.email is not an e-mail address."]
    return _check_date(value) if name == "date" else []


def _check_date(value: str) -> list[str]:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return ["date is not in ISO 8601."]
    if moment.tzinfo is None:
        return ["date must say its offset from UTC."]
    return [] if 2000 <= moment.year < 2100 else ["date is not a plausible time."]


def _check_object(values: Mapping[str, Any]) -> list[str]:
    given = [name for name in ("object.reference", "object.id") if name in values]
    if values.get("object.type") == "general":
        return [f"object.type is general, but there is {name}." for name in given]
    if len(given) != 1 and "object.type" in values:
        found = " and ".join(given) if given else "none"
        return [f"Exactly one of object.reference, object.id is required; there is {found}."]
    return []
