"""What a lead must have: the portal's own demands, and exactly one target.

Says what is missing in words for an office manager, never a value.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum

from mailbridge.problems import Problem

TARGETS = ("property_reference", "property_id", "promotion_id")
"""What a lead can be about; the API takes exactly one."""
CONTACTS = ("sender_email", "sender_number")
"""How a visitor can be reached."""
_NAMES = ("sender_name", "sender_firstname", "sender_lastname")


class WithoutTarget(StrEnum):
    """What happens to a lead that names no property."""

    HOLD = "hold"
    """It waits for a person."""
    SEND = "send"
    """It goes out without one."""


NO_TARGET = Problem(
    code="missing-target",
    text="The mail does not say which property it is about: no reference and no id was found.",
)
SEVERAL_TARGETS = Problem(
    code="several-targets",
    text="The mail names its property in more than one way (reference, property id, promotion id);"
    " Realforce takes one, and none was chosen.",
)

_WORDS = {
    "sender_firstname": "a first name",
    "sender_lastname": "a family name",
    "sender_name": "a name",
    "sender_email": "an e-mail address",
    "sender_number": "a phone number",
    "sender_message": "a message",
    "property_reference": "a property reference",
    "property_id": "a property id",
    "promotion_id": "a promotion id",
    "salutation": "a salutation",
    "company": "a company",
    "address": "an address",
    "language": "a language",
    "request": "a kind of request",
    "wishes": "wishes",
    "listing_number": "the portal's listing number",
    "listing_link": "a link to the listing",
}


def find_missing(
    require: Sequence[Sequence[str]], usable: Collection[str], without_target: WithoutTarget
) -> list[Problem]:
    """Name whatever keeps the lead from going out by itself.

    `require` is the rule's: of each inner sequence at least one must be among
    `usable`, the fields found and valid. `send` waives what names targets only.
    """
    targets = [name for name in TARGETS if name in usable]
    waived = without_target is WithoutTarget.SEND
    missing = []
    if len(targets) > 1:
        missing.append(SEVERAL_TARGETS)
    elif not targets and not waived:
        missing.append(NO_TARGET)
    for group in require:
        about_target = all(name in TARGETS for name in group)
        told = about_target and (waived or not targets)
        if not told and not any(name in usable for name in group):
            missing.append(_name_missing(group))
    return missing


def _name_missing(group: Sequence[str]) -> Problem:
    if all(name in TARGETS for name in group):
        code = "missing-target"
    elif any(name in CONTACTS for name in group):
        code = "missing-contact"
    elif all(name in _NAMES for name in group):
        code = "missing-name"
    else:
        code = "missing-field"
    wanted = " or ".join(_WORDS.get(name, f"“{name}”") for name in group)
    return Problem(
        code=code,
        text=f"The portal's rule requires {wanted}; the mail has none, or none that can be used.",
    )
