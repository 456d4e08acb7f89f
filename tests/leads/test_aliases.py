"""What portals call a property, and the CRM's reference that a person wrote beside it."""

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.leads.aliases import NONE, SEVERAL, Alias, Aliases, apply_aliases
from mailbridge.rules.inquiry import Found, Inquiry

WHERE = "aliases.yaml:2:5"


def number(value: str, reference: str = "A-1", portal: str = "") -> Alias:
    return Alias(reference=reference, number=value, portal=portal, where=WHERE)


def address(value: str, reference: str = "A-1", portal: str = "") -> Alias:
    return Alias(reference=reference, address=value, portal=portal, where=WHERE)


def inquiry(**fields: str) -> Inquiry:
    found = {
        name: Found(value=value, raw=value, source="text", span=(3, 9), pattern="p.yaml:1:1")
        for name, value in fields.items()
    }
    return Inquiry(portal="homegate.ch", fields=found)


def reference(told: Inquiry) -> str | None:
    found = told.fields.get("property_reference")
    return found.value if found else None


@pytest.mark.parametrize(
    ("fields", "alias", "meant"),
    [
        ({"listing_number": "4000000001"}, number("4000000001"), "A-1"),
        ({"listing_number": " 4000 0001 "}, number("4000 0001"), "A-1"),
        ({"listing_number": "40000000011"}, number("4000000001"), None),
        ({"listing_link": "https://x.example/louer/4000000001?a=b"}, number("4000000001"), "A-1"),
        ({"listing_link": "https://x.example/louer/14000000001"}, number("4000000001"), None),
        ({"property_reference": "rf 12"}, number("RF 12"), "A-1"),  # the portal has it wrong
        ({"property_reference": "B-2"}, number("RF 12"), "B-2"),
        ({"listing_number": "7"}, number("7", portal="homegate.ch"), "A-1"),
        ({"listing_number": "7"}, number("7", portal="newhome.ch"), None),
        ({}, number("7"), None),
    ],
)
def test_a_number_says_which_property_is_meant(
    fields: dict[str, str], alias: Alias, meant: str | None
) -> None:
    assert reference(apply_aliases(inquiry(**fields), (), Aliases((alias,)))) == meant


TEXT = "Objet:\nChemin du Test 12,\n1200 Genève\nPrix: 1"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("chemin du test 12", "A-1"),
        ("Chemin du Test 12 1200 GENÈVE", "A-1"),  # signs and line ends part words, no more
        ("Chemin du Test * Genève", "A-1"),
        ("Test*12*1200", "A-1"),
        ("Chemin du Test 1", None),  # whole words only
        ("Chemin * Test * Test", None),  # each piece behind the last
        ("Genève * Chemin", None),
        ("*", None),
        ("Prix 1 Objet", None),
    ],
)
def test_an_address_is_found_by_its_words(words: str, meant: str | None) -> None:
    assert reference(apply_aliases(inquiry(), [TEXT], Aliases((address(words),)))) == meant


def test_an_address_is_not_put_together_from_two_texts() -> None:
    texts = ["Chemin du Test", "12 Genève"]
    assert reference(apply_aliases(inquiry(), texts, Aliases((address("Test 12"),)))) is None


def test_an_address_counts_only_where_the_mail_names_no_property() -> None:
    for name in ("property_reference", "property_id", "promotion_id"):
        told = apply_aliases(inquiry(**{name: "x"}), [TEXT], Aliases((address("test 12"),)))
        assert told == inquiry(**{name: "x"})


def test_the_evidence_stays_and_names_the_alias() -> None:
    told = apply_aliases(inquiry(listing_number="7"), (), Aliases((number("7"),)))
    found = told.fields["property_reference"]
    assert (found.value, found.raw, found.source, found.span) == ("A-1", "7", "text", (3, 9))
    assert found.pattern == WHERE
    told = apply_aliases(inquiry(), [TEXT], Aliases((address("test 12"),)))
    assert told.fields["property_reference"].source == "alias"
    assert told.fields["property_reference"].span is None


def test_aliases_that_contradict_each_other_decide_nothing() -> None:
    both = Aliases((address("Test 12", "A-1"), address("1200 Genève", "B-2")))
    told = apply_aliases(inquiry(), [TEXT], both)
    assert reference(told) is None
    assert told.problems == (SEVERAL,)
    agreeing = Aliases((address("Test 12", "A-1"), address("1200 Genève", "A-1")))
    assert reference(apply_aliases(inquiry(), [TEXT], agreeing)) == "A-1"


def test_without_a_table_nothing_is_done() -> None:
    one = inquiry(listing_number="7")
    assert apply_aliases(one, [TEXT], NONE) is one


@given(st.text(max_size=60), st.text(max_size=300))
def test_any_words_and_any_text_are_compared(words: str, text: str) -> None:
    apply_aliases(inquiry(listing_number=text[:20]), [text], Aliases((address(words),)))


def test_a_hostile_text_costs_linear_time() -> None:
    table = Aliases((address("a * a * a * a * b"),))

    def seconds(length: int) -> float:
        start = thread_time()  # of the processor: a machine that pauses is not a slow text
        apply_aliases(inquiry(), ["a " * length], table)
        return thread_time() - start

    seconds(10_000)
    assert seconds(200_000) < 60 * max(seconds(20_000), 0.001)
