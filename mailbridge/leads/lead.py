"""The lead: exactly the fields of Realforce's lead API (leads-send)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What is sent, before the destination's own spelling of it.

    Of the three targets at most one is set; the destination decides whether a
    lead without a target may go out.
    """

    sender_message: str
    date: int
    """Unix time in seconds."""
    sender_firstname: str = ""
    sender_lastname: str = ""
    sender_email: str = ""
    sender_number: str = ""
    """E.164 where the number could be read."""
    property_reference: str = ""
    property_id: str = ""
    promotion_id: str = ""
