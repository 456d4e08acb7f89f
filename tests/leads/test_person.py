"""Whether a text is about a person, however the address or number is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.leads.person import Person, find_person

ANNA = Person(email="anna@example.org")
HER_PHONE = Person(number="+41790000011")


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.org",
        "E-mail: Anna@Example.ORG",
        "<anna@example.org>",
        "Anna Essai <ANNA@example.org>, other@example.net",
        "mailto:anna@example.org?subject=x",
        "https://www.example.net/?mail=anna%40example.org",
        "Write to anna@example.org.",
        "anna@example.org,",
        "anna\u200b@example.org",
        "\uff21nna@example.org",
        "sender_email\tanna@example.org\n",
    ],
)
def test_an_address_is_found(text: str) -> None:
    assert ANNA.appears_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "joanna@example.org",
        "anna@example.organ",
        "anna@example.org.example.net",
        "anna+news@example.org",
        "x.anna@example.org",
        "anna at example.org",
        "anna@example.net",
    ],
)
def test_another_address_is_not(text: str) -> None:
    assert not ANNA.appears_in(text)


@pytest.mark.parametrize("text", ["rue@bücher.example", "RUE@xn--bcher-kva.example"])
def test_a_domain_is_found_in_both_spellings(text: str) -> None:
    for typed in ("rue@bücher.example", "rue@xn--bcher-kva.example"):
        person = find_person(typed, "", "CH")
        assert person is not None
        assert person.appears_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "+41790000011",
        "+41 79 000 00 11",
        "0041 79 000 00 11",
        "079 000 00 11",
        "079/000.00.11",
        "079-000-00-11",
        "+41 (0)79 000 00 11",
        "+41(0) 79 000 00 11",
        "tel:+41790000011",
        "tel:%2B41790000011",
        "Tél. 079\u00a0000\u00a000\u00a011, le soir",
        "(079) 000 00 11",
        "79 000 00 11",
        "41790000011",
        "044 000 00 00 / 079 000 00 11",
        "079 \u2013 000 00 11",
    ],
)
def test_a_number_is_found(text: str) -> None:
    assert HER_PHONE.appears_in(text)


@pytest.mark.parametrize(
    "text", ["", "+41790000012", "+417900000110", "1790000011", "079 000 00 1", "79 0000 11"]
)
def test_another_number_is_not(text: str) -> None:
    assert not HER_PHONE.appears_in(text)


def test_either_is_enough() -> None:
    both = Person(email="anna@example.org", number="+41790000011")
    assert both.appears_in("anna@example.org")
    assert both.appears_in("079 000 00 11")
    assert not both.appears_in("anna")


@pytest.mark.parametrize(
    ("email", "phone", "expected"),
    [
        (" Anna@Example.org ", "", ANNA),
        ("", "079 000 00 11", HER_PHONE),
        ("", "+41 79 000 00 11", HER_PHONE),
        ("anna@example.org", "0041790000011", Person("anna@example.org", "+41790000011")),
        ("anna", "", None),
        ("", "12", None),
        ("anna@example.org", "12", None),
        ("anna@example.org; x y", "", None),
    ],
)
def test_what_a_person_types(email: str, phone: str, expected: Person | None) -> None:
    assert find_person(email, phone, "CH") == expected


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    Person("anna@example.org", "+41790000011").appears_in(text)


@given(st.text(), st.text())
def test_an_address_is_found_in_any_company(before: str, after: str) -> None:
    assert ANNA.appears_in(f"{before}\n <anna@example.org>\n {after}")
