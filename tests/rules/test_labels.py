"""Every value style of portals' mails, read by `label:`."""

import pytest

from mailbridge.message.message import Body, Message
from tests.rules.making import a_message, found_in, read_with, values

RULES = """
labels: [Bemerkung]
fields:
  sender_lastname: {label: [Nom, Nachname]}
  sender_firstname: {label: [Prénom, Vorname, First name]}
  sender_email: {label: E-mail}
  sender_number: {label: [Téléphone, ☎]}
"""


@pytest.mark.parametrize(
    "text",
    [
        "Nom: Perchoc",
        "Nom : Perchoc",
        "  Nom: Perchoc  ",
        "NOM: Perchoc",
        "Nom:\tPerchoc",
        "Nom:\nPerchoc",
        "Nom :\n\nPerchoc",
        "Nom\nPerchoc",
        "Nom\n Perchoc",
        "Nom\tPerchoc",
        "Nom:\t\tPerchoc\tthird cell",
        "Nachname: Perchoc\nNom: Other",
    ],
)
def test_a_label_in_every_style(text: str) -> None:
    assert found_in(RULES, text) == {"sender_lastname": "Perchoc"}


@pytest.mark.parametrize(
    "text",
    [
        "Nome: Perchoc",
        "Prénom et Nom: Perchoc",
        "Mon Nom: Perchoc",
        "Nom du bien: Perchoc",
        "Nom Perchoc",
        "Nom:\n\n\nPerchoc",
        "Nom:",
        "Nom",
        "Nom:\nPrénom: Anne",
        "Nom:\n\nE-mail: a@example.org",
        "Nom\nBemerkung: x",
        "Nom:\nTéléphone",
    ],
)
def test_what_is_no_label_and_what_is_no_value(text: str) -> None:
    assert "sender_lastname" not in found_in(RULES, text)


def test_blanks_inside_a_label_and_apostrophes_are_alike() -> None:
    rules = "fields:\n  property_reference: {label: Ref. de l'annonce}"
    assert found_in(rules, "Ref.  de l’annonce : B-1") == {"property_reference": "B-1"}


def test_a_symbol_is_a_label() -> None:
    assert found_in(RULES, "☎\n06 39 98 00 36") == {"sender_number": "06 39 98 00 36"}


def test_a_value_must_look_like_its_field() -> None:
    assert found_in(RULES, "E-mail:\nsee below\nTéléphone: ask") == {}


def test_a_second_place_is_tried_where_the_first_does_not_fit() -> None:
    text = "E-mail: not given\nTéléphone: -\nE-mail: a@example.org\nTéléphone: 021 000 00 01"
    assert found_in(RULES, text) == {
        "sender_email": "a@example.org",
        "sender_number": "021 000 00 01",
    }


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("a@example.org", "a@example.org"),
        ("a@example.org <mailto:a@example.org>", "a@example.org"),
        ("mailto:a@example.org", "a@example.org"),
        ("<a@example.org>", "a@example.org"),
        ("Anne: a@example.org.", "a@example.org"),
    ],
)
def test_an_address_is_taken_out_of_what_stands_around_it(written: str, address: str) -> None:
    assert found_in(RULES, f"E-mail: {written}") == {"sender_email": address}


def test_the_portals_own_address_is_nobodys() -> None:
    assert found_in(RULES, "E-mail: help@portal.example") == {}
    assert found_in(RULES, "E-mail: help@mail.portal.example") == {}


def test_unclosed_cells() -> None:
    message = a_message(html="<table><tr><td>Nom<td>Perchoc<tr><td>E-mail<td>a@example.org</table>")
    assert values(read_with(RULES, message).fields) == {
        "sender_lastname": "Perchoc",
        "sender_email": "a@example.org",
    }


def in_a_table(*rows: str) -> Message:
    return a_message(html=f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>below")


def test_the_value_is_the_whole_cell_whatever_its_lines() -> None:
    rules = "fields:\n  address: {label: Adresse}"
    message = in_a_table("<td>Adresse<td>Rue du Bief 1<br>2800 Delémont", "<td>Ville<td>x")
    assert values(read_with(rules, message).fields) == {"address": "Rue du Bief 1\n2800 Delémont"}


def test_free_text_in_a_cell_ends_with_the_cell() -> None:
    rules = """
sections:
  message: {start: '^Message(?:\\t|$)', free_text: true}
fields:
  sender_message: {in: message, take: section}
  sender_number: {label: Téléphone}
"""
    message = in_a_table(
        "<td>Message<td>Bonjour<br>Téléphone : 079 000 00 01<br>merci",
        "<td>Téléphone<td>079 000 00 02",
    )
    assert values(read_with(rules, message).fields) == {
        "sender_message": "Bonjour\nTéléphone : 079 000 00 01\nmerci",
        "sender_number": "079 000 00 02",
    }


def test_a_cell_cut_off_by_its_section_is_cut_off() -> None:
    rules = """
sections:
  contact: {start: '^Contact$', end: '^stop$'}
fields:
  address: {in: contact, label: Adresse}
"""
    text = "Contact\nAdresse\tone\nstop\ntwo"
    cell = (text.index("one"), len(text))
    message = a_message(text)
    object.__setattr__(message, "text", Body(text, cells=(cell,)))
    assert values(read_with(rules, message).fields) == {"address": "one"}


LINE = """
labels: [Flat, Price]
sections:
  line: {start: '^(?=Name:)', separator: ;}
  message: {start: '; Comments:', end: '; Branch:', free_text: true}
fields:
  sender_name: {in: line, label: Name}
  address: {in: line, label: Address}
  wishes: {in: line, label: Wishes}
  property_reference: {in: line, label: PropReference}
  sender_message: {in: message, take: section}
"""


def test_a_line_of_labels_is_parted_where_a_known_label_follows() -> None:
    text = (
        "Name:Ann Other; Address:York; YO1; Wishes: view; sell; Flat: yes; PropReference:7_A;"
        " Comments:one; Address: two; three; Branch:York"
    )
    assert found_in(LINE, text) == {
        "sender_name": "Ann Other",
        "address": "York; YO1",
        "wishes": "view; sell",
        "property_reference": "7_A",
        "sender_message": "one; Address: two; three",
    }


def test_an_empty_value_on_a_line_of_labels_is_none() -> None:
    text = "Name:Ann; Address:; Wishes: x; PropReference:; Comments:; Branch:York"
    assert found_in(LINE, text) == {"sender_name": "Ann", "wishes": "x"}
