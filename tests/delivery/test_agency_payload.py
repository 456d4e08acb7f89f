"""The private endpoint's JSON, by literals; what is required and missing is a problem."""

from typing import Any

import pytest

from mailbridge.delivery.agency_payload import (
    NO_GATEWAY,
    NO_LASTNAME,
    AgencyForm,
    agency_payload_of,
)
from mailbridge.leads.lead import Lead

FORM = AgencyForm(agency_id=42, gateway_id="7", gateway_ids={"homegate.ch": "web-3"})


def lead(**values: Any) -> Lead:
    given: dict[str, Any] = {
        "sender_message": "Bonjour",
        "date": 1_772_352_000,
        "sender_lastname": "Muster",
    }
    return Lead(**(given | values))


def payload(**values: Any) -> dict[str, Any]:
    return agency_payload_of(lead(**values), "portal.example", {}, FORM)[0]


def test_all_that_can_be_said() -> None:
    full = lead(
        sender_firstname="Anne",
        sender_email="anne@example.org",
        sender_number="+41790000012",
        property_reference="AA1-5",
    )
    details = {
        "salutation": "Frau",
        "address": "c/o Beispiel, Musterweg 1, 8000 Zürich, Schweiz",
        "company": "Example SA",
        "language": "de",
    }
    assert agency_payload_of(full, "homegate.ch", details, FORM) == (
        {
            "date": "2026-03-01T08:00:00+00:00",
            "agency_id": 42,
            "message": "Bonjour",
            "gateway": {"type": "portal", "id": "web-3"},
            "object": {"type": "property", "reference": "AA1-5"},
            "requester": {
                "title": "ms",
                "firstname": "Anne",
                "lastname": "Muster",
                "address": {
                    "street_line1": "c/o Beispiel",
                    "street_line2": "Musterweg 1",
                    "npa": "8000",
                    "city": "Zürich",
                    "country": "CH",
                },
                "phones": {"mobile": "+41790000012"},
                "email": "anne@example.org",
            },
        },
        (),
    )


def test_the_least_is_a_general_inquiry() -> None:
    assert payload() == {
        "date": "2026-03-01T08:00:00+00:00",
        "agency_id": 42,
        "message": "Bonjour",
        "gateway": {"type": "portal", "id": 7},
        "object": {"type": "general"},
        "requester": {"lastname": "Muster"},
    }


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"property_reference": "IM NA"}, {"type": "property", "reference": "IM NA"}),
        ({"property_id": "575eb"}, {"type": "property", "id": "575eb"}),
        ({"promotion_id": "p-1"}, {"type": "development", "id": "p-1"}),
    ],
)
def test_what_it_is_about(target: dict[str, str], said: dict[str, str]) -> None:
    assert payload(**target)["object"] == said


@pytest.mark.parametrize(
    ("number", "phones"),
    [
        ("+41790000012", {"mobile": "+41790000012"}),
        ("+41220000012", {"landline": "+41220000012"}),
        ("+33612345678", {"mobile": "+33612345678"}),
        ("+33123456789", {"landline": "+33123456789"}),
        ("+12025550123", {"landline": "+12025550123"}),  # the plan leaves it open
    ],
)
def test_the_phone_stands_where_its_type_says(number: str, phones: dict[str, str]) -> None:
    assert payload(sender_number=number)["requester"]["phones"] == phones


def test_a_family_name_is_required_and_never_made_up() -> None:
    nameless = lead(sender_firstname="Anne", sender_lastname="", sender_email="anne@example.org")
    written, problems = agency_payload_of(nameless, "portal.example", {}, FORM)
    assert problems == (NO_LASTNAME,)
    assert written["requester"] == {"firstname": "Anne", "email": "anne@example.org"}


def test_a_gateway_is_required() -> None:
    form = AgencyForm(agency_id=42, gateway_ids={"homegate.ch": "3"})
    _, problems = agency_payload_of(lead(), "portal.example", {}, form)
    assert problems == (NO_GATEWAY,)
    written, problems = agency_payload_of(lead(), "homegate.ch", {}, form)
    assert problems == ()
    assert written["gateway"] == {"type": "portal", "id": 3}


def test_half_characters_are_replaced() -> None:
    name = payload(sender_firstname="A\ud800")["requester"]["firstname"]
    assert name.encode().decode() == "A" + 3 * "\N{REPLACEMENT CHARACTER}"
