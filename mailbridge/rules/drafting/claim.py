"""A value that was found in an example, and all that was found in one of its texts. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailbridge.message.message import Message
from mailbridge.rules.drafting.draft import Sureness
from mailbridge.rules.drafting.framing import Frame
from mailbridge.rules.drafting.pairs import Pair
from mailbridge.rules.labels import Span

NAMES = ("sender_firstname", "sender_lastname", "sender_name")


@dataclass(frozen=True, slots=True)
class Claim:
    """A value of a field, where it stands, and how sure that is."""

    field: str
    span: Span
    sureness: Sureness
    why: str
    pair: Pair | None = None
    family_first: bool = False
    """Of a full name: how it is written."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One part of one example, looked through."""

    message: Message
    part: str
    text: str
    """Apostrophes folded."""
    cells: Mapping[int, int]
    all_pairs: Sequence[Pair]
    pairs: Sequence[Pair]
    """Those outside of the visitor's words."""
    frame: Frame | None
    claims: Mapping[str, Claim]
    unsure: tuple[Claim, ...] = ()
    """Numbers near the property that may be the portal's own."""
    missing: tuple[str, ...] = ()
    """Fields that a person gave and whose value does not stand here."""
    brands: tuple[str, ...] = ()
    tail: int = -1
    """Where the portal signs: what stands below is nobody's; -1 where it does not."""
    labels: tuple[str, ...] = field(default=())
    """All labels of the layout, as they are written."""

    def value(self, claim: Claim) -> str:
        """Give a claim's text."""
        return self.text[slice(*claim.span)]

    def trusted(self, at: int) -> bool:
        """Tell whether a place is outside of the visitor's words and the portal's signature."""
        if 0 <= self.tail <= at:
            return False
        return self.frame is None or not self.frame.span[0] <= at < self.frame.span[1]
