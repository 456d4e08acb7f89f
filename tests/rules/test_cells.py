"""`Body.cells`: where a table's cells stand in the canonical text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.message.markup import to_body
from tests.rules.making import render


def cells(html: str) -> list[str]:
    body = render(html)
    return [body.text[begin:end] for begin, end in body.cells]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>no table</p>", []),
        ("<table><tr><td>a<td>b<tr><td>c</table>d", ["a", "b", "c"]),
        ("<table><tr><td>a</td><td>b<br>c</td></tr></table>", ["a", "b\nc"]),
        ("<table><tr><td></td><td>b</td></tr></table>", ["b"]),
        ("<table><tr><td> <td>b<p>c</p><td>d</table>e", ["b\nc", "d"]),
        ("<table><tr><th>a<td>b</table>", ["a", "b"]),
        ("<table><tr><td>a<table><tr><td>b</table>c<td>d</table>", ["b", "a\nb\nc", "d"]),
        ("<table><tr><td style='display:none'>a<td>b</table>", ["b"]),
        ("<td>no row</td>", []),
    ],
)
def test_each_cell_with_text_is_one(html: str, expected: list[str]) -> None:
    assert cells(html) == expected


def test_a_link_belongs_to_its_cell() -> None:
    assert cells("<table><tr><td><a href='https://b.example/'>see</a><td>c</table>") == [
        "see <https://b.example/>",
        "c",
    ]


def test_characters_that_are_tidied_away_move_the_cells() -> None:
    html = "<table><tr><td>e\u0301te\u0301\x01<td>b\x02c<br>d<tr><td>f</table>"
    assert cells(html) == ["\u00e9t\u00e9", "bc\nd", "f"]


def test_cells_beyond_the_longest_text_are_left_out() -> None:
    body = to_body("<table><tr><td>abc<td>def</table>", longest=5)
    assert (body.text, body.cells) == ("abc\td", ((0, 3),))


TAGS = ["<table>", "</table>", "<tr>", "<td>", "</td>", "<p>", "<br>", "<pre>", "</pre>"]
TEXTS = [" ", "\n", "\t", "word", "a b", "&nbsp;", "e\u0301", "\u0301", "\x01", "\u200b"]
PIECES = st.sampled_from([*TAGS, "<a href='x:y'>", "</a>", *TEXTS])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_cell_lies_in_the_text_and_is_not_empty(html: str) -> None:
    body = render(html)
    for begin, end in body.cells:
        assert 0 <= begin < end <= len(body.text)
        assert begin == 0 or body.text[begin - 1] in "\n\t"
