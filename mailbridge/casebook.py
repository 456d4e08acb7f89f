"""Cases: mails with the lead expected, run through the very decision of the daemon.

Must not read files; a case comes as bytes and its parsed expectation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mailbridge.decision import Decision, Policy, Wanted, decide
from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.rules.judgement import Portals


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the case expects; values are the case's own."""

    what: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected!r}, found {self.found!r}"


def run_case(
    case: CaseFile, raw: bytes, portals: Portals, policy: Policy
) -> tuple[Decision, tuple[Difference, ...]]:
    """Decide the case's mail; give the decision and everything that differs."""
    decision = decide(raw, None, portals, policy)
    return decision, tuple(_differences(case, decision))


def _differences(case: CaseFile, decision: Decision) -> Iterator[Difference]:
    if case.outcome != decision.outcome:
        yield Difference("outcome", case.outcome.value, decision.outcome.value)
    if (case.portal or "") != decision.portal:
        yield Difference("portal", case.portal, decision.portal or None)
    if case.lead is None:
        return
    found = _values(decision.wanted[0]) if decision.wanted else {}
    for name in ExpectedLead.model_fields:
        expected: str | None = getattr(case.lead, name)
        if (expected or "") != found.get(name, ""):
            yield Difference(name, expected, found.get(name) or None)


def _values(wanted: Wanted) -> dict[str, str]:
    """Give the lead's values; of the message the visitor's words, without our block below."""
    lead = wanted.prepared.lead
    message = wanted.inquiry.fields.get("sender_message")
    return {
        "sender_firstname": lead.sender_firstname,
        "sender_lastname": lead.sender_lastname,
        "sender_email": lead.sender_email,
        "sender_number": lead.sender_number,
        "property_reference": lead.property_reference,
        "property_id": lead.property_id,
        "promotion_id": lead.promotion_id,
        "sender_message": message.value.strip() if message else "",
    }
