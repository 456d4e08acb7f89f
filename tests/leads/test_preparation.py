"""From an inquiry to a lead, whole."""

from datetime import UTC, datetime

import pytest

from mailbridge.leads.lead import Lead
from mailbridge.leads.preparation import Origin, Policy, Prepared, prepare
from mailbridge.leads.requirements import WithoutTarget
from mailbridge.rules.inquiry import Found, Inquiry

WRITTEN = datetime(2026, 3, 10, 12, tzinfo=UTC)
ORIGIN = Origin(subject="Demande pour AB1-5", date=WRITTEN)
REQUIRE = (("property_reference",), ("sender_email", "sender_number"))
PLAIN = Policy(contact_block=False, details_block=False)
WHOLE = {
    "sender_name": "Mme Nora Muster",
    "sender_email": "nora@example.org",
    "sender_number": "079 000 00 44",
    "sender_message": "Bonjour,\r\n\r\nune visite ?\r\n",
    "property_reference": "AB1-5",
}


def inquire(
    fields: dict[str, str],
    *,
    require: tuple[tuple[str, ...], ...] = REQUIRE,
    region: str = "CH",
    name_order: str = "given_first",
    relay_domains: tuple[str, ...] = (),
) -> Inquiry:
    return Inquiry(
        portal="portal.example",
        fields={
            name: Found(value=value, raw=value, source="text", span=None, pattern="p.yaml:1")
            for name, value in fields.items()
        },
        require=require,
        region=region,
        name_order=name_order,
        relay_domains=relay_domains,
    )


def without(*names: str, **others: str) -> dict[str, str]:
    return {k: v for k, v in WHOLE.items() if k not in names} | others


def codes(prepared: Prepared) -> list[str]:
    return [p.code for p in prepared.problems]


def test_a_whole_inquiry_becomes_a_lead() -> None:
    prepared = prepare(inquire(WHOLE), ORIGIN, Policy())
    assert prepared.complete
    assert prepared.problems == ()
    assert prepared.lead == Lead(
        sender_message="Bonjour,\n\nune visite ?\n\n--\n"
        "E-mail : nora@example.org\nTéléphone : +41790000044\nPortail : portal.example",
        date=1773144000,
        sender_firstname="Nora",
        sender_lastname="Muster",
        sender_email="nora@example.org",
        sender_number="+41790000044",
        property_reference="AB1-5",
    )


def test_the_blocks_can_be_left_out_each_for_itself() -> None:
    details = prepare(inquire(WHOLE), ORIGIN, Policy(contact_block=False))
    contact = prepare(inquire(WHOLE), ORIGIN, Policy(details_block=False))
    bare = prepare(inquire(WHOLE), ORIGIN, PLAIN)
    text = "Bonjour,\n\nune visite ?"
    assert details.lead.sender_message == f"{text}\n\n--\nPortail : portal.example"
    assert contact.lead.sender_message == (
        f"{text}\n\n--\nE-mail : nora@example.org\nTéléphone : +41790000044"
    )
    assert bare.lead.sender_message == text
    assert bare.fingerprint == details.fingerprint == contact.fingerprint


def test_details_stand_in_the_block_each_on_one_line() -> None:
    fields = without(
        salutation="Frau",
        company="Muster\x00 AG",
        address="Beispielweg 1\n8000 Beispielstadt",
        language="Deutsch",
        request="Besichtigung",
        wishes="- Termin\n- Dossier",
        listing_number="400  1",
        listing_link="https://portal.example/400",
        sender_number="079 000 00 44 oder 021 000 00 02",
        sender_email="k7@relay.example",
    )
    inquiry = inquire(fields, relay_domains=("relay.example",))
    block = prepare(inquiry, ORIGIN, Policy()).lead.sender_message.partition("--\n")[2]
    assert block.split("\n") == [
        "E-Mail: k7@relay.example",
        "Telefon: +41790000044",
        "Weiterleitungsadresse des Portals, für jede Anfrage eine andere: k7@relay.example",
        "Telefon, wie geschrieben: 079 000 00 44 oder 021 000 00 02",
        "Portal: portal.example",
        "Anrede: Frau",
        "Firma: Muster AG",
        "Adresse: Beispielweg 1, 8000 Beispielstadt",
        "Sprache: Deutsch",
        "Anliegen: Besichtigung",
        "Wünsche: - Termin, - Dossier",
        "Inserat-Nr.: 400 1",
        "Inserat: https://portal.example/400",
    ]


