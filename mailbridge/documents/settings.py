"""The shape of config.yaml: every setting with its default and what it means.

This is the source of truth; config.example.yaml says the same, and a test compares
them. Must not open a connection or know what a setting does.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mailbridge.documents.connections import (
    AlertSettings,
    InboxSettings,
    LedgerSettings,
)
from mailbridge.documents.destinations import (
    Count,
    DestinationSettings,
    NamedDestination,
    TheDestination,
)
from mailbridge.documents.listings import ListingSettings
from mailbridge.documents.located import parse
from mailbridge.documents.oauth import OAuthSettings
from mailbridge.documents.shape import Shape, shape
from mailbridge.documents.source import is_folder, read_text
from mailbridge.documents.values import (
    Duration,
    Line,
    Listen,
    ListenAddress,
    LocalPath,
    PresentPath,
    Size,
    Surroundings,
    WebAddress,
    at_least,
    show_duration,
)
from mailbridge.documents.wording import UnfitError
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT_NAME

__all__ = [
    "AlertSettings",
    "DestinationSettings",
    "InboxSettings",
    "LeadSettings",
    "LedgerSettings",
    "LimitSettings",
    "ListingSettings",
    "LogSettings",
    "MonitoringSettings",
    "OAuthSettings",
    "RetentionSettings",
    "Settings",
    "WebSettings",
    "load_settings",
    "missing_for_run",
]


class LeadSettings(Shape):
    """What a lead looks like."""

    default_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = Field(
        default="CH",
        description="The country of phone numbers without a country code: two capital letters.",
    )
    contact_block: bool = Field(
        default=True,
        description="Whether e-mail and phone are repeated at the end of the message.",
    )
    details_block: bool = Field(
        default=True,
        description="Whether portal, language, company, wishes and the like follow the message.",
    )
    duplicate_window: Duration = Field(
        default=timedelta(days=7),
        description="How long the same inquiry counts as a duplicate.",
        examples=["7d"],
    )


class LimitSettings(Shape):
    """What a single mail may cost; one that would cost more is kept for a person."""

    mail_size: Annotated[Size, Field(ge=1000)] = Field(
        default=5_000_000,
        description="A larger mail is read without its attachments.",
        examples=["5 MB"],
    )
    header_size: Annotated[Size, Field(ge=1000)] = Field(
        default=256_000, description="The greatest size of a mail's header.", examples=["256 KB"]
    )
    header_fields: Count = Field(
        default=1_000, description="The greatest number of fields in a mail's header."
    )
    parts: Count = Field(default=500, description="The greatest number of parts in a mail.")
    nesting: Count = Field(default=20, description="How deep the parts of a mail may be nested.")
    text_size: Annotated[Size, Field(ge=1000)] = Field(
        default=2_000_000,
        description="The greatest size of a mail's text parts together.",
        examples=["2 MB"],
    )
    text_length: Count = Field(
        default=1_000_000,
        description="The greatest number of characters in a mail's text or in its HTML.",
    )
    html_tags: Count = Field(
        default=20_000, description="The greatest number of tags in a mail's HTML."
    )
    pattern_time: Annotated[Duration, AfterValidator(at_least("1ms"))] = Field(
        default=timedelta(milliseconds=200),
        description="How long one regular expression may take.",
        examples=["200ms"],
    )


class RetentionSettings(Shape):
    """How long the ledger keeps what stands in mails and leads; counts stay."""

    contents: Annotated[Duration, AfterValidator(at_least("1d"))] = Field(
        default=timedelta(days=90),
        description="How long texts, leads and subjects are kept once nothing is left to do.",
        examples=["90d"],
    )
    review: Annotated[Duration, AfterValidator(at_least("1d"))] = Field(
        default=timedelta(days=365),
        description="How long they are kept of a mail that waits for a person.",
        examples=["365d"],
    )

    @model_validator(mode="after")
    def _check(self) -> "RetentionSettings":
        if self.review < self.contents:
            raise UnfitError(
                "What waits for a person would go before what is done.",
                f"Write at least the same as in 'contents:' ({show_duration(self.contents)}).",
                at=("review",),
            )
        return self


class LogSettings(Shape):
    """What mailbridge writes about itself; never names, addresses or texts of mails."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least important messages that are written: debug, info, warning or error.",
    )
    format: Literal["auto", "text", "json"] = Field(
        default="auto",
        description="Their form: text, json, or auto (text, with colours on a terminal).",
    )
    file: LocalPath | None = Field(
        default=None,
        description="The file that messages go to, in place of standard error.",
        examples=["mailbridge.log"],
    )


