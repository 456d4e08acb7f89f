"""Targets: a decision's references held against the CRM's own lists.

Pure, after `decide` and before `without_doubles`: the catalogue comes in as a value,
so that mails are decided elsewhere without it. What stood in the mail stays as the
field's evidence (`raw`), and the fingerprint is the mail's own: a list that changes
makes no inquiry another one.
"""

from dataclasses import replace
from enum import StrEnum

from mailbridge.decision import Decision, Wanted
from mailbridge.leads.catalogue import (
    Catalogue,
    Fit,
    Known,
    KnownPromotion,
    Match,
    Several,
    Unknown,
)
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem

UNKNOWN_REFERENCE = "unknown_reference"
"""The problem's code, for whoever looks for it."""


class OnUnknown(StrEnum):
    """What becomes of a lead whose property the CRM's lists do not have."""

    WARN = "warn"
    """It goes out, and says so."""
    HOLD = "hold"
    """It waits for a person."""


RESPELT = Problem(
    code="reference-respelt",
    text="The reference is sent as the CRM spells it; in the mail it is written otherwise.",
)
PROMOTION = Problem(
    code="reference-of-promotion",
    text="The reference is a promotion's, so that the promotion's id is sent.",
)


def with_known_targets(
    decision: Decision, catalogue: Catalogue | None, unknown: OnUnknown
) -> Decision:
    """Give each lead the CRM's spelling of its reference, and say which are not known there.

    Without a catalogue nothing is known and nothing is said.
    """
    if catalogue is None or not decision.wanted:
        return decision
    wanted, problems, missed = [], list(decision.problems), False
    for one in decision.wanted:
        resolved, problem = _resolve(one, catalogue)
        wanted.append(resolved)
        if problem:
            missed = missed or problem.code == UNKNOWN_REFERENCE
            problems.append(problem)
    held = missed and unknown is OnUnknown.HOLD and decision.outcome is Outcome.LEAD
    return replace(
        decision,
        outcome=Outcome.INCOMPLETE if held else decision.outcome,
        problems=tuple(dict.fromkeys(problems)),
        wanted=tuple(wanted),
    )


def _resolve(one: Wanted, catalogue: Catalogue) -> tuple[Wanted, Problem | None]:
    lead = one.prepared.lead
    if lead.property_reference:
        return _resolve_reference(one, catalogue.find(lead.property_reference), catalogue)
    missing = (lead.property_id and not catalogue.has_listing(lead.property_id)) or (
        lead.promotion_id and not catalogue.has_promotion(lead.promotion_id)
    )
    return one, _missed(Unknown(), catalogue, "property's id") if missing else None


def _resolve_reference(
    one: Wanted, match: Match, catalogue: Catalogue
) -> tuple[Wanted, Problem | None]:
    match match:
        case Known(fit=Fit.EXACT) | KnownPromotion(id=""):
            return one, None
        case Known(reference=reference):
            return _with_target(one, property_reference=reference), RESPELT
        case KnownPromotion(id=number):
            return _with_target(one, promotion_id=number), PROMOTION
        case _:
            return one, _missed(match, catalogue, "reference")


def _with_target(one: Wanted, *, property_reference: str = "", promotion_id: str = "") -> Wanted:
    """Put one target in the place of the other: exactly one is ever sent."""
    lead = replace(
        one.prepared.lead, property_reference=property_reference, promotion_id=promotion_id
    )
    fields = dict(one.inquiry.fields)
    if property_reference and (found := fields.get("property_reference")):
        fields["property_reference"] = replace(found, value=property_reference)
    return one.rewritten(replace(one.inquiry, fields=fields), replace(one.prepared, lead=lead))


def _missed(match: Match, catalogue: Catalogue, what: str) -> Problem:
    count, taken = f"{len(catalogue.listings):,}", f"{catalogue.taken:%Y-%m-%d %H:%M}"
    if isinstance(match, Several):
        text = (
            f"The {what} fits several among the CRM's listings ({count}, read {taken} UTC), "
            "none of them to the letter."
        )
    else:
        text = f"The {what} is not among the CRM's listings ({count}, read {taken} UTC)."
    return Problem(
        code=UNKNOWN_REFERENCE,
        text=text,
        remedy="Compare it with the CRM; a line in the table of aliases can name the right one.",
    )
