"""The lead in the spelling of the webhook: mailbridge's own, told in docs/destinations.md.

Pure. A receiver may rely on what is written here: a key is added, never renamed, and a
change of meaning gets another `version`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailbridge.delivery.encoding import without_empty
from mailbridge.leads.preparation import Prepared

VERSION = 1

_OF_REQUESTER = ("salutation", "company", "address", "language")
_OF_INQUIRY = ("request", "wishes", "listing_number", "listing_link")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """What a receiver may want to know of the mail."""

    identity: str
    """See `message.identity`: the same mail has the same one, wherever it lies."""
    part: int
    message_id: str
    subject: str


def webhook_payload_of(prepared: Prepared, portal: str, mail: MailFacts) -> dict[str, Any]:
    """Give the JSON object for this lead; what is not known is left out.

    `id` is the lead's key, by which a receiver knows a repeat: from the mail's identity
    and the inquiry's place in it, so that even a lost ledger gives the same.
    """
    lead, details = prepared.lead, prepared.details
    return without_empty(
        {
            "version": VERSION,
            "id": f"{mail.identity}-{mail.part}",
            "date": datetime.fromtimestamp(lead.date, UTC).isoformat(),
            "portal": portal,
            "property": {
                "reference": lead.property_reference,
                "id": lead.property_id,
                "promotion_id": lead.promotion_id,
            },
            "requester": {
                "firstname": lead.sender_firstname,
                "lastname": lead.sender_lastname,
                "email": lead.sender_email,
                "phone": lead.sender_number,
                **_some(details, _OF_REQUESTER),
                **prepared.remarks,
            },
            "message": prepared.text,
            "inquiry": _some(details, _OF_INQUIRY),
            "mail": {"message_id": mail.message_id, "subject": mail.subject},
        }
    )


def _some(details: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: details[name] for name in names if name in details}
