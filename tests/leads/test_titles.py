"""A salutation, as forms write it."""

import pytest

from mailbridge.leads.titles import Title, read_title


@pytest.mark.parametrize(
    ("salutation", "title"),
    [
        ("Herr", Title.MR),
        ("Monsieur", Title.MR),
        ("M.", Title.MR),
        ("Mr", Title.MR),
        ("Herr Dr.", Title.MR),
        ("Signor", Title.MR),
        ("Frau", Title.MS),
        ("MADAME", Title.MS),
        ("Mme", Title.MS),
        ("Mlle", Title.MS),
        ("Ms.", Title.MS),
        ("Frau Prof. Dr.", Title.MS),
        ("Sig.ra", Title.MS),
        ("", None),
        ("Dr.", None),
        ("Familie", None),
        ("Herr und Frau", None),
        ("Monsieur/Madame", None),
        ("Divers", None),
        ("Firma", None),
    ],
)
def test_a_salutation(salutation: str, title: Title | None) -> None:
    assert read_title(salutation) is title
