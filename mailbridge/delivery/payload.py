"""The lead in the destination's own spelling: the JSON object that is POSTed.

Pure. It adds nothing that the API does not name (leads-send) and never touches a
target or an address: those are sent verbatim or not at all.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from mailbridge.delivery.encoding import encodable
from mailbridge.leads.lead import Lead
from mailbridge.problems import Problem

CAPPABLE = (
    "sender_message",
    "sender_firstname",
    "sender_lastname",
    "sender_email",
    "sender_number",
)
"""Fields that may have a greatest length; a shortened target would be another property."""

TARGETS = ("property_reference", "property_id", "promotion_id")

_NO_CAPS: Mapping[str, int] = MappingProxyType({})
_WHOLE_OR_NOT = frozenset({"sender_email", "sender_number"})
_ELLIPSIS = "…"


class EmailKey(StrEnum):
    """The key under which the e-mail address goes out.

    The contract's table says `sender_email`, its sample `sender_mail`. A wrong key
    would lose the address with a success answer, so the default is both.
    """

    BOTH = "both"
    SENDER_EMAIL = "sender_email"
    SENDER_MAIL = "sender_mail"

    @property
    def keys(self) -> tuple[str, ...]:
        """The JSON keys that carry the address."""
        if self is EmailKey.BOTH:
            return ("sender_email", "sender_mail")
        return (self.value,)


def payload_of(
    lead: Lead, spelling: EmailKey, caps: Mapping[str, int] = _NO_CAPS
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return the JSON object for this lead, and a problem for each value that a cap hit.

    `caps` maps names of `CAPPABLE` to a greatest length in characters. Text is cut;
    an e-mail address or a phone number is left out instead, since half of one is
    wrong. Empty optional fields are left out. Raises ValueError where the lead has
    more than one target or `caps` names another field: both are defects of the caller.
    """
    targets = [name for name in TARGETS if getattr(lead, name)]
    if len(targets) > 1:
        raise ValueError(f"a lead has one target at most, this one has {', '.join(targets)}")
    if strange := [name for name, cap in caps.items() if name not in CAPPABLE or cap < 1]:
        raise ValueError(f"no such length cap: {', '.join(strange)}")

    payload: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in CAPPABLE:
        value = encodable(getattr(lead, name))
        cap = caps.get(name, 0)
        if cap and len(value) > cap:
            problems.append(_cut_problem(name, len(value), cap))
            value = "" if name in _WHOLE_OR_NOT else _cut(value, cap)
        keys = spelling.keys if name == "sender_email" else (name,)
        if value or name == "sender_message":
            payload.update(dict.fromkeys(keys, value))
        if name == "sender_message":
            payload["date"] = lead.date
    for name in targets:
        payload[name] = encodable(getattr(lead, name))
    return payload, tuple(problems)


def _cut(text: str, cap: int) -> str:
    """Shorten to `cap` characters, the mark of the cut included.

    The last paragraph stays whole where it takes no more than half: under a
    message that is the block with the contact data.
    """
    body, gap, last = text.rpartition("\n\n")
    tail = gap + last
    if not gap or len(tail) > cap // 2:
        body, tail = text, ""
    return body[: cap - len(tail) - len(_ELLIPSIS)].rstrip() + _ELLIPSIS + tail


def _cut_problem(name: str, length: int, cap: int) -> Problem:
    left_out = f"The value has {length} characters, {cap} are allowed, and was left out."
    cut = f"The value has {length} characters, {cap} are allowed, and was cut."
    return Problem(key=name, code="value-too-long", text=left_out if name in _WHOLE_OR_NOT else cut)
