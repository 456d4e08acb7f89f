"""Characters that nobody can see do not leave the house."""

import pytest

from mailbridge.leads.characters import fold, join_lines, keep_blanks, keep_lines


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\nd\x0be\x0cf\x85g\u2028h\u2029i", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
        ("\n\n a  b \n\n c\n\n", " a  b\n\n c"),
        ("a\tb", "a b"),
        ("a\x00\x1b[31m\x7f\x9fb", "a[31mb"),
        ("a\u200b\ufeff\u00ad\u2060b", "ab"),
        ("a\u202eb\u2066c\u200ed", "abcd"),
        ("a\ud800b", "ab"),
        ("👩\u200d👧 é ñ 例", "👩\u200d👧 é ñ 例"),
    ],
)
def test_lines_are_kept_and_unseen_characters_taken_out(text: str, kept: str) -> None:
    assert keep_lines(text) == kept


def test_one_line_values() -> None:
    assert fold("  Rue  de\r\n\r\nl’Exemple\u00a01\t") == "Rue de l’Exemple 1"
    assert join_lines("- visite\n\n  - dossier ", ", ") == "- visite, - dossier"


def test_blanks_inside_a_reference_are_part_of_it() -> None:
    assert keep_blanks(" AB  1-5\x00 \n") == "AB  1-5"
    assert keep_blanks("AB\n1") == "AB 1"
