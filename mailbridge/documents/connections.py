"""The shapes of config.yaml for what lies outside: inboxes, the ledger, alerts.

Must not open a connection: it says what to connect to, and refuses what is unsafe.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from mailbridge.documents.destinations import Timeout
from mailbridge.documents.oauth import OAuthSettings
from mailbridge.documents.secrets import WAYS, Secret
from mailbridge.documents.shape import Shape
from mailbridge.documents.values import (
    Day,
    Duration,
    Host,
    Line,
    PresentPath,
    SenderName,
    Surroundings,
    at_least,
    is_loopback,
)
from mailbridge.documents.wording import UnfitError, quote

Port = Annotated[int, Field(ge=1, le=65535)]

IMPLICIT_TLS_PORT, IMAP_PORT = 993, 143

USES = ("\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash")
"""Uses by which a server can name folders (RFC 6154, section 2)."""


def _default_port(so_far: Mapping[str, Any]) -> int:
    return IMPLICIT_TLS_PORT if so_far.get("tls") == "implicit" else IMAP_PORT


def _check_one_way(password: Secret | None, info: ValidationInfo) -> Secret | None:
    oauth = info.data.get("oauth")
    if password is not None and oauth is not None:
        raise UnfitError(
            "The inbox has both 'password' and 'oauth'.",
            "Remove one: 'password' where the provider takes one, else 'oauth'.",
            code="excluded-key",
        )
    if password is None and oauth is None and "oauth" in info.data:  # else it tells its own
        raise UnfitError(
            "The key 'password' is missing.",
            "Add 'password: {env: MAIL_PASSWORD}'; for Microsoft 365 or Google add 'oauth:' "
            "instead, as docs/sign-in.md shows.",
            code="missing-key",
            at=("password",),  # it stands nowhere, so that its place is the inbox's
        )
    return password


class InboxSettings(Shape):
    """One mailbox that is watched."""

    name: Line = Field(
        description="What you call it; stands in every message about it.", examples=["main"]
    )
    host: Host = Field(description="The IMAP server's name.", examples=["imap.example.org"])
    tls: Literal["implicit", "starttls", "none"] = Field(
        default="implicit",
        description="How the connection is encrypted: implicit, starttls, or none (localhost).",
    )
    port: Port = Field(
        default_factory=_default_port,
        description="The server's port; without it 993 with tls implicit, else 143.",
        examples=[IMPLICIT_TLS_PORT],
    )
    ca_file: PresentPath | None = Field(
        default=None,
        description="A certificate authority of your own (PEM), beside the system's.",
        examples=["ca.pem"],
    )
    user: Line = Field(description="The login name.", examples=["leads@example.org"])
    oauth: OAuthSettings | None = Field(
        default=None,
        description="How to sign in where no password is taken (Microsoft 365, Google), in place "
        "of one: docs/sign-in.md.",
        examples=[{"provider": "microsoft", "tenant": "example.org", "client_id": "…"}],
    )
    password: Annotated[Secret | None, AfterValidator(_check_one_way)] = Field(
        default=None,
        validate_default=True,
        description=f"The password: {WAYS}.",
        examples=[{"env": "MAIL_PASSWORD"}],
    )
    folders: tuple[Line, ...] = Field(
        default=("INBOX",),
        min_length=1,
        description="The folders that are read, by name (levels separated by /) or by use: "
        "'\\Junk' is the folder for junk mail, however the mailbox's language calls it.",
        examples=[["INBOX"]],
    )
    every: Annotated[Duration, AfterValidator(at_least("5s"))] = Field(
        default=timedelta(seconds=60),
        description="How often new mail is looked for, besides what the server tells by itself.",
        examples=["60s"],
    )
    timeout: Timeout = Field(
        default=timedelta(seconds=30),
        description="How long the server may be silent.",
        examples=["30s"],
    )
    deadline: Timeout = Field(
        default=timedelta(minutes=5),
        description="How long one command and its whole answer may take.",
        examples=["5m"],
    )
    marking: Literal["auto", "keywords", "folders", "ledger"] = Field(
        default="auto",
        description=(
            "How handled mail is marked: keywords, folders (it is moved), ledger (nothing on the "
            "server), or auto: the first of them that the server allows."
        ),
    )
    sent_folder: Line = Field(
        default="Leads/Sent",
        description="Where mail goes whose lead was sent, if marked by folders.",
    )
    review_folder: Line = Field(
        default="Leads/Review", description="Where mail goes that a person must look at."
    )
    mark_seen: bool = Field(default=False, description="Whether handled mail is marked as read.")
    start: Day | None = Field(
        default=None,
        description="The first start sends no old mail, unless a day is named here: then mail "
        "received from that day on.",
        examples=["2026-11-22"],
    )
    authentication_server: Line | None = Field(
        default=None,
        description="The mail server whose word on a sender's authenticity is believed: the first "
        "word of the Authentication-Results header in your mails. Without it, none is.",
        examples=["mx.example.org"],
    )
    verify_dkim: bool = Field(
        default=False,
        description="Whether senders' signatures (DKIM) are verified here, by DNS, for portals "
        "whose rule demands an authenticated sender.",
    )
    forwarders: tuple[SenderName, ...] | None = Field(
        default=None,
        description="Whose forwarded mail is opened: addresses, or @domain (that domain and those "
        "below it). Without it, everybody at the domain of 'user'.",
        examples=[["@example.org", "partner@example.com"]],
    )
    batch: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=100, description="How many mails are fetched at once."
    )
    destination: Line | None = Field(
        default=None,
        description="Where its leads go: a name below 'destinations:'; without it the one below "
        "'destination:'.",
        examples=["crm"],
    )

    @model_validator(mode="after")
    def _check(self) -> "InboxSettings":
        if self.tls == "none" and not is_loopback(self.host):
            raise UnfitError(
                "Without encryption the password could be read on its way.",
                "Write 'tls: implicit' or 'tls: starttls'; none is for this machine only.",
                at=("tls",),
            )
        if self.deadline < self.timeout:
            raise UnfitError(
                "The deadline is shorter than the timeout.",
                "Make the deadline the longer of the two.",
                at=("deadline",),
            )
        if self.sent_folder == self.review_folder:
            raise UnfitError(
                "Sent mail and mail for review would lie in one folder.",
                "Name two folders.",
                at=("review_folder",),
            )
        for key in ("sent_folder", "review_folder"):
            if getattr(self, key).startswith("\\"):
                text = "Handled mail is moved into a folder of its own, not into one by its use."
                raise UnfitError(text, "Write a name, as Leads/Sent.", at=(key,))
        for at, folder in enumerate(self.folders):
            if folder.startswith("\\") and folder not in USES:
                text = f"{quote(folder)} is no use of a folder."
                remedy = f"Write the folder's name, or one of {', '.join(USES)}."
            elif folder in self.folders[:at]:
                text, remedy = "This folder is named twice.", "Remove one of the two."
            elif folder in (self.sent_folder, self.review_folder):
                text, remedy = "Handled mail is moved into this folder.", "Read another one."
            else:
                continue
            raise UnfitError(text, remedy, at=("folders", at))
        return self


def _check_ledger_url(url: str, info: ValidationInfo) -> str:
    # Never quoted: it may hold a password.
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return url
    path = url.removeprefix("sqlite:///")
    if path == url or not path or path.startswith((":memory:", "?")):
        raise UnfitError(
            "This is no address of a ledger.",
            "Write sqlite:///PATH or postgresql://USER@HOST/DATABASE.",
        )
    base = info.context.base if isinstance(info.context, Surroundings) else Path()
    return f"sqlite:///{base / path}"


class LedgerSettings(Shape):
    """The durable record of every mail and lead."""

    url: Annotated[Line, AfterValidator(_check_ledger_url)] | None = Field(
        default=None,
        repr=False,
        description="sqlite:///PATH or postgresql://USER@HOST/DATABASE; without it a SQLite file "
        "among the user's state files.",
        examples=["sqlite:///ledger.db"],
    )
    password: Secret | None = Field(
        default=None,
        description=f"The database's password (PostgreSQL): {WAYS}.",
        examples=[{"env": "LEDGER_PASSWORD"}],
    )

    @model_validator(mode="after")
    def _check(self) -> "LedgerSettings":
        if self.password and not (self.url or "").startswith("postgresql"):
            raise UnfitError(
                "Only PostgreSQL takes a password.",
                "Remove it, or write 'url: postgresql://USER@HOST/DATABASE'.",
                at=("password",),
            )
        return self


class AlertSettings(Shape):
    """Who is told when a person must act."""

    to: tuple[Secret, ...] = Field(
        default=(),
        description="Where messages go when a person must act: Apprise addresses (mail, Slack, "
        f"Teams and many more), each {WAYS}.",
        examples=[[{"env": "ALERT_MAIL"}]],
    )
    inbox_down_after: Duration = Field(
        default=timedelta(minutes=10),
        description="How long an inbox must be out of reach before it is told.",
        examples=["10m"],
    )
    over_after: Duration = Field(
        default=timedelta(minutes=15),
        description="How long all must be well again before a trouble is told to be over.",
        examples=["15m"],
    )
