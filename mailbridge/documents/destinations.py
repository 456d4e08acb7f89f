"""The shapes of config.yaml for destinations: one for each kind, with its own keys alone.

Must not open a connection: it says where leads go, and refuses what is unsafe.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetPydanticSchema,
    Tag,
)

from mailbridge.documents.secrets import WAYS, Secret
from mailbridge.documents.shape import Shape
from mailbridge.documents.values import (
    Duration,
    Line,
    PresentPath,
    ProxyAddress,
    WebAddress,
    at_least,
)
from mailbridge.documents.wording import UnfitError, show_written
from mailbridge.recipient import DEFAULT_NAME, Kind

Count = Annotated[int, Field(ge=1)]
Timeout = Annotated[Duration, AfterValidator(at_least("1s"))]

SHORTEST_SECRET = 16
"""Characters; a shorter secret could be guessed from one signed lead."""

_CAPPED = Literal[
    "sender_message", "sender_firstname", "sender_lastname", "sender_email", "sender_number"
]
CappedField = Annotated[str, GetPydanticSchema(lambda _, handler: handler(_CAPPED))]
"""A text to everybody else, so that the lengths are a mapping of texts."""

KIND = (
    "What it is: realforce (the lead API), realforce_agency (Realforce's private endpoint) or "
    "webhook; each has keys of its own: docs/destinations.md."
)

# What all kinds have in common. Not a shape that they inherit from: a shape lists its
# inherited keys first, and people want address and key there.
ConnectTimeout = Annotated[
    Timeout, Field(description="How long connecting may take.", examples=["10s"])
]
ReadTimeout = Annotated[
    Timeout, Field(description="How long an answer may take.", examples=["30s"])
]
CaFile = Annotated[
    PresentPath | None,
    Field(
        description="The certificate authorities to trust (PEM) in place of the public ones.",
        examples=["ca.pem"],
    ),
]
Proxy = Annotated[
    ProxyAddress | None,
    Field(
        repr=False,
        description="The proxy to go through; the environment's proxy settings do not count.",
        examples=["http://proxy.example.org:3128"],
    ),
]
OnDoubt = Annotated[
    Literal["resend", "hold"],
    Field(
        description="What becomes of a lead if no answer came: resend (once) or hold (for review)."
    ),
]
DoubtWait = Annotated[
    Duration, Field(description="The pause before it is sent once more.", examples=["10m"])
]
_TEN_SECONDS, _HALF_A_MINUTE = timedelta(seconds=10), timedelta(seconds=30)
_TEN_MINUTES = timedelta(minutes=10)


def _check_key(key: Secret | None) -> Secret | None:
    # It becomes a header field: anything but visible ASCII would break the request.
    if key and key.known and not re.fullmatch(r"[!-~]+", key.reveal()):
        raise UnfitError(
            "The key holds a blank or a character that is not ASCII.",
            "Copy the key again, without anything around it.",
        )
    return key


def _check_secret(secret: Secret) -> Secret:
    if secret.known and len(secret.reveal()) < SHORTEST_SECRET:
        raise UnfitError(
            f"The secret has less than {SHORTEST_SECRET} characters.",
            "Make one with: openssl rand -hex 32",
        )
    return secret


Key = Annotated[Secret, AfterValidator(_check_key)]


def _check_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise UnfitError(
            f"{show_written(name)} is no name for a destination.",
            "Write letters, digits, dots, '-' and '_', at most 40 of them, as crm.",
        )
    if name == DEFAULT_NAME:
        raise UnfitError(
            f"'{DEFAULT_NAME}' is the destination below 'destination:'.", "Take another name."
        )
    return name


class DestinationSettings(Shape):
    """Realforce's lead API."""

    kind: Literal["realforce"] = Field(default="realforce", description=KIND)
    url: WebAddress = Field(
        default="https://leads.realforce.ch/api/v1/lead", description="The lead API's address."
    )
    key: Key | None = Field(
        default=None,
        description=f"The API key: {WAYS}; needed to send.",
        examples=[{"env": "REALFORCE_KEY"}],
    )
    email_key: Literal["both", "sender_email", "sender_mail"] = Field(
        default="both",
        description=(
            "The key for the e-mail address, of which Realforce's documentation names two: "
            "sender_email, sender_mail, or both."
        ),
    )
    without_target: Literal["hold", "send"] = Field(
        default="hold",
        description="What becomes of an inquiry that names no property: hold (for review) or send.",
    )
    connect_timeout: ConnectTimeout = _TEN_SECONDS
    read_timeout: ReadTimeout = _HALF_A_MINUTE
    ca_file: CaFile = None
    proxy: Proxy = None
    max_lengths: dict[CappedField, Count] = Field(
        default_factory=dict,
        description="The greatest number of characters for a field; no limit without it.",
        examples=[{"sender_message": 5000}],
    )
    on_doubt: OnDoubt = "resend"
    doubt_wait: DoubtWait = _TEN_MINUTES


