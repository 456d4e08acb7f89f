"""`init`: from nothing to settings that work, by questions; each answer is tried at once.

Nothing is written before everything was answered, and nothing is ever overwritten.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.asking import ask, ask_secret, choose, confirm
from mailbridge.cli.checking import check_destinations, show_inbox
from mailbridge.cli.dryrun import show_newest
from mailbridge.cli.output import complain, heading, say
from mailbridge.documents.settings import load_settings, parse_settings
from mailbridge.documents.template import fill, quote
from mailbridge.errors import BadDocument, InboxError, MailbridgeError
from mailbridge.inbox.account import Tls
from mailbridge.inbox.discovery import Discovery, Dns, SystemDns, discover
from mailbridge.inbox.providers import IMAPS_PORT, Server, SignIn, domain_of
from mailbridge.places import example_settings, new_config

INBOX = "main"
NEWEST = 20
"""Mails of the dry-run at the end."""
_MAIL_VARIABLE, _KEY_VARIABLE = "MAIL_PASSWORD", "REALFORCE_KEY"
_API = "https://leads.realforce.ch/api/v1/lead"
_MARKINGS = ("auto", "keywords", "folders", "ledger")

Values = dict[tuple[str, str], str]
"""What is filled into the example, as `template.fill` takes it."""


@dataclass(frozen=True, slots=True)
class _Inbox:
    """The answers about the mailbox."""

    server: Server
    user: str
    ca_file: str = ""
    marking: str = "auto"

    def values(self) -> Values:
        values = {
            ("inboxes", "name"): INBOX,
            ("inboxes", "host"): quote(self.server.host),
            ("inboxes", "user"): quote(self.user),
            ("inboxes", "port"): str(self.server.port),
            ("inboxes", "tls"): self.server.tls.value,
            ("inboxes", "marking"): self.marking,
        }
        if self.ca_file:
            values["inboxes", "ca_file"] = quote(self.ca_file)
        return values


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What the settings only point at."""

    password: str
    """Empty where the person signs in by other means."""
    key: str

    @property
    def environ(self) -> dict[str, str]:
        return {_MAIL_VARIABLE: self.password or "-", _KEY_VARIABLE: self.key}


_POINTERS: Mapping[tuple[str, str], str] = {
    ("inboxes", "password"): f"{{env: {_MAIL_VARIABLE}}}",
    ("destination", "key"): f"{{env: {_KEY_VARIABLE}}}",
}


def make_settings(given: Path | None, dns: Dns | None = None) -> int:
    """Ask, try, write, and show the newest mails; exit code 0.

    Raises MailbridgeError where the file is there already, or the answers end.
    """
    file = new_config(given, os.environ)
    if file.exists() or file.is_symlink():
        raise MailbridgeError(
            f"{file} is there already, and is never overwritten. Name another file with "
            "--config, or see whether it works: mailbridge check --online."
        )
    say(f"A few questions, and {file} is made. Nothing is written before the last one.")
    heading("The mailbox that receives the portals' mails")
    address = ask("Its e-mail address", check=_check_address)
    say("Looking up its server …")
    found = discover(address, dns or SystemDns())
    if found and found.provider and not _takes_password(found):
        inbox, password = _Inbox(found.server, address), ""
    else:
        inbox, password = _ask_inbox(file, address, found)
    heading("The CRM")
    url, key = _ask_destination(file, inbox)
    secrets = _Secrets(password, key)
    values = {**inbox.values(), ("destination", "url"): quote(url)}
    heading("Passwords and keys")
    pointers = _keep(file, secrets)
    _write(file, fill(example_settings(), {**values, **pointers}), 0o644)
    load_settings(file, {**os.environ, **secrets.environ})  # what was tried is what is there
    say(f"{file} is written.")
    if not password:
        _tell_sign_in()
        return 0
    app = _app(file, values, secrets)
    heading("Dry-run over the newest mails: nothing is sent or changed")
    show_newest(app, NEWEST)
    heading("Next")
    say("mailbridge check --online --send-test-lead   sends one lead, to see that the key is right")
    say("mailbridge run                               starts; only mail that comes then is sent")
    return 0


def _check_address(answer: str) -> str:
    local, _, domain = answer.rpartition("@")
    if local and "." in domain and not any(c.isspace() for c in answer):
        return ""
    return "This is no e-mail address. Write it as leads@example.org."


def _takes_password(found: Discovery) -> bool:
    """Say what the provider wants; False where the person signs in later, without a password."""
    provider = found.provider
    assert provider is not None  # noqa: S101  (asked by the caller)
    say(f"The mail is at {provider.name}. {provider.advice}")
    if provider.sign_in is SignIn.OAUTH:
        return False
    if provider.sign_in is SignIn.OAUTH_OR_APP_PASSWORD:
        return choose("How will mailbridge sign in", ("app-password", "login"), "app-password") == (
            "app-password"
        )
    return True


def _tell_sign_in() -> None:
    heading("Next")
    say(f"mailbridge login {INBOX}            signs in to the mailbox; it was not tried yet")
    say("mailbridge check --online        tells whether everything works then")


