"""The webhook's JSON, by literals."""

from typing import Any

from mailbridge.delivery.webhook_payload import MailFacts, webhook_payload_of
from mailbridge.leads.lead import Lead
from mailbridge.leads.preparation import Prepared

MAIL = MailFacts(identity="ab" * 32, part=2, message_id="m1@portal.example", subject="Anfrage")


def prepared(*, text: str = "Bonjour", **values: Any) -> Prepared:
    extra = {name: values.pop(name) for name in ("details", "remarks") if name in values}
    lead = Lead(sender_message=f"{text}\n\n--\nblock", date=1_772_352_000, **values)
    return Prepared(lead=lead, complete=True, fingerprint="f", text=text, **extra)


def test_all_that_can_be_said() -> None:
    full = prepared(
        sender_firstname="Anne",
        sender_lastname="Muster",
        sender_email="anne@relay.example",
        sender_number="+41790000012",
        property_reference="AA1-5",
        details={
            "salutation": "Frau",
            "company": "Example SA",
            "address": "Musterweg 1, 8000 Zürich",
            "language": "de",
            "request": "Besichtigung",
            "wishes": "Balkon",
            "listing_number": "4711",
            "listing_link": "https://portal.example/4711",
        },
        remarks={"relay": "anne@relay.example", "number_written": "079 000 00 12 (abends)"},
    )
    assert webhook_payload_of(full, "portal.example", MAIL) == {
        "version": 1,
        "id": "ab" * 32 + "-2",
        "date": "2026-03-01T08:00:00+00:00",
        "portal": "portal.example",
        "property": {"reference": "AA1-5"},
        "requester": {
            "firstname": "Anne",
            "lastname": "Muster",
            "email": "anne@relay.example",
            "phone": "+41790000012",
            "salutation": "Frau",
            "company": "Example SA",
            "address": "Musterweg 1, 8000 Zürich",
            "language": "de",
            "relay": "anne@relay.example",
            "number_written": "079 000 00 12 (abends)",
        },
        "message": "Bonjour",
        "inquiry": {
            "request": "Besichtigung",
            "wishes": "Balkon",
            "listing_number": "4711",
            "listing_link": "https://portal.example/4711",
        },
        "mail": {"message_id": "m1@portal.example", "subject": "Anfrage"},
    }


def test_what_is_not_known_is_left_out() -> None:
    bare = MailFacts(identity="ab" * 32, part=1, message_id="", subject="")
    assert webhook_payload_of(prepared(text=""), "portal.example", bare) == {
        "version": 1,
        "id": "ab" * 32 + "-1",
        "date": "2026-03-01T08:00:00+00:00",
        "portal": "portal.example",
    }


def test_half_characters_are_replaced() -> None:
    mail = MailFacts(identity="a", part=1, message_id="m\udc80@x", subject="ok")
    told = webhook_payload_of(prepared(), "p", mail)["mail"]["message_id"]
    assert told.encode().decode() == "m" + 3 * "\N{REPLACEMENT CHARACTER}" + "@x"