class AgencySettings(Shape):
    """Realforce's private endpoint of one agency."""

    kind: Literal["realforce_agency"] = Field(description=KIND)
    url: WebAddress = Field(
        default="https://agency.realforce.ch/api/leads/create",
        description="The endpoint's address.",
    )
    key: Key = Field(
        description=f"The private key, another than the lead API's: {WAYS}.",
        examples=[{"env": "REALFORCE_AGENCY_KEY"}],
    )
    agency_id: Count = Field(
        description="The agency's number at Realforce; it goes out with each lead.", examples=[123]
    )
    gateway_type: Literal["portal", "website"] = Field(
        default="portal",
        description="What Realforce is told that the lead comes from: portal or website.",
    )
    gateway_id: Line | None = Field(
        default=None,
        description="The id of that portal or website at Realforce, for every portal that "
        "'gateway_ids' does not name.",
        examples=["7"],
    )
    gateway_ids: dict[Line, Line] = Field(
        default_factory=dict,
        description="The ids by portal. An inquiry for which none is known is kept for review.",
        examples=[{"homegate.ch": "7"}],
    )
    without_target: Literal["hold", "send"] = Field(
        default="send",
        description="What becomes of an inquiry that names no property: hold (for review) or send "
        "(as a general one).",
    )
    connect_timeout: ConnectTimeout = _TEN_SECONDS
    read_timeout: ReadTimeout = _HALF_A_MINUTE
    ca_file: CaFile = None
    proxy: Proxy = None
    on_doubt: OnDoubt = "resend"
    doubt_wait: DoubtWait = _TEN_MINUTES


class WebhookSettings(Shape):
    """An address of your own that takes leads as JSON."""

    kind: Literal["webhook"] = Field(description=KIND)
    url: WebAddress = Field(
        description="The address; https:// but for this machine.",
        examples=["https://crm.example.org/leads"],
    )
    secret: Annotated[Secret, AfterValidator(_check_secret)] = Field(
        description="What each lead is signed with, known to the receiver too, of at least 16 "
        f"characters: {WAYS}.",
        examples=[{"env": "WEBHOOK_SECRET"}],
    )
    without_target: Literal["hold", "send"] = Field(
        default="send",
        description="What becomes of an inquiry that names no property: hold (for review) or send.",
    )
    connect_timeout: ConnectTimeout = _TEN_SECONDS
    read_timeout: ReadTimeout = _HALF_A_MINUTE
    ca_file: CaFile = None
    proxy: Proxy = None
    on_doubt: OnDoubt = "resend"
    doubt_wait: DoubtWait = _TEN_MINUTES


class Named(Shape):
    """What a destination below 'destinations:' has besides."""

    name: Annotated[Line, AfterValidator(_check_name)] = Field(
        description="What you call it; inboxes and portals choose it by this name. Leads that "
        "wait for it know it by name and kind.",
        examples=["crm"],
    )


class NamedRealforce(DestinationSettings, Named):
    """A second account at the lead API."""

    key: Key = Field(
        description=f"The API key: {WAYS}.",
        examples=[{"env": "REALFORCE_KEY"}],
    )


class NamedAgency(AgencySettings, Named):
    """Realforce's private endpoint, by name."""


class NamedWebhook(WebhookSettings, Named):
    """A webhook, by name."""


_SHAPES: Mapping[Kind, tuple[type[Shape], type[Shape]]] = {
    Kind.REALFORCE: (DestinationSettings, NamedRealforce),
    Kind.REALFORCE_AGENCY: (AgencySettings, NamedAgency),
    Kind.WEBHOOK: (WebhookSettings, NamedWebhook),
}


def _check_kind(written: Any) -> Any:
    if isinstance(written, Mapping):
        kind = written.get("kind", Kind.REALFORCE.value)
        if kind not in list(Kind):
            raise UnfitError(
                f"{show_written(kind)} is no kind of destination.",
                f"Write one of {', '.join(Kind)}.",
                at=("kind",),
            )
    return written


def _shapes_of(written: Any) -> tuple[type[Shape], type[Shape]]:
    """Choose the shapes by the kind that is written; what is no group fits none of them."""
    if isinstance(written, Mapping):
        return _SHAPES[Kind(written.get("kind", Kind.REALFORCE))]
    return _SHAPES[Kind(getattr(written, "kind", Kind.REALFORCE))]


# The tags are named as the shapes, by which complaints find the keys that are known there.
def _unnamed(written: Any) -> str:
    return _shapes_of(written)[0].__name__


def _named(written: Any) -> str:
    return _shapes_of(written)[1].__name__


AnyDestination: TypeAlias = DestinationSettings | AgencySettings | WebhookSettings
AnyNamed: TypeAlias = NamedRealforce | NamedAgency | NamedWebhook

TheDestination = Annotated[
    Annotated[DestinationSettings, Tag("DestinationSettings")]
    | Annotated[AgencySettings, Tag("AgencySettings")]
    | Annotated[WebhookSettings, Tag("WebhookSettings")],
    Discriminator(_unnamed),
    BeforeValidator(_check_kind),
]
NamedDestination = Annotated[
    Annotated[NamedRealforce, Tag("NamedRealforce")]
    | Annotated[NamedAgency, Tag("NamedAgency")]
    | Annotated[NamedWebhook, Tag("NamedWebhook")],
    Discriminator(_named),
    BeforeValidator(_check_kind),
]
