"""Names: one line or two fields into given and family, as typed."""

import pytest

from mailbridge.leads.names import NameOrder, clean_name, clean_names, split_name

ONE_LINE = [
    # plain
    ("Nora Muster", "Nora", "Muster"),
    ("nora  muster", "nora", "muster"),
    ("NORA MUSTER", "NORA", "MUSTER"),
    ("Nora Muster Beispiel", "Nora", "Muster Beispiel"),
    ("Nora-Lou Muster-Beispiel", "Nora-Lou", "Muster-Beispiel"),
    ("nora88", "nora88", ""),
    ("NORA", "NORA", ""),
    ("Нора ПРИМЕР", "Нора", "ПРИМЕР"),
    ("例子 太郎", "例子", "太郎"),
    ("Nora\ufffdMuster", "Nora", "Muster"),
    ("« Nora Muster »", "Nora", "Muster"),
    ("Nora Muster,", "Nora", "Muster"),
    # a word in capitals is the family name
    ("Nora MUSTER", "Nora", "MUSTER"),
    ("MUSTER Nora", "Nora", "MUSTER"),
    ("LE MUSTER Nora", "Nora", "LE MUSTER"),
    ("Nora LE MUSTER", "Nora", "LE MUSTER"),
    ("Nora de LA TOUR", "Nora", "de LA TOUR"),
    ("DE LA TOUR Nora", "Nora", "DE LA TOUR"),
    ("Nora D'EXEMPLE", "Nora", "D'EXEMPLE"),
    ("d'EXEMPLE Nora", "Nora", "d'EXEMPLE"),
    ("Nora McEXAMPLE", "Nora", "McEXAMPLE"),
    ("O'EXAMPLE Nora", "Nora", "O'EXAMPLE"),
    ("Nora MUSTER geb. Beispiel", "Nora", "MUSTER geb. Beispiel"),
    ("Nora NG", "Nora", "NG"),
    ("JP Muster", "JP", "Muster"),
    ("J.P. Muster", "J.P.", "Muster"),
    ("Nora ET Max MUSTER", "Nora ET Max", "MUSTER"),
    # titles
    ("M. Max Muster", "Max", "Muster"),
    ("M Muster", "", "Muster"),
    ("M.Muster", "", "Muster"),
    ("Mme Muster", "", "Muster"),
    ("Mlle de la Tour", "", "de la Tour"),
    ("Monsieur MUSTER Max", "Max", "MUSTER"),
    ("Herr Dr. Muster", "", "Muster"),
    ("Dr.Max Muster", "Max", "Muster"),
    ("Frau Prof. Dr. Nora Muster", "Nora", "Muster"),
    ("Dr. med. Nora Muster", "Nora", "Muster"),
    ("Dr. Dr. h.c. Muster", "", "Muster"),
    ("Mr. Max F. Muster", "Max F.", "Muster"),
    ("Miss Muster", "", "Muster"),
    ("Sig.ra Esempio", "", "Esempio"),
    ("Sig. Max Esempio", "Max", "Esempio"),
    ("Sig.ra Dott.ssa Esempio", "", "Esempio"),
    ("Signor Esempio", "", "Esempio"),
    ("Sra. Nora Ejemplo", "Nora", "Ejemplo"),
    ("D. Max Ejemplo", "Max", "Ejemplo"),
    ("D. Ejemplo", "D.", "Ejemplo"),
    ("Dª Nora Ejemplo", "Nora", "Ejemplo"),
    ("M. et Mme Muster", "", "Muster"),
    ("Herr und Frau Muster", "", "Muster"),
    ("Mr. & Mrs. Muster", "", "Muster"),
    ("Monsieur/Madame Muster", "", "Muster"),
    ("Familie Muster", "", "Muster"),
    # no name at all
    ("", "", ""),
    ("Madame", "", ""),
    ("M. et", "", ""),
    ("Acquéreur", "", ""),
    ("l'acheteur", "", ""),
    ("L’acheteur", "", ""),
    ("un acquéreur", "", ""),
    ("Interessent", "", ""),
    ("Herr Interessent", "", ""),
    ("The buyer", "", ""),
    ("nora@example.org", "", ""),
    ("079 000 00 44", "", ""),
    ("-", "", ""),
    ("\ufffd\ufffd", "", ""),
    # particles
    ("Nora de la Tour", "Nora", "de la Tour"),
    ("Nora von Muster", "Nora", "von Muster"),
    ("Nora van der Muster", "Nora", "van der Muster"),
    ("Nora d'Exemple", "Nora", "d'Exemple"),
    ("Nora Di Esempio", "Nora", "Di Esempio"),
    ("Nora della Esempio", "Nora", "della Esempio"),
    ("Le Muster Nora", "Nora", "Le Muster"),
    ("de la Tour Nora", "Nora", "de la Tour"),
    ("d'Exemple Nora", "Nora", "d'Exemple"),
    ("van der Muster", "", "van der Muster"),
    # commas, couples, initials, companies
    ("Muster, Nora", "Nora", "Muster"),
    ("Muster, Dr. Nora", "Nora", "Muster"),
    ("Muster, Herr", "", "Muster"),
    ("Nora et Max Muster", "Nora et Max", "Muster"),
    ("NORA ET MAX MUSTER", "NORA ET MAX", "MUSTER"),
    ("Nora & Max", "Nora & Max", ""),
    ("Anne - Lou Muster", "Anne - Lou", "Muster"),
    ("Nora E Muster", "Nora", "E Muster"),
    ("J. Muster", "J.", "Muster"),
    ("J. P. Muster", "J. P.", "Muster"),
    ("Muster Immobilien AG", "", "Muster Immobilien AG"),
    ("Muster AG Beispielstadt", "", "Muster AG Beispielstadt"),
    ("Muster & Söhne GmbH", "", "Muster & Söhne GmbH"),
    ("Exemple Sàrl", "", "Exemple Sàrl"),
    ("Exemple S.à r.l.", "", "Exemple S.à r.l."),
    ("SCI Les Exemples", "", "SCI Les Exemples"),
    ("Example Ltd.", "", "Example Ltd."),
    ("Nora Sa", "Nora", "Sa"),
]


