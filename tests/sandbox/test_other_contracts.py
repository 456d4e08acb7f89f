"""The private endpoint and the webhook as the sandbox holds clients to them, by literals."""

import hashlib
import hmac
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from mailbridge.sandbox.hook_contract import check_hook, check_signature
from mailbridge.sandbox.private_contract import check_private_lead

JSON = {"Content-Type": "application/json"}
SECRET = "0123456789abcdef"
PRIVATE: dict[str, Any] = {
    "date": "2026-03-01T08:00:00+00:00",
    "agency_id": 42,
    "message": "Bonjour",
    "gateway": {"type": "portal", "id": 7},
    "object": {"type": "property", "reference": "AA1-5"},
    "requester": {"lastname": "Muster", "phones": {"mobile": "+41790000012"}},
}
HOOK: dict[str, Any] = {
    "version": 1,
    "id": "ab-1",
    "date": "2026-03-01T08:00:00+00:00",
    "portal": "portal.example",
    "property": {"reference": "AA1-5"},
    "requester": {"email": "anne@example.org"},
}


def changed(lead: dict[str, Any], name: str, value: Any) -> bytes:
    """The lead with one value changed by its dotted name; None takes it away."""
    copy = deepcopy(lead)
    *above, last = name.split(".")
    group = copy
    for step in above:
        group = group.setdefault(step, {})
    if value is None:
        del group[last]
    else:
        group[last] = value
    return json.dumps(copy).encode()


def test_what_is_right_passes() -> None:
    assert check_private_lead(JSON, json.dumps(PRIVATE).encode()) == []
    assert check_hook({**JSON, "Idempotency-Key": "ab-1"}, json.dumps(HOOK).encode()) == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("date", None, "date is required."),
        ("date", "yesterday", "date is not in ISO 8601."),
        ("date", "2026-03-01T08:00:00", "date must say its offset from UTC."),
        ("date", "1970-03-01T08:00:00Z", "date is not a plausible time."),
        ("date", 1_772_352_000, "date must be a string."),
        ("agency_id", None, "agency_id is required."),
        ("agency_id", "42", "agency_id must be an integer."),
        ("agency_id", True, "agency_id must be an integer."),
        ("agency_id", 0, "agency_id must be greater than 0."),
        ("message", " ", "message is empty; leave it out instead."),
        ("gateway.type", "mail", "gateway.type must be one of website, portal."),
        ("gateway.id", None, "gateway.id is required."),
        ("gateway", {}, "gateway must be an object that holds something."),
        ("object.type", "flat", "object.type must be one of general, property, development."),
        ("object.type", "general", "object.type is general, but there is object.reference."),
        (
            "object.id",
            "x",
            (
                "Exactly one of object.reference, object.id is required; "
                "there is object.reference and object.id."
            ),
        ),
        ("requester.lastname", None, "requester.lastname is required."),
        ("requester.lastname", "", "requester.lastname is empty; leave it out instead."),
        ("requester.title", "Frau", "requester.title must be one of mr, ms."),
        ("requester.email", "anne", "requester.email is not an e-mail address."),
        ("requester.phones.fax", "1", "requester.phones.fax is not a field of the endpoint."),
        ("requester.phones", "079", "requester.phones must be an object that holds something."),
        ("sender_message", "x", "sender_message is not a field of the endpoint."),
    ],
)
def test_what_is_wrong_at_the_private_endpoint(name: str, value: Any, reason: str) -> None:
    assert reason in check_private_lead(JSON, changed(PRIVATE, name, value))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("version", 2, "version must be 1."),
        ("version", True, "version must be 1."),
        ("id", None, "id is required."),
        ("id", "cd-1", "Idempotency-Key must be the lead's id."),
        ("portal", None, "portal is required."),
        ("date", "soon", "date is not in ISO 8601."),
        ("date", "2026-03-01T08:00:00", "date must say its offset."),
        ("message", "", "message is empty; leave it out instead."),
        ("message", ["x"], "message must be a string."),
        ("property.id", "x", "property must name the property in one way."),
        ("property", {}, "property must be an object that holds something."),
        ("requester.sex", "f", "requester.sex is not a key of version 1."),
        ("requester.email", "anne", "requester.email is not an e-mail address."),
        ("agency_id", 1, "agency_id is not a key of version 1."),
    ],
)
def test_what_is_wrong_at_the_webhook(name: str, value: Any, reason: str) -> None:
    headers = {**JSON, "idempotency-key": "ab-1"}
    assert reason in check_hook(headers, changed(HOOK, name, value))


@pytest.mark.parametrize("check", [check_private_lead, check_hook])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff", "The body is not UTF-8."),
        (b"{", "The body is not JSON."),
        (b"[]", "The body must be a JSON object."),
        (b'{"date": "a", "date": "b"}', "The key date appears twice."),
    ],
)
def test_what_is_no_lead_at_all(
    check: Callable[[dict[str, str], bytes], list[str]], body: bytes, reason: str
) -> None:
    assert check(JSON, body) == [reason]


def signature(at: int, body: bytes = b"{}", secret: str = SECRET) -> str:
    told = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={told}"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (signature(1000), ""),
        (signature(700), ""),
        (signature(1300), ""),
        (signature(699), "The signature is too old, or from the future."),
        (signature(1301), "The signature is too old, or from the future."),
        (signature(1000, b"{ }"), "The signature does not fit the body."),
        (signature(1000, secret="another"), "The signature does not fit the body."),
        (signature(1000).replace("t=1000", "t=1001"), "The signature does not fit the body."),
        ("", "Mailbridge-Signature is missing or malformed."),
        ("t=1000", "Mailbridge-Signature is missing or malformed."),
        (signature(1000) + ",v1=" + "0" * 64, "Mailbridge-Signature is missing or malformed."),
    ],
)
def test_signatures(header: str, reason: str) -> None:
    assert check_signature({"mailbridge-signature": header}, b"{}", SECRET, 1000.0) == reason
