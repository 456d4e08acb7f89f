"""The lead API's contract (leads-send), checked to the letter.

Pure, and stricter than the real API is likely to be: what passes here uses nothing
that the contract leaves open. Where its table and its sample contradict each other
the table counts, except for `sender_mail`, which is allowed beside `sender_email`.
"""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

TARGETS = ("property_reference", "property_id", "promotion_id")
TEXTS = (
    "sender_message",
    "sender_firstname",
    "sender_lastname",
    "sender_email",
    "sender_mail",
    "sender_number",
    *TARGETS,
)
FIELDS = (*TEXTS, "date")

_EARLIEST = 946_684_800
"""2000-01-01 UTC: anything before is no date of an inquiry."""
_LATEST = 4_102_444_800
"""2100-01-01 UTC: anything after is most likely not in seconds."""
_EMAIL = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+")
_LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets


def check_lead(headers: Mapping[str, str], body: bytes) -> list[str]:
    """Return what is wrong with a request, one sentence each; empty when nothing is.

    `headers` in any case of letters; the API key is not looked at.
    """
    lead, reasons = read_object(headers, body)
    if lead is None:
        return reasons
    return [
        *reasons,
        *_check_names(lead),
        *_check_texts(lead),
        *_check_date(lead),
        *_check_targets(lead),
        *_check_emails(lead),
    ]


def read_object(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, Any] | None, list[str]]:
    """Read the body's JSON object; None where there is none, with what is wrong so far."""
    reasons = _check_content_type(headers)
    try:
        lead = json.loads(body.decode("utf-8"), object_pairs_hook=_unique)
    except UnicodeDecodeError:
        return None, [*reasons, "The body is not UTF-8."]
    except _RepeatedKeyError as error:
        return None, [*reasons, f"The key {error} appears twice."]
    except (ValueError, RecursionError):
        return None, [*reasons, "The body is not JSON."]
    if not isinstance(lead, dict):
        return None, [*reasons, "The body must be a JSON object."]
    return lead, reasons


def is_email(value: str) -> bool:
    """Whether this can be an e-mail address."""
    return len(value) <= _LONGEST_EMAIL and _EMAIL.fullmatch(value) is not None


class _RepeatedKeyError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found


def _check_content_type(headers: Mapping[str, str]) -> list[str]:
    given = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    kind, _, parameters = given.lower().partition(";")
    if kind.strip() != "application/json":
        return [f"Content-Type must be application/json, not {given or 'missing'}."]
    charset = parameters.replace(" ", "").replace('"', "")
    return [] if charset in ("", "charset=utf-8") else ["The charset must be UTF-8."]


def _check_names(lead: Mapping[str, Any]) -> list[str]:
    reasons = []
    for name in lead:
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            reasons.append(f"{name[:60]} is not a field of the API.{hint}")
    return reasons


def _check_texts(lead: Mapping[str, Any]) -> list[str]:
    reasons = [] if "sender_message" in lead else ["sender_message is required."]
    for name in TEXTS:
        value = lead.get(name, "-")
        if not isinstance(value, str):
            reasons.append(f"{name} must be a string.")
        elif not value.strip():
            reasons.append(f"{name} is empty; leave it out instead.")
    return reasons


def _check_date(lead: Mapping[str, Any]) -> list[str]:
    date = lead.get("date")
    if "date" not in lead:
        return ["date is required."]
    if isinstance(date, str):
        why = "the contract's sample shows a string, its table says int, and the table counts here"
        return [f"date must be an integer, not a string: {why}."]
    if isinstance(date, bool) or not isinstance(date, int):
        return ["date must be an integer."]
    if _EARLIEST * 1000 <= date <= _LATEST * 1000:
        return ["date is in milliseconds; it must be in seconds."]
    if not _EARLIEST <= date <= _LATEST:
        return ["date is not a plausible time in seconds since 1970."]
    return []


def _check_targets(lead: Mapping[str, Any]) -> list[str]:
    given = [name for name in TARGETS if name in lead]
    if len(given) == 1:
        return []
    found = " and ".join(given) if given else "none"
    return [f"Exactly one of {', '.join(TARGETS)} is required; there is {found}."]


def _check_emails(lead: Mapping[str, Any]) -> list[str]:
    reasons = []
    given = [lead[name] for name in ("sender_email", "sender_mail") if name in lead]
    for name in ("sender_email", "sender_mail"):
        value = lead.get(name)
        if isinstance(value, str) and value.strip() and not is_email(value):
            reasons.append(f"{name} is not an e-mail address.")
    if len(given) == 2 and given[0] != given[1]:
        reasons.append("sender_email and sender_mail differ.")
    return reasons
