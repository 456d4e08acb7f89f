"""What becomes otherwise of a mail under other rules: two decisions compared, field by field.

Pure, as `decision` is: must not decide a mail, nor read rules or files. Compared is what
somebody would notice in the CRM: outcome, portal, and each inquiry's values; where a
value stands and which pattern found it is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailbridge.decision import Decision, Wanted
from mailbridge.leads.preparation import DETAILS
from mailbridge.outcomes import Outcome
from mailbridge.problems import Problem

_LEAD = (
    "sender_firstname",
    "sender_lastname",
    "sender_email",
    "sender_number",
    "property_reference",
    "property_id",
    "promotion_id",
)
FIELDS = (*_LEAD, "sender_message", *DETAILS)
"""The names that are compared, in the order in which they are told."""


class Kind(StrEnum):
    """What happened to a lead, or to one value of it."""

    APPEARED = "appeared"
    """It is there now and was not."""
    VANISHED = "vanished"
    """It was there and is not any more."""
    CHANGED = "changed"
    """It is there still, with something else in it."""
    SAME = "same"
    """Nothing happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One value that is not what it was; at least one side is not empty."""

    name: str
    """One of FIELDS."""
    before: str
    """Empty where there was none."""
    after: str
    """Empty where there is none."""

    @property
    def kind(self) -> Kind:
        """Say whether the value appeared, vanished or changed."""
        return _kind(before=bool(self.before), after=bool(self.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChange:
    """One inquiry of the mail that is not what it was."""

    before: int | None
    """Its number in the first decision; None where it was not found."""
    after: int | None
    """Its number in the second decision; None where it is not found."""
    fields: tuple[FieldChange, ...]
    """In the order of FIELDS; empty where only its being sent changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One mail under two rule sets."""

    outcome: tuple[Outcome, Outcome]
    """Before and after."""
    portal: tuple[str, str]
    """Before and after; empty where no rule claimed the mail."""
    parts: tuple[PartChange, ...]
    """Inquiries that changed, appeared or vanished; the others are left out."""
    problems: tuple[Problem, ...]
    """Those that only the second decision has."""

    @property
    def same(self) -> bool:
        """Whether nothing changed that anybody would notice in the CRM or for review."""
        return (
            self.outcome[0] == self.outcome[1]
            and self.portal[0] == self.portal[1]
            and not (self.parts)
        )

    @property
    def kind(self) -> Kind:
        """Say what happened to the mail's leads: those that would be sent."""
        if self.same:
            return Kind.SAME
        before, after = (outcome is Outcome.LEAD for outcome in self.outcome)
        return _kind(before=before, after=after)

    @property
    def broke(self) -> bool:
        """Whether an inquiry that was complete is not any more.

        True where the mail's leads would have been sent and would not now, and where
        one of its inquiries is not found any more.
        """
        before, after = self.outcome
        if before is not Outcome.LEAD:
            return False
        return after is not Outcome.LEAD or any(part.after is None for part in self.parts)


def compare(before: Decision, after: Decision) -> Comparison:
    """Compare two decisions of the same mail."""
    known = set(before.problems)
    return Comparison(
        outcome=(before.outcome, after.outcome),
        portal=(before.portal, after.portal),
        parts=tuple(_parts(before.wanted, after.wanted)),
        problems=tuple(problem for problem in after.problems if problem not in known),
    )


def values_of(wanted: Wanted) -> dict[str, str]:
    """Give an inquiry's values by name, empty ones left out.

    Of what the lead's form cannot hold (a number that is none), as it was found. The
    message is what the visitor wrote, without our block below it.
    """
    lead, found = wanted.prepared.lead, wanted.inquiry.fields
    values = {}
    for name in FIELDS:
        sent = str(getattr(lead, name)) if name in _LEAD else ""
        if value := sent or (found[name].value.strip() if name in found else ""):
            values[name] = value
    return values


def _kind(*, before: bool, after: bool) -> Kind:
    if before == after:
        return Kind.CHANGED
    return Kind.APPEARED if after else Kind.VANISHED


def _parts(before: Sequence[Wanted], after: Sequence[Wanted]) -> Iterator[PartChange]:
    old = {wanted.part: values_of(wanted) for wanted in before}
    new = {wanted.part: values_of(wanted) for wanted in after}
    pairs = _pair(old, new)
    for part, values in old.items():
        twin = pairs.get(part)
        fields = tuple(_fields(values, new[twin] if twin else {}))
        if fields or twin is None:
            yield PartChange(before=part, after=twin, fields=fields)
    for part in sorted(new.keys() - set(pairs.values())):
        yield PartChange(before=None, after=part, fields=tuple(_fields({}, new[part])))


def _fields(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[FieldChange]:
    for name in FIELDS:
        old, new = before.get(name, ""), after.get(name, "")
        if old != new:
            yield FieldChange(name=name, before=old, after=new)


def _pair(
    old: Mapping[int, Mapping[str, str]], new: Mapping[int, Mapping[str, str]]
) -> dict[int, int]:
    """Say which inquiry is which: equal ones first, then those with the most in common.

    By number alone, one that is not found any more would make all below it look changed.
    """
    pairs: dict[int, int] = {}
    free = dict(new)
    for part, values in old.items():
        twin = next((other for other, found in free.items() if found == values), None)
        if twin is not None:
            pairs[part] = twin
            del free[twin]
    alike = sorted(
        (
            (-len(values.items() & free[other].items()), abs(part - other), part, other)
            for part, values in old.items()
            if part not in pairs
            for other in free
        ),
    )
    for _, _, part, other in alike:
        if part not in pairs and other in free:
            pairs[part] = other
            del free[other]
    return pairs
