"""Where a lead goes, as the settings name it and the ledger remembers it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a destination understands: a lead is written for one kind and fits no other."""

    REALFORCE = "realforce"
    """Realforce's lead API."""
    REALFORCE_AGENCY = "realforce_agency"
    """Realforce's private endpoint of one agency."""
    WEBHOOK = "webhook"
    """An address of the user's own, for any other CRM."""


DEFAULT_NAME = "default"
"""How the destination is called that the settings give no name."""


@dataclass(frozen=True, slots=True, order=True)
class Recipient:
    """A destination by name and kind.

    Both count: a lead that was written for one kind is not handed to another kind
    that took over the name.
    """

    name: str = DEFAULT_NAME
    kind: Kind = Kind.REALFORCE

    def __str__(self) -> str:
        """Name it in a message."""
        if self.name != DEFAULT_NAME:
            return f"destination {self.name}"
        return "lead API" if self.kind is Kind.REALFORCE else "default destination"


DEFAULT = Recipient()
"""The lead API, where nothing else is set."""
