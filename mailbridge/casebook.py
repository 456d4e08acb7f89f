"""Cases: mails with the lead expected, run through the very decision of the daemon.

Must not read files; a case comes as bytes and its parsed expectation.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import ndiff

from mailbridge.decision import Decision, Policy, Wanted, decide
from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.message.message import Message
from mailbridge.problems import Problem
from mailbridge.rules.examination import Examination, examine, exercised, rules_of
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals
from mailbridge.rules.portal import PatternTimeout, Portal


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the case expects; values are the case's own."""

    what: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        """One line, or a small diff where a value has several."""
        if "\n" not in (self.expected or "") + (self.found or ""):
            return f"{self.what}: expected {_show(self.expected)}, found {_show(self.found)}"
        lines = ndiff((self.expected or "").splitlines(), (self.found or "").splitlines())
        told = [f"    {line}" for line in lines if not line.startswith("?")]
        return "\n".join([f"{self.what}: expected (-), found (+)", *told])


def run_case(
    case: CaseFile, raw: bytes, portals: Portals, policy: Policy
) -> tuple[Decision, tuple[Difference, ...]]:
    """Decide the case's mail; give the decision and everything that differs.

    Anyone's forwards are opened: a case is about what a mail says.
    """
    decision = decide(raw, None, portals, with_any_forwarder(policy))
    return decision, compare_case(case, decision, portals)


def with_any_forwarder(policy: Policy) -> Policy:
    """Give the policy under which cases are decided."""
    return replace(policy, forwarders=ANYONE)


def compare_case(case: CaseFile, decision: Decision, portals: Portals) -> tuple[Difference, ...]:
    """Name everything in which the decision on a case's mail differs from what it expects."""
    return (*_differences(case, decision), *_contenders(_examine(decision, portals)))


def expect(decision: Decision, about: str = "") -> CaseFile:
    """Say what a case would expect so that this very decision passes it."""
    lead = None
    if decision.wanted:
        found = _values(decision.wanted[0])
        lead = ExpectedLead(**{name: value or None for name, value in found.items()})
    return CaseFile(
        about=about, portal=decision.portal or None, outcome=decision.outcome, lead=lead
    )


def exercised_by(decision: Decision, portals: Portals) -> frozenset[str]:
    """Name the places in rule files, `file:line:column`, that did something for a case."""
    places = {place for one in _examine(decision, portals) for place in exercised(one)}
    for wanted in decision.wanted:
        places |= {found.pattern for found in wanted.inquiry.fields.values()}
    return frozenset(places)


def without_case(portals: Iterable[Portal], exercised: Collection[str]) -> Iterator[Problem]:
    """Name each pattern, label and condition of the portals that no case exercised."""
    for portal in portals:
        for rule in sorted(rules_of(portal)):
            if rule.where not in exercised:
                file, line, column = rule.where.rsplit(":", 2)
                yield Problem(
                    file,
                    int(line),
                    int(column),
                    rule.what,
                    "no-case",
                    f"no case exercises {rule.written!r}." if rule.written else "no case has it.",
                    "Add a mail in which it counts, or remove it.",
                )


def _examine(decision: Decision, portals: Portals) -> Iterator[Examination]:
    message = decision.inside or decision.message
    if not isinstance(message, Message):
        return
    for portal in portals.of(message):
        try:
            yield examine(message, portal)
        except PatternTimeout:
            continue  # the decision says so


def _contenders(examined: Iterable[Examination]) -> Iterator[Difference]:
    """Complain of a mail that several portals take for theirs, even where they agree."""
    names = [one.portal.name for one in examined if one.holds and not one.ignored]
    if len(names) > 1:
        yield Difference("portals that match", "one", ", ".join(names))


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


def _show(value: str | None) -> str:
    return "nothing" if value is None else repr(value)