@pytest.mark.parametrize(
    ("fields", "order", "names"),
    [
        ({"sender_name": "Muster Nora"}, "family_first", ("Nora", "Muster")),
        ({"sender_name": "Nora Muster"}, "given_first", ("Nora", "Muster")),
        ({"sender_name": "Nora Muster"}, "something else", ("Nora", "Muster")),
        ({"sender_firstname": "Herr Max", "sender_lastname": " muster "}, "", ("Max", "muster")),
        ({"sender_lastname": "Muster"}, "", ("", "Muster")),
        ({"sender_firstname": "Nora", "sender_name": "Nora Muster"}, "", ("Nora", "Muster")),
        ({"sender_lastname": "Muster", "sender_name": "Nora Muster"}, "", ("Nora", "Muster")),
        (
            {"sender_firstname": "N.", "sender_lastname": "M.", "sender_name": "Nora Muster"},
            "",
            ("N.", "M."),
        ),
        ({"company": "Muster AG"}, "", ("", "Muster AG")),
        ({"sender_name": "Acquéreur", "company": "Muster AG"}, "", ("", "Muster AG")),
        ({"sender_name": "Madame"}, "", ("", "")),
        ({}, "", ("", "")),
    ],
)
def test_names_come_from_their_own_fields_or_the_full_name(
    fields: dict[str, str], order: str, names: tuple[str, str]
) -> None:
    inquiry = inquire(without("sender_name", **fields), name_order=order)
    lead = prepare(inquiry, ORIGIN, Policy()).lead
    assert (lead.sender_firstname, lead.sender_lastname) == names


@pytest.mark.parametrize("target", ["property_reference", "property_id", "promotion_id"])
def test_the_one_target_goes_out_as_it_stands(target: str) -> None:
    fields = without("property_reference", **{target: " IM_NA 0/11 "})
    lead = prepare(inquire(fields, require=()), ORIGIN, Policy()).lead
    targets = {
        "property_reference": lead.property_reference,
        "property_id": lead.property_id,
        "promotion_id": lead.promotion_id,
    }
    assert {k: v for k, v in targets.items() if v} == {target: "IM_NA 0/11"}


@pytest.mark.parametrize("reference", ["", " \n", "-"])
def test_without_a_target_the_lead_waits_unless_told_to_go(reference: str) -> None:
    inquiry = inquire(without(property_reference=reference, listing_number="4001"))
    held = prepare(inquiry, ORIGIN, Policy())
    sent = prepare(inquiry, ORIGIN, Policy(without_target=WithoutTarget.SEND))
    assert (held.complete, codes(held)) == (False, ["missing-target"])
    assert (sent.complete, codes(sent)) == (True, [])
    assert sent.lead.property_reference == ""


@pytest.mark.parametrize("way", list(WithoutTarget))
def test_contradicting_targets_are_not_chosen_from(way: WithoutTarget) -> None:
    inquiry = inquire(without(property_id="77"))
    prepared = prepare(inquiry, ORIGIN, Policy(without_target=way))
    assert (prepared.complete, codes(prepared)) == (False, ["several-targets"])
    assert (prepared.lead.property_reference, prepared.lead.property_id) == ("", "")


@pytest.mark.parametrize(
    ("fields", "complete", "expected"),
    [
        (without("sender_email"), True, []),
        (without("sender_number"), True, []),
        (without("sender_email", "sender_number"), False, ["missing-contact"]),
        (
            without("sender_email", sender_number="06 00 00 00 00"),
            False,
            ["missing-contact", "bad-phone"],
        ),
        (without("sender_number", sender_email="nora@"), False, ["missing-contact", "bad-email"]),
        (without(sender_email="nora@"), True, ["bad-email"]),
        (without(sender_number="?"), True, ["bad-phone"]),
        (without(sender_email="noreply@portal.example"), True, ["portal-email"]),
    ],
)
def test_a_contact_counts_only_where_it_can_be_used(
    fields: dict[str, str], complete: bool, expected: list[str]
) -> None:
    prepared = prepare(inquire(fields), ORIGIN, Policy())
    assert (prepared.complete, codes(prepared)) == (complete, expected)


