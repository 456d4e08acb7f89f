"""A decision's references held against the CRM's lists."""

from datetime import UTC, datetime

import pytest

from mailbridge.decision import Decision, Policy, decide
from mailbridge.leads.aliases import Alias, Aliases
from mailbridge.leads.catalogue import Catalogue, Listing, Promotion
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.judgement import Portals, gather
from mailbridge.targets import UNKNOWN_REFERENCE, OnUnknown, with_known_targets
from tests.mails import inquiry, private

TAKEN = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def portals() -> Portals:
    return gather(shipped_portals(1.0))


@pytest.fixture
def decided(portals: Portals) -> Decision:
    return decide(inquiry(), None, portals, Policy())


def catalogue(*references: str, promotions: tuple[Promotion, ...] = ()) -> Catalogue:
    listings = tuple(Listing(id=f"id-{r}", reference=r) for r in references)
    return Catalogue(listings=listings, promotions=promotions, taken=TAKEN)


def codes(decision: Decision) -> list[str]:
    return [problem.code for problem in decision.problems]


def test_a_known_reference_is_sent_as_it_is(decided: Decision) -> None:
    assert with_known_targets(decided, catalogue("A1.B2.0003"), OnUnknown.HOLD) == decided


def test_the_crms_spelling_is_sent_and_the_mails_kept(decided: Decision) -> None:
    told = with_known_targets(decided, catalogue("a1-b2-0003"), OnUnknown.HOLD)
    assert told.outcome is Outcome.LEAD
    assert codes(told) == [*codes(decided), "reference-respelt"]
    [one] = told.wanted
    assert one.payload["property_reference"] == "a1-b2-0003"
    assert one.prepared.lead.property_reference == "a1-b2-0003"
    found = one.inquiry.fields["property_reference"]
    assert (found.value, found.raw) == ("a1-b2-0003", "[A1.B2.0003]")
    assert one.prepared.fingerprint == decided.wanted[0].prepared.fingerprint


def test_a_promotions_reference_becomes_its_id_and_exactly_one_target_is_sent(
    decided: Decision,
) -> None:
    known = catalogue("Z", promotions=(Promotion(id="p9", reference="A1.B2.0003"),))
    told = with_known_targets(decided, known, OnUnknown.HOLD)
    payload = told.wanted[0].payload
    targets = {"property_reference", "property_id", "promotion_id"}
    assert targets & set(payload) == {"promotion_id"}
    assert payload["promotion_id"] == "p9"
    assert told.wanted[0].prepared.lead.property_reference == ""


def test_an_unknown_reference_is_a_warning_or_holds_the_lead(decided: Decision) -> None:
    warned = with_known_targets(decided, catalogue("Z"), OnUnknown.WARN)
    assert warned.outcome is Outcome.LEAD
    assert warned.wanted == decided.wanted
    assert codes(warned)[-1] == UNKNOWN_REFERENCE
    assert "not among the CRM's listings (1, read 2026-11-23 04:00 UTC)" in warned.problems[-1].text
    assert "A1.B2.0003" not in str(warned.problems[-1])
    held = with_known_targets(decided, catalogue("Z"), OnUnknown.HOLD)
    assert held.outcome is Outcome.INCOMPLETE
    assert held.problems == warned.problems


def test_a_reference_that_fits_several_is_not_known(decided: Decision) -> None:
    told = with_known_targets(decided, catalogue("A1-B2-0003", "A1/B2/0003"), OnUnknown.WARN)
    assert told.wanted == decided.wanted
    assert codes(told)[-1] == UNKNOWN_REFERENCE
    assert "several" in told.problems[-1].text


def test_without_lists_nothing_is_said(decided: Decision, portals: Portals) -> None:
    assert with_known_targets(decided, None, OnUnknown.HOLD) is decided
    nobodys = decide(private(), None, portals, Policy())
    assert with_known_targets(nobodys, catalogue("Z"), OnUnknown.HOLD) is nobodys


def test_an_incomplete_inquiry_stays_one_and_says_it_too(portals: Portals) -> None:
    incomplete = decide(inquiry(email=None), None, portals, Policy())
    assert incomplete.outcome is Outcome.INCOMPLETE
    told = with_known_targets(incomplete, catalogue("Z"), OnUnknown.WARN)
    assert told.outcome is Outcome.INCOMPLETE
    assert UNKNOWN_REFERENCE in codes(told)


def aliased(portals: Portals, raw: bytes, **alias: str) -> Decision:
    table = Aliases((Alias(reference="CRM-7", where="aliases.yaml:2:5", **alias),))
    return decide(raw, None, portals, Policy(aliases=table))


def test_an_alias_supplies_what_the_mail_does_not_say(portals: Portals) -> None:
    without = inquiry(reference="")
    assert decide(without, None, portals, Policy()).outcome is Outcome.INCOMPLETE
    for alias in ({"address": "Chemin du Test 1 * Genève"}, {"number": "4000000001"}):
        told = aliased(portals, without, **alias)
        assert told.outcome is Outcome.LEAD, alias
        assert told.wanted[0].payload["property_reference"] == "CRM-7"
    others = aliased(portals, without, address="Chemin du Test 2 * Genève")
    assert others.outcome is Outcome.INCOMPLETE


def test_what_the_visitor_writes_is_no_address_of_a_property(portals: Portals) -> None:
    told = aliased(portals, inquiry(reference=""), address="la visite numéro 1")
    assert told.outcome is Outcome.INCOMPLETE


def test_two_properties_of_one_visitor_are_two_inquiries(portals: Portals) -> None:
    """What an alias supplies counts in the fingerprint, or the second would be a duplicate."""
    one = aliased(portals, inquiry(reference=""), number="4000000001").wanted[0].prepared
    table = Aliases((Alias(reference="CRM-8", number="4000000001", where="x:1:1"),))
    two = decide(inquiry(reference=""), None, portals, Policy(aliases=table)).wanted[0].prepared
    assert one.fingerprint != two.fingerprint
