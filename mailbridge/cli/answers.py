"""What `init` has been told: values, and the settings that they make with nothing written.

Must not ask, nor write a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailbridge.app import App
from mailbridge.documents.settings import parse_settings
from mailbridge.documents.template import Value, fill, quote
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.inbox.providers import Server
from mailbridge.places import example_settings

INBOX = "main"


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret by its names: the settings only point at it."""

    variable: str
    """In the environment."""
    name: str
    """Of its file below `secrets/`, and of its entry in the keyring."""


PASSWORD = Kept("MAIL_PASSWORD", f"{INBOX}-password")
OAUTH_SECRET = Kept("OAUTH_SECRET", f"{INBOX}-oauth-secret")
KEY = Kept("REALFORCE_KEY", "realforce-key")

Secrets = Mapping[Kept, str]
Pointers = Mapping[Kept, str]
"""How the settings name each secret, as YAML."""

IN_ENVIRONMENT: Pointers = {
    kept: f"{{env: {kept.variable}}}" for kept in (PASSWORD, OAUTH_SECRET, KEY)
}


@dataclass(frozen=True, slots=True)
class OAuth:
    """The keys of `oauth:` but for its secret, as YAML."""

    keys: Mapping[str, str]
    secret: str = field(default="", repr=False)

    def block(self, pointers: Pointers) -> Mapping[str, str]:
        """Give all keys."""
        secret = {"client_secret": pointers[OAUTH_SECRET]} if self.secret else {}
        return {**self.keys, **secret}


@dataclass(frozen=True, slots=True)
class Inbox:
    """The answers about the mailbox."""

    server: Server
    user: str
    ca_file: str = ""
    marking: str = "auto"
    password: str = field(default="", repr=False)
    """Empty where one signs in without."""
    oauth: OAuth | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that was answered; without url and key as long as they were not."""

    inbox: Inbox
    url: str = ""
    key: str = field(default="", repr=False)

    @property
    def secrets(self) -> Secrets:
        """Give the secrets that are to be kept."""
        oauth = self.inbox.oauth
        told = {
            PASSWORD: self.inbox.password,
            OAUTH_SECRET: oauth.secret if oauth else "",
            KEY: self.key,
        }
        return {kept: secret for kept, secret in told.items() if secret}

    def write(self, pointers: Pointers) -> str:
        """Write the settings."""
        return fill(example_settings(), self._values(pointers))

    def app(self, file: Path) -> App:
        """Put together what the answers describe, with nothing written. Raises BadDocument."""
        text = self.write(IN_ENVIRONMENT)
        environ = {kept.variable: secret for kept, secret in self.secrets.items()}
        return App(settings=parse_settings(text, file, {KEY.variable: "-", **environ}), file=file)

    def _values(self, pointers: Pointers) -> Mapping[tuple[str, str], Value]:
        inbox = self.inbox
        values: dict[tuple[str, str], Value] = {
            ("inboxes", "name"): INBOX,
            ("inboxes", "host"): quote(inbox.server.host),
            ("inboxes", "user"): quote(inbox.user),
            ("inboxes", "port"): str(inbox.server.port),
            ("inboxes", "tls"): inbox.server.tls.value,
            ("inboxes", "marking"): inbox.marking,
            ("inboxes", "password"): None if inbox.oauth else pointers[PASSWORD],
            ("destination", "key"): pointers[KEY],
        }
        if inbox.oauth:
            values["inboxes", "oauth"] = inbox.oauth.block(pointers)
        if inbox.ca_file:
            values["inboxes", "ca_file"] = quote(inbox.ca_file)
        if self.url:
            values["destination", "url"] = quote(self.url)
        return values


def explain(error: MailbridgeError) -> str:
    """Say what is wrong without lines of a file that is not there yet."""
    if isinstance(error, BadDocument):
        return "\n".join(f"{p.key}: {p.text} {p.remedy}".strip() for p in error.problems)
    return str(error)