def test_a_contact_that_no_rule_requires_is_noted_only() -> None:
    inquiry = inquire(without("sender_email", "sender_number"), require=())
    prepared = prepare(inquiry, ORIGIN, Policy())
    assert (prepared.complete, codes(prepared)) == (True, ["missing-contact"])


def test_what_could_not_be_read_is_shown_as_written() -> None:
    fields = without(sender_email="nora(at)example.org", sender_number="12-34")
    message = prepare(inquire(fields), ORIGIN, Policy()).lead.sender_message
    assert "E-mail, tel qu’écrit : nora(at)example.org\n" in message
    assert "Téléphone, tel qu’écrit : 12-34\n" in message


def test_the_agencys_address_is_not_the_visitors() -> None:
    origin = Origin(date=WRITTEN, own_domains=frozenset({"agency.example"}))
    inquiry = inquire(without(sender_email="desk@agency.example"))
    prepared = prepare(inquiry, origin, Policy())
    assert (prepared.lead.sender_email, codes(prepared)) == ("", ["own-email"])
    assert "agency.example" not in prepared.lead.sender_message


@pytest.mark.parametrize(
    ("region", "default", "number"),
    [("FR", "CH", "+33140000001"), ("", "FR", "+33140000001"), ("", "CH", "+41140000001")],
)
def test_a_national_number_is_the_portals_countrys_else_the_default(
    region: str, default: str, number: str
) -> None:
    inquiry = inquire(without(sender_number="01 40 00 00 01"), region=region)
    lead = prepare(inquiry, ORIGIN, Policy(default_region=default)).lead
    assert lead.sender_number == number


@pytest.mark.parametrize("message", ["", " \r\n\t "])
def test_without_a_message_the_subject_stands_in_its_place(message: str) -> None:
    prepared = prepare(inquire(without(sender_message=message)), ORIGIN, Policy())
    assert prepared.lead.sender_message.startswith("Demande pour AB1-5\n\n--\nE-mail : nora@")
    assert (prepared.complete, codes(prepared)) == (True, ["no-message"])


def test_a_lead_with_no_text_whatever_waits() -> None:
    prepared = prepare(inquire(without("sender_message")), Origin(date=WRITTEN), PLAIN)
    assert (prepared.complete, prepared.lead.sender_message) == (False, "")
    assert codes(prepared) == ["no-message"]


def test_a_message_that_the_rule_requires_is_missed() -> None:
    inquiry = inquire(without("sender_message"), require=(("sender_message",),))
    prepared = prepare(inquiry, ORIGIN, Policy())
    assert (prepared.complete, codes(prepared)) == (False, ["missing-field", "no-message"])


@pytest.mark.parametrize("name", ["sender_firstname", "sender_lastname", "sender_name", "wishes"])
def test_a_required_field_may_be_any(name: str) -> None:
    there = prepare(inquire(without(wishes="visite"), require=((name,),)), ORIGIN, Policy())
    gone = prepare(inquire(without("sender_name"), require=((name,),)), ORIGIN, Policy())
    assert there.complete
    assert not gone.complete


def test_without_any_date_the_lead_waits() -> None:
    prepared = prepare(inquire(WHOLE), Origin(subject="x"), Policy())
    assert (prepared.complete, prepared.lead.date, codes(prepared)) == (False, 0, ["no-date"])


def test_an_impossible_date_gives_way_to_the_receipt() -> None:
    origin = Origin(date=datetime(2036, 3, 10, tzinfo=UTC), received=WRITTEN)
    prepared = prepare(inquire(WHOLE), origin, Policy())
    assert (prepared.complete, prepared.lead.date) == (True, 1773144000)
    assert codes(prepared) == ["implausible-date"]


def test_direct_or_forwarded_the_fingerprint_is_the_same() -> None:
    direct = prepare(inquire(WHOLE), ORIGIN, Policy())
    forwarded = prepare(
        inquire(without(sender_message="Bonjour, une\nvisite ?", sender_email="NORA@example.org")),
        Origin(subject="Fwd: Demande", received=datetime(2026, 3, 12, tzinfo=UTC)),
        Policy(),
    )
    assert direct.fingerprint == forwarded.fingerprint
    assert direct.lead.date != forwarded.lead.date
