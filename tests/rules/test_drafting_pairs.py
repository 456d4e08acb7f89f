"""Labels and values in every style and language; what labels mean."""

import pytest

from mailbridge.rules.drafting.pairs import Style, find_pairs
from mailbridge.rules.drafting.words import Hold, Kind, hold_of, is_family_first, kind_of


def pairs_in(text: str) -> list[tuple[Kind | None, str, str]]:
    return [
        (pair.kind, pair.label, text[slice(*pair.value)] if pair.value else "")
        for pair in find_pairs(text, {})
    ]


@pytest.mark.parametrize(
    ("text", "label", "value", "style"),
    [
        ("E-mail : ann@example.org", "E-mail", "ann@example.org", Style.BESIDE),
        ("  - E-mail: ann@example.org", "- E-mail", "ann@example.org", Style.BESIDE),
        ("E-Mail:\nann@example.org", "E-Mail", "ann@example.org", Style.BELOW),
        ("Email:\n\nann@example.org", "Email", "ann@example.org", Style.BELOW),
        ("Correo\nann@example.org", "Correo", "ann@example.org", Style.BELOW),
        ("E-mail\tann@example.org", "E-mail", "ann@example.org", Style.CELL),
        ("E-mail:\t\tann@example.org", "E-mail", "ann@example.org", Style.CELL),
        ("Email ann@example.org", "Email", "ann@example.org", Style.AFTER),
        ("Email ....... ann@example.org", "Email", "ann@example.org", Style.AFTER),
        ("Email - ann@example.org", "Email", "ann@example.org", Style.AFTER),
        ("[E-mail] ann@example.org", "[E-mail", "ann@example.org", Style.AFTER),
        ("*E-mail:* ann@example.org", "*E-mail", "ann@example.org", Style.AFTER),
        ("✉ ann@example.org", "✉", "ann@example.org", Style.AFTER),
        ("Name\tE-mail\nAnn Other\tann@example.org", "E-mail", "ann@example.org", Style.COLUMN),
        ("Name: Ann; E-mail: ann@example.org", "E-mail", "ann@example.org", Style.SEPARATED),
    ],
)
def test_each_style(text: str, label: str, value: str, style: Style) -> None:
    (found,) = [pair for pair in find_pairs(text, {}) if pair.kind is Kind.EMAIL]
    assert found.value is not None
    assert (found.label, text[slice(*found.value)], found.style) == (label, value, style)


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (Kind.FIRST, "Prénom|Vorname|First name|Voornaam|Nome próprio|Nombre de pila"),
        (
            Kind.LAST,
            "Nom de famille|Nachname|Surname|Cognome|Apellidos|Achternaam|Nazwisko|Apelido",
        ),
        (Kind.NAME, "Nom et prénom|Full name|Nome e cognome|Nombre y apellidos|Imię i nazwisko"),
        (Kind.EMAIL, "E-mail|E-Mail-Adresse|Courriel|Correo electrónico|E-mailadres|Adres e-mail"),
        (Kind.PHONE, "Téléphone|Telefon-Nummer|Mobile|Cellulare|Teléfono|Telefoon|Nr telefonu"),
        (Kind.MESSAGE, "Son message|Nachricht|Messaggio|Mensaje|Bericht|Wiadomość|Mensagem"),
        (Kind.REFERENCE, "Référence|Objekt-Nr.|Riferimento|Your ref|Referentie|Referência"),
        (Kind.LISTING, "Anzeigen-ID|Listing ID|Codice annuncio|Scout-ID|Annonce n°"),
        (Kind.OTHER, "Prix|Kaufpreis|Città|Address|Precio|Prijs"),
    ],
)
def test_what_labels_mean(kind: Kind, labels: str) -> None:
    assert {label: kind_of(label) for label in labels.split("|")} == dict.fromkeys(
        labels.split("|"), kind
    )


@pytest.mark.parametrize(
    "line", ["Vous avez un nouveau message", "You have a new message", "Neue Nachricht", "", "::"]
)
def test_what_is_no_heading_of_a_message(line: str) -> None:
    assert kind_of(line) is not Kind.MESSAGE


def test_how_well_a_reference_holds() -> None:
    assert hold_of("Votre référence") is Hold.OWN
    assert hold_of("Anbieter-Objekt-ID") is Hold.OWN
    assert hold_of("Référence") is Hold.PLAIN
    assert hold_of("Objektnummer") is Hold.LOOSE
    assert hold_of("Anzeigen-ID") is None
    assert hold_of("Prix") is None


def test_the_order_of_a_full_name() -> None:
    assert is_family_first("Nom et prénom")
    assert not is_family_first("Prénom et nom")


def test_an_empty_field_leaves_label_under_label() -> None:
    assert (Kind.PHONE, "Telefon", "") in pairs_in("Telefon:\nE-Mail:\nann@example.org")


def test_a_value_must_look_like_its_label() -> None:
    assert (Kind.EMAIL, "E-Mail", "siehe unten") not in pairs_in("E-Mail: siehe unten")
    assert pairs_in("https://example.org") == []