def _ask_inbox(file: Path, address: str, found: Discovery | None) -> tuple[_Inbox, str]:
    """Ask for server and password until the server lets us in and can mark as wanted."""
    server = _ask_found(found)
    inbox = _Inbox(server, address) if server else None
    while True:
        if inbox is None or server is None:
            inbox = _ask_server(inbox or _Inbox(Server(f"imap.{domain_of(address)}"), address))
        server = None
        inbox = replace(inbox, user=ask("Login name", inbox.user))
        password = ask_secret("Password (not shown)")
        trouble = _try_inbox(file, inbox, password)
        if trouble is None:
            return _ask_marking(file, inbox, password), password
        complain(str(trouble))
        if isinstance(trouble, BadDocument):
            inbox = replace(inbox, ca_file="")
        elif isinstance(trouble.__cause__, ssl.SSLCertVerificationError):
            own = ask("The file of your own certificate authority (PEM), or none", "none")
            inbox = replace(inbox, ca_file="" if own == "none" else str(Path(own).absolute()))
        say("Once more, then; an empty answer takes what stands in brackets.")


def _ask_found(found: Discovery | None) -> Server | None:
    """Tell what was found, and give it where the person need not or does confirm it."""
    if found is None:
        say("Neither a list of providers nor DNS knows its server.")
        return None
    server = found.server
    told = f"{server.host}, port {server.port}, TLS {server.tls.value}"
    if found.foreign and not confirm(
        f"DNS names a server of another domain: {told}. Is that where the mailbox is"
    ):
        return None
    say(f"Its server: {told}.")
    return server


def _ask_server(inbox: _Inbox) -> _Inbox:
    server = inbox.server
    host = ask("IMAP server", server.host)
    tls = Tls(choose("Encryption", tuple(tls.value for tls in Tls), server.tls.value))
    usual = IMAPS_PORT if tls is Tls.IMPLICIT else 143
    known = server.port if (host, tls) == (server.host, server.tls) else usual
    port = ask("Port", str(known), _check_port)
    return replace(inbox, server=Server(host, int(port), tls))


def _check_port(answer: str) -> str:
    fits = answer.isascii() and answer.isdecimal() and 1 <= int(answer[:6]) <= 65_535
    return "" if fits else "A port is a number from 1 to 65535."


def _try_inbox(file: Path, inbox: _Inbox, password: str) -> MailbridgeError | None:
    try:
        app = _app(file, inbox.values(), _Secrets(password, "-"))
        show_inbox(app, app.settings.inboxes[0])
    except (InboxError, BadDocument) as error:
        return error
    return None


def _ask_marking(file: Path, inbox: _Inbox, password: str) -> _Inbox:
    while True:
        inbox = replace(inbox, marking=choose("How is handled mail marked", _MARKINGS, "auto"))
        if inbox.marking == "auto" or (trouble := _try_inbox(file, inbox, password)) is None:
            return inbox
        complain(str(trouble))


def _ask_destination(file: Path, inbox: _Inbox) -> tuple[str, str]:
    url = _API
    while True:
        url = ask("Realforce's lead API", url)
        key = ask_secret("Its API key (not shown)")
        values = {**inbox.values(), ("destination", "url"): quote(url)}
        try:
            app = _app(file, values, _Secrets("-", key))
        except BadDocument as bad:
            complain(str(bad))
            continue
        if check_destinations(app) or confirm(
            "It cannot be reached from here. Take it all the same"
        ):
            return url, key


def _keep(file: Path, secrets: _Secrets) -> Mapping[tuple[str, str], str]:
    """Put the secrets where the person wants them; give what the settings say of that."""
    say("file: a file each, for this user alone. env: you set environment variables.")
    if choose("Where are they kept", ("file", "env"), "file") == "env":
        say(f"Set {_MAIL_VARIABLE} and {_KEY_VARIABLE} before mailbridge starts.")
        return _POINTERS
    folder = file.absolute().parent / "secrets"
    pointers = dict(_POINTERS)
    for place, name, secret in (
        (("inboxes", "password"), f"{INBOX}-password", secrets.password),
        (("destination", "key"), "realforce-key", secrets.key),
    ):
        if not secret:
            continue
        if (folder / name).exists():
            raise MailbridgeError(
                f"{folder / name} is there already, and is never overwritten. Move it away, or "
                "answer env. Nothing was written."
            )
        pointers[place] = f"{{file: {quote(f'secrets/{name}')}}}"
    for name, secret in ((f"{INBOX}-password", secrets.password), ("realforce-key", secrets.key)):
        if secret:
            _write(folder / name, f"{secret}\n", 0o600)
    return pointers


def _write(file: Path, text: str, mode: int) -> None:
    """Write a file that is not there yet. Raises MailbridgeError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(handle, "w", encoding="utf-8") as opened:  # noqa: PTH123  (a descriptor)
            opened.write(text)
    except FileExistsError:
        raise MailbridgeError(f"{file} is there already, and is never overwritten.") from None
    except OSError as error:
        raise MailbridgeError(
            f"{file} cannot be written ({error.strerror}). Name another place with --config."
        ) from None


def _app(file: Path, values: Mapping[tuple[str, str], str], secrets: _Secrets) -> App:
    """Put together what the answers describe, with nothing written. Raises BadDocument."""
    text = fill(example_settings(), {**values, **_POINTERS})
    return App(settings=parse_settings(text, file, secrets.environ), file=file)
