"""Questions about the mailbox, for `init`: its server, and how to get in, tried at once."""

import ssl
from dataclasses import replace
from pathlib import Path

from mailbridge.cli.answers import Answers, Inbox, explain
from mailbridge.cli.asking import ask, ask_secret_or_nothing, choose, confirm
from mailbridge.cli.checking import show_inbox
from mailbridge.cli.oauth import ask_oauth
from mailbridge.cli.output import complain, say
from mailbridge.errors import BadDocument, InboxError, MailbridgeError
from mailbridge.inbox.account import Tls
from mailbridge.inbox.discovery import Discovery, Dns, discover
from mailbridge.inbox.providers import IMAPS_PORT, Provider, Server, SignIn, domain_of

_MARKINGS = ("auto", "keywords", "folders", "ledger")


def ask_mailbox(file: Path, dns: Dns) -> Inbox:
    """Ask until the server lets us in, or how a person will sign in is known."""
    address = ask("Its e-mail address", check=_check_address)
    say("Looking up its server …")
    found = discover(address, dns)
    if found and found.provider and not _takes_password(found.provider):
        return ask_oauth(file, Inbox(found.server, address))
    return _ask_inbox(file, address, found)


def _check_address(answer: str) -> str:
    local, _, domain = answer.rpartition("@")
    if local and "." in domain and not any(c.isspace() for c in answer):
        return ""
    return "This is no e-mail address. Write it as leads@example.org."


def _takes_password(provider: Provider) -> bool:
    """Say what the provider wants; False where a person signs in without a password."""
    say(f"The mail is at {provider.name}. {provider.advice}")
    if provider.sign_in is SignIn.OAUTH_OR_APP_PASSWORD:
        return choose("How will mailbridge sign in", ("app-password", "login"), "app-password") == (
            "app-password"
        )
    return provider.sign_in is not SignIn.OAUTH


def _ask_inbox(file: Path, address: str, found: Discovery | None) -> Inbox:
    """Ask for server and password until the server lets us in and can mark as wanted."""
    server = _ask_found(found)
    inbox = Inbox(server, address) if server else None
    say("Where the server takes no password, answer nothing when asked for it.")
    while True:
        if inbox is None or server is None:
            inbox = _ask_server(inbox or Inbox(Server(f"imap.{domain_of(address)}"), address))
        server = None
        inbox = replace(inbox, user=ask("Login name", inbox.user))
        inbox = replace(inbox, password=ask_secret_or_nothing("Password (not shown)"))
        if inbox.password:
            trouble = _try_inbox(file, inbox)
            if trouble is None:
                return _ask_marking(file, inbox)
            inbox = _mend(inbox, trouble)
        elif confirm("Does one sign in there without a password (OAuth 2)"):
            return ask_oauth(file, _ask_authority(inbox))
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


def _ask_server(inbox: Inbox) -> Inbox:
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


def _try_inbox(file: Path, inbox: Inbox) -> MailbridgeError | None:
    try:
        app = Answers(inbox).app(file)
        show_inbox(app, app.settings.inboxes[0])
    except (InboxError, BadDocument) as error:
        return error
    return None


def _mend(inbox: Inbox, trouble: MailbridgeError) -> Inbox:
    complain(explain(trouble))
    if isinstance(trouble, BadDocument):
        return replace(inbox, ca_file="")
    if isinstance(trouble.__cause__, ssl.SSLCertVerificationError):
        return _ask_authority(inbox)
    return inbox


def _ask_authority(inbox: Inbox) -> Inbox:
    own = ask("The file of your own certificate authority (PEM), or none", "none", _check_pem)
    return replace(inbox, ca_file="" if own == "none" else str(_pem(own)))


def _pem(answer: str) -> Path:
    return Path(answer).expanduser().absolute()


def _check_pem(answer: str) -> str:
    try:
        return "" if answer == "none" or _pem(answer).is_file() else "There is no such file."
    except (OSError, RuntimeError):
        return "This file cannot be looked at."


def _ask_marking(file: Path, inbox: Inbox) -> Inbox:
    while True:
        inbox = replace(inbox, marking=choose("How is handled mail marked", _MARKINGS, "auto"))
        if inbox.marking == "auto" or (trouble := _try_inbox(file, inbox)) is None:
            return inbox
        complain(explain(trouble))
