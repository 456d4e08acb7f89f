"""The table of aliases as people write it, and what is said of mistakes in it."""

import pytest

from mailbridge.documents.aliasfile import read_aliases
from mailbridge.documents.located import parse
from mailbridge.errors import BadDocument

GOOD = """\
aliases:
  - {number: 4000000001, reference: A-1}
  - portal: newhome.ch
    address: Chemin du Test 1 * Genève
    reference: B-2
"""


def test_each_alias_comes_with_its_place() -> None:
    told = [(a.reference, a.number, a.address, w) for a, w in read_aliases(parse(GOOD, "a.yaml"))]
    assert told == [
        ("A-1", "4000000001", None, "a.yaml:2:5"),
        ("B-2", None, "Chemin du Test 1 * Genève", "a.yaml:3:5"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{number: 7}", ["a.yaml:2:", "reference", "missing"]),
        ("{reference: A}", ["a.yaml:2:5", "number or an address"]),
        ("{reference: A, number: 7, address: b c}", ["a.yaml:2:5", "write two aliases"]),
        ("{reference: A, address: Genf}", ["a.yaml:2:29", "single word"]),
        ("{reference: A, nummer: 7}", ["nummer", "number"]),
        ("{reference: '', number: 7}", ["empty"]),
        ("{reference: A, number: 7}\n  - {reference: B, number: ' 7'}", ["a.yaml:3:", "line 2"]),
    ],
)
def test_mistakes_are_named_with_file_line_and_remedy(line: str, said: list[str]) -> None:
    with pytest.raises(BadDocument) as caught:
        list(read_aliases(parse(f"aliases:\n  - {line}\n", "a.yaml")))
    for words in said:
        assert words in str(caught.value)


def test_one_number_may_mean_two_things_at_two_portals() -> None:
    text = "aliases: [{portal: a, number: 7, reference: A}, {portal: b, number: 7, reference: B}]"
    assert len(list(read_aliases(parse(text, "a.yaml")))) == 2
