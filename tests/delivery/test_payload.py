"""The lead in the destination's spelling."""

import json

import pytest

from mailbridge.delivery.payload import CAPPABLE, EmailKey, payload_of
from mailbridge.leads.lead import Lead
from mailbridge.sandbox.contract import check_lead

FULL = Lead(
    sender_message="Guten Tag\n\nAnne Muster",
    date=1_700_000_000,
    sender_firstname="Anne",
    sender_lastname="Muster",
    sender_email="anne@example.org",
    sender_number="+41790000001",
    property_reference=" AA1-5 ",
)


def test_the_whole_payload():
    assert payload_of(FULL, EmailKey.BOTH) == (
        {
            "sender_message": "Guten Tag\n\nAnne Muster",
            "date": 1_700_000_000,
            "sender_firstname": "Anne",
            "sender_lastname": "Muster",
            "sender_email": "anne@example.org",
            "sender_mail": "anne@example.org",
            "sender_number": "+41790000001",
            "property_reference": " AA1-5 ",
        },
        (),
    )


@pytest.mark.parametrize(
    ("spelling", "keys"),
    [
        (EmailKey.BOTH, {"sender_email", "sender_mail"}),
        (EmailKey.SENDER_EMAIL, {"sender_email"}),
        (EmailKey.SENDER_MAIL, {"sender_mail"}),
    ],
)
def test_the_address_goes_out_under_the_chosen_keys(spelling, keys):
    payload, _ = payload_of(FULL, spelling)
    assert {key for key in payload if key.startswith("sender_") and "mail" in key} == keys


def test_empty_optional_fields_are_left_out():
    lead = Lead(sender_message="Hello", date=1_700_000_000)
    assert payload_of(lead, EmailKey.BOTH)[0] == {"sender_message": "Hello", "date": 1_700_000_000}


@pytest.mark.parametrize("target", ["property_reference", "property_id", "promotion_id"])
def test_each_target_is_sent_verbatim(target):
    lead = Lead(sender_message="Hello", date=1, **{target: "IM NA/011"})
    assert payload_of(lead, EmailKey.BOTH)[0][target] == "IM NA/011"


def test_two_targets_are_a_defect():
    lead = Lead(sender_message="Hello", date=1, property_id="a", promotion_id="b")
    with pytest.raises(ValueError, match="property_id, promotion_id"):
        payload_of(lead, EmailKey.BOTH)


@pytest.mark.parametrize(
    "caps", [{"property_reference": 5}, {"nonsense": 5}, {"sender_message": 0}]
)
def test_a_cap_on_a_target_is_a_defect(caps):
    with pytest.raises(ValueError, match=next(iter(caps))):
        payload_of(FULL, EmailKey.BOTH, caps)


def test_a_cap_that_is_not_reached_changes_nothing():
    caps = {name: len(getattr(FULL, name)) for name in CAPPABLE}
    assert payload_of(FULL, EmailKey.BOTH, caps) == payload_of(FULL, EmailKey.BOTH)


def test_text_is_cut_and_told():
    payload, problems = payload_of(FULL, EmailKey.BOTH, {"sender_lastname": 4})
    assert payload["sender_lastname"] == "Mus…"
    assert [(p.key, p.code) for p in problems] == [("sender_lastname", "value-too-long")]
    assert problems[0].text == "The value has 6 characters, 4 are allowed, and was cut."


def test_half_an_address_or_number_is_never_sent():
    payload, problems = payload_of(
        FULL, EmailKey.BOTH, {"sender_email": 8, "sender_number": len("+4179")}
    )
    assert not {"sender_email", "sender_mail", "sender_number"} & set(payload)
    assert ["left out" in p.text for p in problems] == [True, True]
    assert "anne@" not in str(problems)


@pytest.mark.parametrize(
    ("message", "cap", "expected"),
    [
        ("a" * 40 + "\n\nE-mail: x@y", 30, "a" * 16 + "…\n\nE-mail: x@y"),
        ("a" * 30 + "\n\n" + "b" * 30, 24, "a" * 23 + "…"),
        ("a" * 30, 10, "a" * 9 + "…"),
        ("a" * 30, 1, "…"),
        ("a" * 5 + "    bbbb", 8, "a" * 5 + "…"),
    ],
)
def test_the_block_under_the_message_outlives_the_cut(message, cap, expected):
    payload, _ = payload_of(
        Lead(sender_message=message, date=1), EmailKey.BOTH, {"sender_message": cap}
    )
    assert payload["sender_message"] == expected
    assert len(expected) <= cap


def test_what_is_no_unicode_is_replaced():
    lead = Lead(sender_message="caf\udce9 \U0001f600", date=1, property_id="\ud800x")
    payload, _ = payload_of(lead, EmailKey.BOTH)
    assert payload["sender_message"].encode()
    assert payload["sender_message"].startswith("caf\ufffd")
    assert payload["sender_message"].endswith(" \U0001f600")


def test_the_payload_keeps_the_contract():
    body = json.dumps(payload_of(FULL, EmailKey.BOTH)[0]).encode()
    assert check_lead({"Content-Type": "application/json"}, body) == []
