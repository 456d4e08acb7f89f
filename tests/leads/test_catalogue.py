"""Which of the CRM's references a reference in a mail means."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbridge.leads.catalogue import (
    Catalogue,
    Fit,
    Known,
    KnownPromotion,
    Listing,
    Promotion,
    Several,
    Unknown,
)

TAKEN = datetime(2026, 11, 23, 4, tzinfo=UTC)


def catalogue(*references: str, promotions: tuple[tuple[str, str], ...] = ()) -> Catalogue:
    return Catalogue(
        listings=tuple(Listing(id=f"l{n}", reference=r) for n, r in enumerate(references)),
        promotions=tuple(Promotion(id=i, reference=r) for i, r in promotions),
        taken=TAKEN,
    )


@pytest.mark.parametrize(
    ("known", "asked", "meant"),
    [
        ("AA1-5", "AA1-5", Known("AA1-5", Fit.EXACT)),
        ("AA1-5", "aa1-5", Known("AA1-5", Fit.FOLDED)),
        ("AA1-5", " AA1-5\t", Known("AA1-5", Fit.FOLDED)),
        ("Rue du  Lac 5", "rue du lac 5", Known("Rue du  Lac 5", Fit.FOLDED)),
        ("STRASSE-1", "Straße-1", Known("STRASSE-1", Fit.FOLDED)),
        ("AA1-5", "AA15", Unknown()),  # a sign may tell two apart
        ("É-1", "E-1", Unknown()),
        ("R20.H3.0412", "R20.H3.0412", Known("R20.H3.0412", Fit.EXACT)),
        ("R20-H3-0412", "R20.H3.0412", Known("R20-H3-0412", Fit.PARTS)),
        ("R20 H3 0412", "r20.h3.0412", Known("R20 H3 0412", Fit.PARTS)),
        ("R20H30412", "R20.H3.0412", Known("R20H30412", Fit.PARTS)),
        ("A-15", "A-1.5", Known("A-15", Fit.PARTS)),
        ("A-1_5", "A-1.5", Known("A-1_5", Fit.PARTS)),
        ("AA-15", "AA.1.5", Unknown()),  # its own sign stands where no column ends
        ("R20H30412", "R20-H3-0412", Unknown()),  # only dots part the columns
        ("R20H30412", "R20..H30412", Unknown()),
        ("", "", Unknown()),
        ("A", ".", Unknown()),
    ],
)
def test_a_reference_is_found_as_it_is_written_or_folded(
    known: str, asked: str, meant: object
) -> None:
    assert catalogue(known, "Z9").find(asked) == meant


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (("ab-1", "AB-1"), "Ab-1"),
        (("R20-H3-0412", "R20H30412"), "R20.H3.0412"),
        (("R20-H3-0412", "R20/H3/0412"), "R20.H3.0412"),
    ],
)
def test_what_fits_several_is_none_of_them(known: tuple[str, ...], asked: str) -> None:
    assert catalogue(*known).find(asked) == Several()


def test_the_letter_counts_before_all_else() -> None:
    assert catalogue("ab-1", "AB-1").find("AB-1") == Known("AB-1", Fit.EXACT)


def test_several_listings_of_one_reference_are_one_reference() -> None:
    assert catalogue("AB-1", "AB-1").find("ab-1") == Known("AB-1", Fit.FOLDED)


def test_a_promotion_is_known_by_its_own_list_or_by_a_listing() -> None:
    known = catalogue("A-1", promotions=(("p1", "PARC"), ("p2", "LAC"), ("p3", "lac")))
    assert known.find("parc") == KnownPromotion("p1")
    assert known.find("LAC") == Several()
    named = Catalogue(
        listings=(Listing(id="l", reference="A-1", promotion="PARC"),), promotions=(), taken=TAKEN
    )
    assert named.find("Parc") == KnownPromotion("")


def test_a_listing_comes_before_a_promotion_of_the_same_name() -> None:
    assert catalogue("PARC", promotions=(("p1", "PARC"),)).find("PARC") == Known("PARC", Fit.EXACT)


def test_ids() -> None:
    known = catalogue("A-1", promotions=(("p1", "PARC"),))
    assert known.has_listing("l0")
    assert not known.has_listing("p1")
    assert known.has_promotion("p1")
    assert not known.has_promotion("p2")
    assert catalogue("A-1").has_promotion("p2")  # no list was read, so nothing is known


@given(st.lists(st.text(max_size=12), max_size=8), st.text(max_size=12))
def test_what_is_found_is_always_one_that_the_crm_has(known: list[str], asked: str) -> None:
    match = catalogue(*known).find(asked)
    if isinstance(match, Known):
        assert match.reference in known
        assert (match.fit is Fit.EXACT) == (match.reference == asked)
    assert isinstance(match, Known) or asked not in known or not asked


@given(st.lists(st.text(alphabet="ab1 .-", min_size=1, max_size=6), min_size=1, max_size=6))
def test_every_reference_of_the_crm_means_itself(known: list[str]) -> None:
    for one in known:
        assert catalogue(*known).find(one) == Known(one, Fit.EXACT)


@given(st.text(max_size=2000))
def test_hostile_references_cost_no_time_and_raise_nothing(asked: str) -> None:
    catalogue("A.B", "AB").find(asked)
