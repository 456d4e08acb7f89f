"""The shape of a case: what a portal's rule must make of one mail."""

from pydantic import Field

from mailbridge.documents.shape import Shape
from mailbridge.outcomes import Outcome


class ExpectedLead(Shape):
    """The values expected; null where the mail has none."""

    sender_firstname: str | None = None
    sender_lastname: str | None = None
    sender_email: str | None = None
    sender_number: str | None = Field(None, description="E.164, as +41790000001.")
    property_reference: str | None = None
    property_id: str | None = None
    promotion_id: str | None = None
    sender_message: str | None = Field(None, description="The visitor's own words alone.")


class CaseFile(Shape):
    """What lies beside the mail of a case, with its name and the ending .yaml."""

    about: str = Field("", description="What this case shows.")
    portal: str | None = Field(description="The portal that must be found; null for none.")
    outcome: Outcome = Field(description="As dry-run says it: lead, incomplete, ignored …")
    lead: ExpectedLead | None = Field(
        None, description="The values expected, of an incomplete inquiry too; null for none."
    )