@pytest.mark.parametrize(("line", "given", "family"), ONE_LINE)
def test_a_line_is_split_as_people_write(line: str, given: str, family: str) -> None:
    assert split_name(line) == (given, family)


@pytest.mark.parametrize(
    ("line", "given", "family"),
    [
        ("Muster Nora", "Nora", "Muster"),
        ("Muster Nora Lou", "Nora Lou", "Muster"),
        ("de la Tour Nora", "Nora", "de la Tour"),
        ("von Muster Nora", "Nora", "von Muster"),
        ("Mme Muster Nora", "Nora", "Muster"),
        ("Muster - Beispiel Nora", "Nora", "Muster - Beispiel"),
        ("Nora MUSTER", "Nora", "MUSTER"),  # capitals say more than the order
        ("Muster", "", "Muster"),
    ],
)
def test_a_portal_may_write_the_family_name_first(line: str, given: str, family: str) -> None:
    assert split_name(line, NameOrder.FAMILY_FIRST) == (given, family)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  nora ", "nora"),
        ("Mme Nora", "Nora"),
        ("Herr", ""),
        ("MUSTER Beispiel", "MUSTER Beispiel"),
        ("Mus\ufffdter", "Mus ter"),
        ("Mus\x00ter\r\nBeispiel", "Muster Beispiel"),
        ("nora@example.org", ""),
    ],
)
def test_a_field_of_its_own_is_kept_as_typed(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("given", "family", "expected"),
    [
        ("Nora", "Muster", ("Nora", "Muster")),
        ("Herr", "Muster", ("", "Muster")),
        ("Nora", "Herr", ("Nora", "Herr")),
        ("", "Herr", ("", "")),
        ("", "Acquéreur", ("", "")),
        ("Käufer", "", ("", "")),
        ("Nora", "Käufer", ("Nora", "Käufer")),
        ("", "", ("", "")),
    ],
)
def test_two_fields_are_judged_together(given: str, family: str, expected: tuple[str, str]) -> None:
    assert clean_names(given, family) == expected
