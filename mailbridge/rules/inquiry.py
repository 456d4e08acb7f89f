"""The inquiry: what a portal's rule found, each value with its evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailbridge.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value and where it came from."""

    value: str
    """After cleaning: what goes on."""
    raw: str
    """As it stands in the source."""
    source: str
    """`text`, `html`, `subject`, `from`, `reply_to`, `header:<name>`, `link`, or a block's
    kind and place, as `openimmo:feedback.xml#objekt[1]/oobj_id`."""
    span: tuple[int, int] | None
    """Start and end in the source's text; None where the source has no text form."""
    pattern: str
    """Where the pattern or the label's word stands: `file:line:column`; or `Reply-To`."""

    def as_json(self) -> dict[str, Any]:
        """Give it as the ledger keeps it and as dry-run prints it."""
        return {
            "value": self.value,
            "raw": self.raw,
            "source": self.source,
            "span": list(self.span) if self.span else None,
            "pattern": self.pattern,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Found":
        """Read what `as_json` gave."""
        return cls(
            value=kept["value"],
            raw=kept["raw"],
            source=kept["source"],
            span=(kept["span"][0], kept["span"][1]) if kept["span"] else None,
            pattern=kept["pattern"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What one portal's rule found in one message.

    Keys of `fields`: `sender_firstname`, `sender_lastname`, `sender_name` (full
    name still to be split), `sender_email`, `sender_number` (as written),
    `sender_message`, `property_reference`, `property_id`, `promotion_id`, and the
    details `salutation`, `company`, `address`, `language`, `wishes`,
    `listing_number`, `listing_link`, `request`.
    """

    portal: str
    fields: Mapping[str, Found]
    require: tuple[tuple[str, ...], ...] = ()
    """Each inner tuple names fields of which at least one must be there and valid."""
    region: str = ""
    """ISO 3166-1 alpha-2 of the portal, for national phone numbers; may be empty."""
    name_order: str = "given_first"
    """Or `family_first`: how a full name stands in `sender_name`."""
    relay_domains: tuple[str, ...] = ()
    """Domains whose addresses the portal passes on: a way to answer, not a person's address."""
    problems: tuple[Problem, ...] = ()
