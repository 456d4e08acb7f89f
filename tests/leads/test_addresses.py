"""Postal addresses, as forms and people write them; all invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.leads.addresses import Address, read_address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("", Address()),
        (
            "Rue du Lac 5, 1000 Lausanne",
            Address(("Rue du Lac 5",), postcode="1000", town="Lausanne"),
        ),
        (
            "Musterweg 1\n8000 Zürich\nSchweiz",
            Address(("Musterweg 1",), postcode="8000", town="Zürich", country="CH"),
        ),
        (
            "c/o Beispiel, Musterweg 1, CH-8000 Zürich",
            Address(("c/o Beispiel", "Musterweg 1"), postcode="8000", town="Zürich", country="CH"),
        ),
        (
            "12 rue des Essais, 75001 Paris 1er, France",
            Address(("12 rue des Essais",), postcode="75001", town="Paris 1er", country="FR"),
        ),
        ("D-10115 Berlin", Address(postcode="10115", town="Berlin", country="DE")),
        ("1000 Lausanne", Address(postcode="1000", town="Lausanne")),
        # Not taken apart where it is not beyond doubt: kept as written.
        ("Lausanne", Address(("Lausanne",))),
        ("Musterweg 1, Zürich", Address(("Musterweg 1", "Zürich"))),
        ("10 Example Road, Leeds, LS1 1AA", Address(("10 Example Road", "Leeds", "LS1 1AA"))),
        ("1200 5", Address(("1200 5",))),
        ("Schweiz", Address(country="CH")),
        (
            "A, B, C, D, E, 1000 Lausanne",
            Address(("A", "B", "C, D, E"), postcode="1000", town="Lausanne"),
        ),
    ],
)
def test_an_address(written: str, address: Address) -> None:
    assert read_address(written) == address


@given(st.text(alphabet="aB1 0,\n-ÜCH.", max_size=60))
def test_nothing_is_made_up(written: str) -> None:
    """Every character that comes out went in, in its order; but for the country's sign."""
    found = read_address(written)
    told = "".join((*found.lines, found.postcode, found.town))
    left = iter(written)
    assert all(character in left for character in told if character not in ", ")
    assert len(found.lines) <= 3
