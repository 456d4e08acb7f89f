"""The lead in the spelling of Realforce's private endpoint (`/api/leads/create`).

Pure. What the endpoint requires and the mail or the settings do not give is named as
a problem, never made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from mailbridge.delivery.encoding import without_empty
from mailbridge.leads.addresses import read_address
from mailbridge.leads.lead import Lead
from mailbridge.leads.phones import is_mobile
from mailbridge.leads.titles import read_title
from mailbridge.problems import Problem

NO_LASTNAME = Problem(
    code="missing-name",
    text="The mail names no family name, and Realforce's private endpoint requires one.",
    remedy="Enter the lead by hand, or send this inbox's leads to the lead API.",
)
NO_GATEWAY = Problem(
    code="missing-gateway",
    text="The settings name no gateway for this portal, and Realforce's private endpoint requires "
    "one.",
    remedy="Name it in the destination's gateway_ids: or gateway_id:, then `mailbridge retry`.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyForm:
    """What the settings say of each lead for this endpoint."""

    agency_id: int
    gateway_type: Literal["portal", "website"] = "portal"
    gateway_id: str = ""
    """For portals that `gateway_ids` does not name; empty for none."""
    gateway_ids: Mapping[str, str] = field(default_factory=dict)
    """By portal."""


def agency_payload_of(
    lead: Lead, portal: str, details: Mapping[str, str], form: AgencyForm
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Give the JSON object for this lead, and a problem for each thing required and missing.

    `details` are those of `Prepared`. Empty optional fields are left out. The message is
    the lead's, with the block below it: there is no field for company, language and wishes.
    """
    gateway = form.gateway_ids.get(portal) or form.gateway_id
    address = read_address(details.get("address", ""))
    mobile = bool(lead.sender_number) and is_mobile(lead.sender_number)
    payload = without_empty(
        {
            "date": datetime.fromtimestamp(lead.date, UTC).isoformat(),
            "agency_id": form.agency_id,
            "message": lead.sender_message,
            "gateway": {"type": form.gateway_type, "id": _number_or_text(gateway)},
            "object": _object_of(lead),
            "requester": {
                "title": read_title(details.get("salutation", "")),
                "firstname": lead.sender_firstname,
                "lastname": lead.sender_lastname,
                "address": {
                    **{f"street_line{n}": line for n, line in enumerate(address.lines, start=1)},
                    "npa": address.postcode,
                    "city": address.town,
                    "country": address.country,
                },
                "phones": {("mobile" if mobile else "landline"): lead.sender_number},
                "email": lead.sender_email,
            },
        }
    )
    problems = []
    if not lead.sender_lastname:
        problems.append(NO_LASTNAME)
    if not gateway:
        problems.append(NO_GATEWAY)
    return payload, tuple(problems)


def _object_of(lead: Lead) -> dict[str, str]:
    """Say what the lead is about; one without a target is a general inquiry."""
    if lead.promotion_id:
        return {"type": "development", "id": lead.promotion_id}
    if lead.property_reference or lead.property_id:
        return {
            "type": "property",
            "reference": lead.property_reference,
            "id": lead.property_id,
        }
    return {"type": "general"}


def _number_or_text(written: str) -> int | str:
    """Give what is written in digits alone as a number, as `agency_id` is one."""
    return int(written) if written.isascii() and written.isdigit() else written
