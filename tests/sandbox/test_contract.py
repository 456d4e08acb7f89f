"""The contract, sentence by sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.sandbox.contract import check_lead

JSON = {"Content-Type": "application/json"}
LEAD = {
    "sender_message": "Guten Tag",
    "date": 1_700_000_000,
    "sender_firstname": "Anne",
    "sender_lastname": "Muster",
    "sender_email": "anne@example.org",
    "sender_mail": "anne@example.org",
    "sender_number": "+41 79 000 00 01",
    "property_reference": "AA1-5",
}
LEAST = {"sender_message": "x", "date": 1_700_000_000, "promotion_id": "IM NA 011"}


def check(lead, headers=JSON):
    return check_lead(headers, json.dumps(lead).encode())


@pytest.mark.parametrize(
    "lead",
    [
        LEAD,
        LEAST,
        {**LEAST, "sender_email": "a.b+c@mail.example.co.uk"},
        {**LEAST, "sender_mail": "anne@müller.example"},
        {**LEAST, "date": 946_684_800},
        {**LEAST, "date": 4_102_444_800},
        {**LEAST, "sender_message": "Zürich – 😀\n\nA"},
    ],
)
def test_what_keeps_the_contract(lead):
    assert check(lead) == []


def without(*names):
    return {name: value for name, value in LEAD.items() if name not in names}


@pytest.mark.parametrize(
    ("lead", "reason"),
    [
        (without("sender_message"), "sender_message is required."),
        ({**LEAD, "sender_message": ""}, "sender_message is empty; leave it out instead."),
        ({**LEAD, "sender_firstname": " \n"}, "sender_firstname is empty; leave it out instead."),
        ({**LEAD, "sender_message": None}, "sender_message must be a string."),
        ({**LEAD, "sender_number": 41790000001}, "sender_number must be a string."),
        ({**LEAD, "property_reference": 5}, "property_reference must be a string."),
        (without("date"), "date is required."),
        ({**LEAD, "date": "1458753987"}, "date must be an integer, not a string"),
        ({**LEAD, "date": 1_700_000_000.0}, "date must be an integer."),
        ({**LEAD, "date": True}, "date must be an integer."),
        ({**LEAD, "date": None}, "date must be an integer."),
        ({**LEAD, "date": 1_700_000_000_000}, "date is in milliseconds"),
        ({**LEAD, "date": 0}, "date is not a plausible time"),
        ({**LEAD, "date": -5}, "date is not a plausible time"),
        ({**LEAD, "date": 946_684_799}, "date is not a plausible time"),
        ({**LEAD, "date": 4_102_444_801}, "date is not a plausible time"),
        (without("property_reference"), "Exactly one of"),
        ({**LEAD, "property_id": "x"}, "there is property_reference and property_id."),
        ({**LEAD, "sender_emial": "x"}, "sender_emial is not a field of the API. Did you mean"),
        ({**LEAD, "zzz": 1}, "zzz is not a field of the API."),
        ({**LEAD, "sender_mail": "anna@example.org"}, "sender_email and sender_mail differ."),
    ],
)
def test_what_breaks_it(lead, reason):
    reasons = check(lead)
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    "address",
    [
        "anne",
        "a@b",
        "a b@example.org",
        "<a@example.org>",
        "@x.org",
        "a@x.",
        "a@x.org, b@x.org",
        f"{'a' * 250}@x.org",
    ],
)
def test_what_is_no_address(address):
    assert check({**LEAST, "sender_mail": address}) == ["sender_mail is not an e-mail address."]


def test_everything_wrong_is_told_at_once():
    assert len(check({"sender_message": 1, "date": "x", "what": 2})) == 4


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "Content-Type must be application/json, not missing."),
        ({"Content-Type": "text/plain"}, "not text/plain."),
        ({"content-type": "application/x-www-form-urlencoded"}, "Content-Type must be"),
        ({"Content-Type": "application/json; charset=latin-1"}, "The charset must be UTF-8."),
    ],
)
def test_the_content_type_counts(headers, reason):
    reasons = check(LEAD, headers)
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_the_content_type_may_name_utf8(kind):
    assert check(LEAD, {"CONTENT-TYPE": kind}) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is not JSON."),
        (b"sender_message=x", "The body is not JSON."),
        (b"[" * 100_000, "The body is not JSON."),
        (b"[]", "The body must be a JSON object."),
        (b"null", "The body must be a JSON object."),
        ('{"sender_message": "é"}'.encode("latin-1"), "The body is not UTF-8."),
        (b'{"date": 1, "date": 2}', "The key date appears twice."),
    ],
)
def test_what_is_no_object(body, reason):
    assert check_lead(JSON, body) == [reason]


VALUES = st.none() | st.booleans() | st.integers() | st.text()
OBJECTS = st.dictionaries(st.sampled_from([*LEAD, "x"]), VALUES | st.lists(VALUES))


@given(st.binary(max_size=100) | OBJECTS.map(lambda lead: json.dumps(lead).encode()))
def test_no_body_breaks_it(body):
    assert all(isinstance(reason, str) for reason in check_lead(JSON, body))