class MonitoringSettings(Shape):
    """What other programs on this machine are told."""

    listen: Listen | None = Field(
        default=None,
        description="Where /healthz and /metrics (Prometheus) are served: an address of this "
        "machine alone, with a port; nowhere without it.",
        examples=["127.0.0.1:9108"],
    )


class WebSettings(Shape):
    """Where the pages for a browser are (`mailbridge web`)."""

    listen: Listen = Field(
        default=ListenAddress("127.0.0.1", 8026),
        description="Where `mailbridge web` listens: host and port, of this machine alone.",
    )
    address: WebAddress | None = Field(
        default=None,
        description="Where a reverse proxy offers the pages to other machines, without a path; "
        "only then may they be asked for under that name.",
        examples=["https://leads.example.org"],
    )

    @model_validator(mode="after")
    def _check(self) -> "WebSettings":
        if self.address and urlsplit(self.address)[2:] != ("", "", ""):
            raise UnfitError(
                "The address goes on after the server's name.",
                "Write scheme and name alone, as https://leads.example.org.",
                at=("address",),
            )
        return self


# A heading whose settings are all commented out leaves the defaults.
_EMPTY = BeforeValidator(lambda written: {} if written is None else written)


class Settings(Shape):
    """config.yaml."""

    inboxes: tuple[InboxSettings, ...] = Field(
        default=(), description="The mailboxes that are watched."
    )
    destination: Annotated[TheDestination, _EMPTY] = Field(
        default_factory=DestinationSettings,
        description="Where leads are delivered, unless the inbox or the portal chooses another "
        "place.",
    )
    destinations: tuple[NamedDestination, ...] = Field(
        default=(),
        description="Other places where leads are delivered, each with a name and a kind "
        "(docs/destinations.md), for inboxes and portals that choose them.",
        examples=[
            [
                {
                    "name": "crm",
                    "kind": "webhook",
                    "url": "https://crm.example.org/leads",
                    "secret": {"env": "WEBHOOK_SECRET"},
                }
            ]
        ],
    )
    portal_destinations: dict[Line, Line] = Field(
        default_factory=dict,
        description="Portals whose leads go elsewhere, whatever the inbox: each with a name below "
        "'destinations:', or default.",
        examples=[{"homegate.ch": "crm"}],
    )
    leads: Annotated[LeadSettings, _EMPTY] = Field(
        default_factory=LeadSettings, description="What a lead looks like."
    )
    listings: Annotated[ListingSettings, _EMPTY] = Field(
        default_factory=ListingSettings,
        description="The CRM's own lists, against which references are held.",
    )
    rules: PresentPath | None = Field(
        default=None,
        description="Your own rule files: a folder or one file; without it the folder 'portals' "
        "beside this file, if there is one. A rule of yours replaces the shipped one of its name. "
        "The daemon takes up what changes there by itself.",
        examples=["portals"],
    )
    ledger: Annotated[LedgerSettings, _EMPTY] = Field(
        default_factory=LedgerSettings, description="The record of every mail and lead."
    )
    alerts: Annotated[AlertSettings, _EMPTY] = Field(
        default_factory=AlertSettings, description="Who is told when a person must act."
    )
    retention: Annotated[RetentionSettings, _EMPTY] = Field(
        default_factory=RetentionSettings,
        description="How long the ledger keeps what stands in mails and leads; counts stay.",
    )
    limits: Annotated[LimitSettings, _EMPTY] = Field(
        default_factory=LimitSettings,
        description="What a single mail may cost; one that would cost more is kept for a person.",
    )
    monitoring: Annotated[MonitoringSettings, _EMPTY] = Field(
        default_factory=MonitoringSettings,
        description="What other programs on this machine are told.",
    )
    web: Annotated[WebSettings, _EMPTY] = Field(
        default_factory=WebSettings,
        description="Where the pages for a browser are (`mailbridge web`).",
    )
    log: Annotated[LogSettings, _EMPTY] = Field(
        default_factory=LogSettings, description="What mailbridge writes about itself."
    )

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        _refuse_doubles("inboxes", "inbox", [inbox.name for inbox in self.inboxes])
        self._check_destinations()
        return self

    def _check_destinations(self) -> None:
        names = [one.name for one in self.destinations]
        _refuse_doubles("destinations", "destination", names)
        for at, inbox in enumerate(self.inboxes):
            if inbox.destination not in (None, DEFAULT_NAME, *names):
                raise _no_destination(inbox.destination, names, ("inboxes", at, "destination"))
        for portal, name in self.portal_destinations.items():
            if name not in (DEFAULT_NAME, *names):
                raise _no_destination(name, names, ("portal_destinations", portal))

    @property
    def uses_default(self) -> bool:
        """Whether a lead can go to the destination without a name."""
        by_inbox = [inbox.destination or DEFAULT_NAME for inbox in self.inboxes]
        return not by_inbox or DEFAULT_NAME in {*by_inbox, *self.portal_destinations.values()}


