"""The shape of an inbox's `oauth:`: at whose, as which application, and in which way to sign in.

Must not open a connection or know how a token is had; that is the room `signin`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from mailbridge.documents.secrets import Secret, SecretText
from mailbridge.documents.shape import Shape
from mailbridge.documents.values import Line, WebAddress
from mailbridge.documents.wording import UnfitError, quote

Flow = Literal["device", "application", "consent", "service_account"]

FLOWS: Mapping[str, tuple[Flow, ...]] = {
    "microsoft": ("device", "application"),
    "google": ("consent", "service_account"),
    "other": ("consent", "device"),
}
"""The ways in which each provider lets one sign in; the first is the default."""

NEEDED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("microsoft", "device"): ("tenant", "client_id"),
    ("microsoft", "application"): ("tenant", "client_id", "client_secret"),
    ("google", "consent"): ("client_id", "client_secret"),
    ("google", "service_account"): ("key",),
    ("other", "consent"): ("client_id", "authorization_endpoint", "token_endpoint", "scopes"),
    ("other", "device"): ("client_id", "device_endpoint", "token_endpoint", "scopes"),
}
"""The keys without which a provider's way does not go."""
_ALLOWED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("microsoft", "device"): ("authority", "scopes"),
    ("microsoft", "application"): ("authority", "scopes"),
    ("google", "consent"): (),
    ("google", "service_account"): (),
    ("other", "consent"): ("client_secret", "device_endpoint"),
    ("other", "device"): ("client_secret", "authorization_endpoint"),
}


def _default_flow(so_far: Mapping[str, Any]) -> Flow:
    return FLOWS.get(so_far.get("provider", ""), FLOWS["other"])[0]


def _check_tenant(tenant: str) -> str:
    if not all(c.isascii() and (c.isalnum() or c in ".-") for c in tenant):
        raise UnfitError(
            f"{quote(tenant)} is no tenant.",
            "Write its id, as 00000000-0000-0000-0000-000000000000, or its domain, as example.org.",
        )
    return tenant


def _check_scope(scope: str) -> str:
    # RFC 6749, section 3.3: visible ASCII without quotes and backslash.
    if any(not "!" <= c <= "~" or c in '"\\' for c in scope):
        raise UnfitError(
            f"{quote(scope)} is no scope.", "Write each scope as an entry of its own: [one, two]."
        )
    return scope


class OAuthSettings(Shape):
    """How one signs in to an inbox that takes no password."""

    provider: Literal["microsoft", "google", "other"] = Field(
        description="Whose mailbox it is: microsoft, google, or other (by its endpoints).",
        examples=["microsoft"],
    )
    flow: Flow = Field(
        default_factory=_default_flow,
        description="How one signs in. microsoft: device (a person, with a code) or application; "
        "google: consent (a person) or service_account; other: consent or device.",
        examples=["device"],
    )
    tenant: Annotated[Line, AfterValidator(_check_tenant)] | None = Field(
        default=None,
        description="microsoft: the directory (tenant), its id or its domain.",
        examples=["example.org"],
    )
    client_id: Line | None = Field(
        default=None,
        description="The id under which mailbridge is registered at the provider.",
        examples=["00000000-0000-0000-0000-000000000000"],
    )
    client_secret: Secret | None = Field(
        default=None,
        description="The registration's secret: {env: NAME}, {file: PATH}, {credential: NAME} or "
        "{keyring: NAME}.",
        examples=[{"env": "OAUTH_SECRET"}],
    )
    key: SecretText | None = Field(
        default=None,
        description="google, service_account: the account's key (JSON), as {file: PATH}.",
        examples=[{"file": "service-account.json"}],
    )
    authority: WebAddress | None = Field(
        default=None,
        description="microsoft: the address to sign in at, for a national cloud.",
        examples=["https://login.microsoftonline.us"],
    )
    scopes: tuple[Annotated[Line, AfterValidator(_check_scope)], ...] | None = Field(
        default=None,
        min_length=1,
        description="What is asked for; microsoft: for a national cloud only.",
        examples=[["mail.imap"]],
    )
    authorization_endpoint: WebAddress | None = Field(
        default=None,
        description="other: the page on which a person consents.",
        examples=["https://login.example.org/authorize"],
    )
    token_endpoint: WebAddress | None = Field(
        default=None,
        description="other: where tokens are had.",
        examples=["https://login.example.org/token"],
    )
    device_endpoint: WebAddress | None = Field(
        default=None,
        description="other, device: where a code is had.",
        examples=["https://login.example.org/device"],
    )

    @model_validator(mode="after")
    def _check(self) -> "OAuthSettings":
        flows = FLOWS[self.provider]
        if self.flow not in flows:
            raise UnfitError(
                f"provider: {self.provider} has no flow: {self.flow}.",
                f"Write 'flow: {flows[0]}' or 'flow: {flows[1]}'.",
                at=("flow",),
            )
        way = (self.provider, self.flow)
        for key in NEEDED[way]:
            if getattr(self, key) is None:
                info = type(self).model_fields[key]
                raise UnfitError(
                    f"The key '{key}' is missing, which provider: {self.provider} with flow: "
                    f"{self.flow} needs.",
                    f"Add a line '{key}: …'. {info.description}",
                    code="missing-key",
                    at=(key,),
                )
        allowed = {"provider", "flow", *NEEDED[way], *_ALLOWED[way]}
        for key in sorted(self.model_fields_set - allowed):
            if getattr(self, key) is not None:
                raise UnfitError(
                    f"provider: {self.provider} with flow: {self.flow} has no '{key}'.",
                    f"Remove it. Allowed here: {', '.join(sorted(allowed))}.",
                    code="excluded-key",
                    at=(key,),
                )
        return self
