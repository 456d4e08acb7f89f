"""Same inquiry, same fingerprint; anything else, another."""

from dataclasses import replace

import pytest

from mailbridge.leads.fingerprint import fingerprint
from mailbridge.leads.lead import Lead

LEAD = Lead(
    sender_message="Bonjour\n\n--\nE-mail : nora@example.org",
    date=1773144000,
    sender_firstname="Nora",
    sender_lastname="Muster",
    sender_email="nora@example.org",
    sender_number="+41790000044",
    property_reference="AB1-5",
)
BASE = fingerprint("portal.example", LEAD, "Bonjour, une visite ?")


def test_it_is_a_sha256_and_stays_the_same_from_release_to_release() -> None:
    assert BASE == "5fc5c4299068a3cba7c048f5a4c6170c88f28356e6841ff56045798b79fcbff8"


@pytest.mark.parametrize(
    ("lead", "message"),
    [
        (replace(LEAD, date=1), "Bonjour, une visite ?"),
        (replace(LEAD, sender_message="other block"), "Bonjour, une visite ?"),
        (replace(LEAD, sender_email="Nora@Example.org"), "Bonjour, une visite ?"),
        (replace(LEAD, sender_number="", sender_lastname=""), "Bonjour, une visite ?"),
        (replace(LEAD, property_reference=" ab1-5 "), "Bonjour, une visite ?"),
        (LEAD, "Bonjour,\n une   visite\u00a0?\n"),
    ],
)
def test_what_differs_between_copies_does_not_count(lead: Lead, message: str) -> None:
    assert fingerprint("portal.example", lead, message) == BASE


@pytest.mark.parametrize(
    ("portal", "lead", "message"),
    [
        ("other.example", LEAD, "Bonjour, une visite ?"),
        ("portal.example", replace(LEAD, sender_email="max@example.org"), "Bonjour, une visite ?"),
        ("portal.example", replace(LEAD, sender_email=""), "Bonjour, une visite ?"),
        ("portal.example", replace(LEAD, property_reference="AB1-6"), "Bonjour, une visite ?"),
        ("portal.example", replace(LEAD, property_reference=""), "Bonjour, une visite ?"),
        (
            "portal.example",
            replace(LEAD, property_reference="", property_id="AB1-5"),
            "Bonjour, une visite ?",
        ),
        ("portal.example", LEAD, "Bonjour, une autre visite ?"),
        ("portal.example", LEAD, ""),
    ],
)
def test_what_makes_another_inquiry_counts(portal: str, lead: Lead, message: str) -> None:
    assert fingerprint(portal, lead, message) != BASE


def test_without_address_the_number_counts_and_without_both_the_name() -> None:
    by_number = replace(LEAD, sender_email="")
    by_name = replace(by_number, sender_number="")
    prints = {
        fingerprint("portal.example", lead, "")
        for lead in (
            by_number,
            replace(by_number, sender_number="+41790000045"),
            by_name,
            replace(by_name, sender_lastname="Beispiel"),
        )
    }
    assert len(prints) == 4


def test_a_character_that_cannot_be_encoded_does_no_harm() -> None:
    assert fingerprint("portal.example", LEAD, "\ud800") != BASE
