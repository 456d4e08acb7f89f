"""The account: how to reach one inbox. A value; nothing here connects."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Tls(StrEnum):
    """How the connection is protected."""

    IMPLICIT = "implicit"
    """TLS from the first byte, usually port 993."""
    STARTTLS = "starttls"
    """Switched to TLS before login, usually port 143."""
    NONE = "none"
    """Not at all: for a server on this machine only."""


class Tokens(Protocol):
    """Access tokens in place of a password (OAuth 2); safe for several threads."""

    @property
    def login(self) -> str:
        """Which sign-in they come from: another one after somebody has signed in anew."""

    def current(self) -> str:
        """Give a token that has not ended. Raises InboxUnreachable, InboxRefused."""

    def renewed(self, refused: str) -> str:
        """Give another token than the one that the server has refused. Raises as `current`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One inbox as the settings describe it."""

    name: str
    """What the user calls it; stands in every message about it."""
    host: str
    port: int
    tls: Tls = Tls.IMPLICIT
    ca_file: str | None = None
    """PEM file of an own certificate authority, trusted besides the system's."""
    user: str
    password: str = field(default="", repr=False)
    tokens: Tokens | None = field(default=None, repr=False)
    """Where there are any, they log in, and the password is not used."""
    timeout: float = 30.0
    """Seconds that one socket operation may take."""
    deadline: float = 300.0
    """Seconds that one exchange with the server (a command and its whole answer;
    for the first one connection, TLS and login together) may take."""
    batch: int = 100
    """How many mails are asked for in one command."""
    size_limit: int = 5_000_000
    """Octets; a mail above it is fetched without its attachments."""

    @property
    def place(self) -> str:
        """How messages name it: `Inbox sales (imap.example.org:993)`."""
        return f"Inbox {self.name} ({self.host}:{self.port})"


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, so that an unprotected connection leaks nothing."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