def _refuse_doubles(heading: str, one: str, names: Sequence[str]) -> None:
    for at, name in enumerate(names):
        if name in names[:at]:
            raise UnfitError(
                f"Two {heading} are called {name!r}.",
                f"Give each {one} a name of its own.",
                code="duplicate-name",
                at=(heading, at, "name"),
            )


def _no_destination(
    name: str | None, names: Sequence[str], at: tuple[str | int, ...]
) -> UnfitError:
    known = ", ".join(["default", *names])
    return UnfitError(
        f"There is no destination {name!r}.",
        f"Write one of {known}, or add it below 'destinations:'.",
        code="no-such-destination",
        at=at,
    )


def load_settings(
    path: Path,
    environ: Mapping[str, str] | None,
    keyring: Callable[[str], str | None] | None = None,
) -> Settings:
    """Read, check and complete the settings file at `path`.

    Paths in it start at its own folder. Secrets are looked up in `environ`, in files and
    by `keyring`; without an environment they stay unresolved, for work that needs none
    (dry-run on files). Raises BadDocument with every problem found.
    """
    return parse_settings(read_text(path), path, environ, keyring)


def parse_settings(
    text: str,
    path: Path,
    environ: Mapping[str, str] | None,
    keyring: Callable[[str], str | None] | None = None,
) -> Settings:
    """Do the same with a text that is, or will be, the file at `path`."""
    document = parse(text, str(path))
    base = path.absolute().parent
    settings = shape(document, Settings, Surroundings(base, environ, keyring))
    if settings.rules is None and is_folder(base / "portals"):
        return settings.model_copy(update={"rules": base / "portals"})
    return settings


def missing_for_run(settings: Settings, file: str) -> tuple[Problem, ...]:
    """Name what may be left out for a dry-run on files, but not to watch and send."""
    problems = []
    if not settings.inboxes:
        problems.append(
            Problem(
                file,
                key="inboxes",
                code="missing-key",
                text="No inbox is set, so there is nothing to watch.",
                remedy="Add at least one below 'inboxes:' with name, host, user and password.",
            )
        )
    default = settings.destination
    if isinstance(default, DestinationSettings) and default.key is None and settings.uses_default:
        problems.append(
            Problem(
                file,
                key="destination.key",
                code="missing-key",
                text="The API key is missing.",
                remedy="Add below 'destination:' a line 'key: {env: REALFORCE_KEY}'.",
            )
        )
    return tuple(problems)
