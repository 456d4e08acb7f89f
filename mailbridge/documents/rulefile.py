"""The shape of a portal's rule file. What its words mean: docs/rules.md."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from mailbridge.documents.shape import Shape


class Evidence(StrEnum):
    """How a portal's layout is known."""

    SEEN = "seen"
    PARTIAL = "partial"
    RECONSTRUCTED = "reconstructed"


class FieldName(StrEnum):
    """Everything that a rule can find."""

    SENDER_FIRSTNAME = "sender_firstname"
    SENDER_LASTNAME = "sender_lastname"
    SENDER_NAME = "sender_name"
    SENDER_EMAIL = "sender_email"
    SENDER_NUMBER = "sender_number"
    SENDER_MESSAGE = "sender_message"
    PROPERTY_REFERENCE = "property_reference"
    PROPERTY_ID = "property_id"
    PROMOTION_ID = "promotion_id"
    SALUTATION = "salutation"
    COMPANY = "company"
    ADDRESS = "address"
    LANGUAGE = "language"
    WISHES = "wishes"
    REQUEST = "request"
    LISTING_NUMBER = "listing_number"
    LISTING_LINK = "listing_link"


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Strings = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
"""One string or a list of them."""

SectionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
PORTAL_NAME = r"^[a-z0-9][a-z0-9.\-]{0,199}$"
"""A file and a folder are called so; no file system has names of more than 255 characters."""


class Conditions(Shape):
    """What a mail must look like; all that is given must hold."""

    from_: Strings | None = Field(
        None,
        alias="from",
        description="Sender: an address, or @domain (that domain and those below it).",
    )
    not_from: Strings | None = Field(
        None, description="Senders, written alike, to which this does not apply."
    )
    subject: Strings | None = Field(
        None, description="Regular expressions; one of them is found in the subject."
    )
    not_subject: Strings | None = Field(
        None, description="Regular expressions; none of them is found in the subject."
    )
    body: Strings | None = Field(
        None, description="Regular expressions; one of them is found in the text."
    )
    not_body: Strings | None = Field(
        None, description="Regular expressions; none of them is found in the text."
    )


class MatchShape(Conditions):
    """Which mails are this portal's."""

    from_: Strings = Field(
        alias="from",
        description="Sender: an address, or @domain (that domain and those below it).",
    )
    authenticated: Literal["optional", "required"] = Field(
        "optional",
        description="Whether the sender's domain must have passed DMARC or DKIM "
        "in an Authentication-Results field of a trusted server.",
    )


class SectionShape(Shape):
    """One stretch of the text."""

    start: Strings = Field(description="Regular expressions; the section begins after the match.")
    end: Strings | None = Field(
        None,
        description="Regular expressions, tried in order; the section ends before the match. "
        "Without one it runs to the next section, the footer, or the end of the text.",
    )
    free_text: bool = Field(
        default=False,
        description="The visitor's own words: nothing but the message is ever read from it.",
    )
    separator: str = Field(
        "",
        max_length=5,
        description="Parts the values of a section on one line, as ';': it counts where "
        "a known label and a colon follow.",
    )


class FieldShape(Shape):
    """One way to find a value: by label, by pattern, or a whole section."""

    in_: str | None = Field(
        None,
        alias="in",
        description="A section's name, or subject, from, reply_to, link, header:NAME. "
        "Without it: the text outside of what the visitor wrote.",
    )
    label: Strings | None = Field(
        None, description="The label's words; the value beside, in the next cell, or below."
    )
    pattern: Strings | None = Field(
        None, description="Regular expressions with one group, tried in order."
    )
    take: Literal["section", "address", "name"] | None = Field(
        None,
        description="section: all its text; address or name: of the from or reply_to address.",
    )
    after: str = Field("", description="The value is what follows this text, if it is in it.")
    before: str = Field("", description="The value is what precedes this text, if it is in it.")
    clean: Literal["idx_triple"] | None = Field(
        None, description="idx_triple: [a.b.c] without its brackets and empty parts."
    )
    by_portal: bool = Field(
        default=False,
        description="The portal itself writes this sentence into the visitor's text: "
        "the only way to read anything but the message there.",
    )


Alternatives = Annotated[tuple[FieldShape, ...], BeforeValidator(_as_list), Field(min_length=1)]
"""One way to find a value or a list of ways, tried in order."""


class RuleFile(Shape):
    """A portal's rule file."""

    portal: str = Field(pattern=PORTAL_NAME, description="The site's name, as homegate.ch.")
    extend: str | None = Field(
        None,
        pattern=PORTAL_NAME,
        description="Another portal, whose rules hold where this file says nothing.",
    )
    evidence: Evidence | None = Field(None, description="How the layout is known.")
    about: str = Field("", description="One line on the layout and its source.")
    region: str = Field(
        "",
        pattern=r"^([A-Z]{2})?$",
        description="Country for national phone numbers, as CH; empty for the setting's.",
    )
    match: MatchShape | None = Field(None, description="Which mails are this portal's.")
    ignore: tuple[Conditions, ...] = Field(
        (), description="Mails of this portal that are no inquiry."
    )
    part: Literal["auto", "text", "html"] | None = Field(
        None, description="Which part is read; auto, the default: where more fields are found."
    )
    relay: Strings | None = Field(
        None, description="Domains at which the portal passes mail on to the visitor."
    )
    name_order: Literal["given_first", "family_first"] | None = Field(
        None, description="How a full name is written; given_first is the default."
    )
    blocks: tuple[Literal["openimmo", "objektanfrage", "lead_metadata"], ...] = Field(
        (),
        description="Structured blocks that the portal sends beside the text, the preferred "
        "first: they win over the text.",
    )
    over_blocks: tuple[FieldName, ...] = Field(
        (), description="Fields of which the text or the subject wins over a block."
    )
    sections: dict[SectionName, SectionShape] = Field(
        default_factory=dict, description="Cut the text into stretches."
    )
    footer: Strings | None = Field(
        None,
        description="Regular expressions for where the portal's own closing begins: nothing "
        "from there on is read.",
    )
    labels: Strings | None = Field(
        None, description="Further labels of the layout: they are no values, and part values."
    )
    fields: dict[FieldName, Alternatives] = Field(
        default_factory=dict, description="What is found, and how."
    )
    require: tuple[Strings, ...] = Field(
        (), description="Fields that must be found; an inner list: at least one of it."
    )
