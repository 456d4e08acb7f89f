"""The webhook's contract (docs/destinations.md), checked as a receiver should check it.

Pure, and written from the document: it shares nothing with what signs. The time comes in.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mailbridge.sandbox.contract import is_email, read_object

TOLERANCE = 300
"""Seconds that a signature may be old, or ahead of our clock."""

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_KEY = re.compile(r"[0-9a-z-]{1,100}")
_GROUPS: Mapping[str, frozenset[str]] = {
    "property": frozenset({"reference", "id", "promotion_id"}),
    "requester": frozenset(
        {"firstname", "lastname", "email", "phone", "salutation", "company", "address"}
        | {"language", "relay", "email_written", "number_written"}
    ),
    "inquiry": frozenset({"request", "wishes", "listing_number", "listing_link"}),
    "mail": frozenset({"message_id", "subject"}),
}
_TEXTS = frozenset({"id", "date", "portal", "message"})


def check_signature(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str:
    """Say why a request is not from who knows the secret; empty where it is."""
    found = _SIGNATURE.fullmatch(_header(headers, "mailbridge-signature"))
    if found is None:
        return "Mailbridge-Signature is missing or malformed."
    if abs(now - int(found[1])) > TOLERANCE:
        return "The signature is too old, or from the future."
    told = hmac.new(secret.encode(), found[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(told, found[2]) else "The signature does not fit the body."


def key_of(headers: Mapping[str, str]) -> str:
    """Give the key by which a repeat is known."""
    return _header(headers, "idempotency-key")


def check_hook(headers: Mapping[str, str], body: bytes) -> list[str]:
    """Return what is wrong with a signed request, one sentence each; empty when nothing is."""
    lead, reasons = read_object(headers, body)
    if lead is None:
        return reasons
    if lead.get("version") != 1 or isinstance(lead["version"], bool):
        reasons.append("version must be 1.")
    reasons += [f"{name} is required." for name in ("id", "date", "portal") if name not in lead]
    for name, value in lead.items():
        if name in _GROUPS:
            reasons += _check_group(name, value)
        elif name in _TEXTS:
            reasons += _check_text(name, value)
        elif name != "version":
            reasons.append(f"{name[:60]} is not a key of version 1.")
    if not _KEY.fullmatch(key_of(headers)) or key_of(headers) != lead.get("id"):
        reasons.append("Idempotency-Key must be the lead's id.")
    return reasons


def _check_group(name: str, group: Any) -> list[str]:
    if not isinstance(group, dict) or not group:
        return [f"{name} must be an object that holds something."]
    reasons = []
    for inner, value in group.items():
        whole = f"{name}.{inner}"
        if inner not in _GROUPS[name]:
            reasons.append(f"{whole[:60]} is not a key of version 1.")
        else:
            reasons += _check_text(whole, value)
    if name == "property" and len(group) > 1:
        reasons.append("property must name the property in one way.")
    return reasons


def _check_text(name: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"{name} must be a string."]
    if not value.strip():
        return [f"{name} is empty; leave it out instead."]
    if name == "requester.email" and not is_email(value):
        return ["requester.email is not an e-mail address."]
    if name == "date":
        try:
            return [] if datetime.fromisoformat(value).tzinfo else ["date must say its offset."]
        except ValueError:
            return ["date is not in ISO 8601."]
    return []


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
