"""Texts as a reader takes them, each letter with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.anonymity.projection import View, fold, project
from mailbridge.anonymity.pseudonyms import Pseudonyms


@pytest.mark.parametrize(
    ("source", "view", "text"),
    [
        ("Tim&eacute;o", View.WRITTEN, "timeo"),
        ("a&#64;b &#x41;", View.WRITTEN, "a@b a"),
        ("a%40b%C3%A9%zz", View.ESCAPED, "a@be%zz"),
        ("a%40b", View.WRITTEN, "a%40b"),
        ("<b>Ti</b>m<td>X", View.SHOWN, "tim\nx"),
        ("Stra\u00adße\u200b\u00a0Z", View.WRITTEN, "strasse z"),
        ("&unknown; &amp", View.WRITTEN, "&unknown; &amp"),
        ("%C3", View.ESCAPED, "\ufffd"),
    ],
)
def test_what_a_reader_sees(source: str, view: View, text: str) -> None:
    shown = project(source, view)
    assert shown.text == text
    assert len(shown.places) == len(text)


def test_a_letter_knows_where_it_was_written() -> None:
    source = "Tim&eacute;o %40"
    shown = project(source, View.ESCAPED)
    begin, end = shown.span(3, 4)
    assert source[begin:end] == "&eacute;"
    begin, end = shown.span(6, 7)
    assert source[begin:end] == "%40"


@given(st.text(), st.sampled_from(View))
def test_places_are_within_the_source_and_in_order(source: str, view: View) -> None:
    shown = project(source, view)
    assert len(shown.places) == len(shown.text)
    assert list(shown.places) == sorted(shown.places)
    assert all(0 <= begin < end <= len(source) for begin, end in shown.places)


def test_folding_twice_changes_nothing() -> None:
    for text in ("ÀÉß ﬁ\u00a0", "Mueller", "İstanbul"):
        assert fold(fold(text)) == fold(text)


def test_pseudonyms_are_the_same_throughout_and_never_the_same_for_two() -> None:
    names = Pseudonyms()
    made = [names.word(f"name{n}", ()) for n in range(5000)]
    assert len(set(made)) == 5000
    assert all(word.isalpha() and word.isascii() for word in made)
    assert names.word("name7", ()) == made[7]
    assert names.word("other", {names.word("name0", ())}) not in made


def test_a_pseudonym_is_none_of_those_taken() -> None:
    first = Pseudonyms().word("anna", ())
    assert Pseudonyms().word("anna", {first}) != first
    assert Pseudonyms().digits("0791234567", {"41790000001"}) == "0790000002"


def test_numbers_keep_their_beginning_and_length() -> None:
    names = Pseudonyms()
    assert names.digits("41791234567", ()) == "41790000001"
    assert names.digits("0791234567", ()) == "0790000001"
    assert names.digits("0447654321", ()) == "0440000002"
    assert len(names.digits("12345678", ())) == 8
    assert len(names.digits("123", ())) == 3


def test_house_numbers_keep_their_length() -> None:
    names = Pseudonyms()
    assert len(names.word("1200", ())) == 4
    assert names.word("17", ()).isdecimal()


def test_domains_and_addresses() -> None:
    names = Pseudonyms()
    assert names.domain("agency.ch") == "site1.example.org"
    assert names.address("a@agency.ch", "site1.example.org") == "person1@site1.example.org"
    assert names.address("b@gmail.com", None) == "person2@mail1.example.org"
    assert names.address("a@agency.ch", "x.example") == "person1@site1.example.org"
