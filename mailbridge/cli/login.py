"""`login`: a person signs in to an inbox, or puts its password into the keyring."""

import getpass
import os
import secrets
import select
import sys
import time
from pathlib import Path
from typing import Any

from mailbridge import access
from mailbridge.app import App
from mailbridge.cli.output import complain, say
from mailbridge.documents.oauth import OAuthSettings
from mailbridge.documents.settings import InboxSettings
from mailbridge.errors import InboxError, MailbridgeError
from mailbridge.inbox.imap import connect
from mailbridge.signin import ring
from mailbridge.signin.application import ApplicationTokens
from mailbridge.signin.device import wait_for_consent
from mailbridge.signin.endpoints import DeviceCode, Endpoints, make_proof
from mailbridge.signin.google import GoogleConsent
from mailbridge.signin.grants import Answer, Granted, Refused
from mailbridge.signin.keep import Keep
from mailbridge.signin.keeper import PersonTokens
from mailbridge.signin.microsoft import Microsoft
from mailbridge.signin.record import Record
from mailbridge.signin.redirect import Code, Listener, read_redirect

PATIENCE = 900.0
"""Seconds for a person to consent in the browser."""


def log_in(config: Path | None, name: str, keep: Keep | None) -> int:
    """Walk a person through it, then log in to the inbox to see that it works."""
    app = App.load(config, secrets=False)
    app.require_inboxes()
    inbox = _find(app, name)
    if inbox.oauth is None:
        return _keep_password(app, inbox)
    inbox = app.with_secrets(inbox)
    sign_in(app, inbox, keep)
    return _try(app, inbox, app.tokens(inbox))


def sign_in(app: App, inbox: InboxSettings, keep: Keep | None) -> None:
    """Have a person sign in, where the inbox wants one; its secrets are looked up already.

    Raises MailbridgeError: refused, not in time, no refresh token, tokens that cannot be kept.
    """
    tokens = app.tokens(inbox)
    if inbox.oauth and isinstance(tokens, PersonTokens):
        _have_consent(inbox, inbox.oauth, tokens, keep)


def _find(app: App, name: str) -> InboxSettings:
    for inbox in app.settings.inboxes:
        if inbox.name == name:
            return inbox
    known = ", ".join(inbox.name for inbox in app.settings.inboxes)
    raise MailbridgeError(f"{app.file}: there is no inbox {name!r}. There are: {known}.")


def _keep_password(app: App, inbox: InboxSettings) -> int:
    entry = inbox.password.entry if inbox.password else None
    if entry is None:
        say(
            f"The inbox {inbox.name} logs in with the password that the settings name: there is "
            "nothing to sign in to. `mailbridge check --online` tries it."
        )
        return 0
    if not ring.is_there():
        raise MailbridgeError(
            f"{app.file}: this user has no keyring here, in which the password of {inbox.name} "
            "could be kept. Name another place for it, as 'password: {file: PATH}'."
        )
    ring.write(ring.SERVICE, entry, _ask_password(inbox))
    say(f"The keyring has the password of {inbox.user} under the name {entry}.")
    return _try(app, app.with_secrets(inbox), None)


def _ask_password(inbox: InboxSettings) -> str:
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {inbox.user} (it is not shown): ")
    else:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not password:
        raise MailbridgeError("No password was given; nothing has changed.")
    return password


def _have_consent(
    inbox: InboxSettings, oauth: OAuthSettings, tokens: PersonTokens, keep: Keep | None
) -> None:
    provider = access.make_provider(inbox, oauth)
    answer: Answer
    if isinstance(provider, Microsoft) or (
        isinstance(provider, Endpoints) and oauth.flow == "device"
    ):
        answer = _by_device(inbox, provider)
    else:
        endpoints = provider.endpoints if isinstance(provider, GoogleConsent) else provider
        assert isinstance(endpoints, Endpoints)  # noqa: S101 -- a service account has no person
        answer = _by_consent(inbox, endpoints)
    if not isinstance(answer, Granted):
        raise MailbridgeError(f"Inbox {inbox.name}: nobody was signed in: {answer}.")
    record = Record.of(answer, made_for=tokens.made_for, login=secrets.token_hex(8), at=time.time())
    if record is None:
        raise MailbridgeError(
            f"Inbox {inbox.name}: the provider gave no refresh token, so the sign-in would end "
            "within the hour. Ask for offline access (a scope as offline_access), or allow it in "
            "the application's registration."
        )
    tokens.keep(record, keep or (Keep.KEYRING if ring.is_there() else Keep.FILE))
    say(f"Signed in. The tokens are kept in {tokens.where}.")


def _by_device(inbox: InboxSettings, provider: Microsoft | Endpoints) -> Answer:
    code = provider.begin()
    if not isinstance(code, DeviceCode):
        return code
    say(f"To let mailbridge into the inbox {inbox.name} ({inbox.user}):")
    say(f"  1. Open {code.address} in a browser, on any machine.")
    say(f"  2. Type the code {code.user_code}")
    say("  3. Sign in as somebody who may open that mailbox, and consent.")
    say(f"The code is good for {round(code.lasts / 60)} minutes. Waiting …")
    return wait_for_consent(code, provider.ask, time.monotonic, time.sleep)


def _by_consent(inbox: InboxSettings, endpoints: Endpoints) -> Answer:
    proof = make_proof()
    with Listener() as listener:
        say(f"To let mailbridge into the inbox {inbox.name} ({inbox.user}), open in a browser:")
        say()
        say(endpoints.consent_address(listener.address, proof))
        say()
        say("Sign in as somebody who may open that mailbox, and consent.")
        say(
            "With a browser on another machine: at the end it shows an error, since it looks for "
            "mailbridge there. Copy the address from its address bar and paste it here:"
        )
        found: Code | Refused | None = None
        until = time.monotonic() + PATIENCE
        with _Typed() as typed:
            while found is None and (left := until - time.monotonic()) > 0:
                sources: list[Any] = [listener.sock, *([typed] if typed.open else [])]
                ready, _, _ = select.select(sources, [], [], left)
                addresses = typed.lines() if typed in ready else []
                if listener.sock in ready and (heard := listener.take()):
                    addresses.append(heard)
                for address in addresses:
                    found = found or read_redirect(address, proof)
                    if found is None and address.strip():
                        complain("This is not the address of this sign-in; try again.")
        if found is None:
            return Refused("expired", f"nobody has consented within {PATIENCE / 60:g} minutes")
        if isinstance(found, Refused):
            return found
        return endpoints.exchange(found, listener.address, proof)


class _Typed:
    """Lines that a person pastes; a terminal alone would cut them at 4096 characters."""

    def __init__(self) -> None:
        self.open = True
        self._rest = b""

    def __enter__(self) -> "_Typed":
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False

    def fileno(self) -> int:
        return sys.stdin.fileno()

    def lines(self) -> list[str]:
        read = os.read(self.fileno(), 65536)
        self.open = bool(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        if not read and self._rest:
            whole, self._rest = [self._rest], b""
        return [line.decode("utf-8", "replace") for line in whole]


def _try(app: App, inbox: InboxSettings, tokens: PersonTokens | ApplicationTokens | None) -> int:
    try:
        with connect(app.account(inbox)) as opened:
            opened.folder_state(inbox.folders[0])
    except InboxError as error:
        complain(f"mailbridge: {error}")
        return 1
    how = f" {tokens.describe()}." if isinstance(tokens, ApplicationTokens) else ""
    say(f"The inbox {inbox.name} can be opened.{how} A running mailbridge goes on by itself.")
    return 0
